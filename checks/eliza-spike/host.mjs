import { AgentRuntime, ModelType } from "@elizaos/core";
import { MemoryDatabase } from "./database.mjs";

/**
 * An elizaOS agent without network.
 *
 * @param {object} options
 * @param {import("@elizaos/core").Plugin[]} options.plugins
 * @param {Record<string, unknown>} options.settings        the character's
 * @param {Record<string, string>} options.secrets          the character's
 * @param {(text: string) => Promise<string>} options.model answers the text of a message
 * @returns {Promise<import("@elizaos/core").AgentRuntime>} initialized; services may still be starting
 */
export async function startRuntime({ plugins, settings, secrets, model }) {
  const runtime = new AgentRuntime({
    character: { name: "Spike", bio: "Quotes what it hears.", settings, secrets },
    adapter: new MemoryDatabase(),
    plugins: [modelPlugin(model), ...plugins],
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

const QUOTE = "The message reads: ";

/** The prompt holds only what providers put there, so the model sees the message through the runtime's own store. */
function modelPlugin(model) {
  return {
    name: "model",
    description: "A model without network",
    providers: [
      {
        name: "RECENT_MESSAGES",
        async get(runtime, message) {
          const stored = await runtime.getMemoryById(message.id);
          return { text: QUOTE + JSON.stringify(stored?.content.text ?? null) };
        },
      },
    ],
    models: {
      async [ModelType.TEXT_LARGE](_runtime, { prompt }) {
        const line = prompt.split("\n").find((text) => text.startsWith(QUOTE));
        if (!line) throw new Error("The prompt holds no message.");
        const text = await model(JSON.parse(line.slice(QUOTE.length)));
        const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
        return `<response><thought>Quote it.</thought><actions>REPLY</actions><providers></providers><text>${escaped}</text></response>`;
      },
    },
  };
}
