import { AgentRuntime, ModelType } from "@elizaos/core";
import { MemoryDatabase } from "./database.mjs";

/**
 * An agent without network: it answers each message with a quote of it.
 *
 * @param {import("@elizaos/core").Plugin[]} plugins
 * @returns {Promise<import("@elizaos/core").AgentRuntime>} initialized; services may still be starting
 */
export async function startRuntime(plugins) {
  const runtime = new AgentRuntime({
    character: { name: "Spike", bio: "Quotes what it hears." },
    adapter: new MemoryDatabase(),
    plugins: [quotingModel, ...plugins],
    settings: {},
  });
  const setTimeoutOfNode = globalThis.setTimeout;
  // Core races every service against a 30 s timer which it never clears: unref'd, it cannot keep the process.
  globalThis.setTimeout = (callback, ms, ...args) => {
    const timer = setTimeoutOfNode(callback, ms, ...args);
    return ms === 30_000 ? timer.unref() : timer;
  };
  try {
    await runtime.initialize();
  } finally {
    globalThis.setTimeout = setTimeoutOfNode;
  }
  return runtime;
}

const QUOTE = "The newest message reads: ";

/** The prompt holds only what providers put there, so the model sees the message through the runtime's own store. */
const quotingModel = {
  name: "quoting-model",
  description: "A model without network that answers with a quote of the newest message",
  providers: [
    {
      name: "RECENT_MESSAGES",
      async get(runtime, message) {
        const [newest] = await runtime.getMemories({
          roomId: message.roomId,
          tableName: "messages",
          count: 1,
        });
        return { text: QUOTE + JSON.stringify(newest?.content.text ?? null) };
      },
    },
  ],
  models: {
    async [ModelType.TEXT_LARGE](_runtime, { prompt }) {
      const line = prompt.split("\n").find((text) => text.startsWith(QUOTE));
      if (!line) throw new Error("The prompt holds no message.");
      const text = JSON.parse(line.slice(QUOTE.length));
      const escaped = `You said: "${text}"`
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll(">", "&gt;");
      return `<response><thought>Quote it.</thought><actions>REPLY</actions><providers></providers><text>${escaped}</text></response>`;
    },
  },
};
