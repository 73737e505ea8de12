import { type Connector, createConnectorRuntime } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";

/** Where the process ends. */
export type CrashPoint =
  | "before-accept"
  | "after-accept"
  | "during-turn"
  | "after-commit"
  | "between-parts"
  | "before-record";

/** What a process that is going to be killed runs; JSON in the environment variable `CRASH_PLAN`. */
export interface CrashPlan {
  /** Specifier or file URL of a module that exports the connector. */
  readonly module: string;
  /** The connector's id. */
  readonly connector: string;
  readonly block: Readonly<Record<string, unknown>>;
  readonly database: string;
  /** The agent's answer to everything. */
  readonly text: string;
  readonly point: CrashPoint;
}

/** Ends as a process does that is killed from outside: nothing more is run. */
function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}

function crashing(store: Store, point: CrashPoint): Store {
  return {
    ...store,
    async accept(lease, request) {
      if (request.events.length === 0) return store.accept(lease, request);
      if (point === "before-accept") return die();
      const result = await store.accept(lease, request);
      return point === "after-accept" ? die() : result;
    },
    async finish(lease, request) {
      const result = await store.finish(lease, request);
      return point === "after-commit" && request.operations.length > 0 ? die() : result;
    },
    async settle(lease, request) {
      const isSent = request.state === "sent";
      if (isSent && point === "before-record") return die();
      const result = await store.settle(lease, request);
      return isSent && point === "between-parts" ? die() : result;
    },
  };
}

/** A connector by its id, among what a module exports. */
function isConnector(value: unknown, id: string): value is Connector {
  if (typeof value !== "object" || value === null || !("manifest" in value) || !("open" in value))
    return false;
  const { manifest } = value;
  return typeof manifest === "object" && manifest !== null && "id" in manifest && manifest.id === id;
}

async function main(plan: CrashPlan): Promise<void> {
  const exported: Readonly<Record<string, unknown>> = await import(plan.module);
  const connector = Object.values(exported).find((value) => isConnector(value, plan.connector));
  if (!isConnector(connector, plan.connector))
    throw new Error(`${plan.module} exports no connector "${plan.connector}"`);
  const runtime = await createConnectorRuntime({
    connectors: [connector],
    config: { connectors: { [plan.connector]: plan.block } },
    store: crashing(await openSqliteStore({ path: plan.database, durability: "process" }), plan.point),
    agent: () => (plan.point === "during-turn" ? die() : { type: "message", text: plan.text }),
    log: { debug() {}, info() {}, warn: console.error, error: console.error },
  });
  await runtime.start();
  console.log("started");
}

await main(JSON.parse(process.env["CRASH_PLAN"] ?? "{}"));
