import { RateLimited } from "@elizaos/connector-core";
import { expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { gate, intercept, memory, Puppet, pass, quiet, rig, START, until } from "./core-puppet.js";

it("F1 a call that waited for the store heeds what the platform asked for meanwhile", async () => {
  const clock = new ManualClock(START);
  const taken = gate();
  let attempts = 0;
  const store = intercept(memory(), async ({ method }, run) => {
    if (method === "attempt" && ++attempts === 1) await taken.opened;
    return run();
  });
  const made: { text: string; at: number }[] = [];
  const puppet = new Puppet({
    hooks: {
      dispatch: async ({ text, at }) => {
        made.push({ text, at });
        if (text === "flooded" && made.length === 1) {
          throw new RateLimited("slow down", { scope: "account", retryAfterMs: 30_000 });
        }
        return {};
      },
    },
  });
  const { runtime } = await rig({ puppet, store, clock });
  await runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "waiting" });
  await until(() => attempts === 1);
  await runtime.send({ connector: "puppet", to: { chat: "bob" }, text: "flooded" });
  await until(() => made.length === 1);
  taken.open();
  await quiet();
  expect(made.map(({ text }) => text)).toEqual(["flooded"]);
  await pass(clock, 31_000);
  expect(made.slice(1).map(({ text }) => text)).toContain("waiting");
  expect(made.slice(1).every(({ at }) => at >= START + 30_000)).toBe(true);
  expect((await runtime.deadLetters.list()).length).toBe(0);
});
