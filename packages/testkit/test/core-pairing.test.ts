import { describe, expect, it } from "vitest";
import { finish, gate, intercept, memory, pass, quiet, type Rig, rig, said, until } from "./core-puppet.js";

const MINUTE = 60_000;

function requests({ events }: Rig) {
  return events.flatMap((event) => (event.type === "pairing-request" ? [event] : []));
}

async function codeOf(bench: Rig, sender: string): Promise<string> {
  await until(() => requests(bench).some(({ request }) => request.sender === sender));
  return requests(bench).findLast(({ request }) => request.sender === sender)?.code ?? "";
}

const approve = (bench: Rig, code: string) => bench.runtime.pairing.approve("puppet", code);

describe("a stranger whose id is renamed", () => {
  it("between the request and its approval may write", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    await context.receive([said("hello?", { from: "u-1", chat: "p" })]);
    const code = await codeOf(bench, "u-1");
    await context.alias("u-1", "n-1");
    await approve(bench, code);
    await context.receive([said("hello!", { from: "n-1", chat: "p" })]);
    await quiet();
    expect(bench.turns.map(({ text }) => text)).toEqual(["hello!"]);
  });

  it("after the approval may write under both ids", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    await context.receive([said("hello?", { from: "u-1", chat: "p" })]);
    await approve(bench, await codeOf(bench, "u-1"));
    await context.alias("u-1", "n-1");
    await context.alias("n-1", "n-2");
    await context.receive([
      said("by the first", { from: "u-1", chat: "p" }),
      said("by the second", { from: "n-1", chat: "p" }),
      said("by the newest", { from: "n-2", chat: "p" }),
    ]);
    await quiet();
    expect(bench.turns.map(({ text }) => text)).toEqual(["by the first", "by the second", "by the newest"]);
  });

  it("while the request is on its way into the store may write once it is approved", async () => {
    const reading = gate();
    const renaming = gate();
    let isHeld = false;
    const store = intercept(memory(), async ({ method }, run) => {
      if (isHeld && method === "events") await reading.opened;
      if (method === "alias") await renaming.opened;
      return run();
    });
    const bench = await rig({ config: {}, store });
    const context = bench.puppet.context();
    await context.receive([said("hello?", { from: "eve", chat: "q" })]);
    await codeOf(bench, "eve");
    isHeld = true;
    await context.receive([said("hello?", { from: "u-1", chat: "p" })]);
    const renamed = context.alias("u-1", "n-1");
    reading.open();
    await quiet();
    renaming.open();
    await renamed;
    await approve(bench, await codeOf(bench, "n-1"));
    await context.receive([said("hello!", { from: "n-1", chat: "p" })]);
    await until(() => bench.turns.length === 1);
    expect((await bench.runtime.pairing.list()).approved.map(({ sender }) => sender)).toEqual(["n-1"]);
  });

  it("is told once, by whichever id the platform names them", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    await context.alias("u-1", "n-1");
    await context.receive([
      said("a straggler", { from: "u-1", chat: "p" }),
      said("hello?", { from: "n-1", chat: "p" }),
    ]);
    await quiet();
    expect(bench.puppet.calls).toHaveLength(1);
  });
});

describe("a code", () => {
  it("works once, for whoever uses it first", async () => {
    const bench = await rig({ config: {} });
    await bench.puppet.context().receive([said("hello?")]);
    const code = await codeOf(bench, "ada");
    const results = await Promise.allSettled([
      approve(bench, code),
      bench.runtime.pairing.deny("puppet", code),
      approve(bench, code.toLowerCase()),
    ]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is over after an hour, and a new message brings a new one", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    await context.receive([said("hello?")]);
    const code = await codeOf(bench, "ada");
    await pass(bench.clock, 61 * MINUTE, MINUTE);
    await expect(approve(bench, code)).rejects.toThrow("No open pairing request");
    await context.receive([said("hello?")]);
    await until(() => requests(bench).length === 2);
    await expect(approve(bench, await codeOf(bench, "ada"))).resolves.toMatchObject({ sender: "ada" });
  });

  it("that is approved while its owner writes again leaves no message without a fate", async () => {
    const bench = await rig({ config: {} });
    const context = bench.puppet.context();
    await context.receive([said("hello?")]);
    const code = await codeOf(bench, "ada");
    await Promise.all([
      ...Array.from({ length: 20 }, (_, index) => context.receive([said(`${index}`)])),
      approve(bench, code),
    ]);
    await finish(
      until(async () => (await bench.store.unfinished("puppet:default", 0, 1)).length === 0),
      bench.clock,
    );
    const fates = (await bench.store.recentEvents({ limit: 100 }))
      .toReversed()
      .map(({ decision }) => decision.fate);
    expect(fates).toHaveLength(21);
    // Held until the approval, answered after it, in the order in which they came.
    expect(fates.join(" ")).toMatch(/^(held ?)+( ?answered)*$/);
    expect(bench.turns).toHaveLength(fates.filter((fate) => fate === "answered").length);
  });
});
