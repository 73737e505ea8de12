import { type AgentLike, StoreError, Transient } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  gate,
  intercept,
  lasting,
  memory,
  Puppet,
  pass,
  quiet,
  type Rig,
  rig,
  START,
  said,
  until,
} from "./core-puppet.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const never = <T>() => new Promise<T>(() => {});

async function fates({ store }: Rig): Promise<readonly string[]> {
  return (await store.recentEvents({ limit: 1_000 })).toReversed().map(({ decision }) => decision.fate);
}

describe("an agent that does not heed its signal", () => {
  it("loses its turn after the time limit, and the session goes on", async () => {
    let runs = 0;
    const bench = await rig({ agent: (turn) => (++runs === 1 ? never() : `re: ${turn.text}`) });
    await bench.puppet.context().receive([said("1"), said("2")]);
    await pass(bench.clock, 7 * MINUTE, 5_000);
    expect(bench.puppet.texts()).toEqual(["re: 1", "re: 2"]);
    expect(bench.turns.map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
  });

  it("in every place at once does not stop everybody else for good", async () => {
    const bench = await rig({
      limits: { maxTurns: 2 },
      agent: (turn) => (turn.text === "hang" ? never() : `re: ${turn.text}`),
    });
    const { puppet, clock } = bench;
    await puppet
      .context()
      .receive([said("hang", { chat: "1" }), said("hang", { chat: "2" }), said("hi", { chat: "3" })]);
    await pass(clock, 6 * MINUTE, 5_000);
    expect(puppet.texts()).toEqual(["re: hi"]);
  });

  it("is cancelled in the middle of its stream, and what it says later is dropped", async () => {
    const late = gate();
    let runs = 0;
    const bench = await rig({
      agent: async function* (turn) {
        runs += 1;
        yield `part ${runs} `;
        if (runs === 1) await late.opened;
        yield turn.text;
      },
    });
    await bench.puppet.context().receive([said("hi")]);
    await pass(bench.clock, 6 * MINUTE, 5_000);
    late.open();
    await quiet();
    expect(bench.puppet.texts()).toEqual(["part 2 hi"]);
  });
});

describe("an agent that heeds its signal", () => {
  it("is tried again after the time limit", async () => {
    const bench = await rig({
      agent: (turn, { signal }) =>
        turn.attempt > 1
          ? "in time"
          : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    await bench.puppet.context().receive([said("hi")]);
    await pass(bench.clock, 7 * MINUTE, 5_000);
    expect(bench.puppet.texts()).toEqual(["in time"]);
  });
});

describe("an agent that fails", () => {
  const throws: readonly (readonly [string, AgentLike])[] = [
    [
      "at once",
      () => {
        throw new Error("no key");
      },
    ],
    ["later", () => Promise.reject(new Error("no key"))],
    [
      "in its stream",
      async function* () {
        yield "half an answer";
        throw new Error("no key");
      },
    ],
  ];
  it.each(throws)("%s is tried again, says nothing, and ends as a dead letter", async (_when, agent) => {
    const bench = await rig({ agent });
    await bench.puppet.context().receive([said("hi")]);
    await pass(bench.clock, 11 * MINUTE, 5_000);
    expect(bench.turns.length).toBeGreaterThan(5);
    expect(bench.puppet.calls).toEqual([]);
    expect(await bench.runtime.deadLetters.list()).toMatchObject([
      { id: "event:1", reason: expect.stringContaining("no key") },
    ]);
  });

  it("is given its ten minutes of work, not of a night in which the process was down", async () => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const first = await rig({ store, clock, agent: () => never<string>() });
    await first.puppet.context().receive([said("hi")]);
    await until(() => first.turns.length === 1);
    await first.stop();
    await clock.advance(8 * HOUR);
    const second = await rig({
      store,
      clock,
      agent: (turn) => {
        // The network is not up yet.
        if (clock.now() < START + 8 * HOUR + 20_000) throw new Error("ENETUNREACH");
        return `re: ${turn.text}`;
      },
    });
    await pass(clock, 5 * MINUTE, 1_000);
    expect(second.puppet.texts()).toEqual(["re: hi"]);
  });

  it.each([
    ["null", () => JSON.parse("null")],
    ["undefined", () => JSON.parse("{}").answer],
  ] as const)("by giving back %s is silent: it has nothing to say", async (_what, agent) => {
    const bench = await rig({ agent });
    await bench.puppet.context().receive([said("hi")]);
    await pass(bench.clock, MINUTE);
    expect(await fates(bench)).toEqual(["silent"]);
  });
});

describe("an agent that changes what it was given", () => {
  it("does not send its answer elsewhere", async () => {
    const bench = await rig({
      agent: (turn) => {
        Object.assign(turn.events[0].address, { chat: "somebody else" });
        return "secret";
      },
    });
    await bench.puppet.context().receive([said("hi")]);
    await until(() => bench.puppet.calls.length === 1);
    expect(bench.puppet.calls[0]?.context.to.chat).toBe("ada");
  });
});

describe("a dead letter that the operator retries", () => {
  it("is not too old for its second attempt", async () => {
    let broken = true;
    const bench = await rig({
      agent: (turn) => {
        if (broken) throw new Error("no key");
        return `re: ${turn.text}`;
      },
    });
    const { clock, runtime } = bench;
    await bench.puppet.context().receive([said("hi")]);
    await pass(clock, 11 * MINUTE, 5_000);
    await pass(clock, 49 * HOUR, 10 * MINUTE);
    await runtime.deadLetters.retry("event:1");
    await until(
      async () => bench.turns.at(-1)?.attempt !== undefined && (await fates(bench))[0] === "admitted",
    );
    await pass(clock, 10_000);
    broken = false;
    await pass(clock, 5 * MINUTE, 5_000);
    expect(await fates(bench)).toEqual(["answered"]);
    expect(bench.puppet.texts()).toEqual(["re: hi"]);
  });

  it("at once by two operators is answered once", async () => {
    let broken = true;
    const bench = await rig({
      agent: () => {
        if (broken) throw new Error("no key");
        return "hello";
      },
    });
    await bench.puppet.context().receive([said("hi")]);
    await pass(bench.clock, 11 * MINUTE, 5_000);
    broken = false;
    const results = await Promise.allSettled([
      bench.runtime.deadLetters.retry("event:1"),
      bench.runtime.deadLetters.retry("event:1"),
      bench.runtime.deadLetters.drop("event:1"),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await pass(bench.clock, MINUTE);
    expect(bench.puppet.calls.length).toBeLessThanOrEqual(1);
  });

  it("an operation: what was sent of it is not sent again", async () => {
    let closed = true;
    const puppet = new Puppet({
      hooks: {
        prepare: (operation) =>
          operation.kind === "send"
            ? operation.text.split(" ").map((word) => ({ call: "send", payload: word }))
            : [],
        dispatch: async ({ text }) => {
          if (text === "two" && closed) throw new TypeError("fetch failed");
          return puppet.made();
        },
      },
    });
    const bench = await rig({ puppet, agent: () => "one two three" });
    await puppet.context().receive([said("hi")]);
    await pass(bench.clock, MINUTE);
    const [letter] = await bench.runtime.deadLetters.list();
    closed = false;
    await bench.runtime.deadLetters.retry(letter?.id ?? "");
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toEqual(["one", "two", "two", "three"]);
  });
});

describe("a look-up", () => {
  it("does not become a dead letter because the account was away for a quarter of an hour", async () => {
    let down = true;
    const puppet = new Puppet({ hooks: { hydrate: async (event) => event } });
    const bench = await rig({ puppet });
    const before = puppet.context();
    puppet.hooks.identify = async (account) => {
      if (down) throw new Transient("ECONNREFUSED");
      return { id: account.config.token ?? "" };
    };
    before.fail(new Transient("reset"));
    await quiet();
    // As a webhook brings it: the platform's other half is up.
    await before.receive([said("a pointer", { needsHydration: true })]);
    await pass(bench.clock, 15 * MINUTE, 5_000);
    down = false;
    await pass(bench.clock, 5 * MINUTE, 5_000);
    expect(await fates(bench)).toEqual(["answered"]);
  });

  it("that hangs is given up at last", async () => {
    const puppet = new Puppet({ hooks: { hydrate: () => never() } });
    const bench = await rig({ puppet });
    await puppet.context().receive([said("a pointer", { needsHydration: true }), said("after it")]);
    await pass(bench.clock, 30 * MINUTE, 5_000);
    expect(await fates(bench)).toEqual(["dead", "answered"]);
  });
});

describe("the store in trouble during a turn", () => {
  it.each(["begin", "finish", "postpone", "attempt", "settle", "accept", "putChat"])(
    "full in %s: the answer comes once, after there is room",
    async (method) => {
      let full = true;
      let runs = 0;
      const store = intercept(memory(), (call, run) =>
        call.method === method && full ? Promise.reject(new StoreError("full", "no room")) : run(),
      );
      const bench = await rig({
        store,
        agent: async function* () {
          runs += 1;
          // A turn that ends at once is not begun apart from that.
          await new Promise(setImmediate);
          if (method === "postpone" && runs === 1) throw new Error("once");
          yield { type: "message", text: "hello" } as const;
          // Only the first call of an answer is announced with its turn.
          yield { type: "message", text: "again" } as const;
        },
      });
      void bench.puppet.context().receive([said("hi")]);
      await pass(bench.clock, 20_000);
      full = false;
      await pass(bench.clock, MINUTE);
      expect(bench.puppet.texts()).toEqual(["hello", "again"]);
      expect(await fates(bench)).toEqual(["answered"]);
      const troubles = bench.events.flatMap((event) => (event.type === "store" ? [event.trouble] : []));
      expect(troubles.at(0)).toContain("no room");
      expect(troubles.at(-1)).toBeUndefined();
    },
  );

  it.each(["events", "operations"])("busy in reading %s: the answer comes within seconds", async (method) => {
    let refusals = 1;
    const store = intercept(memory(), (call, run) =>
      call.method === method && refusals-- > 0 ? Promise.reject(new StoreError("busy", "locked")) : run(),
    );
    const bench = await rig({ store });
    await bench.puppet.context().receive([said("hi")]);
    await pass(bench.clock, 10_000);
    expect(bench.puppet.texts()).toEqual(["re: hi"]);
  });
});

describe("history", () => {
  it("of limit 0 is empty", async () => {
    const lines: number[] = [];
    const bench = await rig({
      config: { dmPolicy: "open", allowFrom: ["*"], dmHistoryLimit: 0 },
      agent: async (turn) => {
        lines.push((await turn.history()).length);
        return "ok";
      },
    });
    await bench.puppet.context().receive([said("1"), said("2"), said("3")]);
    await until(() => lines.length === 3);
    expect(lines).toEqual([0, 0, 0]);
  });

  it("of a turn under way when its chat got another id is that of the chat", async () => {
    const thinking = gate();
    const seen: string[][] = [];
    const bench = await rig({
      agent: async (turn) => {
        if (turn.text === "2") await thinking.opened;
        seen.push((await turn.history()).map(({ text }) => text));
        return `re: ${turn.text}`;
      },
    });
    const { puppet } = bench;
    await puppet.context().receive([said("1", { chat: "g-1", kind: "group" })]);
    await until(() => puppet.calls.length === 1);
    await puppet.context().receive([said("2", { chat: "g-1", kind: "group" })]);
    await until(() => bench.turns.length === 2);
    await puppet.context().alias("g-1", "g-2");
    thinking.open();
    await until(() => seen.length === 2);
    expect(seen[1]).toEqual(["1", "re: 1"]);
  });
});
