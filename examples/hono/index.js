import { createConnectorRuntime, createWebhookFetch } from "@elizaos/connector-core";
import { telegram } from "@elizaos/plugin-telegram";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const { PORT = "3000", PUBLIC_URL, TELEGRAM_WEBHOOK_SECRET } = process.env;

const runtime = await createConnectorRuntime({
  connectors: [telegram],
  environment: process.env,
  publicUrl: PUBLIC_URL,
  config: {
    connectors: {
      telegram: {
        dmPolicy: "open",
        allowFrom: ["*"],
        webhookUrl: "/telegram", // below PUBLIC_URL
        webhookSecret: TELEGRAM_WEBHOOK_SECRET,
      },
    },
  },
  agent: (turn) => `You said: ${turn.text}`,
});

const app = new Hono();
const webhook = createWebhookFetch(runtime);
// The secret is checked in there, and the request is answered when its message is stored.
app.post("/telegram", (c) => webhook(c.req.raw));
app.get("/", (c) => c.text("The rest of your app"));

// First the door, then the runtime, which tells Telegram where it is.
const server = serve({ fetch: app.fetch, port: Number(PORT) });
await runtime.start();

for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, async () => {
    await runtime.stop();
    server.close();
  });
