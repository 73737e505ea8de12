import { expect, it } from "vitest";
import { lasting, memory, Puppet, rig, START, said, until } from "./core-puppet.js";

const DECISION = { fate: "admitted", reason: "let in", rule: "dm.open" } as const;

/** A store in which a message was begun `attempts` times and never ended, as after so many deaths of the process. */
async function afterDeaths(attempts: number) {
  const store = lasting(memory());
  const puppet = new Puppet();
  const first = await rig({ puppet, store, agent: () => new Promise<string>(() => {}) });
  await puppet.context().receive([said("poison"), said("fine", { chat: "bob" })]);
  await until(() => first.turns.length === 2);
  await first.stop();
  const [poison] = (await store.recentEvents({ limit: 9 })).filter(({ session }) => session.includes("ada"));
  const lease = await store.lease("puppet:default", "deaths");
  if (poison === undefined || lease === undefined) throw new Error("the first run left nothing behind");
  for (let attempt = poison.attempts; attempt < attempts; attempt++) {
    await store.begin(lease, { events: [poison.seq], decision: DECISION, at: START });
  }
  await store.release(lease);
  return { store, seq: poison.seq };
}

it("F5 a message that brings the process down each time becomes a dead letter; others are answered", async () => {
  const { store, seq } = await afterDeaths(50);
  const again = await rig({ store, puppet: new Puppet() });
  await until(() => again.puppet.texts().includes("re: fine"));
  await until(async () => (await again.runtime.why(seq))?.event.decision.fate === "dead");
  expect(again.turns.map(({ text }) => text)).toEqual(["fine"]);
  expect((await again.runtime.why(seq))?.event.decision).toMatchObject({
    rule: "turn.attempts",
    reason: expect.stringContaining("50 times"),
  });

  // The operator may think that it is mended.
  await again.runtime.deadLetters.retry(`event:${seq}`);
  await until(() => again.puppet.texts().includes("re: poison"));
});

it("F5 a message that was begun less often is simply tried again", async () => {
  const { store } = await afterDeaths(49);
  const again = await rig({ store, puppet: new Puppet() });
  await until(() => again.puppet.texts().includes("re: poison"));
});
