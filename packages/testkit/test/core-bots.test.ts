import type { InboundEvent } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { lasting, memory, OPEN, Puppet, quiet, type Rig, rig, said, until } from "./core-puppet.js";

const BOTS = { ...OPEN, allowBots: true };
const RULE = "sender.bot.loop";

function by(sender: InboundEvent["sender"], text: string, more: { mentionsSelf?: false } = {}): InboundEvent {
  const event = said(text, { kind: "group", chat: "g", ...more });
  return { ...event, sender };
}

const bot = (text: string, more = {}) => by({ id: "other-bot", isBot: true }, text, more);
const ada = (text: string, more = {}) => by({ id: "ada" }, text, more);

/** Brings them one after another, as people and bots write. */
async function hears({ puppet, store }: Rig, ...events: readonly InboundEvent[]) {
  for (const event of events) {
    const [receipt] = await puppet.context().receive([event]);
    if (receipt?.status !== "accepted") throw new Error("it was not taken");
    await until(async () => {
      const [stored] = await store.events([receipt.event]);
      return stored?.finishedAt !== undefined;
    });
  }
}

const texts = ({ turns }: Rig) => turns.map(({ text }) => text);

describe("bots that are let in", () => {
  it("begin five turns in a row; then their messages are context, with the rule and the path", async () => {
    const bench = await rig({ config: BOTS });
    await hears(bench, ...[1, 2, 3, 4, 5, 6, 7].map((n) => bot(`${n}`)));
    expect(texts(bench)).toEqual(["1", "2", "3", "4", "5"]);
    const [last, sixth, fifth] = await bench.store.recentEvents({ limit: 3 });
    for (const each of [last, sixth])
      expect(each?.decision).toMatchObject({
        fate: "context",
        rule: RULE,
        path: "connectors.puppet.allowBots",
      });
    expect(fifth?.decision.fate).toBe("answered");
  });

  it("go on after a person has said something there, mentioned or not", async () => {
    const bench = await rig({ config: BOTS });
    const six = [1, 2, 3, 4, 5, 6].map((n) => bot(`${n}`));
    await hears(bench, ...six, ada("wait", { mentionsSelf: false }), bot("a"), bot("b"));
    expect(texts(bench)).toEqual(["1", "2", "3", "4", "5", "a", "b"]);
    await hears(bench, ...["c", "d", "e", "f"].map((text) => bot(text)));
    expect(texts(bench).slice(5)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("are not set free by somebody whom policy keeps out, nor by another chat", async () => {
    const config = { ...BOTS, groups: { g: { allowFrom: ["other-bot", "ada"] } } };
    const bench = await rig({ config });
    const six = [1, 2, 3, 4, 5, 6].map((n) => bot(`${n}`));
    await hears(bench, ...six, by({ id: "mallory" }, "go on"), said("hi", { chat: "ada" }), bot("7"));
    expect(texts(bench)).toEqual(["1", "2", "3", "4", "5", "hi"]);
  });

  it("count over a restart, and what they say without being asked does not", async () => {
    const store = lasting(memory());
    const puppet = new Puppet();
    const first = await rig({ store, puppet, config: BOTS });
    await hears(first, bot("1"), bot("aside", { mentionsSelf: false }), bot("2"), bot("3"));
    await first.stop();
    const second = await rig({ store, puppet, config: BOTS });
    await hears(second, bot("4"), bot("5"), bot("6"));
    expect([...texts(first), ...texts(second)]).toEqual(["1", "2", "3", "4", "5"]);
  });
});

describe("reactionNotifications: allowlist", () => {
  function reacted(id: string, chat = "g"): InboundEvent {
    const { kind: _, ...base } = said("", { kind: "group", chat, from: id });
    return { ...base, kind: "reaction", added: ["👍"], removed: [] };
  }

  async function fates(config: object, ...events: readonly InboundEvent[]) {
    const bench = await rig({ config: { ...OPEN, ...config } });
    await bench.puppet.context().receive(events);
    await quiet();
    const stored = (await bench.store.recentEvents({ limit: 10 })).toReversed();
    return stored.map(({ event: { sender }, decision: { fate, rule, path } }) =>
      fate === "context" ? [sender.id, fate] : [sender.id, fate, rule, path],
    );
  }

  it("brings those of people on allowFrom, and says where others would have to stand", async () => {
    const config = { dmPolicy: "pairing", allowFrom: ["ada"], reactionNotifications: "allowlist" };
    expect(await fates(config, reacted("ada"), reacted("bob"))).toEqual([
      ["ada", "context"],
      ["bob", "ignored", "reaction.allowlist", "connectors.puppet.allowFrom"],
    ]);
  });

  it("goes by reactionAllowlist alone where there is one", async () => {
    const config = { reactionAllowlist: ["bob"], reactionNotifications: "allowlist" };
    const path = "connectors.puppet.reactionAllowlist";
    expect(await fates(config, reacted("ada"), reacted("bob"))).toEqual([
      ["ada", "ignored", "reaction.allowlist", path],
      ["bob", "context"],
    ]);
  });

  it("a group's own setting goes before the account's", async () => {
    const config = {
      dmPolicy: "pairing",
      allowFrom: [],
      reactionNotifications: "off",
      groups: { g: { reactionNotifications: "allowlist", allowFrom: ["ada"] } },
    };
    expect(await fates(config, reacted("ada"), reacted("ada", "elsewhere"))).toEqual([
      ["ada", "context"],
      ["ada", "ignored", "reaction.off", "connectors.puppet.reactionNotifications"],
    ]);
  });
});
