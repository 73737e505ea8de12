import { RateLimited, Rejected, StoreError, Unknown } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import { describe, expect, it } from "vitest";
import {
  gate,
  intercept,
  lasting,
  memory,
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

const send = ({ runtime }: Rig, text: string, chat = "ada") =>
  runtime.send({ connector: "puppet", to: { chat }, text });

/** Holds up, refuses or lets through calls of one method of the store. */
function onMethod(
  method: string,
  around: (run: () => Promise<unknown>) => Promise<unknown>,
  base = memory(),
): Store {
  return intercept(base, (call, run) => (call.method === method ? around(run) : run()));
}

async function operation({ store }: Rig, seq: number) {
  const [found] = await store.operations([seq]);
  if (found === undefined) throw new Error(`There is no operation ${seq}`);
  return found;
}

const sending = (onUnknown: "resend" | "hold") =>
  new Puppet({ features: { operations: { send: { idempotency: { mode: "none" }, onUnknown } } } });

describe.each(["resend", "hold"] as const)("an operation that is taken up twice (%s)", (onUnknown) => {
  it("since it was sent while the account took up what was left, is called once", async () => {
    const listed = gate();
    const refusals = { left: 1 };
    const store = intercept(memory(), async ({ method }, run) => {
      if (method === "openOperations") await listed.opened;
      if (method === "settle" && refusals.left-- > 0) throw new StoreError("busy", "the file is locked");
      return run();
    });
    const bench = await rig({ puppet: sending(onUnknown), store, starting: true });
    await until(() =>
      send(bench, "once").then(
        () => true,
        () => false,
      ),
    );
    listed.open();
    await pass(bench.clock, 2 * MINUTE);
    expect(bench.puppet.texts()).toEqual(["once"]);
    expect(await bench.runtime.deadLetters.list()).toEqual([]);
  });

  it.each(["worked", "is in doubt"] as const)(
    "since the store answered late that it has it, is called once when that %s",
    async (outcome) => {
      const listed = gate();
      const taken = gate();
      const answered = gate();
      const recorded = gate();
      const store = intercept(memory(), async ({ method }, run) => {
        if (method === "openOperations") await listed.opened;
        if (method === "settle") await recorded.opened;
        const result = await run();
        if (method === "enqueue") {
          taken.open();
          await answered.opened;
        }
        return result;
      });
      const puppet = sending(onUnknown);
      puppet.hooks.dispatch = async () => {
        if (outcome === "is in doubt" && puppet.calls.length === 1) throw new Unknown("no answer");
        return puppet.made();
      };
      const bench = await rig({ puppet, store, starting: true });
      const sent = { now: Promise.resolve(0) };
      await until(() => {
        sent.now = send(bench, "once");
        const refused = sent.now.then(
          () => true,
          () => false,
        );
        return Promise.race([taken.opened.then(() => true), refused]);
      });
      listed.open();
      await until(() => puppet.calls.length === 1);
      await quiet();
      answered.open();
      const seq = await sent.now;
      await quiet();
      recorded.open();
      await pass(bench.clock, 2 * MINUTE);
      const { state, parts } = await operation(bench, seq);
      const isHeld = outcome === "is in doubt" && onUnknown === "hold";
      const isRepeated = outcome === "is in doubt" && onUnknown === "resend";
      expect(puppet.calls).toHaveLength(isRepeated ? 2 : 1);
      expect({ state, doubts: parts.map(({ uncertain }) => uncertain) }).toEqual({
        state: isHeld ? "failed" : "done",
        doubts: [isRepeated ? 1 : 0],
      });
    },
  );
});

/** A bench whose `finish` waits while `holds.now`, with what each answer was committed as: announced, or not. */
async function slowCommit(hooks: PuppetHooks) {
  const data = lasting(memory());
  const committed = gate();
  const holds = { now: false };
  const announced: boolean[] = [];
  const store = intercept(data, async ({ method, args: [, request] }, run) => {
    if (method !== "finish") return run();
    announced.push(JSON.stringify(request).includes('"announced"'));
    if (holds.now) await committed.opened;
    return run();
  });
  const puppet = new Puppet({ hooks });
  const bench = await rig({ puppet, store });
  return { puppet, holds, committed, bench, announced, data };
}

describe("an answer whose commit takes its time", () => {
  it("is not sent when its sender was let in no more meanwhile", async () => {
    const committed = gate();
    let holds = false;
    const store = onMethod("finish", async (run) => {
      if (holds) await committed.opened;
      return run();
    });
    const bench = await rig({ config: {}, store });
    await bench.puppet.context().receive([said("hello?")]);
    await until(() => bench.events.some(({ type }) => type === "pairing-request"));
    const asked = bench.events.find((event) => event.type === "pairing-request");
    if (asked?.type !== "pairing-request") throw new Error("no request");
    await bench.runtime.pairing.approve("puppet", asked.code, { by: "owner" });
    await until(() => bench.puppet.calls.length > 0);
    await quiet();
    holds = true;
    await bench.puppet.context().receive([said("a question")]);
    await until(() => bench.turns.length === 1);
    await quiet();
    await bench.runtime.pairing.revoke("puppet", "ada");
    committed.open();
    await quiet();
    expect(bench.puppet.texts()).not.toContain("re: a question");
    const why = await bench.runtime.why("last");
    expect(why?.operations[0]).toMatchObject({ state: "dropped" });
  });

  it("is not sent before the platform wants calls again, and then once", async () => {
    const { puppet, holds, committed, bench } = await slowCommit({
      dispatch: async ({ text }) => {
        if (text === "flooded")
          throw new RateLimited("slow down", { scope: "account", retryAfterMs: 30_000 });
        return puppet.made();
      },
    });
    holds.now = true;
    await puppet.context().receive([said("hi")]);
    await until(() => bench.turns.length === 1);
    await send(bench, "flooded", "bob");
    await until(() => puppet.calls.length === 1);
    committed.open();
    await pass(bench.clock, 29_000);
    expect(puppet.texts()).toEqual(["flooded"]);
    await pass(bench.clock, 2_000);
    expect(puppet.texts().filter((text) => text === "re: hi")).toEqual(["re: hi"]);
    expect((await bench.runtime.why("last"))?.operations[0]).toMatchObject({
      state: "done",
      parts: [{ uncertain: 0 }],
    });
  });

  it("is sent once, without a doubt, when the runtime stops meanwhile", async () => {
    const { puppet, holds, committed, bench, data } = await slowCommit({});
    holds.now = true;
    await puppet.context().receive([said("hi")]);
    await until(() => bench.turns.length === 1);
    await quiet();
    const stopping = bench.stop();
    await quiet();
    committed.open();
    await stopping;
    const next = await rig({ puppet, store: data, clock: bench.clock });
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toEqual(["re: hi"]);
    expect((await next.runtime.why("last"))?.operations[0]).toMatchObject({
      state: "done",
      parts: [{ uncertain: 0 }],
    });
  });

  it("and that is lost to the stop is made and sent by the next run", async () => {
    const { puppet, holds, committed, bench, data } = await slowCommit({});
    holds.now = true;
    await puppet.context().receive([said("hi")]);
    await until(() => bench.turns.length === 1);
    await bench.stop();
    committed.open();
    await quiet();
    holds.now = false;
    await rig({ puppet, store: data, clock: bench.clock });
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toEqual(["re: hi"]);
  });

  it("holds its place when its chat becomes another one that is at work", async () => {
    const calls = new Map<string, () => void>();
    const { puppet, holds, committed, bench, announced } = await slowCommit({
      dispatch: ({ text }) => new Promise((resolve) => calls.set(text, () => resolve(puppet.made()))),
    });
    await send(bench, "to b", "b");
    await until(() => calls.has("to b"));
    holds.now = true;
    await puppet.context().receive([said("hi", { chat: "a", kind: "group" })]);
    await until(() => bench.turns.length === 1);
    await quiet();
    const renamed = puppet.context().alias("a", "b");
    await quiet();
    holds.now = false;
    committed.open();
    await renamed;
    await until(() => calls.has("re: hi"));
    await send(bench, "later", "b");
    calls.get("to b")?.();
    await quiet();
    expect(puppet.texts()).toEqual(["to b", "re: hi"]);
    calls.get("re: hi")?.();
    await until(() => calls.has("later"));
    calls.get("later")?.();
    await quiet();
    // Nothing is left of the two lanes: the next answer goes at once.
    await puppet.context().receive([said("bye", { chat: "b", kind: "group" })]);
    await until(() => calls.has("re: bye"));
    expect(announced).toEqual([true, true]);
    calls.get("re: bye")?.();
  });

  it("leaves no place taken behind when it fails", async () => {
    /** Calls of an account that are under way at once. */
    const places = 64;
    const more = places + 16;
    let fails = 0;
    const open = gate();
    const store = onMethod("finish", async (run) => {
      if (fails-- > 0) throw new StoreError("broken", "constraint failed");
      return run();
    });
    const puppet = new Puppet({
      hooks: {
        dispatch: async ({ text }) => {
          if (text.startsWith("stuck")) await open.opened;
          return puppet.made();
        },
      },
    });
    const bench = await rig({ puppet, store });
    fails = more;
    for (let index = 0; index < more; index++)
      await puppet.context().receive([said("hi", { chat: `c-${index}` })]);
    await until(() => fails <= 0);
    await pass(bench.clock, 2 * MINUTE, 1_000);
    expect(puppet.calls).toHaveLength(more);
    for (let index = 0; index < more; index++) await send(bench, `stuck ${index}`, `c-${index}`);
    await quiet();
    expect(puppet.texts().filter((text) => text.startsWith("stuck"))).toHaveLength(places);
    open.open();
    await until(() => puppet.calls.length === 2 * more);
  });
});

describe("a call that is still being written down", () => {
  /** Notes which settle is held up or refused: the first one. */
  async function slowRecord(problem: "slow" | "busy" | "full") {
    const recorded = gate();
    let settles = 0;
    const store = onMethod("settle", async (run) => {
      if (++settles > 1) return run();
      if (problem === "slow") {
        await recorded.opened;
        return run();
      }
      throw new StoreError(problem, "not now");
    });
    const bench = await rig({ store });
    return { bench, recorded, puppet: bench.puppet };
  }

  it("holds back the next one, also when their chat gets another id meanwhile", async () => {
    const { bench, recorded, puppet } = await slowRecord("slow");
    await send(bench, "1", "a");
    await send(bench, "2", "a");
    await send(bench, "0", "b");
    await until(() => puppet.texts().includes("0"));
    await quiet();
    await puppet.context().alias("a", "b");
    await send(bench, "3", "b");
    await quiet();
    expect(puppet.texts()).toEqual(["1", "0"]);
    recorded.open();
    await until(() => puppet.calls.length === 4);
    expect(puppet.texts()).toEqual(["1", "0", "2", "3"]);
    await quiet();
    expect(await bench.runtime.deadLetters.list()).toEqual([]);
  });

  it("holds back the next one of a chat that it became meanwhile", async () => {
    const { bench, recorded, puppet } = await slowRecord("slow");
    const zero = gate();
    puppet.hooks.dispatch = async ({ text }) => {
      if (text === "0") await zero.opened;
      return puppet.made();
    };
    await send(bench, "1", "a");
    await send(bench, "0", "b");
    await until(() => puppet.calls.length === 2);
    await quiet();
    await puppet.context().alias("a", "b");
    await send(bench, "2", "b");
    zero.open();
    await quiet();
    expect(puppet.texts()).toEqual(["1", "0"]);
    recorded.open();
    await until(() => puppet.calls.length === 3);
  });

  it.each(["busy", "full"] as const)(
    "is neither repeated nor overtaken when that fails first (%s)",
    async (problem) => {
      const { bench, puppet } = await slowRecord(problem);
      const seqs = [await send(bench, "1"), await send(bench, "2"), await send(bench, "3")];
      await pass(bench.clock, 2 * MINUTE, 1_000);
      expect(puppet.texts()).toEqual(["1", "2", "3"]);
      const states = await Promise.all(seqs.map(async (seq) => (await operation(bench, seq)).state));
      expect(states).toEqual(["done", "done", "done"]);
    },
  );

  it("is on record when the runtime stops meanwhile", async () => {
    const data = lasting(memory());
    const recorded = gate();
    const store = onMethod(
      "settle",
      async (run) => {
        await recorded.opened;
        return run();
      },
      data,
    );
    const bench = await rig({ store });
    const seq = await send(bench, "1");
    await send(bench, "2");
    await until(() => bench.puppet.calls.length === 1);
    await quiet();
    const stopping = bench.stop();
    await quiet();
    recorded.open();
    await stopping;
    const next = await rig({ store: data, clock: bench.clock });
    expect((await operation(next, seq)).state).toBe("done");
    await pass(bench.clock, MINUTE);
    expect([...bench.puppet.texts(), ...next.puppet.texts()]).toEqual(["1", "2"]);
  });
});

describe("parts of one operation, each announced with the result of the one before", () => {
  it.each(["busy", "full"] as const)("are made once and in order when the store is %s", async (problem) => {
    let settles = 0;
    const store = onMethod("settle", async (run) => {
      settles++;
      if (settles % 2 === 1) throw new StoreError(problem, "not now");
      return run();
    });
    const puppet = new Puppet({
      hooks: {
        prepare: (operation) =>
          operation.kind === "send"
            ? operation.text.split(" ").map((word) => ({ call: "send", payload: word }))
            : [],
      },
    });
    const bench = await rig({ puppet, store });
    await send(bench, "1 2 3");
    const seq = await send(bench, "4 5");
    await pass(bench.clock, MINUTE);
    expect(puppet.texts()).toEqual(["1", "2", "3", "4", "5"]);
    const { state, parts } = await operation(bench, seq);
    expect({ state, doubts: parts.map(({ uncertain }) => uncertain) }).toEqual({
      state: "done",
      doubts: [0, 0],
    });
  });

  it("are not called for before a wait is over that the platform asked for while the store was slow", async () => {
    const recorded = gate();
    let settles = 0;
    const store = onMethod("settle", async (run) => {
      if (++settles === 1) await recorded.opened;
      return run();
    });
    const puppet = new Puppet({
      hooks: {
        prepare: (operation) =>
          operation.kind === "send"
            ? operation.text.split(" ").map((word) => ({ call: "send", payload: word }))
            : [],
        dispatch: async ({ text, at }) => {
          if (text === "flooded" && at === START)
            throw new RateLimited("slow down", { scope: "account", retryAfterMs: 30_000 });
          return puppet.made();
        },
      },
    });
    const bench = await rig({ puppet, store });
    await send(bench, "1 2");
    await until(() => puppet.texts().includes("1"));
    await send(bench, "flooded", "bob");
    await until(() => puppet.texts().includes("flooded"));
    recorded.open();
    await pass(bench.clock, 29_000);
    expect(puppet.texts()).toEqual(["1", "flooded"]);
    await pass(bench.clock, 2_000);
    expect(puppet.texts().filter((text) => text === "2")).toHaveLength(1);
  });
});

describe("an operation that failed for good", () => {
  it("is sent again when the operator asks before the outbox has heard of its end", async () => {
    const data = lasting(memory());
    const ended = gate();
    let isHeld = false;
    const store = onMethod(
      "settle",
      async (run) => {
        const result = await run();
        if (!isHeld) {
          isHeld = true;
          await ended.opened;
        }
        return result;
      },
      data,
    );
    const puppet = new Puppet({
      hooks: {
        dispatch: async () => {
          if (puppet.calls.length === 1) throw new Rejected("no such chat");
          return puppet.made();
        },
      },
    });
    const bench = await rig({ puppet, store });
    const seq = await send(bench, "once");
    await until(async () => (await operation(bench, seq)).state === "failed");
    await bench.runtime.deadLetters.retry(`operation:${seq}`);
    await quiet();
    ended.open();
    await pass(bench.clock, MINUTE);
    expect((await operation(bench, seq)).state).toBe("done");
    expect(puppet.calls).toHaveLength(2);
  });
});
