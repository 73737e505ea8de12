import { AgentRuntime, ModelType } from "@elizaos/core";
import sql from "@elizaos/plugin-sql";
import telegram from "@elizaos/plugin-telegram";

/** Stands in for a plugin with a real model, such as @elizaos/plugin-openai: quotes what it is asked, without any network. */
const model = {
  name: "quoter",
  description: "A model that quotes",
  providers: [
    { name: "RECENT_MESSAGES", get: async (_runtime, { content }) => ({ text: `Asked: ${content.text}` }) },
  ],
  models: {
    [ModelType.TEXT_LARGE]: quote,
    [ModelType.TEXT_SMALL]: quote,
  },
};

async function quote(_runtime, { prompt }) {
  const [, text = ""] = /^Asked: (.*)$/m.exec(prompt) ?? [];
  return `<response><thought>Quote it.</thought><actions>REPLY</actions><text>You said: ${text}</text></response>`;
}

const runtime = new AgentRuntime({
  character: {
    name: "Quoter",
    bio: ["Quotes what it hears."],
    settings: {
      // Everybody may write. Leave this out, and strangers are asked for a pairing code.
      telegram: { dmPolicy: "open", allowFrom: ["*"] },
      secrets: { TELEGRAM_BOT_TOKEN: process.env.TELEGRAM_BOT_TOKEN },
    },
  },
  plugins: [model, telegram],
});

// `elizaos start` does these three itself: the database is there before the agent looks itself up in it.
await runtime.registerPlugin(sql);
await runtime.adapter.init();
await runtime.runPluginMigrations();

await runtime.initialize();
console.log("The agent is there. Write to its bot.");

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, async () => {
    await runtime.stop();
    process.exit();
  });
