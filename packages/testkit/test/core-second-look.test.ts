import { type Agent, RateLimited, StoreError, Transient, Unknown } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
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
  type Rig,
  rig,
  START,
  said,
  until,
} from "./core-puppet.js";

const MINUTE = 60_000;
const never = <T>() => new Promise<T>(() => {});
const inGroup = (text: string, chat: string) => said(text, { chat, kind: "group" });

/** A store that keeps every call of `method` back until it is opened; `arrived` counts them. */
function slow(method: string) {
  const door = gate();
  const inner = memory();
  const state = { arrived: 0, open: () => door.open() };
  const store = intercept(inner, async (call, run) => {
    if (call.method === method) {
      state.arrived += 1;
      await door.opened;
    }
    return run();
  });
  return { store: lasting(store), state };
}

describe("a chat that gets another id while something of it is being written", () => {
  it.each(["goes on", "is restarted"])("keeps the order of its answers when the runtime %s", async (what) => {
    const { store, state } = slow("finish");
    const clock = new ManualClock(START);
    const puppet = new Puppet({
      hooks: {
        dispatch: async ({ text, at }) => {
          if (text === "re: first" && at < START + 10_000) throw new Transient("not now");
          return {};
        },
      },
    });
    const bench = await rig({ puppet, store, clock });
    await puppet.context().receive([inGroup("first", "g-1")]);
    await until(() => state.arrived === 1);
    const renamed = puppet.context().alias("g-1", "g-2");
    await quiet();
    state.open();
    await renamed;
    await until(() => puppet.calls.length === 1);
    if (what === "is restarted") {
      await bench.stop();
      await rig({ puppet, store, clock });
    }
    await puppet.context().receive([inGroup("second", "g-2")]);
    await pass(clock, 30_000);
    expect(puppet.texts().at(-1)).toBe("re: second");
    expect(puppet.calls.map(({ context }) => context.to.chat).at(-1)).toBe("g-2");
  });

  it("has one turn at a time", async () => {
    const { store, state } = slow("accept");
    const ending = gate();
    let running = 0;
    let most = 0;
    const bench = await rig({
      store,
      agent: async () => {
        running += 1;
        most = Math.max(most, running);
        await ending.opened;
        running -= 1;
        return "ok";
      },
    });
    const context = bench.puppet.context();
    const first = context.receive([inGroup("first", "g-1")]);
    await until(() => state.arrived === 1);
    const renamed = context.alias("g-1", "g-2");
    await quiet();
    const second = context.receive([inGroup("second", "g-2")]);
    state.open();
    await Promise.all([first, renamed, second]);
    await quiet();
    ending.open();
    await until(() => bench.puppet.calls.length === 2);
    expect(most).toBe(1);
  });
});

describe("a rename", () => {
  it("that is told twice at once is on record for both when they are told so", async () => {
    const { store, state } = slow("alias");
    const { puppet } = await rig({ store });
    const told: string[] = [];
    void puppet
      .context()
      .alias("a", "b")
      .then(() => told.push("first"));
    await until(() => state.arrived >= 1);
    void puppet
      .context()
      .alias("a", "b")
      .then(() => told.push("second"));
    await quiet();
    expect(told).toEqual([]);
    state.open();
    await until(() => told.length === 2);
  });

  it("that the store refused is not taken for done", async () => {
    let refusals = 1;
    const inner = lasting(memory());
    const store = intercept(inner, (call, run) =>
      call.method === "alias" && refusals-- > 0
        ? Promise.reject(new StoreError("broken", "a bad sector"))
        : run(),
    );
    const clock = new ManualClock(START);
    const first = await rig({ store, clock });
    await expect(first.puppet.context().alias("a", "b")).rejects.toThrow("bad sector");
    await first.puppet.context().alias("a", "b");
    await first.stop();
    const second = await rig({ store: inner, clock });
    await second.runtime.send({ connector: "puppet", to: { chat: "a" }, text: "hi" });
    await until(() => second.puppet.calls.length === 1);
    expect(second.puppet.calls[0]?.context.to.chat).toBe("b");
  });
});

describe("a rename that the platform tells again, after a later one", () => {
  it("changes nothing: what is called c now is not called b again", async () => {
    const { puppet, runtime } = await rig();
    const context = puppet.context();
    await context.alias("a", "b");
    await context.alias("b", "c");
    // As a webhook whose acknowledgement was lost, or a log that is read again.
    await context.alias("a", "b");
    for (const chat of ["a", "b", "c"])
      await runtime.send({ connector: "puppet", to: { chat }, text: `to ${chat}` });
    await context.receive([said("hi", { chat: "b" })]);
    await until(() => puppet.calls.length === 4);
    expect(puppet.calls.map(({ context: { to } }) => to.chat)).toEqual(["c", "c", "c", "c"]);
  });
});

describe("two renames that are told in the wrong order", () => {
  it("lead to the newest name all the same", async () => {
    const { puppet, runtime } = await rig();
    const context = puppet.context();
    await context.receive([inGroup("1", "a")]);
    await until(() => puppet.calls.length === 1);
    await context.alias("b", "c");
    await context.alias("a", "b");
    for (const chat of ["a", "b", "c"])
      await runtime.send({ connector: "puppet", to: { chat }, text: `to ${chat}` });
    await context.receive([inGroup("2", "c")]);
    await until(() => puppet.calls.length === 5);
    expect(puppet.calls.slice(1).map(({ context: { to } }) => to.chat)).toEqual(["c", "c", "c", "c"]);
  });
});

describe("two renames in a row while turns are under way", () => {
  it("let nothing begin before all that was begun under the former ids has ended", async () => {
    const endings = new Map<string, () => void>();
    const { puppet, turns } = await rig({
      agent: (turn) => new Promise((resolve) => endings.set(turn.text, () => resolve(`re: ${turn.text}`))),
    });
    const context = puppet.context();
    const said = (text: string, chat: string) => context.receive([inGroup(text, chat)]);
    // Nobody knows yet that the three are one.
    await said("1", "g-1");
    await said("2", "g-2");
    await said("3", "g-3");
    await until(() => endings.size === 3);
    await context.alias("g-1", "g-2");
    await context.alias("g-2", "g-3");
    await said("4", "g-3");
    for (const text of ["3", "2"]) {
      endings.get(text)?.();
      await quiet();
    }
    expect(turns.map(({ text }) => text)).toEqual(["1", "2", "3"]);
    endings.get("1")?.();
    await until(() => endings.has("4"));
    endings.get("4")?.();
    await until(() => puppet.calls.length === 4);
  });

  it("keep the order of what is still to be sent", async () => {
    const answers = new Map<string, () => void>();
    const puppet = new Puppet({
      hooks: {
        dispatch: ({ text }) => new Promise((resolve) => answers.set(text, () => resolve({}))),
      },
    });
    const { runtime } = await rig({ puppet });
    const send = (text: string, chat: string) => runtime.send({ connector: "puppet", to: { chat }, text });
    // Chats go side by side: what begins first is not said by what was asked first.
    for (const text of ["1", "2", "3"]) {
      await send(text, `g-${text}`);
      await until(() => answers.has(text));
    }
    await puppet.context().alias("g-1", "g-2");
    await puppet.context().alias("g-2", "g-3");
    await send("4", "g-3");
    for (const text of ["3", "2"]) {
      answers.get(text)?.();
      await quiet();
    }
    expect(puppet.texts()).toEqual(["1", "2", "3"]);
    answers.get("1")?.();
    await until(() => answers.has("4"));
    answers.get("4")?.();
  });
});

describe("an event that was being looked up when the runtime stopped", () => {
  it("is not given to the agent any more, and leaves no timer", async () => {
    const { store, state } = slow("rewrite");
    const puppet = new Puppet({ hooks: { hydrate: async (event) => event } });
    const bench = await rig({ store, puppet, agent: () => never<string>() });
    await bench.puppet.context().receive([said("hi", { needsHydration: true })]);
    await until(() => state.arrived === 1);
    const stopping = finish(bench.runtime.stop(), bench.clock);
    await pass(bench.clock, 3_600, 100);
    state.open();
    await stopping;
    await quiet();
    expect({ turns: bench.turns.length, timers: bench.clock.waiting }).toEqual({ turns: 0, timers: 0 });
  });
});

describe("a connection that opens too late", () => {
  it.each(["after stop", "after it said that it cannot go on"])("is closed again, %s", async (when) => {
    const opening = gate();
    const puppet = new Puppet({
      hooks: {
        open: async () => {
          if (puppet.contexts.length === 1) await opening.opened;
        },
      },
    });
    const bench = await rig({ puppet, starting: true });
    await until(() => puppet.contexts.length === 1);
    if (when === "after stop") await bench.stop();
    else {
      puppet.context().fail(new Transient("the handshake failed"));
      await pass(bench.clock, 3_000);
    }
    opening.open();
    await pass(bench.clock, 3_000);
    expect(puppet.open).toBe(when === "after stop" ? 0 : 1);
  });
});

describe("the second part of a message", () => {
  it("that was announced and not called because the runtime stops is in no doubt", async () => {
    const written = gate();
    const inner = lasting(memory());
    let isSlow = true;
    const store = intercept(inner, async ({ method }, run) => {
      const result = await run();
      if (method === "settle" && isSlow) await written.opened;
      return result;
    });
    const clock = new ManualClock(START);
    const words = {
      prepare: (operation: Parameters<NonNullable<Puppet["hooks"]["prepare"]>>[0]) =>
        operation.kind === "send"
          ? operation.text.split(" ").map((payload) => ({ call: "send", payload }))
          : [],
    };
    const puppet = new Puppet({ hooks: words });
    const first = await rig({ puppet, store, clock });
    await first.runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "one two" });
    await until(() => puppet.calls.length === 1);
    await quiet();
    const stopping = first.runtime.stop();
    // Given up, but what became of calls is still recorded.
    await pass(clock, 1_600, 100);
    isSlow = false;
    written.open();
    await finish(stopping, clock);
    const again = new Puppet({ hooks: words });
    const second = await rig({ puppet: again, store: inner, clock });
    await pass(clock, MINUTE);
    expect(await second.runtime.deadLetters.list()).toEqual([]);
    expect([...puppet.texts(), ...again.texts()]).toEqual(["one", "two"]);
  });
});

describe("a connector that hangs", () => {
  it.each(["find", "prepare"] as const)("in %s holds up its chat for a bounded time", async (where) => {
    let first = true;
    const puppet = new Puppet({
      features: { operations: { send: { idempotency: { mode: "detect" }, onUnknown: "hold" } } },
      hooks: {
        find: () => never(),
        prepare: (operation) => {
          const text = operation.kind === "send" ? operation.text : "";
          if (where === "prepare" && text === "stuck") return never();
          return [{ call: "send", payload: text }];
        },
        dispatch: async () => {
          if (first && where === "find") {
            first = false;
            throw new Unknown("no answer");
          }
          return {};
        },
      },
    });
    const bench = await rig({ puppet });
    await bench.runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "stuck" });
    await bench.runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "after" });
    await pass(bench.clock, 10 * MINUTE, 2_000);
    expect(puppet.texts()).toContain("after");
  });
});

describe("an agent that hangs in what it is told", () => {
  const hanging = (what: string): Agent => ({
    history: "ours",
    run: (turn) => `re: ${turn.text}`,
    observe: (notice) => (notice.type === what ? never() : undefined),
  });

  it.each(["context", "committed", "renamed"])(
    "(%s) does not hold up its session or the intake",
    async (what) => {
      const puppet = new Puppet();
      // The rig would wrap the agent in a function, which cannot be told anything.
      const bench = await rig({ puppet, whole: hanging(what), config: { groupPolicy: "open" } });
      const context = puppet.context();
      const silent = JSON.parse(JSON.stringify(inGroup("nobody meant", "g-1")));
      delete silent.content.mentionsSelf;
      let renamed = false;
      void context.alias("x", "y").then(() => {
        renamed = true;
      });
      void context.receive([silent, inGroup("1", "g-1"), inGroup("2", "g-1")]);
      await pass(bench.clock, 10 * MINUTE, 2_000);
      expect(puppet.texts()).toEqual(["re: 1", "re: 2"]);
      expect(renamed).toBe(true);
    },
  );
});

describe("what the operator wants sent in spite of the doubt", () => {
  it("is sent after the platform asked to wait", async () => {
    let calls = 0;
    const puppet = new Puppet({
      hooks: {
        dispatch: async () => {
          calls += 1;
          if (calls === 1) throw new Unknown("no answer");
          if (calls === 2) throw new RateLimited("slow down", { scope: "chat", retryAfterMs: 5_000 });
          return {};
        },
      },
    });
    const bench = await rig({ puppet });
    await bench.runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "hi" });
    await pass(bench.clock, MINUTE);
    const [letter] = await bench.runtime.deadLetters.list();
    await bench.runtime.deadLetters.retry(letter?.id ?? "");
    await pass(bench.clock, MINUTE);
    expect(puppet.calls).toHaveLength(3);
    expect(await bench.runtime.deadLetters.list()).toEqual([]);
  });
});

/** The account is linked anew, to somebody else. */
async function relinked(): Promise<Rig & { readonly old: ReturnType<Puppet["context"]> }> {
  let who = "one";
  const puppet = new Puppet({ hooks: { identify: async () => ({ id: who }) } });
  const bench = await rig({ puppet, agent: (turn) => `re: ${turn.text}` });
  const old = puppet.context();
  puppet.hooks.dispatch = () => Promise.reject(new Transient("not now"));
  await bench.runtime.send({ connector: "puppet", to: { chat: "friend of one" }, text: "private" });
  await until(() => puppet.calls.length === 1);
  who = "two";
  old.fail(new Transient("logged out"));
  delete puppet.hooks.dispatch;
  await pass(bench.clock, 2 * MINUTE, 2_000);
  expect(bench.runtime.status()[0]?.identity).toBe("puppet:two");
  return { ...bench, old };
}

describe("an account that is linked to another identity while it runs", () => {
  it("does not send what the first one was to say", async () => {
    const { puppet, clock } = await relinked();
    await pass(clock, 5 * MINUTE, 5_000);
    expect(puppet.texts()).toEqual(["private"]);
  });

  it("does not file a straggler of the first one's connection under the second", async () => {
    const { old, store, puppet } = await relinked();
    await old.receive([said("for one")]).catch(() => []);
    await quiet();
    const filed = await store.recentEvents({ identity: "puppet:two", limit: 10 });
    expect(filed).toEqual([]);
    expect(puppet.texts()).not.toContain("re: for one");
  });
});
