import {
  type AgentNotice,
  type InboundEvent,
  type SessionOptions,
  Transient,
  type Turn,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  gate,
  lasting,
  memory,
  OPEN,
  onDisk,
  Puppet,
  pass,
  quiet,
  type Rig,
  type RigOptions,
  rig,
  type SaidOptions,
  START,
  said,
  until,
} from "./core-puppet.js";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const TWO = ["one", "two"];

/** A message of a group that is not said to the agent. */
function aside(text: string, options: SaidOptions): InboundEvent {
  const event = said(text, options);
  return event.kind === "message" ? { ...event, content: { text } } : event;
}

interface Heard {
  readonly turn: Turn;
  readonly history: readonly string[];
}

/** A runtime whose agent notes what it is given. */
async function listening(options: RigOptions = {}): Promise<Rig & { readonly heard: Heard[] }> {
  const heard: Heard[] = [];
  const bench = await rig({
    agent: async (turn) => {
      heard.push({ turn, history: (await turn.history()).map(({ text }) => text) });
      return `re: ${turn.text}`;
    },
    ...options,
  });
  return { ...bench, heard };
}

/** Says something and waits for its answer; resolves to what the agent was told of before. */
async function tell(
  bench: Awaited<ReturnType<typeof listening>>,
  text: string,
  {
    account = "default",
    puppet = bench.puppet,
    ...options
  }: SaidOptions & { account?: string; puppet?: Puppet } = {},
): Promise<readonly string[]> {
  const [receipt] = await puppet.context(account).receive([said(text, options)]);
  if (receipt?.status !== "accepted") throw new Error("it was not accepted");
  await until(() => bench.heard.some(({ turn }) => turn.text === text), text);
  await until(async () => {
    const found = await bench.runtime.why(receipt.event);
    return found?.operations.some(({ state }) => state === "done") === true;
  });
  return bench.heard.find(({ turn }) => turn.text === text)?.history ?? [];
}

describe("D1 how much history an agent is given", () => {
  const GROUP = { chat: "crew", kind: "group", from: "ada" } as const;

  it("of a group is the newest messages of all, context and answers included", async () => {
    const bench = await listening({ config: { ...OPEN, historyLimit: 3 } });
    await tell(bench, "first", GROUP);
    await bench.puppet.context().receive([aside("by the way", { ...GROUP, from: "bob" })]);
    await tell(bench, "second", GROUP);
    expect(await tell(bench, "third", GROUP)).toEqual(["by the way", "second", "re: second"]);
  });

  it("has the answer to what was asked just before, though that is still on its way", async () => {
    const puppet = new Puppet();
    const bench = await listening({ puppet });
    const slow = gate();
    puppet.hooks.dispatch = async () => {
      await slow.opened;
      return puppet.made();
    };
    await puppet.context().receive([said("one"), said("and two?")]);
    await until(() => bench.heard.length === 2);
    expect(bench.heard[1]?.history).toEqual(["one", "re: one"]);
    slow.open();
  });

  it("of a group is 50 unless said otherwise", async () => {
    const bench = await listening();
    const many = Array.from({ length: 60 }, (_, index) => aside(`${index}`, { ...GROUP, order: index }));
    await bench.puppet.context().receive(many);
    const history = await tell(bench, "now", { ...GROUP, order: 100 });
    expect([history.length, history[0]]).toEqual([50, "10"]);
  });

  it("of limit 0 is the current message only", async () => {
    const bench = await listening({ config: { ...OPEN, historyLimit: 0, dmHistoryLimit: 0 } });
    await tell(bench, "g1", GROUP);
    expect(await tell(bench, "g2", GROUP)).toEqual([]);
    await tell(bench, "d1");
    expect(await tell(bench, "d2")).toEqual([]);
  });

  it("of a DM goes by the user's own entry, before the limit for all DMs", async () => {
    const dms = { ada: { historyLimit: 1 }, "puppet:bob": { historyLimit: 2 }, eve: {} };
    const bench = await listening({ config: { ...OPEN, dmHistoryLimit: 3, dms } });
    const lengths: number[] = [];
    for (const chat of ["ada", "bob", "eve", "dan"]) {
      await tell(bench, `${chat} 1`, { chat });
      await tell(bench, `${chat} 2`, { chat });
      lengths.push((await tell(bench, `${chat} 3`, { chat })).length);
    }
    expect(lengths).toEqual([1, 2, 3, 3]);
  });

  it("finds the user's entry under a former id", async () => {
    const bench = await listening({ config: { ...OPEN, dms: { lid: { historyLimit: 1 } } } });
    await tell(bench, "1", { chat: "lid" });
    await bench.puppet.context().alias("lid", "+49123");
    expect(await tell(bench, "2", { chat: "+49123" })).toEqual(["re: 1"]);
  });
});

describe("dmScope", () => {
  const LINKS = { ada: ["puppet:ada", "puppet:ada-work", "other:77"] };

  /** What the second of two messages is told of the first, and the session it stands in. */
  async function shares(
    session: SessionOptions | undefined,
    first: SaidOptions & { account?: string },
    second: SaidOptions & { account?: string; other?: true },
  ): Promise<readonly [shared: boolean, session: string | undefined]> {
    const also = new Puppet({ id: "other" });
    const bench = await listening({ accounts: TWO, also, ...(session && { session }) });
    await tell(bench, "first", { account: "one", ...first });
    const { other, ...about } = second;
    const on = { account: "one", ...about, ...(other && { puppet: also }) };
    const history = await tell(bench, "second", on);
    return [history.includes("first"), bench.heard[1]?.turn.session];
  }

  const same = { chat: "ada" };
  const work = { chat: "ada-work" };
  const elsewhere = { chat: "77", other: true } as const;
  const stranger = { chat: "eve" };
  const otherAccount = { chat: "ada", account: "two" };

  it.each([
    ["said nowhere", undefined, [false, false, false, false]],
    ["per-account-channel-peer", { identityLinks: LINKS }, [false, false, false, false]],
    ["per-channel-peer", { dmScope: "per-channel-peer" }, [true, false, false, false]],
    [
      "per-channel-peer, linked",
      { dmScope: "per-channel-peer", identityLinks: LINKS },
      [true, true, false, false],
    ],
    ["per-peer", { dmScope: "per-peer" }, [true, false, false, false]],
    ["per-peer, linked", { dmScope: "per-peer", identityLinks: LINKS }, [true, true, true, false]],
    ["main", { dmScope: "main" }, [true, true, true, true]],
  ] as const)("%s: who shares a session", async (_name, session, expected) => {
    const seconds = [otherAccount, work, elsewhere, stranger];
    const shared = [];
    for (const second of seconds) shared.push((await shares(session, same, second))[0]);
    expect(shared).toEqual(expected);
    expect((await shares(session, same, same))[0]).toBe(true);
  });

  it("says so when the links join nothing", async () => {
    const warnings = async (session: SessionOptions) =>
      (await rig({ session })).logs.filter(({ level }) => level === "warn").map(({ message }) => message);
    expect(await warnings({ identityLinks: LINKS })).toEqual([
      expect.stringContaining('while session.dmScope is "per-account-channel-peer"'),
    ]);
    expect(await warnings({ identityLinks: LINKS, dmScope: "per-peer" })).toEqual([]);
  });

  it("leaves groups alone", async () => {
    const group = { chat: "crew", kind: "group", from: "ada" } as const;
    expect(await shares({ dmScope: "main" }, same, group)).toEqual([false, "puppet%3Aone/group/crew"]);
  });

  it("answers where the message came from", async () => {
    const bench = await listening({ accounts: TWO, session: { dmScope: "main" } });
    await tell(bench, "1", { account: "one", chat: "ada" });
    await tell(bench, "2", { account: "two", chat: "bob" });
    expect(bench.puppet.calls.map(({ account, context, text }) => [account, context.to.chat, text])).toEqual([
      ["one", "ada", "re: 1"],
      ["two", "bob", "re: 2"],
    ]);
  });

  it("is kept over a restart, also for what was left undone", async () => {
    const store = await onDisk();
    const session: SessionOptions = { dmScope: "per-peer", identityLinks: LINKS };
    const options = { store, session, accounts: TWO };
    const first = await listening(options);
    await tell(first, "1", { account: "one", chat: "ada" });
    await first.stop();
    const stuck = await rig({ ...options, agent: (_, { signal }) => untilStopped(signal) });
    await stuck.puppet.context("two").receive([said("2", { chat: "ada-work" })]);
    await until(() => stuck.turns.length === 1);
    await stuck.stop();
    const last = await listening(options);
    await until(() => last.puppet.texts().includes("re: 2"));
    await quiet();
    expect(last.heard[0]).toMatchObject({ turn: { text: "2" }, history: ["1", "re: 1"] });
    expect(await tell(last, "3", { account: "one", chat: "ada" })).toEqual(["1", "re: 1", "2", "re: 2"]);
  });

  it("follows a sender who is not linked to another id, and keeps the name of one who is", async () => {
    const session: SessionOptions = {
      dmScope: "per-channel-peer",
      // The name is an id of somebody else, too.
      identityLinks: { "old-bob": ["puppet:ada"] },
    };
    const bench = await listening({ accounts: TWO, session });
    await tell(bench, "ada 1", { account: "one", chat: "ada" });
    await tell(bench, "bob 1", { account: "one", chat: "old-bob" });
    const context = bench.puppet.context("one");
    await context.alias("old-bob", "new-bob");
    await context.alias("ada", "new-ada");
    expect(await tell(bench, "bob 2", { account: "one", chat: "new-bob" })).toEqual(["bob 1", "re: bob 1"]);
    expect(await tell(bench, "ada 2", { account: "one", chat: "new-ada" })).toEqual(["ada 1", "re: ada 1"]);
    // The other account knows the first id still, and the link holds for it.
    expect(await tell(bench, "ada 3", { account: "two", chat: "ada" })).toContain("ada 2");
  });

  it("lets one turn of a shared session run at a time, in order of arrival, others beside it", async () => {
    const doors = new Map(["1", "2", "3", "4"].map((text) => [text, gate()]));
    const bench = await rig({
      accounts: TWO,
      limits: { maxTurns: 2 },
      session: { dmScope: "main" },
      agent: async (turn) => {
        await doors.get(turn.text)?.opened;
        return `re: ${turn.text}`;
      },
    });
    const [one, two] = [bench.puppet.context("one"), bench.puppet.context("two")];
    await one.receive([said("1", { chat: "ada" })]);
    await until(() => bench.turns.length === 1);
    await two.receive([said("2", { chat: "ada" })]);
    await quiet();
    await one.receive([said("3", { chat: "bob" })]);
    await quiet();
    await two.receive([said("4", { chat: "eve" })]);
    await quiet();
    expect(bench.turns.map(({ text }) => text)).toEqual(["1"]);
    // They wait without taking the room of others.
    await one.receive([said("in a group", { chat: "crew", kind: "group" })]);
    await until(() => bench.puppet.texts().includes("re: in a group"));
    for (const text of ["1", "2", "3"]) {
      doors.get(text)?.open();
      await until(() => bench.puppet.texts().includes(`re: ${text}`));
      await quiet();
    }
    doors.get("4")?.open();
    await until(() => bench.puppet.texts().includes("re: 4"));
    expect(bench.turns.map(({ text }) => text)).toEqual(["1", "in a group", "2", "3", "4"]);
  });

  it("lets the others go on while one of a shared session is to be tried again", async () => {
    const bench = await rig({
      session: { dmScope: "main" },
      agent: (turn) => {
        if (turn.text === "bad" && turn.attempt < 3) throw new Error("overloaded");
        return `re: ${turn.text}`;
      },
    });
    await bench.puppet.context().receive([said("bad", { chat: "ada" })]);
    await until(() => bench.turns.length === 1);
    await bench.puppet.context().receive([said("good", { chat: "bob" })]);
    await until(() => bench.puppet.texts().includes("re: good"));
    await pass(bench.clock, 30_000);
    expect(bench.puppet.texts()).toEqual(["re: good", "re: bad"]);
  });

  it("stops at once with turns that wait for one another", async () => {
    const store = lasting(memory());
    const bench = await rig({
      store,
      session: { dmScope: "main" },
      agent: (_, { signal }) => untilStopped(signal),
    });
    await bench.puppet.context().receive([said("1", { chat: "ada" }), said("2", { chat: "bob" })]);
    await until(() => bench.turns.length === 1);
    await bench.stop();
    expect(bench.turns).toHaveLength(1);
    const next = await listening({ store, session: { dmScope: "main" } });
    await until(() => next.heard.length === 2);
  });
});

function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

describe("/new", () => {
  it.each([
    ["in memory", memory],
    ["on disk", onDisk],
  ] as const)("forgets what was said before, over a restart and a rename, %s", async (_where, open) => {
    const store = lasting(await open());
    const first = await listening({ store });
    await tell(first, "secret");
    await first.puppet.context().receive([said("/new")]);
    await until(() => first.puppet.texts().at(-1) === "Starting afresh.");
    await tell(first, "hello");
    await first.stop();
    const second = await listening({ store });
    await second.puppet.context().alias("ada", "ada-2");
    expect(await tell(second, "again", { chat: "ada-2" })).toEqual(["hello", "re: hello"]);
  });

  it("holds for every chat of a shared session, and for no other session", async () => {
    const bench = await listening({ accounts: TWO, session: { dmScope: "per-channel-peer" } });
    await tell(bench, "a1", { account: "one", chat: "ada" });
    await tell(bench, "b1", { account: "one", chat: "bob" });
    await bench.puppet.context("two").receive([said("/new", { chat: "ada" })]);
    await until(() => bench.puppet.texts().includes("Starting afresh."));
    expect(await tell(bench, "a2", { account: "one", chat: "ada" })).toEqual([]);
    expect(await tell(bench, "b2", { account: "one", chat: "bob" })).toEqual(["b1", "re: b1"]);
  });

  it("is told to an agent with a memory of its own", async () => {
    const notices: AgentNotice[] = [];
    const bench = await rig({
      whole: { history: "own", run: () => "hi", observe: (notice) => void notices.push(notice) },
    });
    await bench.puppet.context().receive([said("/new")]);
    await until(() => bench.puppet.texts().includes("Starting afresh."));
    const [identity, session] = ["puppet:default", "puppet%3Adefault/dm/ada"];
    expect(notices).toEqual([{ type: "reset", identity, session }]);
  });
});

describe("retentionDays", () => {
  it("removes finished messages and their answers after that time, and never open work", async () => {
    const clock = new ManualClock(START);
    const bench = await listening({
      clock,
      session: { retentionDays: 0.5 },
      limits: { eventMaxAgeMs: 0, operationMaxAgeMs: 0 },
    });
    const { puppet, runtime, store } = bench;
    await tell(bench, "old");
    await runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "proactive" });
    await until(() => puppet.texts().includes("proactive"));
    await pass(clock, 11 * HOUR, HOUR);
    expect(await tell(bench, "still there?")).toEqual(["old", "re: old"]);
    puppet.hooks.dispatch = async ({ text }) => {
      if (text === "re: unsent") throw new Transient("ECONNREFUSED");
      return puppet.made();
    };
    await puppet.context().receive([said("unsent", { chat: "bob" })]);
    await until(() => puppet.texts().includes("re: unsent"));
    await pass(clock, 2 * HOUR, HOUR);
    expect(await tell(bench, "and now?")).toEqual(["still there?", "re: still there?"]);
    await pass(clock, DAY, HOUR);
    const left = (await store.recentEvents({ limit: 9 })).map(({ seq }) => seq);
    expect(left).toEqual([3]);
    expect(await store.operationsOfTurn(1)).toEqual([]);
    expect(await store.operationsOfTurn(3)).toMatchObject([{ state: "open" }]);
  });

  it("of 0 keeps everything", async () => {
    const bench = await listening({ session: { retentionDays: 0 } });
    await tell(bench, "old");
    await pass(bench.clock, 31 * DAY, 31 * DAY);
    expect(await bench.store.recentEvents({ limit: 9 })).toHaveLength(1);
  });
});

describe("a wrong session or owners", () => {
  it.each([
    [{ dmscope: "main" }, undefined, 'session: unknown key "dmscope"; did you mean "dmScope"?'],
    [{ dmScope: "per_peer" }, undefined, 'session.dmScope: "per_peer" is no scope; did you mean "per-peer"?'],
    [{ retentionDays: -1 }, undefined, "session.retentionDays: must not be negative"],
    [
      { identityLinks: { ada: ["telegram:1"], bob: ["discord:2", "Telegram:1"] } },
      undefined,
      'session.identityLinks.bob.1: telegram:1 is listed under "ada" and "bob"',
    ],
    [
      { identityLinks: { ada: ["1"] } },
      undefined,
      'session.identityLinks.ada.0: "1" must be <connector>:<sender id>',
    ],
    [undefined, ["telegram:@ada"], 'owners.0: "telegram:@ada" is a name'],
    [undefined, ["telegram:*"], 'owners.0: "telegram:*" would be everybody'],
    [undefined, "telegram:1", "owners: must be a list"],
  ])("is refused with where and how: %j %j", async (session, owners, message) => {
    const wrong: RigOptions = JSON.parse(JSON.stringify({ session, owners }));
    await expect(rig(wrong)).rejects.toThrow(message);
  });
});
