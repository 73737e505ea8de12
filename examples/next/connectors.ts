import { type ConnectorRuntime, createConnectorRuntime } from "@elizaos/connector-core";
import { telegram } from "@elizaos/plugin-telegram";

const { PUBLIC_URL, TELEGRAM_WEBHOOK_SECRET } = process.env;

declare global {
  var connectorRuntime: Promise<ConnectorRuntime> | undefined;
}

/** One runtime for the whole server: Next.js may load this module more than once, and the state directory has one owner. */
export function connectors(): Promise<ConnectorRuntime> {
  globalThis.connectorRuntime ??= start();
  return globalThis.connectorRuntime;
}

async function start(): Promise<ConnectorRuntime> {
  const runtime = await createConnectorRuntime({
    connectors: [telegram],
    environment: process.env,
    ...(PUBLIC_URL !== undefined && { publicUrl: PUBLIC_URL }),
    config: {
      connectors: {
        telegram: {
          dmPolicy: "open",
          allowFrom: ["*"],
          webhookUrl: "/telegram", // below PUBLIC_URL: app/telegram/route.ts
          webhookSecret: TELEGRAM_WEBHOOK_SECRET,
        },
      },
    },
    agent: (turn) => `You said: ${turn.text}`,
  });
  await runtime.start();
  return runtime;
}
