import { createConnectorRuntime } from "@elizaos/connector-core";
import { telegram } from "@elizaos/plugin-telegram";

const runtime = await createConnectorRuntime({
  connectors: [telegram],
  // TELEGRAM_BOT_TOKEN is read from here.
  environment: process.env,
  config: { connectors: { telegram: { dmPolicy: "open", allowFrom: ["*"] } } },
  // Your agent. It may also be async, or an async generator that says its answer word by word.
  agent: (turn) => `You said: ${turn.text}`,
  // What goes wrong on the way is told here.
  onEvent: (event) => console.log(JSON.stringify(event)),
});

await runtime.start();

// A process that is killed loses nothing either; this only ends sooner.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => runtime.stop());
