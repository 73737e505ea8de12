// Our path: the runtime, the Telegram connector and the SQLite store, with every event, answer and call committed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { SECRET, TOKEN } from "../constants.mjs";
import { PATH, readBody, serve } from "./serve.mjs";

/** `checkout` is the folder of another checkout to measure, which must be built. */
export async function start({ apiRoot, mode, durability, checkout }) {
  const [{ createConnectorRuntime }, { telegram }] = await Promise.all([
    import(checkout === undefined ? "@elizaos/connector-core" : `${checkout}/packages/core/dist/index.js`),
    import(
      checkout === undefined
        ? "@elizaos/plugin-telegram"
        : `${checkout}/packages/plugin-telegram/dist/index.js`
    ),
  ]);
  const stateDir = mkdtempSync(join(tmpdir(), "connectors-bench-"));
  process.on("exit", () => rmSync(stateDir, { recursive: true }));
  const isWebhook = mode === "webhook";
  const runtime = await createConnectorRuntime({
    connectors: [telegram],
    config: {
      connectors: {
        telegram: {
          botToken: TOKEN,
          apiRoot,
          dmPolicy: "open",
          allowFrom: ["*"],
          ...(isWebhook
            ? { webhookUrl: `http://127.0.0.1${PATH}`, webhookSecret: SECRET, webhookPath: PATH }
            : {}),
        },
      },
    },
    agent: (turn) => ({ type: "message", text: `You said: ${turn.text}`, format: "plain" }),
    stateDir,
    durability,
  });
  await runtime.start();
  const server = isWebhook
    ? await serve((request, response) => answer(runtime, request, response))
    : undefined;
  return {
    target: server?.target,
    async stop() {
      await runtime.stop();
      return committed(join(stateDir, "connectors.sqlite"));
    },
  };
}

async function answer(runtime, incoming, response) {
  const { status, headers, body } = await runtime.webhook({
    method: incoming.method ?? "",
    url: incoming.url ?? "",
    headers: incoming.headers,
    body: await readBody(incoming),
  });
  response.writeHead(status, headers);
  response.end(body);
}

/** What the file holds after the stop: messages with their fate, answers whose call is known to have been made. */
function committed(path) {
  const database = new DatabaseSync(path, { readOnly: true });
  const count = (sql) => Number(Object.values(database.prepare(sql).get() ?? {})[0]);
  const report = {
    events: count("SELECT count(*) FROM events WHERE fate = 'answered'"),
    sent: count("SELECT count(*) FROM parts WHERE state = 'sent'"),
    open: count("SELECT count(*) FROM events WHERE fate IN ('accepted', 'admitted')"),
  };
  database.close();
  return report;
}
