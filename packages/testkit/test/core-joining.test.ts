import type { Turn } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  lasting,
  memory,
  OPEN,
  onDisk,
  type Puppet,
  pass,
  quiet,
  type Rig,
  rig,
  START,
  said,
  until,
} from "./core-puppet.js";

const photo = { type: "image", ref: "p" } as const;
const part = (text: string, more: Parameters<typeof said>[1] = {}) =>
  said(text, { album: "a1", attachments: [photo], ...more });

const textsOf = ({ events }: Turn) =>
  events.map((event) => (event.kind === "message" ? event.content.text : event.kind));

async function fates({ store }: Rig): Promise<readonly string[]> {
  const found = await store.recentEvents({ limit: 100 });
  return found.map(({ decision }) => decision.fate).reverse();
}

async function receive({ puppet }: Rig, ...events: Parameters<ReturnType<Puppet["context"]>["receive"]>[0]) {
  await puppet.context().receive(events);
  await quiet(50);
}

describe("the parts of an album", () => {
  it("are one turn, a second after the last of them, and answered once", async () => {
    const bench = await rig();
    await receive(bench, part("look"));
    await pass(bench.clock, 900, 100);
    await receive(bench, part(""), part(""));
    await pass(bench.clock, 900, 100);
    expect(bench.turns).toEqual([]);
    await pass(bench.clock, 200, 100);
    expect(bench.turns.map(textsOf)).toEqual([["look", "", ""]]);
    expect(bench.turns[0]?.text).toBe("look");
    expect(bench.puppet.texts()).toEqual(["re: look"]);
    await until(async () => (await fates(bench)).every((fate) => fate === "answered"));
    expect(await fates(bench)).toHaveLength(3);
  });

  it("are one turn although others wrote between them; what they wrote has its own", async () => {
    const bench = await rig({ config: { ...OPEN, requireMention: false } });
    const group = { kind: "group", chat: "team" } as const;
    await receive(
      bench,
      part("one", { ...group, from: "ada" }),
      said("hello", { ...group, from: "bob" }),
      part("two", { ...group, from: "ada" }),
    );
    await pass(bench.clock, 1_500, 100);
    expect(bench.turns.map(textsOf)).toEqual([["one", "two"], ["hello"]]);
    expect(bench.turns[0]?.text).toBe("one\ntwo");
  });

  it("of two senders are two albums, whatever the platform calls them", async () => {
    const bench = await rig({ config: { ...OPEN, requireMention: false } });
    const group = { kind: "group", chat: "team" } as const;
    await receive(bench, part("ada's", { ...group, from: "ada" }), part("bob's", { ...group, from: "bob" }));
    await pass(bench.clock, 3_000, 100);
    expect(bench.turns.map(textsOf)).toEqual([["ada's"], ["bob's"]]);
  });

  it("belong to the one that mentions the account; without any, all are context", async () => {
    const bench = await rig();
    const group = { kind: "group", chat: "team", from: "ada" } as const;
    await receive(
      bench,
      part("", { ...group, mentionsSelf: false }),
      part("@bot look", group),
      part("", { ...group, mentionsSelf: false }),
    );
    await pass(bench.clock, 1_500, 100);
    expect(bench.turns.map(textsOf)).toEqual([["", "@bot look", ""]]);
    const quietOne = { ...group, mentionsSelf: false, album: "a2" } as const;
    await receive(bench, part("x", quietOne), part("y", quietOne));
    await pass(bench.clock, 1_500, 100);
    expect(bench.turns).toHaveLength(1);
    expect((await fates(bench)).slice(3)).toEqual(["context", "context"]);
  });

  it("are joined over a crash between them", async () => {
    const store = await onDisk();
    const before = await rig({ store });
    await receive(before, part("first", { key: "k1" }));
    await before.stop();
    expect(before.turns).toEqual([]);
    const after = await rig({ store, clock: new ManualClock(START + 60 * 60_000) });
    // The platform brings what was not acknowledged, and the stored part once more.
    await pass(after.clock, 500, 100);
    await receive(after, part("first", { key: "k1" }), part("second", { key: "k2" }));
    await pass(after.clock, 1_500, 100);
    expect(after.turns.map(textsOf)).toEqual([["first", "second"]]);
    expect(await fates(after)).toEqual(["answered", "answered"]);
  });

  it("are tried again together and given up together", async () => {
    let attempts = 0;
    const bench = await rig({
      limits: { turnRetryMaxMs: 3_000 },
      agent: () => {
        attempts += 1;
        throw new Error("no");
      },
    });
    await receive(bench, part("one"), part("two"));
    await pass(bench.clock, 30_000);
    expect(attempts).toBeGreaterThan(1);
    expect(bench.turns.map(textsOf)).toEqual(Array(attempts).fill(["one", "two"]));
    expect(bench.turns.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: attempts }, (_, at) => at + 1),
    );
    expect(new Set(bench.turns.map(({ id }) => id)).size).toBe(1);
    expect(await fates(bench)).toEqual(["dead", "dead"]);
  });
});

describe("debounceMs", () => {
  const config = { ...OPEN, debounceMs: 2_000 };

  it("makes one turn of what a sender writes in one go, in order", async () => {
    const bench = await rig({ config });
    for (const text of ["hey", "one more", "thing"]) {
      await receive(bench, said(text));
      await pass(bench.clock, 1_500, 100);
    }
    expect(bench.turns).toEqual([]);
    await pass(bench.clock, 600, 100);
    expect(bench.turns.map(({ text }) => text)).toEqual(["hey\none more\nthing"]);
    await receive(bench, said("next"));
    await pass(bench.clock, 2_100, 100);
    expect(bench.turns.map(({ text }) => text)).toEqual(["hey\none more\nthing", "next"]);
    expect(await fates(bench)).toEqual(Array(4).fill("answered"));
  });

  it("ends with what somebody else writes, and keeps the order of both", async () => {
    const bench = await rig({ config: { ...config, requireMention: false } });
    const group = { kind: "group", chat: "team" } as const;
    await receive(bench, said("a1", { ...group, from: "ada" }), said("a2", { ...group, from: "ada" }));
    await receive(bench, said("b1", { ...group, from: "bob" }), said("a3", { ...group, from: "ada" }));
    await pass(bench.clock, 8_000, 100);
    expect(bench.turns.map(({ text }) => text)).toEqual(["a1\na2", "b1", "a3"]);
  });

  it("does not make commands wait", async () => {
    const bench = await rig({ config });
    await receive(bench, said("/help"));
    expect(bench.puppet.calls).toHaveLength(1);
    expect(bench.turns).toEqual([]);
  });

  it("lets a command of the agent's begin a turn of its own, with what is written after it", async () => {
    const bench = await rig({ config });
    const plan = said("/plan a trip");
    const command = plan.kind === "message" ? { ...plan, kind: "command" as const, name: "plan" } : plan;
    await receive(bench, said("hey"), command, said("to the sea"));
    expect(bench.turns.map(({ text }) => text)).toEqual(["hey"]);
    await pass(bench.clock, 2_500, 100);
    expect(bench.turns.map(({ text }) => text)).toEqual(["hey", "/plan a trip\nto the sea"]);
    expect(bench.turns[1]?.events[0]).toMatchObject({ kind: "command", name: "plan" });
    expect(await fates(bench)).toEqual(Array(3).fill("answered"));
  });

  it("answers after ten times as long at the latest", async () => {
    const bench = await rig({ config });
    for (let count = 0; count < 25; count++) {
      await receive(bench, said(`m${count}`));
      await pass(bench.clock, 1_000, 500);
    }
    expect(bench.turns.length).toBeGreaterThan(0);
    expect(bench.turns[0]?.events.length).toBeGreaterThan(10);
    await pass(bench.clock, 5_000);
    expect(bench.turns.flatMap(textsOf)).toEqual(Array.from({ length: 25 }, (_, count) => `m${count}`));
  });

  it("of 0 makes nobody wait", async () => {
    const bench = await rig();
    await receive(bench, said("one"), said("two"));
    await until(() => bench.turns.length === 2);
    expect(bench.turns.map(({ text }) => text)).toEqual(["one", "two"]);
  });

  it("is judged message by message: what policy keeps out of the turn is context", async () => {
    const bench = await rig({ config });
    const group = { kind: "group", chat: "team", from: "ada" } as const;
    await receive(bench, said("@bot hi", group), said("to everybody", { ...group, mentionsSelf: false }));
    await pass(bench.clock, 2_500, 100);
    expect(bench.turns.map(textsOf)).toEqual([["@bot hi"]]);
    expect(await fates(bench)).toEqual(["answered", "context"]);
  });

  it("starts anew with a restart", async () => {
    const store = lasting(memory());
    const before = await rig({ config, store });
    await receive(before, said("one"), said("two"));
    await before.stop();
    const after = await rig({ config, store, clock: before.clock });
    await pass(after.clock, 2_500, 100);
    expect(after.turns.map(({ text }) => text)).toEqual(["one\ntwo"]);
  });
});
