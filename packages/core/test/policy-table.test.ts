import type { GroupSettings, InboundEvent } from "@elizaos/connector-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCommonConfig } from "../src/config/fields.js";
import { decide, type PolicyInput } from "../src/policy/decide.js";
import { compilePatterns } from "../src/policy/mentions.js";

const KINDS = ["message", "command", "button", "reaction", "edited", "deleted", "vote", "member"] as const;
type Kind = (typeof KINDS)[number];

interface Case {
  readonly kind?: Kind;
  readonly chat?: InboundEvent["chat"]["kind"];
  readonly sender?: InboundEvent["sender"];
  readonly text?: string;
  readonly isMentioned?: boolean;
}

function event({
  kind = "message",
  chat = "dm",
  sender = { id: "7" },
  text = "hi",
  isMentioned,
}: Case): InboundEvent {
  const base = {
    keys: ["1"] as const,
    sentAt: 0,
    address: { chat: "c-1", message: "m-1" },
    chat: { kind: chat },
    sender,
  };
  const content = { text, ...(isMentioned === true && { mentionsSelf: "mention" as const }) };
  switch (kind) {
    case "message":
    case "edited":
      return { ...base, kind, content };
    case "command":
      return { ...base, kind, name: "start", content };
    case "button":
      return { ...base, kind, data: "yes" };
    case "reaction":
      return { ...base, kind, added: ["👍"], removed: [] };
    case "deleted":
      return { ...base, kind, messages: ["m-1"] };
    case "vote":
      return { ...base, kind, poll: "p", options: [0] };
    case "member":
      return { ...base, kind, change: "joined", member: sender };
  }
}

function judge(config: Record<string, unknown>, what: Case, over: Partial<PolicyInput> = {}) {
  // Whose presses count is a table of its own, below.
  const common = readCommonConfig({ capabilities: { inlineButtons: "all" }, ...config });
  return decide({
    event: event(what),
    config: common,
    group: {},
    paired: false,
    mentionsKnown: true,
    mentionPatterns: compilePatterns(common.mentionPatterns),
    current: (id) => id,
    locate: (path) => path,
    ...over,
  });
}

/** What a sender may do who is let in, by kind of event. */
const LET_IN: Record<Kind, string> = {
  message: "admitted",
  command: "admitted",
  button: "admitted",
  reaction: "context",
  edited: "context",
  deleted: "context",
  vote: "context",
  member: "context",
};

describe("C2 a private event of every kind is judged by the same rules", () => {
  const lists = { nobody: [], them: ["8", "7"], others: ["8"], everybody: ["*"] };
  const expected: Record<string, Record<keyof typeof lists, [unpaired: string, paired: string]>> = {
    pairing: { nobody: ["held", "in"], them: ["in", "in"], others: ["held", "in"], everybody: ["in", "in"] },
    allowlist: {
      nobody: ["out", "out"],
      them: ["in", "in"],
      others: ["out", "out"],
      everybody: ["in", "in"],
    },
    closed: {
      nobody: ["out", "out"],
      them: ["out", "out"],
      others: ["out", "out"],
      everybody: ["out", "out"],
    },
    open: { nobody: ["in", "in"], them: ["in", "in"], others: ["in", "in"], everybody: ["in", "in"] },
  };
  for (const [dmPolicy, byList] of Object.entries(expected)) {
    for (const [list, [unpaired, paired]] of Object.entries(byList)) {
      const allowFrom = Object.entries(lists).find(([name]) => name === list)?.[1];
      it.each(KINDS)(`${dmPolicy}, ${list} listed: %s`, (kind) => {
        const fate = (outcome: string) => {
          if (outcome === "in") return LET_IN[kind];
          return outcome === "held" && (kind === "message" || kind === "command") ? "held" : "ignored";
        };
        const config = { dmPolicy, allowFrom };
        expect(judge(config, { kind }).fate).toBe(fate(unpaired));
        expect(judge(config, { kind }, { paired: true }).fate).toBe(fate(paired));
        // Bots and the account itself are let in by nothing.
        expect(judge(config, { kind, sender: { id: "7", isBot: true } }, { paired: true }).fate).toBe(
          "ignored",
        );
        expect(judge(config, { kind, sender: { id: "7", isSelf: true } }, { paired: true }).fate).toBe(
          "ignored",
        );
      });
    }
  }

  it("a stranger's button or reaction leads to no code, and the reason says why", () => {
    expect(judge({}, { kind: "button" })).toEqual({
      fate: "ignored",
      reason: "The sender is not paired, and a button event asks for no pairing.",
      rule: "dm.pairing",
      path: "dmPolicy",
    });
  });
});

describe("C3 C4 a group's event of every kind is judged by the same rules", () => {
  const listed: GroupSettings = { listed: { value: true, path: "groups.c-1" } };
  const off: GroupSettings = { ...listed, enabled: { value: false, path: "groups.c-1.enabled" } };
  const mine: GroupSettings = { ...listed, allowFrom: { value: ["7"], path: "groups.c-1.allowFrom" } };
  const theirs: GroupSettings = { ...listed, allowFrom: { value: ["8"], path: "groups.c-1.allowFrom" } };
  const quiet: GroupSettings = {
    ...listed,
    requireMention: { value: false, path: "groups.c-1.requireMention" },
  };
  const strict: GroupSettings = {
    requireMention: { value: true, path: "groups.c-1.topics.5.requireMention" },
  };

  it.each<[string, Record<string, unknown>, GroupSettings, mentioned: string, unmentioned: string]>([
    ["not listed", {}, {}, "ignored", "ignored"],
    ["listed by the map", {}, listed, "in", "context"],
    ["listed by groupAllowFrom", { groupAllowFrom: ["c-1"] }, {}, "in", "context"],
    ["all listed", { groupAllowFrom: ["*"] }, {}, "in", "context"],
    ["another listed", { groupAllowFrom: ["c-2"] }, {}, "ignored", "ignored"],
    ["open", { groupPolicy: "open" }, {}, "in", "context"],
    ["closed", { groupPolicy: "closed", groupAllowFrom: ["*"] }, listed, "ignored", "ignored"],
    ["switched off", { groupPolicy: "open" }, off, "ignored", "ignored"],
    ["for this sender", {}, mine, "in", "context"],
    ["for another sender", { groupPolicy: "open" }, theirs, "ignored", "ignored"],
    ["without a mention, by the group", {}, quiet, "in", "in"],
    ["without a mention, by the account", { requireMention: false }, listed, "in", "in"],
    ["with a mention, by the topic", { requireMention: false, groupPolicy: "open" }, strict, "in", "context"],
    ["private lists", { allowFrom: ["*", "7"], dmPolicy: "open" }, {}, "ignored", "ignored"],
  ])("%s", (_what, config, group, mentioned, unmentioned) => {
    for (const chat of ["group", "channel"] as const) {
      for (const kind of KINDS) {
        // Whoever presses a button of the agent's means the agent.
        const hasText = kind === "message" || kind === "command";
        const fate = (outcome: string) => (outcome === "in" ? LET_IN[kind] : outcome);
        const meant = judge(config, { kind, chat, isMentioned: true }, { group });
        expect([kind, meant.fate]).toEqual([kind, fate(mentioned)]);
        const unmeant = judge(config, { kind, chat }, { group, paired: true });
        const expected = hasText ? unmentioned : mentioned;
        expect([kind, unmeant.fate]).toEqual([kind, fate(expected)]);
      }
    }
  });

  it("names the path that decided, down to the topic", () => {
    expect(judge({ groupPolicy: "open" }, { chat: "group" }, { group: strict })).toMatchObject({
      rule: "group.mention",
      path: "groups.c-1.topics.5.requireMention",
    });
    expect(judge({}, { chat: "group" }, { group: theirs }).path).toBe("groups.c-1.allowFrom");
  });
});

describe("capabilities.inlineButtons", () => {
  const list = (...ids: string[]) => ({ allowFrom: { value: ids, path: "groups.c-1.allowFrom" } });
  const open = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };
  const closed = { dmPolicy: "allowlist", allowFrom: ["7"], groupPolicy: "open" };

  it.each<
    [string, unknown, "dm" | "group", Record<string, unknown>, Partial<PolicyInput>, string | undefined]
  >([
    ["off", { inlineButtons: "off" }, "dm", open, {}, "button.scope"],
    ["a list without it", ["typing"], "dm", open, {}, "button.scope"],
    ["a list with it", ["inlineButtons"], "dm", open, {}, undefined],
    ["dm, there", { inlineButtons: "dm" }, "dm", open, {}, undefined],
    ["dm, elsewhere", { inlineButtons: "dm" }, "group", open, {}, "button.scope"],
    ["group, there", { inlineButtons: "group" }, "group", closed, {}, undefined],
    ["group, elsewhere", { inlineButtons: "group" }, "dm", closed, {}, "button.scope"],
    ["all", { inlineButtons: "all" }, "group", { ...closed, allowFrom: [] }, {}, undefined],
    ["nothing said, on the account's list", undefined, "group", closed, {}, undefined],
    ["nothing said, on no list", undefined, "group", { ...closed, allowFrom: ["8"] }, {}, "button.allowlist"],
    [
      "on the group's list",
      undefined,
      "group",
      { ...closed, allowFrom: [] },
      { group: list("7") },
      undefined,
    ],
    ["everybody on it", undefined, "group", open, {}, undefined],
    ["paired", undefined, "group", { groupPolicy: "open" }, { paired: true }, undefined],
    ["not paired", undefined, "group", { groupPolicy: "open" }, {}, "button.allowlist"],
    ["in private, paired", undefined, "dm", {}, { paired: true }, undefined],
  ])("%s", (_what, capabilities, chat, config, over, rule) => {
    const found = judge({ ...config, capabilities }, { kind: "button", chat }, over);
    if (rule === undefined) expect(found.fate).toBe("admitted");
    else
      expect(found).toMatchObject({
        fate: "ignored",
        rule,
        path: Array.isArray(capabilities) ? "capabilities" : "capabilities.inlineButtons",
      });
  });

  it("lets nobody press who may not write", () => {
    const config = { groupPolicy: "closed", capabilities: { inlineButtons: "all" } };
    expect(judge(config, { kind: "button", chat: "group" }).rule).toBe("group.closed");
    expect(judge(config, { kind: "button" }).rule).toBe("dm.pairing");
  });
});

describe("C4 mentionPatterns", () => {
  const config = { groupPolicy: "open", mentionPatterns: ["\\bmilady\\b", "^bot[,:]"] };
  const fate = (text: string, over: Partial<PolicyInput> = {}) =>
    judge(config, { chat: "group", text }, over).fate;

  it("count as a mention, whatever the case", () => {
    expect(["Hey MILADY!", "Bot: go", "a bot", "miladys"].map((text) => fate(text))).toEqual([
      "admitted",
      "admitted",
      "context",
      "context",
    ]);
  });

  it("add to native mentions and open nothing by themselves", () => {
    expect(judge(config, { chat: "group", isMentioned: true }).fate).toBe("admitted");
    expect(judge({ mentionPatterns: ["."] }, { chat: "group" }).fate).toBe("ignored");
    expect(judge({ mentionPatterns: ["."] }, { chat: "dm" }).fate).toBe("held");
  });

  it("are asked for also where the platform tells no mention", () => {
    expect([fate("hi", { mentionsKnown: false }), fate("milady?", { mentionsKnown: false })]).toEqual([
      "context",
      "admitted",
    ]);
  });

  it("are matched against the beginning of a long message only", () => {
    expect(fate(`${"x ".repeat(900)}milady`)).toBe("admitted");
    expect(fate(`${"x ".repeat(1_100)}milady`)).toBe("context");
  });
});

describe("whatever the config and the event", () => {
  const id = fc.constantFrom("7", "8", "9", "c-1", "c-2", "*");
  const lists = fc.array(id, { maxLength: 4 });
  const anyEvent = fc.record({
    kind: fc.constantFrom(...KINDS),
    sender: fc.record({ id: fc.constantFrom("1", "2"), aliases: fc.subarray(["3", "4"]) }),
    text: fc.string(),
    isMentioned: fc.boolean(),
  });
  const setting = <T>(value: fc.Arbitrary<T>) => fc.record({ value, path: fc.constant("groups.x") });
  const group = fc.record(
    {
      listed: setting(fc.constant(true as const)),
      enabled: setting(fc.boolean()),
      requireMention: setting(fc.boolean()),
      allowFrom: setting(lists),
    },
    { requiredKeys: [] },
  );

  it("nobody is let in who is on no list and not paired, unless the policy is open", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("closed", "allowlist", "pairing"),
        lists.map((list) => list.filter((entry) => entry !== "*")),
        lists,
        group,
        anyEvent,
        (dmPolicy, allowFrom, groupAllowFrom, settings, what) => {
          const config = { dmPolicy, allowFrom, groupAllowFrom, groupPolicy: "open", requireMention: false };
          const { fate } = judge(config, { ...what, chat: "dm" }, { group: settings });
          expect(["held", "ignored"]).toContain(fate);
        },
      ),
    );
  });

  it("no group is let in that is on no list, nor a sender that is not on the group's", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("closed", "allowlist", "open"),
        lists,
        group,
        anyEvent,
        fc.boolean(),
        (groupPolicy, groupAllowFrom, settings, what, paired) => {
          const config = { dmPolicy: "open", allowFrom: ["*"], groupPolicy, groupAllowFrom };
          const { fate } = judge(config, { ...what, chat: "group" }, { group: settings, paired });
          const isListed =
            settings.listed !== undefined || groupAllowFrom.includes("*") || groupAllowFrom.includes("c-1");
          const isOpen = groupPolicy === "open" || (groupPolicy === "allowlist" && isListed);
          const senders = settings.allowFrom?.value;
          if (
            !isOpen ||
            settings.enabled?.value === false ||
            (senders !== undefined && !senders.includes("*"))
          )
            expect(fate).toBe("ignored");
        },
      ),
    );
  });
});
