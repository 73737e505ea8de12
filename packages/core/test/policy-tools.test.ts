import { describe, expect, it } from "vitest";
import { type Member, memberSettings } from "../src/config/members.js";
import { decideTool } from "../src/policy/tools.js";

/** Entries of a block, the most specific first, each named by its place. */
function judge(
  tool: string,
  entries: readonly (readonly [path: string, member: Member])[],
  { sender = { id: "7" }, current = (id: string) => id } = {},
) {
  return decideTool({
    tool,
    sender,
    group: memberSettings(
      entries.map(([path, member]) => ({ path, member })),
      (written) => written.trim().replace(/^tg:/, ""),
    ),
    current,
    locate: (path) => `connectors.x.${path}`,
  });
}

const allowed = (...given: Parameters<typeof judge>) => judge(...given).isAllowed;

describe("a tool", () => {
  it("may be used where nothing is said of tools", () => {
    expect(judge("pins.add", [])).toEqual({
      isAllowed: true,
      reason: "No list says otherwise.",
      rule: "tools.default",
    });
    expect(allowed("pins.add", [["groups.1", { tools: {} }]])).toBe(true);
  });

  it.each([
    ["pins.add", "pins.add", true],
    ["pins.*", "pins.add", true],
    ["pins.*", "pins.a.b", true],
    ["*", "pins.add", true],
    ["pins", "pins.add", false],
    ["pins.*", "pins", false],
    ["pins.*", "pins.", false],
    ["pins.*", "pinsadd", false],
    ["pins.ad", "pins.add", false],
    ["Pins.add", "pins.add", false],
  ])("%s names %s: %s", (pattern, tool, isNamed) => {
    expect(allowed(tool, [["g", { tools: { allow: [pattern] } }]])).toBe(isNamed);
    expect(allowed(tool, [["g", { tools: { deny: [pattern] } }]])).toBe(!isNamed);
  });

  it("goes by the most specific list that allows anything, an empty one included", () => {
    const group = ["groups.1", { tools: { allow: ["a"] } }] as const;
    expect(judge("b", [["groups.1.topics.2", { tools: { allow: ["b"] } }], group])).toMatchObject({
      isAllowed: true,
      rule: "tools.allow",
      path: "connectors.x.groups.1.topics.2.tools.allow",
    });
    expect(judge("a", [["groups.1.topics.2", { tools: { allow: [] } }], group])).toMatchObject({
      isAllowed: false,
      rule: "tools.allow",
      path: "connectors.x.groups.1.topics.2.tools.allow",
    });
    expect(allowed("a", [["groups.1.topics.2", { tools: { deny: ["b"] } }], group])).toBe(true);
  });

  it("is allowed by alsoAllow besides what the next less specific setting allows", () => {
    const entries = [
      ["groups.1.topics.2", { tools: { alsoAllow: ["b"] } }],
      ["groups.1", { tools: { alsoAllow: ["c"] } }],
      ["groups.*", { tools: { allow: ["a"] } }],
    ] as const;
    expect(["a", "b", "c", "d"].map((tool) => allowed(tool, entries))).toEqual([true, true, true, false]);
    expect(judge("c", entries)).toMatchObject({
      rule: "tools.alsoAllow",
      path: "connectors.x.groups.1.tools.alsoAllow",
    });
    // What is not reached adds nothing.
    expect(allowed("b", [["t", { tools: { allow: ["a"] } }], ...entries])).toBe(false);
  });

  it.each<[string, Member]>([
    ["allow", { tools: { allow: ["a"] } }],
    ["alsoAllow", { tools: { alsoAllow: ["a"] } }],
    ["the sender's own allow", { toolsBySender: { "7": { allow: ["a"] } } }],
    ["the same entry's allow", { tools: { allow: ["a"], deny: ["a"] } }],
  ])("that is denied anywhere stays denied, whatever says %s in a more specific place", (_, member) => {
    const entries = [
      ["groups.1", member],
      ["groups.*", { tools: { deny: ["a"] } }],
    ] as const;
    expect(judge("a", entries)).toMatchObject({ isAllowed: false, rule: "tools.deny" });
  });

  it("goes by the sender before anybody's before all, in each place", () => {
    const member: Member = {
      tools: { allow: ["all"] },
      toolsBySender: { "*": { allow: ["anybody"] }, "tg:7": { alsoAllow: ["mine"] }, "8": { deny: ["*"] } },
    };
    const may = (id: string) =>
      ["mine", "anybody", "all"].filter((tool) => allowed(tool, [["g", member]], { sender: { id } }));
    expect([may("7"), may("8"), may("9")]).toEqual([["mine", "anybody"], [], ["anybody"]]);
    expect(judge("mine", [["g", member]]).path).toBe("connectors.x.g.toolsBySender.tg:7.alsoAllow");
    // A more specific place goes before, also where a less specific one names the sender.
    expect(
      allowed("mine", [
        ["t", { tools: { allow: ["all"] } }],
        ["g", member],
      ]),
    ).toBe(false);
  });

  it("knows a sender by former ids and aliases", () => {
    const entries = [["g", { toolsBySender: { old: { deny: ["a"] } } }]] as const;
    const current = (id: string) => (id === "old" ? "new" : id);
    expect(allowed("a", entries, { sender: { id: "new" }, current })).toBe(false);
    const aliased = { id: "new", aliases: ["old"] };
    expect(allowed("a", entries, { sender: aliased })).toBe(false);
  });
});
