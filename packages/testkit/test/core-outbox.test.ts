import {
  AuthError,
  type OperationFeature,
  RateLimited,
  StoreError,
  Transient,
  Unknown,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  gate,
  intercept,
  lasting,
  memory,
  onDisk,
  Puppet,
  type PuppetHooks,
  pass,
  quiet,
  type Rig,
  rig,
  START,
  said,
  until,
} from "./core-puppet.js";

const MINUTE = 60_000;
const never = <T>() => new Promise<T>(() => {});

function sending(feature: OperationFeature, hooks: PuppetHooks = {}): Puppet {
  return new Puppet({ features: { operations: { send: feature } }, hooks });
}

const send = ({ runtime }: Rig, text: string, chat = "ada", account = "default") =>
  runtime.send({ connector: "puppet", account, to: { chat }, text });

async function operation({ store }: Rig, seq: number) {
  const [found] = await store.operations([seq]);
  if (found === undefined) throw new Error(`There is no operation ${seq}`);
  return found;
}

describe("a call that worked", () => {
  it.each(["busy", "broken"] as const)(
    "is not taken for another when its route cannot be noted (%s)",
    async (problem) => {
      const puppet = new Puppet({
        hooks: {
          dispatch: async () => ({ ...puppet.made(), route: { version: 1, data: "better" } }),
        },
      });
      let refusals = 1;
      const store = intercept(memory(), async ({ method }, run) => {
        if (method === "chat" && puppet.calls.length > 0 && refusals-- > 0)
          throw new StoreError(problem, "the disk hiccups");
        return run();
      });
      const bench = await rig({ puppet, store });
      const seq = await send(bench, "once");
      await pass(bench.clock, 2 * MINUTE);
      expect(puppet.texts()).toEqual(["once"]);
      expect((await operation(bench, seq)).state).toBe("done");
      expect(await bench.runtime.deadLetters.list()).toEqual([]);
    },
  );
});

/** A platform that drops a key which it saw first less than `windowMs` ago. */
function keyed(puppet: Puppet, windowMs: number) {
  const seen = new Map<string, number>();
  const delivered: string[] = [];
  return {
    delivered,
    take(key: string, now: number, text: string) {
      const first = seen.get(key);
      if (first !== undefined && now - first < windowMs) return;
      seen.set(key, now);
      delivered.push(text);
      puppet.made();
    },
  };
}

describe("a key that the platform drops only for a time", () => {
  it("counts from the first call, however often the outcome stays unknown", async () => {
    const puppet = sending(
      { idempotency: { mode: "native", windowMs: 10 * MINUTE }, onUnknown: "hold" },
      {
        dispatch: async ({ context, at, text }) => {
          platform.take(context.key, at, text);
          throw new Unknown("the socket was reset before the answer");
        },
      },
    );
    const platform = keyed(puppet, 10 * MINUTE);
    const bench = await rig({ puppet });
    await send(bench, "once");
    await pass(bench.clock, 15 * MINUTE, 5_000);
    expect(platform.delivered).toEqual(["once"]);
    expect(await bench.runtime.deadLetters.list()).toHaveLength(1);
  });

  it("is not trusted after the window although the last call was refused", async () => {
    const puppet = sending(
      { idempotency: { mode: "native", windowMs: MINUTE }, onUnknown: "hold" },
      {
        dispatch: async ({ context, at, text }) => {
          if (context.attempt === 2)
            throw new RateLimited("slow down", { scope: "chat", retryAfterMs: 2 * MINUTE });
          platform.take(context.key, at, text);
          throw new Unknown("the socket was reset before the answer");
        },
      },
    );
    const platform = keyed(puppet, MINUTE);
    const bench = await rig({ puppet });
    await send(bench, "once");
    await pass(bench.clock, 5 * MINUTE, 5_000);
    expect(platform.delivered).toEqual(["once"]);
    expect(await bench.runtime.deadLetters.list()).toHaveLength(1);
  });

  it("every call is told when the first one was made", async () => {
    const puppet = new Puppet({
      hooks: {
        dispatch: async ({ context }) => {
          if (context.attempt < 4) throw new Transient("connection refused");
          return {};
        },
      },
    });
    const bench = await rig({ puppet });
    await send(bench, "hi");
    await until(() => puppet.calls.length === 1);
    await pass(bench.clock, MINUTE);
    expect(puppet.calls.map(({ context }) => context.firstAttemptAt)).toEqual(Array(4).fill(START));
  });
});

describe("a platform that can be asked", () => {
  it("is asked again when the operator retries a call that nothing could tell of", async () => {
    let found: "unknown" | "there" = "unknown";
    const puppet = sending(
      { idempotency: { mode: "detect" }, onUnknown: "hold" },
      {
        dispatch: async () => {
          throw new Unknown("no answer");
        },
        find: async () => (found === "there" ? { message: "m-1" } : "unknown"),
      },
    );
    const bench = await rig({ puppet });
    await send(bench, "once");
    await pass(bench.clock, MINUTE);
    const [letter] = await bench.runtime.deadLetters.list();
    expect(letter?.reason).toContain("may or may not");
    // Its index has caught up: it was there all along.
    found = "there";
    await bench.runtime.deadLetters.retry(letter?.id ?? "");
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toEqual(["once"]);
  });
});

describe("a call that is made again at most three times while its outcome is unknown", () => {
  it("is not given up for calls that the platform refused", async () => {
    const puppet = sending(
      { idempotency: { mode: "none" }, onUnknown: "resend" },
      {
        dispatch: async ({ context }) => {
          if (context.attempt <= 3)
            throw new RateLimited("slow down", { scope: "chat", retryAfterMs: 1_000 });
          if (context.attempt === 4) throw new Unknown("reset");
          return {};
        },
      },
    );
    const bench = await rig({ puppet });
    const seq = await send(bench, "hi");
    await pass(bench.clock, 5 * MINUTE, 1_000);
    expect((await operation(bench, seq)).state).toBe("done");
  });
});

describe("pace that a connector declares", () => {
  it("is kept over all chats", async () => {
    const puppet = new Puppet({ limits: { pace: { account: [{ count: 2, perMs: 1_000 }] } } });
    const bench = await rig({ puppet });
    await Promise.all(Array.from({ length: 10 }, (_, index) => send(bench, `${index}`, `chat-${index}`)));
    await pass(bench.clock, 10_000, 100);
    expect(puppet.calls).toHaveLength(10);
    for (const { at } of puppet.calls) {
      const within = puppet.calls.filter((other) => other.at > at - 1_000 && other.at <= at);
      expect(within.length).toBeLessThanOrEqual(2);
    }
  });

  it("is kept over the threads of a chat", async () => {
    const puppet = new Puppet({ limits: { pace: { chat: [{ count: 1, perMs: 1_000 }] } } });
    const bench = await rig({ puppet });
    await Promise.all(
      ["a", "b", "c"].map((thread) =>
        bench.runtime.send({ connector: "puppet", to: { chat: "g", thread }, text: thread }),
      ),
    );
    await pass(bench.clock, 5_000, 100);
    const times = puppet.calls.map(({ at }) => at);
    expect(new Set(times.map((at) => Math.floor((at - START) / 1_000))).size).toBe(3);
  });
});

describe("a platform that asks to wait", () => {
  it.each([
    ["account", "elsewhere"],
    ["method", "elsewhere"],
    ["chat", "ada"],
  ] as const)("is heeded over a restart, for the whole %s", async (scope, chat) => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const puppet = new Puppet({
      hooks: {
        dispatch: async ({ at, context }) => {
          if (at < START + 30_000 && (scope !== "chat" || context.to.chat === "ada"))
            throw new RateLimited("slow down", { scope, retryAfterMs: START + 30_000 - at });
          return {};
        },
      },
    });
    const first = await rig({ puppet, store, clock });
    await send(first, "1");
    await until(() => puppet.calls.length === 1);
    await first.stop();
    const second = await rig({ puppet, store, clock });
    await second.runtime.send({ connector: "puppet", to: { chat, thread: "other" }, text: "2" });
    await pass(clock, 40_000);
    expect(puppet.texts().toSorted()).toEqual(["1", "1", "2"]);
    expect(puppet.calls.slice(1).every(({ at }) => at >= START + 30_000)).toBe(true);
  });

  it.each(["memory", "sqlite"])(
    "without a number that can be read is asked again soon (%s)",
    async (kind) => {
      const puppet = new Puppet({
        hooks: {
          dispatch: async ({ context }) => {
            if (context.attempt === 1)
              throw new RateLimited("slow down", { scope: "chat", retryAfterMs: Number("soon") });
            return {};
          },
        },
      });
      const bench = await rig({ puppet, store: kind === "memory" ? memory() : await onDisk() });
      const seq = await send(bench, "hi");
      await pass(bench.clock, 5 * MINUTE, 1_000);
      expect((await operation(bench, seq)).state).toBe("done");
    },
  );
});

describe("an operation that holds its lane", () => {
  const down =
    (hooks: { until: number }) =>
    async ({ at, text }: { at: number; text: string }) => {
      if (text === "first" && at < hooks.until) throw new Transient("this one is refused");
      return {};
    };

  it("does so for a minute, then lets others by and stays itself in work", async () => {
    const puppet = new Puppet({ hooks: { dispatch: down({ until: START + 3 * MINUTE }) } });
    const bench = await rig({ puppet });
    await send(bench, "first");
    await send(bench, "second");
    await pass(bench.clock, 59_000);
    expect(puppet.texts()).not.toContain("second");
    await pass(bench.clock, 2_000);
    expect(puppet.texts()).toContain("second");
    await pass(bench.clock, 3 * MINUTE);
    expect(puppet.calls.at(-1)?.text).toBe("first");
  });

  it("does so no longer after a restart", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const puppet = new Puppet({
      hooks: {
        dispatch: async ({ call }) => {
          if (call === "send")
            throw new RateLimited("slow down", { scope: "method", retryAfterMs: 60 * MINUTE });
          return {};
        },
      },
    });
    const agent = () => ({ type: "react", emoji: "👍" }) as const;
    const first = await rig({ puppet, store, clock, agent });
    await send(first, "first");
    await until(() => puppet.calls.length === 1);
    await first.stop();
    const second = await rig({ puppet, store, clock, agent });
    await puppet.context().receive([said("hi")]);
    await until(() => second.turns.length === 1);
    await pass(clock, 2 * MINUTE, 5_000);
    expect(puppet.calls.map(({ call }) => call)).toContain("react");
  });
});

describe("a call that hangs", () => {
  it("and does not heed its signal is given up after the limit", async () => {
    const puppet = new Puppet({
      hooks: { dispatch: ({ text }) => (text === "stuck" ? never() : Promise.resolve({})) },
    });
    const bench = await rig({ puppet });
    await send(bench, "stuck");
    await send(bench, "after");
    await pass(bench.clock, 5 * MINUTE, 1_000);
    expect(await bench.runtime.deadLetters.list()).toHaveLength(1);
    expect(puppet.texts()).toEqual(["stuck", "after"]);
  });

  it("in every chat of one account does not hold up another account", async () => {
    const puppet = new Puppet({
      hooks: { dispatch: ({ account }) => (account === "one" ? never() : Promise.resolve({})) },
    });
    const bench = await rig({ puppet, accounts: ["one", "two"] });
    await Promise.all(
      Array.from({ length: 100 }, (_, index) => send(bench, "stuck", `chat-${index}`, "one")),
    );
    await send(bench, "hello", "ada", "two");
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toContain("hello");
  });
});

describe("a receipt that says failed", () => {
  it("for the first part while the second is being sent does not lose the second", async () => {
    const second = gate();
    const puppet = new Puppet({
      hooks: {
        prepare: (operation) =>
          operation.kind === "send"
            ? operation.text.split(" ").map((word) => ({ call: "send", payload: word }))
            : [],
        dispatch: async ({ text }) => {
          if (text === "two") await second.opened;
          return puppet.made();
        },
      },
    });
    const bench = await rig({ puppet });
    const seq = await send(bench, "one two");
    await until(() => puppet.calls.length === 2);
    await puppet.context().delivered({ chat: "ada", message: "made-1", status: "failed", reason: "full" });
    second.open();
    await pass(bench.clock, 2 * MINUTE, 5_000);
    const { parts } = await operation(bench, seq);
    expect(parts.map(({ state }) => state)).toEqual(["rejected", "sent"]);
    const [letter] = await bench.runtime.deadLetters.list();
    await bench.runtime.deadLetters.retry(letter?.id ?? "");
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toEqual(["one", "two", "one"]);
  });

  it("reaches an answer that was queued before its chat got another id", async () => {
    const thinking = gate();
    const bench = await rig({
      agent: async () => {
        await thinking.opened;
        return "answer";
      },
    });
    const { puppet } = bench;
    await puppet.context().receive([said("hi", { chat: "g-1", kind: "group" })]);
    await until(() => bench.turns.length === 1);
    await puppet.context().alias("g-1", "g-2");
    thinking.open();
    await until(() => puppet.calls.length === 1);
    await quiet();
    expect(puppet.calls[0]?.context.to.chat).toBe("g-2");
    await puppet
      .context()
      .delivered({ chat: "g-2", message: "made-1", status: "failed", reason: "no such number" });
    expect(await bench.runtime.deadLetters.list()).toMatchObject([{ reason: "no such number" }]);
  });

  it("under the chat's former id reaches the message all the same", async () => {
    const bench = await rig();
    const { puppet } = bench;
    await puppet.context().receive([said("hi", { chat: "g-1", kind: "group" })]);
    await until(() => puppet.calls.length === 1);
    await quiet();
    await puppet.context().alias("g-1", "g-2");
    await puppet
      .context()
      .delivered({ chat: "g-1", message: "made-1", status: "failed", reason: "no such number" });
    expect(await bench.runtime.deadLetters.list()).toMatchObject([{ reason: "no such number" }]);
  });
});

describe("order in a chat that gets another id", () => {
  it("holds for what was queued under the former one", async () => {
    const bench = await rig({
      puppet: new Puppet({
        hooks: {
          dispatch: async ({ text, at }) => {
            if (text === "first" && at < START + 10_000) throw new Transient("not now");
            return {};
          },
        },
      }),
    });
    await send(bench, "first", "g-1");
    await until(() => bench.puppet.calls.length === 1);
    await bench.puppet.context().alias("g-1", "g-2");
    await send(bench, "second", "g-2");
    await pass(bench.clock, 30_000);
    expect(bench.puppet.texts().at(-1)).toBe("second");
  });
});

describe("an operation that grows too old", () => {
  it("is a dead letter when it may have arrived", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const puppet = new Puppet({ hooks: { dispatch: () => never() } });
    const first = await rig({ puppet, store, clock });
    await send(first, "perhaps");
    await until(() => puppet.calls.length === 1);
    await first.stop();
    await clock.advance(25 * 60 * MINUTE);
    const second = await rig({ store, clock });
    await pass(clock, MINUTE);
    expect(await second.runtime.deadLetters.list()).toHaveLength(1);
  });

  it("is not sent when its time is over", async () => {
    const bench = await rig({
      puppet: new Puppet({ hooks: { dispatch: () => Promise.reject(new Transient("down")) } }),
      limits: { operationMaxAgeMs: 5 * MINUTE },
    });
    const seq = await send(bench, "late");
    await pass(bench.clock, 10 * MINUTE, 5_000);
    expect((await operation(bench, seq)).state).toBe("expired");
    expect(bench.puppet.calls.every(({ at }) => at < START + 5 * MINUTE)).toBe(true);
  });
});

describe("a connector's own fault", () => {
  it("in prepare makes a dead letter, not an hourly secret", async () => {
    const bench = await rig({
      puppet: new Puppet({
        hooks: {
          prepare: () => {
            throw new TypeError("Cannot read properties of undefined (reading 'length')");
          },
        },
      }),
    });
    await send(bench, "odd");
    await pass(bench.clock, 25 * 60 * MINUTE, MINUTE);
    expect(await bench.runtime.deadLetters.list()).toHaveLength(1);
  });
});

describe("a token that is revoked while sending", () => {
  it("stops the account and keeps what it was to say", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const revoked = new Puppet({ hooks: { dispatch: () => Promise.reject(new AuthError("revoked")) } });
    const first = await rig({ puppet: revoked, store, clock });
    await send(first, "1");
    await send(first, "2");
    await send(first, "elsewhere", "bob");
    await pass(clock, 10 * MINUTE, 10_000);
    expect(first.runtime.status()[0]?.state).toBe("failed");
    expect(revoked.calls.length).toBeLessThanOrEqual(2);
    await first.stop();
    const second = await rig({ store, clock });
    await pass(clock, MINUTE);
    expect(second.puppet.texts().toSorted()).toEqual(["1", "2", "elsewhere"]);
    expect(second.puppet.texts().indexOf("1")).toBeLessThan(second.puppet.texts().indexOf("2"));
  });
});
