import { AuthError, type EventBatch, StoreError, Transient } from "@elizaos/connector-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  finish,
  gate,
  intercept,
  lasting,
  memory,
  Puppet,
  pass,
  quiet,
  rig,
  START,
  said,
  until,
} from "./core-puppet.js";

const busy = () => new StoreError("busy", "the database is locked");
const never = <T>() => new Promise<T>(() => {});

/** Rejections that nobody handles while the test runs. */
function unhandled(): unknown[] {
  const found: unknown[] = [];
  const note = (reason: unknown) => void found.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return found;
}

describe("taking up what an earlier run left", () => {
  it.each(["unfinished", "openOperations"])(
    "is done although %s could not be read at first",
    async (method) => {
      const store = lasting(memory());
      const clock = new ManualClock(START);
      const down = new Puppet({
        hooks: { dispatch: () => Promise.reject(new Transient("the platform is down")) },
      });
      const first = await rig({ store, clock, puppet: down, agent: () => never<string>() });
      await down.context().receive([said("left behind")]);
      await first.runtime.send({ connector: "puppet", to: { chat: "bob" }, text: "queued" });
      await until(() => first.turns.length === 1 && down.calls.length === 1);
      await first.stop();

      let refusals = 1;
      const flaky = intercept(store, (call, run) => {
        if (call.method === method && refusals-- > 0) return Promise.reject(busy());
        return run();
      });
      const second = await rig({ store: flaky, clock, starting: true });
      await pass(clock, 10_000);
      expect(second.runtime.status()[0]?.state).toBe("online");
      expect(second.puppet.texts().toSorted()).toEqual(["queued", "re: left behind"]);
    },
  );
});

describe("a catch-up that is stuck in its old connection", () => {
  it("does not keep the new connection from catching up", async () => {
    const stuck = gate();
    let lives = 0;
    const puppet = new Puppet({
      hooks: {
        async *catchUp(): AsyncGenerator<EventBatch> {
          lives += 1;
          yield { events: lives === 1 ? [said("first")] : [said("missed")] };
        },
      },
    });
    // A full disk, for longer than it takes to connect again.
    let accepts = 0;
    const store = intercept(memory(), async ({ method }, run) => {
      if (method === "accept" && accepts++ === 0) await stuck.opened;
      return run();
    });
    const { clock } = await rig({ puppet, store });
    await until(() => accepts === 1);
    puppet.context().fail(new Transient("the socket was reset"));
    await pass(clock, 5_000);
    expect(puppet.contexts).toHaveLength(2);
    stuck.open();
    await pass(clock, 5_000);
    expect(puppet.texts().toSorted()).toEqual(["re: first", "re: missed"]);
  });

  it("that failed does not let newer messages go before those that it did not bring", async () => {
    let lives = 0;
    const puppet = new Puppet({
      hooks: {
        async *catchUp(): AsyncGenerator<EventBatch> {
          lives += 1;
          if (lives === 1) throw new Transient("503");
          yield { events: [said("missed", { order: 1 })] };
        },
        async open(context) {
          if (puppet.contexts.length === 1) await context.receive([said("live", { order: 2 })]);
        },
      },
    });
    const { clock } = await rig({ puppet });
    await pass(clock, 10_000);
    expect(puppet.texts()).toEqual(["re: missed", "re: live"]);
  });
});

describe("a connection that is over", () => {
  it("cannot end the one that took its place", async () => {
    const { puppet, clock, runtime } = await rig();
    const old = puppet.context();
    old.fail(new Transient("error event of the socket"));
    await pass(clock, 3_000);
    expect(puppet.contexts).toHaveLength(2);
    old.fail(new AuthError("close event of the socket"));
    await pass(clock, 3_000);
    expect(runtime.status()[0]?.state).toBe("online");
    expect(puppet.contexts).toHaveLength(2);
  });
});

describe("intake when too much waits", () => {
  it("a connection that stores its cursor while it opens starts all the same", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const limits = { maxWaitingEvents: 2 };
    const first = await rig({ store, clock, limits, agent: () => never<string>() });
    await first.puppet.context().receive([said("1"), said("2"), said("3")]);
    await first.stop();

    const puppet = new Puppet({
      hooks: {
        // As the toy stream does without a log.
        open: async (context) => void (await context.receive([], { cursor: { name: "log", value: 1 } })),
      },
    });
    const second = await rig({ store, clock, limits, puppet, starting: true });
    await pass(clock, 60_000);
    expect(second.runtime.status()[0]?.state).toBe("online");
    expect(puppet.texts()).toEqual(["re: 1", "re: 2", "re: 3"]);
  });

  it("an account that cannot be opened does not stop the others", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const limits = { maxWaitingEvents: 2 };
    const accounts = ["one", "two"];
    const first = await rig({ store, clock, limits, accounts, agent: () => never<string>() });
    await first.puppet.context("one").receive([said("1"), said("2"), said("3")]);
    await first.stop();

    const puppet = new Puppet({
      hooks: {
        open: async (context) => {
          if (context.account === "one") throw new AuthError("the scope is missing");
        },
      },
    });
    await rig({ store, clock, limits, accounts, puppet });
    let received = false;
    void puppet
      .context("two")
      .receive([said("hello")])
      .then(() => {
        received = true;
      });
    await pass(clock, 60_000);
    expect(received).toBe(true);
    expect(puppet.texts()).toContain("re: hello");
  });
});

describe("stop", () => {
  it("shuts the store down although a lease cannot be given back", async () => {
    let isShut = false;
    const store = intercept(memory(), async ({ method }, run) => {
      if (method === "release") throw busy();
      if (method === "shutdown") isShut = true;
      return run();
    });
    const { runtime, clock } = await rig({ store });
    await finish(runtime.stop(), clock).catch(() => {});
    expect(isShut).toBe(true);
  });

  it("asked for twice, is over for both when it is over", async () => {
    let isShut = false;
    const store = intercept(memory(), async ({ method }, run) => {
      const result = await run();
      if (method === "shutdown") isShut = true;
      return result;
    });
    const { runtime, clock } = await rig({ store });
    const first = runtime.stop();
    const second = runtime.stop().then(() => isShut);
    await finish(first, clock);
    expect(await second).toBe(true);
  });

  it.each(["identify", "open"] as const)(
    "ends within 5 s although %s does not heed its signal",
    async (phase) => {
      const puppet = new Puppet({ hooks: { [phase]: () => never() } });
      const { runtime, clock } = await rig({ puppet, starting: true });
      await quiet();
      const before = clock.now();
      await finish(runtime.stop(), clock, 60_000);
      expect(clock.now() - before).toBeLessThanOrEqual(5_000);
    },
  );

  it("leaves no timer behind when the agent does not heed its signal", async () => {
    const typing: number[] = [];
    const puppet = new Puppet({
      features: { typing: { refreshMs: 5_000 } },
      hooks: { typing: async () => void typing.push(1) },
    });
    const { clock, runtime, turns } = await rig({ puppet, agent: () => never<string>() });
    await puppet.context().receive([said("hi")]);
    await until(() => turns.length === 1);
    await finish(runtime.stop(), clock);
    const shown = typing.length;
    await pass(clock, 30_000);
    expect({ timers: clock.waiting, typingAfterStop: typing.length - shown }).toEqual({
      timers: 0,
      typingAfterStop: 0,
    });
  });

  it("leaves no timer behind when a call does not heed its signal", async () => {
    const puppet = new Puppet({ hooks: { dispatch: () => never() } });
    const { clock, runtime } = await rig({ puppet });
    await runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "hi" });
    await until(() => puppet.calls.length === 1);
    await finish(runtime.stop(), clock);
    await quiet();
    expect(clock.waiting).toBe(0);
  });

  it("begins no call that is cancelled from the start", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const slow = gate();
    let isSlow = true;
    const puppet = new Puppet();
    const first = await rig({
      puppet,
      clock,
      // The disk takes its time over the note that the call is about to be made.
      store: intercept(store, async ({ method }, run) => {
        const result = await run();
        if (method === "attempt" && isSlow) await slow.opened;
        return result;
      }),
    });
    await first.runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "hi" });
    await quiet();
    const stopping = first.stop();
    await pass(clock, 4_000);
    isSlow = false;
    slow.open();
    await quiet();
    await stopping;
    expect(puppet.calls.filter(({ context }) => context.signal.aborted)).toEqual([]);
  });

  it("during a catch-up, an open and a turn loses nothing", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const first = await rig({
      store,
      clock,
      agent: (_turn, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    await first.puppet.context().receive([said("a", { chat: "1" }), said("b", { chat: "2" })]);
    await until(() => first.turns.length === 2);
    const stopping = first.runtime.stop();
    await quiet();
    // Still open: what comes now is stored, and told so.
    expect(await first.puppet.context().receive([said("c", { chat: "3" })])).toMatchObject([
      { status: "accepted" },
    ]);
    await finish(stopping, clock);
    await expect(first.puppet.context().receive([said("d", { chat: "4" })])).rejects.toThrow();
    const second = await rig({ store, clock });
    await until(() => second.puppet.calls.length === 3);
    expect(second.puppet.texts().toSorted()).toEqual(["re: a", "re: b", "re: c"]);
    expect(second.turns.map(({ attempt }) => attempt).toSorted()).toEqual([1, 2, 2]);
  });
});

describe("a host's own listener", () => {
  it("that throws takes neither the account nor the process with it", async () => {
    const rejections = unhandled();
    const { puppet, clock, runtime } = await rig({
      starting: true,
      onEvent: ({ type }) => {
        if (type === "status") throw new Error("the host's screen is broken");
      },
    });
    await pass(clock, 5_000);
    expect(rejections).toEqual([]);
    expect(runtime.status()[0]?.state).toBe("online");
    expect(puppet.open).toBe(1);
  });
});

describe("two accounts with one identity", () => {
  it("the second says so and stays closed; the first works on", async () => {
    const puppet = new Puppet({ hooks: { identify: async () => ({ id: "same" }) } });
    const { runtime } = await rig({ puppet, accounts: ["one", "two"] });
    const states = runtime.status().map(({ state }) => state);
    expect(states.toSorted()).toEqual(["failed", "online"]);
    expect(runtime.status().find(({ state }) => state === "failed")?.reason).toContain("another account");
    await puppet.contexts[0]?.receive([said("hi")]);
    await until(() => puppet.calls.length === 1);
  });
});
