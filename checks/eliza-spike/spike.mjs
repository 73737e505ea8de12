import assert from "node:assert/strict";

const DONE_WITHIN_MS = 20_000;

function fail(error) {
  console.error(error);
  console.log(`FAIL ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  process.exit(1);
}
process.on("uncaughtException", fail);

// Does not hold the process itself, so after the last line it fires only where something else does.
setTimeout(() => {
  fail(
    `not at an end after ${DONE_WITHIN_MS} ms, held by: ${process.getActiveResourcesInfo().join(", ") || "nothing"}`,
  );
}, DONE_WITHIN_MS).unref();

// Read by core when it is loaded.
process.env.LOG_LEVEL ??= "error";
const { startRuntime } = await import("./host.mjs");
const { pluginFromConnector } = await import("./plugin.mjs");
const { createSource } = await import("./source.mjs");

const source = createSource();
const runtime = await startRuntime([pluginFromConnector(source)]);
// initialize() does not wait for services.
await runtime.getServiceLoadPromise(source.id);

await source.says({ chat: "chat-of-ada", sender: "Ada", text: "hi & <b>hello</b>" });
await runtime.stop();

const expected = [{ chat: "chat-of-ada", text: 'You said: "hi & <b>hello</b>"' }];
const got = JSON.stringify(source.delivered);
assert.deepEqual(
  source.delivered,
  expected,
  `the one answer should be delivered once, as a quote; got ${got}`,
);

process.once("exit", (code) => {
  if (code !== 0) return;
  const ms = Math.round(performance.now());
  console.log(
    `PASS one direct message, one answer, ended by itself after ${ms} ms on Node ${process.versions.node}`,
  );
});
