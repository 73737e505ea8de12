import { openStoreOperator } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import {
  gate,
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
const IDENTITY = "puppet:default";

/** Lets a sender in by a code. */
async function pair(bench: Rig, sender: string): Promise<void> {
  await bench.puppet.context().receive([said("hello?", { from: sender, chat: sender })]);
  const asked = () =>
    bench.events.findLast((event) => event.type === "pairing-request" && event.request.sender === sender);
  await until(() => asked() !== undefined);
  const event = asked();
  if (event?.type !== "pairing-request") throw new Error("no request");
  await bench.runtime.pairing.approve("puppet", event.code, { by: "owner" });
  await until(() => bench.puppet.calls.length > 0);
}

async function last(bench: Rig) {
  const why = await bench.runtime.why("last");
  if (why === undefined) throw new Error("nothing came");
  return why;
}

describe("a pairing that is revoked", () => {
  it("lets the next message in no more; its sender may ask again", async () => {
    const bench = await rig({ config: {} });
    await pair(bench, "ada");
    await bench.runtime.pairing.revoke("puppet", "ada");
    await bench.puppet.context().receive([said("still me")]);
    await quiet();
    expect(bench.turns).toEqual([]);
    expect((await last(bench)).event.decision).toMatchObject({ fate: "held", rule: "dm.pairing" });
    expect((await bench.runtime.pairing.list()).requests.map(({ sender }) => sender)).toEqual(["ada"]);
  });

  it("keeps an answer from being used that was being made", async () => {
    const answer = gate<string>();
    const bench = await rig({ config: {}, agent: () => answer.opened });
    await pair(bench, "ada");
    const sent = bench.puppet.calls.length;
    await bench.puppet.context().receive([said("a question")]);
    await until(() => bench.turns.length === 1);
    await bench.runtime.pairing.revoke("puppet", "ada");
    answer.open("a secret");
    await until(async () => (await last(bench)).event.decision.fate !== "admitted");
    await quiet();
    const { event, operations } = await last(bench);
    expect(event.decision).toMatchObject({ fate: "held", rule: "dm.pairing.tightened" });
    expect(event.decision.reason).toContain("tightened while the agent worked");
    expect(operations).toEqual([]);
    expect(bench.puppet.calls).toHaveLength(sent);
  });

  it("leaves answers to others alone", async () => {
    const answer = gate<string>();
    const bench = await rig({ config: {}, agent: () => answer.opened });
    await pair(bench, "ada");
    await pair(bench, "bob");
    await bench.puppet.context().receive([said("a question", { from: "bob", chat: "bob" })]);
    await until(() => bench.turns.length === 1);
    await bench.runtime.pairing.revoke("puppet", "ada");
    answer.open("an answer");
    await until(() => bench.puppet.texts().includes("an answer"));
  });

  it("keeps an answer from being sent that waits in the outbox", async () => {
    const puppet = new Puppet();
    const bench = await rig({ puppet, config: {}, agent: ({ text }) => ["re:", text].join(" ") });
    await pair(bench, "ada");
    await quiet();
    const first = gate();
    puppet.hooks.dispatch = async () => {
      await first.opened;
      return puppet.made();
    };
    await bench.puppet.context().receive([said("one")]);
    await until(() => puppet.texts().includes("re: one"));
    await bench.puppet.context().receive([said("two")]);
    await until(async () => (await last(bench)).event.decision.fate === "answered");
    await bench.runtime.pairing.revoke("puppet", "ada");
    first.open();
    await until(async () => (await last(bench)).operations[0]?.state === "dropped");
    expect((await last(bench)).operations[0]?.reason).toContain("tightened before it could be sent");
    expect(puppet.texts()).not.toContain("re: two");
  });

  it("is unknown, and said so, for who was never paired or is revoked already", async () => {
    const bench = await rig({ config: {} });
    await pair(bench, "ada");
    await expect(bench.runtime.pairing.revoke("puppet", "bob")).rejects.toThrow(
      "bob is not paired with puppet",
    );
    await bench.runtime.pairing.revoke("puppet", "ada");
    await expect(bench.runtime.pairing.revoke("puppet", "ada")).rejects.toThrow("ada is not paired");
  });

  it("is found under a former id of its sender", async () => {
    const bench = await rig({ config: {} });
    await pair(bench, "ada");
    await bench.puppet.context().alias("ada", "ada-2");
    await bench.runtime.pairing.revoke("puppet", "ada");
    expect((await bench.runtime.pairing.list()).approved).toEqual([]);
  });
});

describe("an answer of an earlier run", () => {
  /** A host that is stopped between an answer's commit and its sending. */
  async function stoppedWithAnAnswer(): Promise<Rig> {
    const puppet = new Puppet();
    const bench = await rig({ puppet, config: {}, store: lasting(memory()) });
    await pair(bench, "ada");
    await quiet();
    // Prepared never: nothing was tried yet.
    puppet.hooks.prepare = () => new Promise(() => {});
    await bench.puppet.context().receive([said("hi")]);
    await until(async () => (await last(bench)).event.decision.fate === "answered");
    await bench.stop();
    return bench;
  }

  const again = (first: Rig, config = {}) => rig({ config, store: first.store, clock: first.clock });

  it("is sent when nothing has changed", async () => {
    const second = await again(await stoppedWithAnAnswer());
    await until(() => second.puppet.texts().includes("re: hi"));
  });

  it.each(["closed", "allowlist"])("is dropped when DMs are %s by now", async (dmPolicy) => {
    const second = await again(await stoppedWithAnAnswer(), { dmPolicy });
    await until(async () => (await last(second)).operations[0]?.state === "dropped");
    expect(second.puppet.texts()).toEqual([]);
  });

  it("is dropped when the pairing was revoked while the host was stopped", async () => {
    const first = await stoppedWithAnAnswer();
    const operator = await openStoreOperator(first.store, { clock: first.clock });
    await operator.pairing.revoke("puppet", "ada", { by: "owner" });
    expect((await operator.pairing.log(1))[0]).toMatchObject({ action: "revoked", by: "owner" });
    await operator.release();
    const second = await again(first);
    await until(async () => (await last(second)).operations[0]?.state === "dropped");
    expect(second.puppet.texts()).toEqual([]);
  });

  it("goes out when it belongs to no turn, and so does a code to a stranger", async () => {
    const puppet = new Puppet({ hooks: { prepare: () => new Promise(() => {}) } });
    const first = await rig({ puppet, config: {}, store: lasting(memory()) });
    await first.runtime.send({ connector: "puppet", to: { chat: "eve" }, text: "news" });
    await first.puppet.context().receive([said("hello?")]);
    await until(() => first.events.some(({ type }) => type === "pairing-request"));
    await first.stop();
    const second = await again(first);
    await until(() => second.puppet.calls.length === 2);
    expect(second.puppet.texts().toSorted()[0]).toContain("Your pairing code");
    expect(second.puppet.texts()).toContain("news");
  });
});

describe("the log of pairing", () => {
  const actions = async (bench: Rig) =>
    (await bench.runtime.pairing.log(10)).map(({ action, sender, by }) => `${action} ${sender} ${by}`);

  it("says who did what, newest first, also after a restart", async () => {
    const bench = await rig({ config: {}, store: lasting(memory()) });
    await pair(bench, "ada");
    await bench.runtime.pairing.revoke("puppet", "ada", { by: "owner" });
    await bench.puppet.context().receive([said("hello?", { from: "bob" }), said("hello?", { from: "eve" })]);
    await until(async () => (await bench.runtime.pairing.list()).requests.length === 2);
    const { requests } = await bench.runtime.pairing.list();
    await bench.runtime.pairing.deny("puppet", requests.find(({ sender }) => sender === "bob")?.id ?? "");
    await until(async () => (await actions(bench)).length === 6);
    await pass(bench.clock, 61 * MINUTE, MINUTE);
    const expected = ["expired eve clock", "denied bob operator"];
    expect((await actions(bench)).slice(0, 2)).toEqual(expected);
    expect((await actions(bench)).slice(-3)).toEqual([
      "revoked ada owner",
      "approved ada owner",
      "requested ada sender",
    ]);
    await bench.stop();
    const second = await rig({ config: {}, store: bench.store, clock: bench.clock });
    expect((await actions(second)).slice(0, 2)).toEqual(expected);
    expect((await second.runtime.pairing.log(1)).map(({ at }) => at)).toEqual([START + 60 * MINUTE]);
    await pair(second, "zoe");
    expect((await actions(second)).slice(0, 2)).toEqual(["approved zoe owner", "requested zoe sender"]);
  });

  it("is bounded, and strangers wash no decision out of it", async () => {
    const bench = await rig({ config: {} });
    await pair(bench, "ada");
    for (let round = 0; round < 6; round++) {
      const senders = Array.from({ length: 100 }, (_, index) => `s-${round}-${index}`);
      await bench.puppet.context().receive(senders.map((from) => said("hi", { from, chat: from })));
      await pass(bench.clock, 10 * MINUTE, 10_000);
    }
    const log = await bench.runtime.pairing.log(10_000);
    expect(log.filter(({ action }) => action === "requested" || action === "expired")).toHaveLength(500);
    expect(log.at(-1)).toMatchObject({ action: "approved", sender: "ada" });
    const rows = await bench.store.stateList(IDENTITY, "pairing/log/", {
      limit: 5_000,
      at: bench.clock.now(),
    });
    expect(rows.length).toBe(501);
  });
});
