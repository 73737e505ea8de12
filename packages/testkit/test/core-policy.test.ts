import { createConnectorRuntime, type InboundEvent } from "@elizaos/connector-core";
import { expect, it, onTestFinished } from "vitest";
import { memory, Puppet, quiet, rig, said } from "./core-puppet.js";

/** A group message that the platform marks as no mention. */
function overheard(text: string, chat = "g"): InboundEvent {
  const event = said(text, { kind: "group", chat, from: "ada" });
  return event.kind === "message" ? { ...event, content: { text } } : event;
}

it("C4 a group message that matches a pattern is answered, others are context", async () => {
  const bench = await rig({ config: { groupPolicy: "open", mentionPatterns: ["\\bmilady\\b"] } });
  await bench.puppet.context().receive([overheard("who is there?"), overheard("Milady, you?")]);
  await quiet();
  expect(bench.turns.map(({ text }) => text)).toEqual(["Milady, you?"]);
  const events = (await bench.store.recentEvents({ limit: 2 })).toReversed();
  expect(events.map(({ decision }) => decision.fate)).toEqual(["context", "answered"]);
});

it("C2 a stranger's button and reaction get no code, and open no request", async () => {
  const bench = await rig({ config: {} });
  const { kind: _, ...base } = said("hi");
  await bench.puppet.context().receive([
    { ...base, kind: "button", keys: ["b"], data: "yes" },
    { ...base, kind: "reaction", keys: ["r"], added: ["👍"], removed: [] },
  ]);
  await quiet();
  expect(bench.puppet.calls).toEqual([]);
  expect(bench.turns).toEqual([]);
  expect((await bench.runtime.pairing.list()).requests).toEqual([]);
  const events = await bench.store.recentEvents({ limit: 5 });
  expect(events.map(({ decision }) => decision.fate)).toEqual(["ignored", "ignored"]);
});

it("A2 connectors.defaults decides, and is named as what decided", async () => {
  const puppet = new Puppet();
  const runtime = await createConnectorRuntime({
    connectors: [puppet.connector],
    config: {
      connectors: { defaults: { groupPolicy: "closed" }, puppet: { token: "t", groupAllowFrom: ["g"] } },
    },
    agent: () => "no",
    store: memory(),
  });
  onTestFinished(() => runtime.stop());
  await runtime.start();
  await puppet.context().receive([said("hi", { kind: "group", chat: "g", sentAt: Date.now() })]);
  await quiet();
  expect((await runtime.why("last"))?.event.decision).toMatchObject({
    fate: "ignored",
    rule: "group.closed",
    path: "connectors.defaults.groupPolicy",
  });
});
