// An agent of @elizaos/core 1.7.2 with one plugin for Telegram: `subject.mjs <options as JSON>`. Says over IPC what it used.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** @type {{ plugin: "ours" | "theirs" | "none", database: "memory" | "pglite", apiRoot: string, token: string, dataDir?: string, settings?: object }} */
const options = JSON.parse(process.argv[2] ?? "{}");
process.env.LOG_LEVEL ??= "fatal";
const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "bench-eliza-"));
if (options.dataDir === undefined)
  process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));
process.env.PGLITE_DATA_DIR = "memory://";
process.env.ELIZA_DATA_DIR = dataDir;
/** What ends their polling is a rejection that nobody handles; a plain process would end. */
const unhandled = [];
process.on("unhandledRejection", (error) =>
  unhandled.push(error instanceof Error ? error.message : String(error)),
);

const { AgentRuntime, DatabaseAdapter } = await import("@elizaos/core");
const runtime = new AgentRuntime({
  character: {
    name: "Bench",
    bio: ["Answers at once."],
    settings: {
      telegram: {
        apiRoot: options.apiRoot,
        dmPolicy: "open",
        allowFrom: ["*"],
        groupPolicy: "open",
        ...options.settings,
      },
    },
    secrets: { TELEGRAM_BOT_TOKEN: options.token, TELEGRAM_API_ROOT: options.apiRoot },
  },
  plugins: [modelPlugin(), ...(await plugins())],
  ...(await adapter()),
});
if (options.database === "pglite") {
  const { default: sql } = await import("@elizaos/plugin-sql");
  await runtime.registerPlugin(sql);
  await runtime.adapter.init();
  await runtime.runPluginMigrations();
}
await runtime.initialize();
if (options.plugin !== "none") await runtime.getServiceLoadPromise("telegram").catch(() => {});

process.on("message", async ({ type, ...message }) => {
  if (type === "mark") {
    const { user, system } = process.cpuUsage();
    process.send({
      type,
      cpuMs: (user + system) / 1000,
      peakMb: process.resourceUsage().maxRSS / 1024,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
    });
  } else if (type === "target") {
    const error = await runtime
      .sendMessageToTarget({ source: "telegram", ...message.target }, message.content)
      .then(
        () => undefined,
        (failure) => failure.message,
      );
    process.send({ type, error });
  } else if (type === "memories") {
    const rooms = await runtime.getRoomsForParticipant(runtime.agentId);
    const found = await Promise.all(
      rooms.map((roomId) => runtime.getMemories({ roomId, tableName: "messages", count: 100 })),
    );
    process.send({ type, texts: found.flat().map(({ content }) => content.text) });
  } else if (type === "unhandled") process.send({ type, unhandled });
  else if (type === "status")
    process.send({ type, status: runtime.getService("telegram")?.connectors?.status()[0] });
});
process.on("disconnect", () => process.exit(0));
process.send({ type: "ready" });

/** Quotes the message, at once; `wait N` in it waits N ms first. `say N` says N characters. */
function modelPlugin() {
  const ASKED = "The message reads: ";
  return {
    name: "model",
    description: "A model without network",
    providers: [
      {
        name: "RECENT_MESSAGES",
        get: async (_runtime, { content }) => ({ text: ASKED + JSON.stringify(content.text ?? "") }),
      },
    ],
    models: {
      TEXT_SMALL: async () => "<response><reasoning>no</reasoning><action>IGNORE</action></response>",
      async TEXT_LARGE(_runtime, { prompt }) {
        const line = prompt.split("\n").find((text) => text.startsWith(ASKED)) ?? "";
        const text = JSON.parse(line.slice(ASKED.length));
        const [, wait] = /wait (\d+)/.exec(text) ?? [];
        if (wait) await pause(Number(wait));
        const [, length] = /say (\d+)/.exec(text) ?? [];
        const said = length ? "word ".repeat(Number(length) / 5).trim() : `You said: ${text}`;
        return `<response><thought>Quote it.</thought><actions>REPLY</actions><providers></providers><text>${said}</text></response>`;
      },
    },
  };
}

async function plugins() {
  if (options.plugin === "none") return [];
  const { default: plugin } = await import(
    options.plugin === "ours" ? "@elizaos/plugin-telegram" : "their-plugin-telegram"
  );
  return [plugin];
}

async function adapter() {
  if (options.database === "pglite") return {};
  const { memoryDatabase } = await import("../../../checks/eliza/agent/database.mjs");
  return { adapter: new (memoryDatabase(DatabaseAdapter))() };
}
