// An agent on the real @elizaos/core, in a process of its own: `agent.mjs <options as JSON>`. Does what it is asked over IPC.
import { modelPlugin } from "./model.mjs";

/** @type {{ core: "1" | "2", database: "memory" | "pglite", settings: object, secrets: object, plugins: string[], dataDir: string, delayed?: string[] }} */
const options = JSON.parse(process.argv[2] ?? "{}");
process.env.LOG_LEVEL ??= "fatal";
process.env.PGLITE_DATA_DIR = `${options.dataDir}/pglite`;
process.env.ELIZA_DATA_DIR = options.dataDir;

const { AgentRuntime, ...core } = await import(options.core === "1" ? "@elizaos/core" : "core-next");
const gates = new Map();
const open = new Map();
const asked = [];
const events = [];
const lines = [];

const runtime = new AgentRuntime({
  character: {
    id: "b850bc30-45f8-0041-a00a-83df46d8555d",
    name: "Quoter",
    bio: ["Quotes what it hears."],
    settings: options.settings,
    secrets: options.secrets,
  },
  plugins: [modelPlugin(gates, asked), ...pairing(), ...(await plugins(options.plugins))],
  ...(await database()),
});
for (const level of ["debug", "info", "warn", "error"]) {
  const write = runtime.logger[level]?.bind(runtime.logger);
  runtime.logger[level] = (fields, message) => {
    if (level !== "debug")
      lines.push(
        `${level} ${message ?? ""} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value))}`,
      );
    return write?.(fields, message);
  };
}

const HEARD = ["REACTION_RECEIVED", "ENTITY_JOINED", "WORLD_JOINED", "MESSAGE_DELETED", "MESSAGE_SENT"];
for (const name of HEARD)
  runtime.registerEvent(name, async ({ message, source }) => {
    events.push({ name, source, text: message?.content.text });
  });
await initialize();

const COMMANDS = {
  status: async () => service().connectors.status(),
  why: async () => (await service().connectors.why("last"))?.event.decision,
  pairing: () => service().connectors.pairing.list(),
  deadLetters: () => service().connectors.deadLetters.list(),
  approve: ({ connector, code }) => service(connector).connectors.pairing.approve(connector, code),
  allow: ({ channel, sender }) => runtime.getService("pairing").addToAllowlist(channel, sender),
  pending: ({ channel }) => runtime.getService("pairing").listPendingRequests(channel),
  target: ({ target, content }) => runtime.sendMessageToTarget(target, content),
  act: async ({ name, message }) =>
    runtime.actions
      .find((action) => action.name === name)
      .handler(runtime, { id: message, content: {} }, {}, {}),
  actions: async () => runtime.actions.map(({ name }) => name),
  hold: async ({ text }) => {
    const gate = Promise.withResolvers();
    gates.set(text, gate.promise);
    open.set(text, gate.resolve);
  },
  release: async ({ text }) => open.get(text)?.(),
  asked: async () => asked,
  events: async () => events,
  lines: async () => lines,
  rooms: async () => {
    const entries = await Promise.all(
      (await runtime.getRoomsForParticipant(runtime.agentId)).map((id) => runtime.getRoom(id)),
    );
    return entries.filter((room) => room && room.id !== runtime.agentId);
  },
  worlds: async ({ ids }) => Promise.all(ids.map((id) => runtime.getWorld(id))),
  memories: async ({ room }) => {
    const found = await runtime.getMemories({ roomId: room, tableName: "messages", count: 100 });
    return found
      .filter(({ content }) => content.type !== "action_result" && !content.actions?.includes("IGNORE"))
      .sort((a, b) => a.createdAt - b.createdAt)
      .map(({ id, entityId, content }) => ({
        id,
        isAgent: entityId === runtime.agentId,
        text: content.text,
        attachments: content.attachments,
      }));
  },
  load: async ({ plugin }) => runtime.registerPlugin((await plugins([plugin]))[0]),
  stopService: async ({ type }) => runtime.getService(type).stop(),
  started: async ({ type }) => void (await runtime.getServiceLoadPromise(type)),
  stop: async () => {
    await runtime.stop();
    await runtime.adapter?.close?.();
  },
};

process.on("message", async ({ id, command, ...input }) => {
  try {
    process.send({ id, result: (await COMMANDS[command](input)) ?? null });
  } catch (error) {
    process.send({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ id: "ready" });

function service(type = options.plugins[0]) {
  const found = runtime.getService(type);
  if (!found)
    throw new Error(`no service ${type}: ${lines.filter((line) => line.startsWith("error")).join("\n")}`);
  return found;
}

async function plugins(names) {
  const { toy } = await import("@elizaos/connector-testkit/toy");
  const { elizaPlugin } = await import("@elizaos/connector-eliza");
  const { default: telegram } = await import("@elizaos/plugin-telegram");
  const copy = async () => {
    const { elizaPlugin: copied } = await import(process.env.OTHER_ELIZA);
    return copied(toy);
  };
  const known = { telegram: () => telegram, toy: () => elizaPlugin(toy), "toy of another copy": copy };
  return Promise.all(names.map((name) => known[name]()));
}

/** 2.x has a pairing service, which its host registers. */
function pairing() {
  const { PairingService } = core;
  return PairingService ? [{ name: "pairing", description: "Pairing", services: [PairingService] }] : [];
}

async function database() {
  if (options.core === "2") return { adapter: new core.InMemoryDatabaseAdapter() };
  if (options.database === "memory") {
    const { memoryDatabase } = await import("./database.mjs");
    return { adapter: new (memoryDatabase(core.DatabaseAdapter))() };
  }
  return {};
}

async function initialize() {
  if (options.core === "1" && options.database === "pglite") {
    const { default: sql } = await import("@elizaos/plugin-sql");
    await runtime.registerPlugin(sql);
    // Core reads the agent's row before it makes the tables; elizaOS's own server does it in this order.
    await runtime.adapter.init();
    await runtime.runPluginMigrations();
  }
  const setTimeoutOfNode = globalThis.setTimeout;
  // Core races every service against a 30 s timer which it never clears: unref'd, it cannot keep the process.
  globalThis.setTimeout = (callback, ms, ...args) => {
    const timer = setTimeoutOfNode(callback, ms, ...args);
    return ms === 30_000 ? timer.unref() : timer;
  };
  await runtime.initialize();
}
