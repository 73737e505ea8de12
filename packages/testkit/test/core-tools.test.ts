import { type ConfigWriter, defineAction, type Json, type Turn } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OPEN, Puppet, rig, said, until } from "./core-puppet.js";

const why = "Ada asked for it";

function puppetWithPins() {
  const done: string[] = [];
  const pin = defineAction({
    name: "pins.add",
    description: "Pins the message.",
    input: z.strictObject({}),
    run: async () => {
      done.push("pins.add");
      return null;
    },
  });
  return { done, puppet: new Puppet({ hooks: { actions: () => [pin] } }) };
}

interface Asked {
  readonly groups: Readonly<Record<string, unknown>>;
  readonly from?: string;
  readonly chat?: string;
  readonly call?: readonly [name: string, input: Json];
  /** What the platform renames before anything is said. */
  readonly alias?: readonly [old: string, now: string];
}

/** One turn in a group: what its agent was offered, and what it was told when it made the call. */
async function ask({ groups, from = "ada", chat = "room", call, alias }: Asked) {
  const { puppet, done } = puppetWithPins();
  const writer: ConfigWriter = {
    read: async () => ({}),
    update: async () => {
      throw new Error("no test of this file writes");
    },
  };
  let offered: readonly string[] = [];
  let turn: Turn | undefined;
  let told: string | undefined;
  await rig({
    puppet,
    config: { ...OPEN, configWrites: true, groups },
    owners: ["puppet:ada"],
    configWriter: writer,
    agent: async (given) => {
      turn = given;
      offered = given.actions.map(({ name }) => name);
      if (call !== undefined)
        told = await given.act(...call).then(JSON.stringify, (error: Error) => error.message);
      return "done";
    },
  });
  if (alias !== undefined) await puppet.context().alias(...alias);
  await puppet.context().receive([said("hello", { chat, kind: "group", from })]);
  await until(() => puppet.texts().length === 1);
  return { offered, told, done, turn };
}

const CONFIG_ACTIONS = ["config.get", "config.set", "config.unset"];

describe("tools of a group", () => {
  it("that are denied are not offered, and refused with rule and config path before anything is done", async () => {
    const { offered, told, done } = await ask({
      groups: { room: { tools: { deny: ["pins.*"] } } },
      call: ["pins.add", {}],
    });
    expect(offered).toEqual(CONFIG_ACTIONS);
    expect(told).toBe(
      "pins.add may not be used here, and nothing was done. It is denied here. (tools.deny, connectors.puppet.groups.room.tools.deny)",
    );
    expect(done).toEqual([]);
  });

  it("are core's own as well", async () => {
    const { offered, told } = await ask({
      groups: { "*": { tools: { allow: ["pins.add"] } } },
      call: ["config.set", { path: ["name"], value: "x", reason: why }],
    });
    expect(offered).toEqual(["pins.add"]);
    expect(told).toContain("(tools.allow, connectors.puppet.groups.*.tools.allow)");
  });

  it("hold for those of the agent's own, which it asks about", async () => {
    const { turn } = await ask({ groups: { room: { tools: { allow: ["search"] } } } });
    expect(["search", "shell"].map((name) => turn?.allowsTool(name))).toEqual([true, false]);
  });

  it("say nothing of another group", async () => {
    const { offered } = await ask({ groups: { room: { tools: { deny: ["*"] } }, hall: {} }, chat: "hall" });
    expect(offered).toEqual(["pins.add", ...CONFIG_ACTIONS]);
  });

  it("are one sender's where the config says so", async () => {
    const groups = { room: { tools: { allow: [] }, toolsBySender: { ben: { allow: ["pins.add"] } } } };
    expect((await ask({ groups, from: "ben" })).offered).toEqual(["pins.add"]);
    expect((await ask({ groups, from: "eve" })).offered).toEqual([]);
  });

  it.each([
    ["a sender", { room: { toolsBySender: { ben: { deny: ["*"] } } } }, "ben", "benedict"],
    ["a group", { room: { tools: { deny: ["*"] } } }, "room", "hall"],
  ] as const)("go with %s whom the platform renames", async (what, groups, old, now) => {
    const { offered, turn } = await ask({
      groups,
      alias: [old, now],
      ...(what === "a sender" ? { from: now } : { from: "ben", chat: now }),
    });
    expect(offered).toEqual([]);
    expect(turn?.allowsTool("search")).toBe(false);
  });
});

describe("instructions and skills of a group", () => {
  it("are given to the agent", async () => {
    const { turn } = await ask({ groups: { room: { systemPrompt: " Be brief. ", skills: ["math"] } } });
    expect([turn?.systemPrompt, turn?.skills]).toEqual(["Be brief.", ["math"]]);
  });

  it("are all skills and no instructions where nothing is said, and no skills for an empty list", async () => {
    const { turn } = await ask({ groups: { room: {} } });
    expect([turn?.systemPrompt, turn?.skills]).toEqual([undefined, undefined]);
    expect((await ask({ groups: { room: { skills: [] } } })).turn?.skills).toEqual([]);
  });
});

describe("a config that is wrong", () => {
  const issuesOf = async (entry: Readonly<Record<string, unknown>>) => {
    const { runtime } = await rig({ puppet: new Puppet(), config: { ...OPEN, groups: { room: entry } } });
    return runtime.status()[0]?.issues.map(({ path, message }) => `${path} ${message}`);
  };

  it.each([
    [
      { tools: { allow: ["a"], alsoAllow: ["b"] } },
      /^connectors\.puppet\.groups\.room\.tools\.alsoAllow cannot be given beside allow/,
    ],
    [
      { tools: { deny: ["del*"] } },
      /^connectors\.puppet\.groups\.room\.tools\.deny\.0 must be the name of a tool/,
    ],
    [
      { tools: { denny: [] } },
      /^connectors\.puppet\.groups\.room\.tools\.denny unknown key "denny"; did you mean "deny"\?/,
    ],
    [
      { toolsBySender: { ben: { allow: ["a"], alsoAllow: ["b"] } } },
      /^connectors\.puppet\.groups\.room\.toolsBySender\.ben\.alsoAllow cannot be given beside allow/,
    ],
    [{ systemPrompt: " " }, /^connectors\.puppet\.groups\.room\.systemPrompt must not be empty/],
    [{ skills: "math" }, /^connectors\.puppet\.groups\.room\.skills must be/],
  ])("%j is told with its path", async (entry, message) => {
    expect(await issuesOf(entry)).toEqual([expect.stringMatching(message)]);
  });

  it("is none when only one of allow and alsoAllow names anything", async () => {
    expect(await issuesOf({ tools: { allow: [], alsoAllow: ["b"] } })).toEqual([]);
  });
});
