import {
  type Agent,
  ConfigError,
  type ConnectorRuntime,
  createConnectorRuntime,
  createWebhookGuard,
  type Heartbeat,
  type RuntimeEvent,
  systemClock,
} from "@elizaos/connector-core";
import type { WebhookListener } from "@elizaos/connector-core/webhook-listener";
import { commandNames } from "./command-names.js";
import type { HostSettings } from "./config/host-schema.js";
import type { Plan } from "./config/load.js";
import { configWriter } from "./config/writer.js";
import { operatorOf } from "./control/operator.js";
import { connectorReports } from "./control/reports.js";
import { serveControl } from "./control/server.js";
import type { Operator } from "./control/shapes.js";
import { isoTime } from "./control/time.js";
import { type AccountHealth, openHealthDoor } from "./health.js";
import { letHeapGrow } from "./heap.js";
import type { Logger } from "./log.js";
import { removePid, writePid } from "./state-dir.js";
import { openStore } from "./store.js";
import { UserError } from "./user-error.js";
import { version } from "./version.js";

/** The host is gone this long after the first signal, in ms, whatever hangs; the store keeps what was not done. */
const STOP_TIMEOUT_MS = 4_800;

export interface HostOptions {
  readonly plan: Plan;
  /** There already; see `prepareStateDir`. */
  readonly stateDir: string;
  /** 0 for a free one. */
  readonly port: number;
  /** Where webhooks arrive, if any account needs them; port 0 for a free one. */
  readonly webhooks: { readonly port: number; readonly bind: string };
  readonly agent: Agent;
  readonly log: Logger;
  readonly onEvent: (event: RuntimeEvent) => void;
}

export interface Host {
  readonly runtime: ConnectorRuntime;
  readonly operator: Operator;
  readonly healthUrl: string;
  /** Where platforms, or the proxy before this host, bring webhooks; absent when no account needs any. */
  readonly webhookUrl: string | undefined;
  /** Resolves when every account is online or said why not. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Takes the state directory and opens the doors; connects nothing yet.
 *
 * @throws UserError when the state directory or the port cannot be had
 */
export async function openHost({
  plan,
  stateDir,
  port,
  webhooks,
  agent,
  log,
  onEvent,
}: HostOptions): Promise<Host> {
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const store = await openStore(stateDir, plan.store);
    closers.push(() => store.shutdown());
    writePid(stateDir);
    closers.push(() => removePid(stateDir));
    const runtime = await createConnectorRuntime({
      connectors: plan.connectors.flatMap(({ connector }) => connector ?? []),
      config: { connectors: plan.blocks },
      environment: plan.environment,
      ...runtimeSettings(plan.settings),
      configWriter: configWriter(plan),
      agent: atWork(agent),
      store,
      stateDir,
      log,
      approveCommand: (connector, code) =>
        `${commandNames(process.env).milady} pairing approve ${connector} ${code}`,
      onEvent,
      onSecret: (secret) => plan.redactor.add(secret),
    });
    closers.push(() => runtime.stop());
    const health = await openHealthDoor(port, () => accountHealth(plan, runtime));
    closers.push(() => health.close());
    const listener = await openWebhooks(runtime, webhooks);
    if (listener !== undefined) closers.push(() => listener.close());
    const host = {
      pid: process.pid,
      version: version(),
      health: health.url,
      webhooks: listener?.url ?? null,
      startedAt: isoTime(Date.now()),
    };
    const operator = operatorOf({ plan, runtime, store, stateDir, host });
    const control = await serveControl(stateDir, operator);
    closers.push(() => control.close());
    return {
      runtime,
      operator,
      healthUrl: health.url,
      webhookUrl: listener?.url,
      start: () => runtime.start(),
      stop: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The top-level keys that the runtime itself heeds. */
function runtimeSettings({ owners, commands, session, publicUrl, heartbeat }: HostSettings) {
  return {
    owners,
    commands,
    ...(session === undefined ? {} : { session }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(heartbeat === undefined ? {} : { heartbeat: heartbeatOf(heartbeat) }),
  };
}

function heartbeatOf({ everyMinutes, prompt, to }: NonNullable<HostSettings["heartbeat"]>): Heartbeat {
  const { connector, account, chat, thread } = to;
  return {
    everyMs: everyMinutes * 60_000,
    prompt,
    to: {
      connector,
      chat,
      ...(account !== undefined && { account }),
      ...(thread !== undefined && { thread }),
    },
  };
}

/** Nothing listens, and nothing is loaded for it, unless an enabled account gets its events by webhook. */
async function openWebhooks(
  runtime: ConnectorRuntime,
  where: HostOptions["webhooks"],
): Promise<WebhookListener | undefined> {
  const paths = runtime.webhookPaths();
  if (paths.length === 0) return undefined;
  const { openWebhookListener } = await import("@elizaos/connector-core/webhook-listener");
  try {
    return await openWebhookListener({
      ...where,
      settings: { port: "MILADY_WEBHOOK_PORT", bind: "MILADY_WEBHOOK_BIND" },
      paths,
      guard: createWebhookGuard(systemClock),
      handle: (request) => runtime.webhook(request),
    });
  } catch (error) {
    if (error instanceof ConfigError) throw new UserError(error.message, { cause: error });
    throw error;
  }
}

/** The first turn ends the thrift of the start. */
function atWork(agent: Agent): Agent {
  let began = false;
  return {
    ...agent,
    run(turn, options) {
      if (!began) letHeapGrow();
      began = true;
      return agent.run(turn, options);
    },
  };
}

function accountHealth(plan: Plan, runtime: ConnectorRuntime): AccountHealth[] {
  const live = { statuses: runtime.status(), lastIgnored: new Map<string, number>() };
  return connectorReports(plan, live).flatMap(({ id, accounts }) =>
    accounts.map((account) => ({ connector: id, account: account.id, state: account.state })),
  );
}

/** Ends the host in time even when something in it hangs. */
export async function stopHost(host: Host, signal: string, log: Logger): Promise<void> {
  log.info({}, `stopping (${signal})`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), STOP_TIMEOUT_MS);
  });
  const result = await Promise.race([host.stop(), late]);
  clearTimeout(timer);
  if (result === "late")
    log.warn({}, "something did not end in time and was cut off; the next start finishes what was accepted");
  else log.info({}, "stopped");
}
