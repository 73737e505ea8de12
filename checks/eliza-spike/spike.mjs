import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startToyPlatform } from "@elizaos/connector-testkit/toy";

const DONE_WITHIN_MS = 30_000;

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
process.env.LOG_LEVEL ??= "warn";
const { startRuntime } = await import("./host.mjs");
const { default: plugin } = await import("./plugin.mjs");

const platform = await startToyPlatform();
const stateDir = mkdtempSync(join(tmpdir(), "eliza-spike-"));
process.once("exit", () => rmSync(stateDir, { recursive: true }));
const account = platform.account("default");
const [ada, bob] = ["Ada", "Bob"].map((name) => platform.user(name));

/** What the model was asked, in order. It thinks about the slow one until it is told to go on. */
const asked = [];
const SLOW = "take your time";
const thinking = Promise.withResolvers();
const goOn = Promise.withResolvers();
async function model(text) {
  asked.push(text);
  if (text === SLOW) {
    thinking.resolve();
    await goOn.promise;
  }
  return answerTo(text);
}
const answerTo = (text) => `You said: "${text}"`;

const runtime = await startRuntime({
  plugins: [plugin],
  settings: {
    toy: { apiRoot: platform.url, dmPolicy: "allowlist", allowFrom: [ada.id, bob.id] },
    CONNECTOR_STATE_DIR: stateDir,
  },
  secrets: { TOY_TOKEN: account.token },
  model,
});
// initialize() does not wait for services.
const { connectors } = await runtime.getServiceLoadPromise("toy");
const [status] = connectors.status();
assert.equal(status.state, "online", `the account is ${status.state}: ${status.reason} ${status.mend ?? ""}`);

async function hears(person, text) {
  const heard = await person.hears().then(
    (message) => message.text,
    (error) => error.message,
  );
  if (heard === answerTo(text)) return;
  const { fate, reason } = (await connectors.why("last"))?.event.decision ?? { fate: "missing" };
  assert.fail(
    `${person.name} should hear the answer to "${text}"; instead: ${heard}; the last event is ${fate}: ${reason}`,
  );
}

// One direct message, one answer.
const first = "R & D <soon>?";
ada.says(first, { account });
await hears(ada, first);
const { event } = await connectors.why("last");
assert.deepEqual([event.decision.fate, event.decision.rule], ["answered", "dm.allowFrom"]);

// A second message while the first is being answered. Core drops the older of two in one room, so the second has to
// wait its turn; Bob, who wrote after it and has his answer, shows that it was not merely late.
ada.says(SLOW, { account });
await thinking.promise;
ada.says("are you there?", { account });
bob.says("hello", { account });
await hears(bob, "hello");
assert.deepEqual(
  asked,
  [first, SLOW, "hello"],
  "Ada's second message should wait for the answer to her first",
);
goOn.resolve();
await hears(ada, SLOW);
await hears(ada, "are you there?");

// Stopping sends what is still in the outbox, so that a doubled answer would be here by now.
await runtime.stop();
const read = [ada, bob].map((person) => person.heard().map(({ text }) => text));
const expected = [[first, SLOW, "are you there?"], ["hello"]].map((texts) => texts.map(answerTo));
assert.deepEqual(read, expected, `each message should be answered once; people read ${JSON.stringify(read)}`);

await platform.close();

process.once("exit", (code) => {
  if (code !== 0) return;
  const ms = Math.round(performance.now());
  console.log(
    `PASS 4 direct messages, 4 answers, 2 messages at once in one chat answered in turn; ended by itself after ${ms} ms on Node ${process.versions.node}`,
  );
});
