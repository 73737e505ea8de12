import { RateLimited, Transient } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { Puppet, pass, type Rig, rig, START, until } from "./core-puppet.js";

const MINUTE = 60_000;
const OPEN = { dmPolicy: "open", allowFrom: ["*"] };

/** A message to a platform whose calls fail as `fail` says, and when they were made. */
async function sending(retry: object | undefined, fail: (call: number) => Error | undefined) {
  const at: number[] = [];
  const puppet: Puppet = new Puppet({
    hooks: {
      dispatch: async () => {
        at.push(bench.clock.now() - START);
        const error = fail(at.length);
        if (error !== undefined) throw error;
        return puppet.made();
      },
    },
  });
  const bench: Rig = await rig({ puppet, config: retry === undefined ? OPEN : { ...OPEN, retry } });
  await bench.runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "hi" });
  await until(() => at.length === 1);
  return { at, bench };
}

const down = () => new Transient("connection refused");

describe("retry of an account", () => {
  it("waits as it says: doubled each time, up to the longest wait, without jitter where there is none", async () => {
    const { at, bench } = await sending({ minDelayMs: 1_000, maxDelayMs: 5_000, jitter: 0 }, down);
    await pass(bench.clock, 18_000);
    expect(at).toEqual([0, 1_000, 3_000, 7_000, 12_000, 17_000]);
  });

  it("jitter is the share that is left to chance", async () => {
    // The rig's chance is always a half.
    const { at, bench } = await sending({ minDelayMs: 4_000, maxDelayMs: 4_000, jitter: 1 }, down);
    await pass(bench.clock, 6_000);
    expect(at).toEqual([0, 2_000, 4_000, 6_000]);
  });

  it("gives up after so many attempts, and the message is a dead letter with the platform's reason", async () => {
    const { at, bench } = await sending({ attempts: 3, minDelayMs: 1_000 }, down);
    await pass(bench.clock, 10 * MINUTE, 5_000);
    expect(at).toHaveLength(3);
    const [letter, ...more] = await bench.runtime.deadLetters.list();
    expect(letter?.reason).toContain("connection refused");
    expect(more).toEqual([]);
  });

  it("one attempt is one call", async () => {
    const { at, bench } = await sending({ attempts: 1 }, down);
    await pass(bench.clock, MINUTE);
    expect(at).toHaveLength(1);
  });

  it("without a number of attempts nothing is given up that may still be sent", async () => {
    const { at, bench } = await sending(undefined, down);
    await pass(bench.clock, 20 * MINUTE, 5_000);
    expect(at.length).toBeGreaterThan(20);
    expect(await bench.runtime.deadLetters.list()).toEqual([]);
  });

  it("a platform that asks to wait is heeded, whatever the number of attempts", async () => {
    const { at, bench } = await sending({ attempts: 1 }, (call) =>
      call > 3 ? undefined : new RateLimited("slow down", { scope: "chat", retryAfterMs: 10_000 }),
    );
    await pass(bench.clock, MINUTE);
    expect(at).toEqual([0, 10_000, 20_000, 30_000]);
    expect(await bench.runtime.deadLetters.list()).toEqual([]);
  });
});
