import type { InboundEvent, MessageEvent } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { readCommonConfig } from "../src/config/fields.js";
import { decide, type PolicyInput } from "../src/policy/decide.js";

function message(
  over: { kind?: "dm" | "group"; sender?: InboundEvent["sender"]; mention?: "mention" | "reply" } = {},
): MessageEvent {
  return {
    kind: "message",
    keys: ["1"],
    sentAt: 0,
    address: { chat: "chat-1" },
    chat: { kind: over.kind ?? "dm" },
    sender: over.sender ?? { id: "7" },
    content: { text: "hi", ...(over.mention === undefined ? {} : { mentionsSelf: over.mention }) },
  };
}

function fate(config: Record<string, unknown>, event: InboundEvent, over: Partial<PolicyInput> = {}) {
  const { fate, rule, path } = decide({
    event,
    config: readCommonConfig(config),
    group: {},
    paired: false,
    mentionsKnown: true,
    mentionPatterns: [],
    current: (id) => id,
    locate: (path) => path,
    ...over,
  });
  return [fate, rule, path];
}

describe("C2 direct messages", () => {
  it.each([
    [{}, false, ["held", "dm.pairing", "dmPolicy"]],
    [{}, true, ["admitted", "dm.paired", "dmPolicy"]],
    [{ allowFrom: [7] }, false, ["admitted", "dm.allowFrom", "allowFrom"]],
    [{ dmPolicy: "open", allowFrom: ["*"] }, false, ["admitted", "dm.open", "dmPolicy"]],
    [{ dmPolicy: "closed", allowFrom: ["*"] }, true, ["ignored", "dm.closed", "dmPolicy"]],
    [{ dmPolicy: "allowlist", allowFrom: ["8"] }, true, ["ignored", "dm.allowlist", "allowFrom"]],
    [{ dmPolicy: "allowlist", allowFrom: ["7"] }, false, ["admitted", "dm.allowFrom", "allowFrom"]],
  ])("%j, paired %s", (config, paired, expected) => {
    expect(fate(config, message(), { paired })).toEqual(expected);
  });

  it("matches verified aliases, never names", () => {
    expect(
      fate(
        { dmPolicy: "allowlist", allowFrom: ["+49"] },
        message({ sender: { id: "lid", aliases: ["+49"] } }),
      )[0],
    ).toBe("admitted");
    expect(
      fate(
        { dmPolicy: "allowlist", allowFrom: ["Ada"] },
        message({ sender: { id: "9", name: "Ada", username: "Ada" } }),
      )[0],
    ).toBe("ignored");
  });
});

describe("C3 C4 groups", () => {
  const group = (over: Parameters<typeof message>[0] = {}) =>
    message({ kind: "group", mention: "mention", ...over });

  it.each([
    [{}, ["ignored", "group.allowlist", "groupAllowFrom"]],
    [{ groupAllowFrom: ["chat-1"] }, ["admitted", "group.groupAllowFrom", "groupAllowFrom"]],
    [{ groupAllowFrom: ["*"] }, ["admitted", "group.groupAllowFrom", "groupAllowFrom"]],
    [{ groupPolicy: "open" }, ["admitted", "group.open", "groupPolicy"]],
    [{ groupPolicy: "closed", groupAllowFrom: ["*"] }, ["ignored", "group.closed", "groupPolicy"]],
  ])("%j", (config, expected) => {
    expect(fate(config, group())).toEqual(expected);
  });

  it("approved pairings open no group", () => {
    expect(fate({}, group(), { paired: true })[0]).toBe("ignored");
  });

  it("a message without a mention is context, unless the group, the account or the platform says otherwise", () => {
    const { content: _, ...rest } = group();
    const unmentioned: InboundEvent = { ...rest, kind: "message", content: { text: "hi" } } as const;
    expect(fate({ groupPolicy: "open" }, unmentioned)).toEqual([
      "context",
      "group.mention",
      "requireMention",
    ]);
    expect(fate({ groupPolicy: "open", requireMention: false }, unmentioned)[0]).toBe("admitted");
    expect(fate({ groupPolicy: "open" }, unmentioned, { mentionsKnown: false })[0]).toBe("admitted");
    expect(
      fate({ groupPolicy: "open" }, unmentioned, {
        group: { requireMention: { value: false, path: "groups.x.requireMention" } },
      })[0],
    ).toBe("admitted");
    expect(fate({ groupPolicy: "open" }, group({ mention: "reply" }))[0]).toBe("admitted");
  });

  it("the platform's own map lists, switches off and limits senders", () => {
    const listed = { listed: { value: true, path: "groups.chat-1" } } as const;
    expect(fate({}, group(), { group: listed })).toEqual(["admitted", "group.listed", "groups.chat-1"]);
    expect(
      fate({ groupPolicy: "open" }, group(), {
        group: { ...listed, enabled: { value: false, path: "groups.chat-1.enabled" } },
      }),
    ).toEqual(["ignored", "group.disabled", "groups.chat-1.enabled"]);
    const senders = { ...listed, allowFrom: { value: ["8"], path: "groups.chat-1.allowFrom" } };
    expect(fate({}, group(), { group: senders })).toEqual([
      "ignored",
      "group.sender",
      "groups.chat-1.allowFrom",
    ]);
    expect(fate({}, group({ sender: { id: "8" } }), { group: senders })[0]).toBe("admitted");
  });
});

describe("B3 who is never answered", () => {
  it("itself and other bots", () => {
    expect(
      fate({ dmPolicy: "open", allowFrom: ["*"] }, message({ sender: { id: "7", isBot: true } })),
    ).toEqual(["ignored", "sender.bot", undefined]);
    expect(
      fate({ dmPolicy: "open", allowFrom: ["*"] }, message({ sender: { id: "7", isSelf: true } })),
    ).toEqual(["ignored", "sender.self", undefined]);
  });
});

it("what is let in but asks nothing is context", () => {
  const { content: _, ...rest } = message();
  const edited: InboundEvent = { ...rest, kind: "edited", content: { text: "hi!" } };
  expect(fate({ dmPolicy: "open", allowFrom: ["*"] }, edited)).toEqual([
    "context",
    "edited.context",
    "dmPolicy",
  ]);
});
