// The runtime with the Telegram connector and the SQLite store, on state that outlives it, and an agent that answers as asked.
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { createConnectorRuntime } from "@elizaos/connector-core";
import { telegram } from "@elizaos/plugin-telegram";
import { TOKEN } from "../constants.mjs";
import { answerOf } from "../soak/answers.mjs";

/** Telegram's usual 60 s would make every call that hangs take most of a short soak. */
const CALL_LIMIT_SECONDS = 4;

export async function start({ apiRoot, stateDir }) {
  const log = createWriteStream(join(stateDir, "soak.log"), { flags: "a" });
  const note = (level) => (fields, message) => {
    const { err, ...rest } = fields;
    log.write(`${JSON.stringify({ at: new Date(), level, message, ...rest, error: err?.message })}\n`);
  };
  const runtime = await createConnectorRuntime({
    connectors: [telegram],
    config: {
      connectors: {
        telegram: {
          botToken: TOKEN,
          apiRoot,
          timeoutSeconds: CALL_LIMIT_SECONDS,
          dmPolicy: "open",
          allowFrom: ["*"],
          groupPolicy: "open",
          groups: { "*": { requireMention: false } },
          streamMode: "partial",
        },
      },
    },
    agent: async function* ({ text }, { signal }) {
      const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
      for await (const output of answerOf(text, wait)) {
        if (signal.aborted) return;
        yield output;
      }
    },
    stateDir,
    durability: "process",
    log: { debug() {}, info: note("info"), warn: note("warn"), error: note("error") },
  });
  await runtime.start();
  return { stop: () => runtime.stop() };
}
