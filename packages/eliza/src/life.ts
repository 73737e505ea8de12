import {
  type Connector,
  type ConnectorRuntime,
  createConnectorRuntime,
  createWebhookGuard,
  isRecord,
  type Logger,
  systemClock,
} from "@elizaos/connector-core";
import type { WebhookListener } from "@elizaos/connector-core/webhook-listener";
import type { AgentRuntime } from "./agent-runtime.js";
import { keepTrying } from "./keep-trying.js";
import type { Parts } from "./parts.js";
import { connectorBlocks, readConnectorSettings } from "./settings/block.js";
import { readSharedSettings, type SharedSettings, WEBHOOK_SETTINGS } from "./settings/shared.js";

/** One life of the shared connector runtime. */
export interface Life {
  readonly members: readonly Connector[];
  readonly connectors: ConnectorRuntime;
  /** Resolves when every account is online or has said why not. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Opens store and runtime; connects nothing yet. Settings are read here, when the runtime has merged those of its database. */
export async function openLife(
  runtime: AgentRuntime,
  members: readonly Connector[],
  { agent, pairing }: Parts,
): Promise<Life> {
  const shared = readSharedSettings(runtime, process.env, process.cwd());
  const settings = members.map((connector) => ({
    id: connector.manifest.id,
    ...readConnectorSettings(runtime, connector, process.env),
  }));
  for (const { warnings } of settings) for (const warning of warnings) runtime.logger.warn({}, warning);
  const blocks = connectorBlocks(runtime);
  const defaults = isRecord(blocks) ? blocks["defaults"] : undefined;
  const connectors = await withSqlite(() =>
    createConnectorRuntime({
      connectors: members,
      config: {
        connectors: {
          ...Object.fromEntries(settings.map(({ id, block }) => [id, block])),
          ...(defaults !== undefined && { defaults }),
        },
      },
      environment: Object.assign({}, ...settings.map(({ environment }) => environment)),
      agent,
      stateDir: shared.stateDir,
      durability: shared.durability,
      owners: shared.owners,
      commands: shared.commands,
      ...(shared.publicUrl !== undefined && { publicUrl: shared.publicUrl }),
      log: logOf(runtime),
      approvedElsewhere: pairing.approved,
      onEvent(event) {
        if (event.type !== "pairing-request") return;
        const { connector, sender, name } = event.request;
        runtime.logger.info(
          { connector, sender, name },
          "somebody asks to write to the agent; approve the code that they were given, or add their id to allowFrom",
        );
        void pairing.requested(event.request);
      },
    }),
  );
  const ending = new AbortController();
  let listener: WebhookListener | undefined;
  return {
    members,
    connectors,
    async start() {
      await keepTrying(
        async () => {
          const opened = await openWebhooks(connectors, shared);
          if (ending.signal.aborted) await opened?.close();
          else listener = opened;
        },
        {
          signal: ending.signal,
          onFailure: (error, retryInMs) => runtime.logger.error({ error, retryInMs }, messageOf(error)),
        },
      );
      await connectors.start();
    },
    async close() {
      ending.abort();
      await listener?.close();
      await connectors.stop();
    },
  };
}

/** A port of its own, since that runtime's routes give handlers no raw body, which signatures are made of. */
async function openWebhooks(
  connectors: ConnectorRuntime,
  { webhooks }: SharedSettings,
): Promise<WebhookListener | undefined> {
  const paths = connectors.webhookPaths();
  if (paths.length === 0) return undefined;
  const { openWebhookListener } = await import("@elizaos/connector-core/webhook-listener");
  return openWebhookListener({
    ...webhooks,
    settings: WEBHOOK_SETTINGS,
    paths,
    guard: createWebhookGuard(systemClock),
    handle: (request) => connectors.webhook(request),
  });
}

async function withSqlite<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!/node:sqlite/.test(messageOf(error))) throw error;
    const { bun, node } = process.versions;
    const here = bun === undefined ? `Node ${node}` : `Bun ${bun}`;
    throw new Error(
      `The connectors keep their messages with node:sqlite, which ${here} does not have. Use Node 22.13 or newer, or Bun 1.4 or newer.`,
      { cause: error },
    );
  }
}

function logOf({ logger }: AgentRuntime): Logger {
  return {
    debug: (fields, message) => logger.debug({ ...fields }, message),
    info: (fields, message) => logger.info({ ...fields }, message),
    warn: (fields, message) => logger.warn({ ...fields }, message),
    error: (fields, message) => logger.error({ ...fields }, message),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
