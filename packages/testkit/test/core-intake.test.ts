import type { InboundEvent, Webhook } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  finish,
  gate,
  intercept,
  lasting,
  memory,
  onDisk,
  Puppet,
  type PuppetConfig,
  pass,
  quiet,
  rig,
  START,
  said,
  until,
} from "./core-puppet.js";

const MINUTE = 60_000;
const LONE = String.fromCharCode(0xd800);

describe("an id that is renamed more than once", () => {
  it("goes by its newest name, whichever of the former ones is used", async () => {
    const { puppet, runtime } = await rig();
    const context = puppet.context();
    await context.alias("a", "b");
    await context.alias("b", "c");
    await runtime.send({ connector: "puppet", to: { chat: "a" }, text: "to a" });
    await runtime.send({ connector: "puppet", to: { chat: "b" }, text: "to b" });
    await context.receive([said("from a", { chat: "a" }), said("from c", { chat: "c" })]);
    await until(() => puppet.calls.length === 4);
    expect(puppet.calls.map(({ context: { to } }) => to.chat)).toEqual(["c", "c", "c", "c"]);
  });

  it.each(["at once", "after a restart"])("and back goes by the old name again, %s", async (when) => {
    const store = lasting(memory());
    const clock = new ManualClock(START);
    const first = await rig({ store, clock });
    await first.puppet.context().alias("a", "b");
    await first.puppet.context().alias("b", "a");
    if (when === "after a restart") await first.stop();
    const bench = when === "after a restart" ? await rig({ store, clock }) : first;
    await bench.puppet.context().receive([said("hello", { chat: "a" })]);
    await until(() => bench.puppet.calls.length === 1);
    expect(bench.puppet.calls[0]?.context.to.chat).toBe("a");
    expect(bench.turns[0]?.session).toBe("puppet%3Adefault/dm/a");
  });

  it("keeps one history over a chain", async () => {
    const seen: string[][] = [];
    const { puppet } = await rig({
      agent: async (turn) => {
        seen.push((await turn.history()).map(({ text }) => text));
        return `re: ${turn.text}`;
      },
    });
    const context = puppet.context();
    await context.receive([said("1", { chat: "a" })]);
    await until(() => puppet.calls.length === 1);
    await quiet();
    await context.alias("a", "b");
    await context.alias("b", "c");
    // A straggler by the first name.
    await context.receive([said("2", { chat: "a" })]);
    await until(() => puppet.calls.length === 2);
    await quiet();
    await context.receive([said("3", { chat: "c" })]);
    await until(() => puppet.calls.length === 3);
    expect(seen.at(-1)).toEqual(["1", "re: 1", "2", "re: 2"]);
  });
});

describe("a chat that gets another id", () => {
  it("has one turn at a time, and its answers in order", async () => {
    const thinking = gate();
    const bench = await rig({
      agent: async (turn) => {
        if (turn.text === "1") await thinking.opened;
        return `re: ${turn.text}`;
      },
    });
    const { puppet, turns } = bench;
    await puppet.context().receive([said("1", { chat: "g-1", kind: "group" })]);
    await until(() => turns.length === 1);
    await puppet.context().alias("g-1", "g-2");
    await puppet.context().receive([said("2", { chat: "g-2", kind: "group" })]);
    await quiet();
    expect(turns).toHaveLength(1);
    thinking.open();
    await until(() => puppet.calls.length === 2);
    expect(puppet.texts()).toEqual(["re: 1", "re: 2"]);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    "keeps an event that comes at the same moment in its session (seed %i)",
    async (seed) => {
      const { puppet, store, clock } = await rig({ store: memory(seed) });
      const context = puppet.context();
      await Promise.all([
        context.receive([said("before", { chat: "g-1", kind: "group" })]),
        context.alias("g-1", "g-2"),
        context.receive([said("meanwhile", { chat: "g-1", kind: "group" })]),
      ]);
      await pass(clock, 1_000);
      const sessions = (await store.recentEvents({ limit: 10 })).map(({ session }) => session);
      expect(sessions).toEqual(Array(2).fill("puppet%3Adefault/group/g-2"));
    },
  );
});

describe("an event that cannot be what it says", () => {
  it.each([
    ["chat", said("bad", { chat: LONE })],
    ["thread", said("bad", { thread: LONE, kind: "group" })],
  ])("for half a character in its %s is left out, and the others are kept", async (_where, bad) => {
    const { puppet } = await rig();
    const receipts = await puppet.context().receive([said("good"), bad, said("fine")]);
    expect(receipts.map(({ status }) => status)).toEqual(["accepted", "dropped", "accepted"]);
    await until(() => puppet.calls.length === 2);
  });

  it("for half a character in its sender is left out or held, and others go on", async () => {
    const bench = await rig({ config: {} });
    await bench.puppet
      .context()
      .receive([said("bad", { from: LONE, chat: "x" }), said("fine", { chat: "y" })]);
    await pass(bench.clock, 3 * MINUTE, 5_000);
    const open = (await bench.store.recentEvents({ limit: 10 })).filter(({ decision }) =>
      ["accepted", "admitted"].includes(decision.fate),
    );
    expect(open).toEqual([]);
  });
});

describe("ten thousand events in one request", () => {
  it("are answered in order, chat by chat, and leave nothing behind", async () => {
    const { puppet, store, clock, turns } = await rig({
      store: await onDisk(),
      limits: { maxTurns: 8 },
    });
    const events = Array.from({ length: 10_000 }, (_, index) =>
      said(String(index), { chat: `chat-${index % 50}`, order: index }),
    );
    const receipts = await puppet.context().receive(events.toReversed());
    expect(receipts.every(({ status }) => status === "accepted")).toBe(true);
    await finish(
      until(() => puppet.calls.length === 10_000, "10,000 answers"),
      clock,
    );
    const last = new Map<string, number>();
    for (const { text, context } of puppet.calls) {
      const number = Number(text.slice(4));
      expect(number).toBeGreaterThan(last.get(context.to.chat) ?? -1);
      last.set(context.to.chat, number);
    }
    expect(turns).toHaveLength(10_000);
    await quiet();
    expect(await store.unfinished("puppet:default", 0, 1)).toEqual([]);
    expect(await store.openOperations("puppet:default", 0, 1)).toEqual([]);
  }, 15_000);
});

describe("one that waits for room", () => {
  it("is let in when there is some, and at the latest when the runtime stops", async () => {
    const working = gate();
    const store = lasting(memory());
    const bench = await rig({
      store,
      limits: { maxWaitingEvents: 3, maxTurns: 1 },
      agent: async () => {
        await working.opened;
        return "ok";
      },
    });
    const context = bench.puppet.context();
    await context.receive([said("1"), said("2"), said("3")]);
    let answer: unknown;
    void context.receive([said("4")]).then(
      (receipts) => {
        answer = receipts;
      },
      (error: unknown) => {
        answer = error;
      },
    );
    await quiet();
    expect(answer).toBeUndefined();
    const stopping = bench.stop();
    await quiet();
    expect(answer).toMatchObject([{ status: "accepted" }]);
    await stopping;
    expect(await store.unfinished("puppet:default", 0, 10)).toHaveLength(4);
  });
});

function webhook(): Webhook<PuppetConfig> {
  return {
    path: ({ webhookPath }) => webhookPath,
    verify: ({ body }, accounts) => ({ ok: true, value: { body: new TextDecoder().decode(body), accounts } }),
    parse: (value) => {
      const { body, accounts } = read(value);
      return accounts.map((account) => ({
        account,
        events: [said(body, { key: `${account}/${body}`, chat: `chat of ${account}` })],
      }));
    },
    reply: () => ({ status: 200 }),
  };
}

function read(value: unknown): { readonly body: string; readonly accounts: readonly string[] } {
  if (typeof value !== "object" || value === null || !("body" in value) || !("accounts" in value))
    throw new Error("not verified");
  const accounts = Array.isArray(value.accounts) ? value.accounts : [];
  return { body: String(value.body), accounts: accounts.map(({ id }) => String(id)) };
}

const request = (text: string) => ({
  method: "POST",
  url: "/puppet",
  headers: {},
  body: new TextEncoder().encode(text),
});

describe("a webhook", () => {
  it("before the identity is known is asked to come again, and then taken once", async () => {
    const known = gate();
    const puppet = new Puppet({
      hooks: {
        webhook: webhook(),
        identify: async () => {
          await known.opened;
          return { id: "me" };
        },
      },
    });
    const bench = await rig({ puppet, starting: true });
    expect((await bench.runtime.webhook(request("hi"))).status).toBe(503);
    known.open();
    await bench.started;
    expect((await bench.runtime.webhook(request("hi"))).status).toBe(200);
    expect((await bench.runtime.webhook(request("hi"))).status).toBe(200);
    await until(() => puppet.calls.length === 1);
    await quiet();
    expect(puppet.calls).toHaveLength(1);
  });

  it("after stop is not acknowledged", async () => {
    const bench = await rig({ puppet: new Puppet({ hooks: { webhook: webhook() } }) });
    await bench.stop();
    const answer = await bench.runtime.webhook(request("hi")).catch(() => ({ status: 500 }));
    expect(answer.status).toBeGreaterThanOrEqual(500);
  });

  it("that the store cannot take is asked to come again, within the platform's patience", async () => {
    const room = gate();
    const store = intercept(memory(), async ({ method }, run) => {
      if (method === "accept") await room.opened;
      return run();
    });
    const bench = await rig({ store, puppet: new Puppet({ hooks: { webhook: webhook() } }) });
    const answer = bench.runtime.webhook(request("hi"));
    await pass(bench.clock, 10_000);
    expect((await answer).status).toBe(503);
    room.open();
    await until(() => bench.puppet.calls.length === 1);
    expect((await bench.runtime.webhook(request("hi"))).status).toBe(200);
    await quiet();
    expect(bench.puppet.calls).toHaveLength(1);
  });

  it("of one account goes on while another on the same path never gets an identity", async () => {
    const puppet = new Puppet({
      hooks: {
        webhook: webhook(),
        identify: async (account) => {
          if (account.id === "two") throw new Error("the token is wrong");
          return { id: account.id };
        },
      },
    });
    const bench = await rig({ puppet, accounts: ["one", "two"], starting: true });
    await quiet();
    await bench.runtime.webhook(request("hi"));
    await bench.runtime.webhook(request("hi"));
    await until(() => puppet.calls.length === 1);
    await quiet();
    expect(puppet.calls).toHaveLength(1);
  });
});

describe("receive", () => {
  it("of the same event at once in several requests accepts it once", async () => {
    const { puppet } = await rig();
    const context = puppet.context();
    const all = await Promise.all(
      Array.from({ length: 5 }, () =>
        context.receive([said("hi", { key: "same" }), said("hi", { key: "same" })]),
      ),
    );
    expect(all.flat().filter(({ status }) => status === "accepted")).toHaveLength(1);
    await until(() => puppet.calls.length === 1);
    await quiet();
    expect(puppet.calls).toHaveLength(1);
  });

  it("commits the cursor with its events or not at all", async () => {
    const { puppet } = await rig();
    const context = puppet.context();
    const odd: InboundEvent = JSON.parse(JSON.stringify(said("odd")), (key, value) =>
      key === "sentAt" ? 1n : value,
    );
    const receipts = await context.receive([said("good"), odd], { cursor: { name: "log", value: 7 } });
    expect(receipts.map(({ status }) => status)).toEqual(["accepted", "dropped"]);
    expect(await context.cursor("log")).toBe(7);
  });
});

describe.each(["memory", "sqlite"] as const)("a time with a fraction, on the %s store", (kind) => {
  it("is as good as a whole one", async () => {
    const clock = new ManualClock(START + 0.5);
    const { puppet } = await rig({ clock, store: kind === "memory" ? memory() : await onDisk() });
    const context = puppet.context();
    const value = { key: "ticket", value: 1, expiresAt: START + 1_000.25 };
    expect(await context.state.batch([value])).toBe(true);
    const receipts = await context.receive([said("hi", { sentAt: START - 0.1 })], {
      cursor: { name: "log", value: 1 },
    });
    expect(receipts).toMatchObject([{ status: "accepted" }]);
    await until(() => puppet.calls.length === 1);
  });
});
