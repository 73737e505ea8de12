import { describe, expect, it } from "vitest";
import { isWider } from "../src/config/writes/wider.js";

const BASE = {
  dmPolicy: "pairing",
  allowFrom: ["1", "2"],
  groupPolicy: "allowlist",
  groupAllowFrom: ["-1", "-2"],
  requireMention: true,
  mentionPatterns: ["ada", "agent"],
  textChunkLimit: 100,
  groups: {
    "-1": { requireMention: true, allowFrom: ["7", "8"], topics: { "3": { enabled: false } } },
    "-2": {},
    "-4": {
      tools: { allow: ["a"], deny: ["x"] },
      toolsBySender: { "5": { allow: ["a"] }, "6": { deny: ["x"] } },
    },
  },
};
const GROUPS = BASE.groups;

const scope = (inlineButtons: string) => ({ inlineButtons });

describe("the scope of buttons", () => {
  it.each<[unknown, unknown, boolean]>([
    [scope("off"), scope("dm"), true],
    [scope("dm"), scope("allowlist"), true],
    [scope("allowlist"), scope("group"), true],
    [scope("group"), scope("allowlist"), true],
    [scope("allowlist"), scope("all"), true],
    [undefined, scope("all"), true],
    [scope("off"), undefined, true],
    [["typing"], ["typing", "inlineButtons"], true],
    [["inlineButtons"], scope("allowlist"), true],
    [scope("dm"), "all", true],
    [scope("all"), scope("group"), false],
    [scope("all"), undefined, false],
    [scope("allowlist"), scope("dm"), false],
    [undefined, scope("off"), false],
    [undefined, ["inlineButtons"], false],
    [scope("allowlist"), ["typing"], false],
  ])("from %j to %j: %s", (before, after, expected) => {
    expect(isWider({ capabilities: before }, { capabilities: after })).toBe(expected);
  });
});

describe("a config is wider", () => {
  it.each<[string, Record<string, unknown>]>([
    ["dmPolicy allowlist to pairing", { dmPolicy: "pairing" }],
    ["dmPolicy to open", { dmPolicy: "open", allowFrom: ["*"] }],
    ["an unknown dmPolicy", { dmPolicy: "everybody" }],
    ["one more in allowFrom", { allowFrom: ["1", "2", "3"] }],
    ["everybody in allowFrom", { allowFrom: ["*"] }],
    ["groupPolicy to open", { groupPolicy: "open" }],
    ["one more group", { groupAllowFrom: ["-1", "-2", "-3"] }],
    ["no mention needed", { requireMention: false }],
    ["a mention by more words", { mentionPatterns: ["ada", "agent", "."] }],
    ["the last pattern gone", { mentionPatterns: [] }],
    ["an entry more", { groups: { ...GROUPS, "-3": {} } }],
    ["an entry for all", { groups: { ...GROUPS, "*": { requireMention: true } } }],
    [
      "a new entry that excludes with one that admits inside",
      { groups: { ...GROUPS, "-3": { enabled: false, topics: { "1": { enabled: true } } } } },
    ],
    [
      "a group that needs no mention",
      { groups: { ...GROUPS, "-1": { ...GROUPS["-1"], requireMention: false } } },
    ],
    [
      "one more sender of a group",
      { groups: { ...GROUPS, "-1": { ...GROUPS["-1"], allowFrom: ["7", "8", "9"] } } },
    ],
    [
      "all senders of a group",
      { groups: { ...GROUPS, "-1": { requireMention: true, topics: GROUPS["-1"].topics } } },
    ],
    ["a list that goes before another", { groups: { ...GROUPS, "-2": { allowFrom: ["9"] } } }],
    [
      "a topic that was excluded",
      { groups: { ...GROUPS, "-1": { ...GROUPS["-1"], topics: { "3": { enabled: true } } } } },
    ],
    [
      "the topics' map gone",
      { groups: { ...GROUPS, "-1": { requireMention: true, allowFrom: ["7", "8"] } } },
    ],
    ["a restricting entry gone", { groups: { "-2": {} } }],
    ...[
      { tools: { allow: ["a", "b"], deny: ["x"] } },
      { tools: { allow: ["a"] } },
      { tools: { deny: ["x"] } },
      { tools: { allow: ["a"], deny: ["y"] } },
      { tools: { alsoAllow: ["a"], deny: ["x"] } },
      {},
    ].map((entry): [string, Record<string, unknown>] => [
      `tools of a group as ${JSON.stringify(entry)}`,
      { groups: { ...GROUPS, "-4": { ...GROUPS["-4"], tools: undefined, ...entry } } },
    ]),
    ...[
      { "5": {}, "6": { deny: ["x"] } },
      { "5": { allow: ["a"] } },
      { "5": { allow: ["a"] }, "6": { deny: ["x"] }, "7": { alsoAllow: ["b"] } },
    ].map((toolsBySender): [string, Record<string, unknown>] => [
      `tools of senders as ${JSON.stringify(toolsBySender)}`,
      { groups: { ...GROUPS, "-4": { ...GROUPS["-4"], toolsBySender } } },
    ]),
    ["a first list of tools", { groups: { ...GROUPS, "-2": { tools: { allow: ["a"] } } } }],
    ["skills of a group", { groups: { ...GROUPS, "-2": { skills: [] } } }],
    ["something unknown in a group", { groups: { ...GROUPS, "-2": { systemPrompt: "obey" } } }],
    ["an unknown key", { apiRoot: "http://elsewhere" }],
    ["a channel map that appears", { channels: { general: {} } }],
    ["capabilities as something else", { capabilities: { inlineButtons: "all" } }],
  ])("%s", (_, change) => {
    const before = { ...BASE, ...(_.startsWith("dmPolicy allowlist") && { dmPolicy: "allowlist" }) };
    expect(isWider(before, { ...BASE, ...change }, ["textChunkLimit"])).toBe(true);
  });

  it("with flags of capabilities that were off", () => {
    expect(isWider({ capabilities: ["typing"] }, { capabilities: ["typing", "pins"] })).toBe(true);
    expect(isWider({ capabilities: ["typing"] }, {})).toBe(true);
  });

  it("when an account is switched on, or is no object", () => {
    expect(isWider({ enabled: false }, { enabled: true })).toBe(true);
    expect(isWider(undefined, BASE)).toBe(true);
  });
});

describe("a config is no wider", () => {
  it.each<[string, Record<string, unknown>]>([
    ["the same", {}],
    ["a policy closed", { dmPolicy: "closed", groupPolicy: "closed" }],
    ["pairing to allowlist", { dmPolicy: "allowlist" }],
    ["somebody gone from a list", { allowFrom: ["1"], groupAllowFrom: [] }],
    ["a pattern gone", { mentionPatterns: ["ada"] }],
    ["a harmless key", { textChunkLimit: 5 }],
    ["a group excluded", { groups: { ...GROUPS, "-2": { enabled: false } } }],
    ["another group excluded", { groups: { ...GROUPS, "-3": { enabled: false } } }],
    ["a group that needs a mention", { groups: { ...GROUPS, "-2": { requireMention: true } } }],
    ["a sender gone from a group", { groups: { ...GROUPS, "-1": { ...GROUPS["-1"], allowFrom: ["7"] } } }],
    ["a plain entry gone", { groups: { "-1": GROUPS["-1"], "-4": GROUPS["-4"] } }],
    ["a tool gone", { groups: { ...GROUPS, "-4": { ...GROUPS["-4"], tools: { allow: [], deny: ["x"] } } } }],
    [
      "a tool denied",
      { groups: { ...GROUPS, "-4": { ...GROUPS["-4"], tools: { allow: ["a"], deny: ["x", "y"] } } } },
    ],
    [
      "a tool denied to somebody",
      {
        groups: {
          ...GROUPS,
          "-4": { ...GROUPS["-4"], toolsBySender: { ...GROUPS["-4"].toolsBySender, "9": { deny: ["*"] } } },
        },
      },
    ],
    ["the first tool denied", { groups: { ...GROUPS, "-2": { tools: { deny: ["x"] } } } }],
    ["flags for what was all", { capabilities: ["typing"] }],
  ])("%s", (_, change) => {
    expect(isWider(BASE, { ...BASE, ...change }, ["textChunkLimit"])).toBe(false);
  });

  it("when everybody was let in before, or the first group gets a list of senders", () => {
    expect(isWider({ dmPolicy: "open", allowFrom: ["*"] }, { dmPolicy: "allowlist", allowFrom: ["9"] })).toBe(
      false,
    );
    expect(isWider({ groups: { a: {} } }, { groups: { a: { allowFrom: ["9"] } } })).toBe(false);
  });
});
