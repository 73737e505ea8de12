import { type ConfigEdit, type ConfigWriter, type Json, Rejected, type Turn } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { lasting, memory, OPEN, Puppet, type RigOptions, rig, said, until } from "./core-puppet.js";

type Block = Readonly<Record<string, unknown>>;

/** A config file in memory. Edits are noted and not done, but for those of a key at the top. */
function configFile(block: Block) {
  const written: ConfigEdit[] = [];
  let now: Block = block;
  const writer: ConfigWriter = {
    read: async () => now,
    async update(_connector, change) {
      const edits = change(now);
      written.push(...edits);
      for (const { type, path, ...rest } of edits) {
        if (path.length === 1 && type === "set" && "value" in rest) now = { ...now, [path[0]]: rest.value };
      }
    },
  };
  return { writer, written };
}

const OWNED = {
  ...OPEN,
  dmPolicy: "allowlist",
  allowFrom: ["ada", "ben"],
  groupPolicy: "allowlist",
  groups: { room: { requireMention: true, tools: { deny: ["search"] } } },
  configWrites: true,
};

interface Asked {
  readonly from?: string;
  readonly block?: Block;
  readonly more?: Partial<RigOptions>;
}

/** What the agent is told when it makes one call in a turn that somebody began. */
async function ask(name: string, input: Json, { from = "ada", block = OWNED, more = {} }: Asked = {}) {
  const accounts = { main: { token: "main" } };
  const file = configFile({ ...block, accounts });
  let told = "";
  const puppet = new Puppet();
  const { logs } = await rig({
    puppet,
    accounts: ["main"],
    config: block,
    owners: ["puppet:ada"],
    configWriter: file.writer,
    agent: async (turn: Turn) => {
      told = await turn
        .act(name, input)
        .then(JSON.stringify, (error: Error) => `${error.constructor.name}: ${error.message}`);
      return "done";
    },
    ...more,
  });
  await puppet.context("main").receive([said("please", { chat: from })]);
  await until(() => puppet.texts().length === 1);
  return { told, written: file.written, logs };
}

const why = "Ada asked for it";

describe("config.set, config.unset and config.get", () => {
  it("write a setting of their own connector, from the next start on, and log who and why", async () => {
    const { told, written, logs } = await ask("config.set", {
      path: ["textChunkLimit"],
      value: 500,
      reason: why,
    });
    expect(JSON.parse(told)).toEqual({
      written: "connectors.puppet.textChunkLimit",
      effective: "from the next start of the host on",
    });
    expect(written).toEqual([{ type: "set", path: ["textChunkLimit"], value: 500 }]);
    expect(logs).toContainEqual({
      level: "info",
      fields: {
        connector: "puppet",
        account: "main",
        path: "connectors.puppet.textChunkLimit",
        change: "set",
        by: "ada",
        why,
      },
      message: "the agent changed the config",
    });
  });

  it("remove a setting", async () => {
    const { written } = await ask(
      "config.unset",
      { path: ["mentionPatterns"], reason: why },
      { block: { ...OWNED, mentionPatterns: [] } },
    );
    expect(written).toEqual([{ type: "remove", path: ["mentionPatterns"] }]);
  });

  it("read what is written, credentials masked", async () => {
    const { told } = await ask("config.get", {});
    expect(JSON.parse(told)).toEqual({
      path: [],
      value: { ...OWNED, failureNotice: false, accounts: { main: { token: "****" } } },
    });
    expect((await ask("config.get", { path: ["groups", "room"] })).told).toContain('{"requireMention":true,');
  });

  it.each<[string, readonly string[], Json, RegExp]>([
    ["a credential", ["token"], "another", /is a credential/],
    ["a credential of an account", ["accounts", "main", "token"], "another", /is a credential/],
    ["configWrites", ["configWrites"], true, /is for the operator alone/],
    ["owners", ["owners"], ["puppet:eve"], /is for the operator alone/],
    ["who approves", ["execApprovals", "approvers"], ["eve"], /is for the operator alone/],
    [
      "what needs an approval",
      ["accounts", "main", "execApprovals", "actions"],
      [],
      /is for the operator alone/,
    ],
    ["where the platform is", ["apiRoot"], "http://elsewhere", /is for the operator alone/],
    ["a whole account", ["accounts", "other"], {}, /holds more than one setting/],
    ["a new account", ["accounts", "other", "name"], "Other", /not be a valid config|does not run/],
    ["a prototype", ["groups", "__proto__", "enabled"], true, /is no setting/],
    ["a wrong value", ["textChunkLimit"], "many", /connectors\.puppet\.textChunkLimit must be a number/],
    ["an unknown key inside", ["groups", "room", "colour"], "red", /unknown key "colour"/],
    ["open DMs", ["dmPolicy"], "open", /not be a valid config/],
    ["pairing instead of a list", ["dmPolicy"], "pairing", /could let in somebody/],
    ["everybody", ["allowFrom"], ["*"], /could let in somebody/],
    ["a stranger", ["allowFrom"], ["ada", "ben", "eve"], /could let in somebody/],
    ["open groups", ["groupPolicy"], "open", /could let in somebody/],
    ["another group", ["groups", "den"], {}, /could let in somebody/],
    ["a denied tool", ["groups", "room", "tools", "deny"], [], /let the agent do more/],
    [
      "a tool for somebody",
      ["groups", "room", "toolsBySender"],
      { eve: { alsoAllow: ["*"] } },
      /let the agent do more/,
    ],
    ["instructions", ["groups", "room", "systemPrompt"], "obey", /is what the operator tells the agent/],
    ["skills", ["groups", "room", "skills"], ["all"], /is what the operator tells the agent/],
    ["a group without mention", ["groups", "room", "requireMention"], false, /could let in somebody/],
  ])("refuse %s", async (_, path, value, message) => {
    const { told, written } = await ask("config.set", { path: [...path], value, reason: why });
    expect(told).toMatch(/^Rejected: /);
    expect(told).toMatch(message);
    expect(written).toEqual([]);
  });

  it("may take a tool away", async () => {
    const { written } = await ask("config.set", {
      path: ["groups", "room", "tools", "deny"],
      value: ["search", "shell"],
      reason: why,
    });
    expect(written).toHaveLength(1);
  });

  it("may close a policy", async () => {
    const { written } = await ask("config.set", { path: ["allowFrom"], value: ["ada"], reason: why });
    expect(written).toHaveLength(1);
  });

  it("need a reason", async () => {
    const { told, written } = await ask("config.set", { path: ["name"], value: "x" });
    expect(told).toContain("reason: is missing");
    expect(written).toEqual([]);
  });

  it.each<[string, Asked]>([
    ["when somebody else began the turn", { from: "ben" }],
    ["without configWrites", { block: { ...OWNED, configWrites: false } }],
    ["without owners", { more: { owners: [] } }],
  ])("are not there %s", async (_, asked) => {
    for (const name of ["config.get", "config.set", "config.unset"]) {
      const { told, written } = await ask(name, { path: ["name"], value: "x", reason: why }, asked);
      expect(told).toBe(`Rejected: There is no action "${name}" here; there are none`);
      expect(written).toEqual([]);
    }
  });

  it("do not reach an account that does not allow it", async () => {
    const puppet = new Puppet();
    const block = {
      ...OWNED,
      accounts: { main: { token: "main" }, strict: { token: "s", configWrites: false } },
    };
    const file = configFile(block);
    let told = "";
    await rig({
      puppet,
      accounts: ["main"],
      config: OWNED,
      owners: ["puppet:ada"],
      configWriter: file.writer,
      agent: async (turn) => {
        told = await turn
          .act("config.set", { path: ["textChunkLimit"], value: 5, reason: why })
          .then(JSON.stringify, (error: Error) => error.message);
        return "done";
      },
    });
    await puppet.context("main").receive([said("please", { chat: "ada" })]);
    await until(() => puppet.texts().length === 1);
    expect(told).toContain("puppet/strict, which does not allow it");
    expect(file.written).toEqual([]);
  });
});

describe("what is switched off, or cannot run", () => {
  const strict = { configWrites: true, dmPolicy: "closed", allowFrom: [] };
  const setAt = async (path: readonly string[], value: Json, more: Block) => {
    const accounts = { main: { token: "main" }, ...more };
    const puppet = new Puppet();
    const file = configFile({ ...strict, accounts });
    let told = "";
    await rig({
      puppet,
      accounts: ["main"],
      config: { ...strict, dmPolicy: "open", allowFrom: ["*"] },
      owners: ["puppet:ada"],
      configWriter: file.writer,
      agent: async (turn) => {
        told = await turn
          .act("config.set", { path: [...path], value, reason: why })
          .then(JSON.stringify, (error: Error) => error.message);
        return "done";
      },
    });
    await puppet.context("main").receive([said("please", { chat: "ada" })]);
    await until(() => puppet.texts().length === 1);
    return { told, written: file.written };
  };

  it.each([
    ["an account that is off", { off: { token: "off", enabled: false } }],
    ["an account without its token", { off: {} }],
  ])("is the operator's to change: %s", async (_, more) => {
    const { told, written } = await setAt(["accounts", "off", "dmPolicy"], "pairing", more);
    expect(told).toMatch(/puppet\/off, which does not run/);
    expect(written).toEqual([]);
  });

  it("is not opened by what the base says either", async () => {
    const main = { token: "main", dmPolicy: "closed" };
    const { told, written } = await setAt(["dmPolicy"], "pairing", {
      main,
      off: { token: "off", enabled: false },
    });
    expect(told).toMatch(/could let in somebody.*puppet\/off/);
    expect(written).toEqual([]);
  });

  it("is not switched on", async () => {
    const { told } = await setAt(["accounts", "off", "enabled"], true, {
      off: { token: "off", enabled: false },
    });
    expect(told).toMatch(/which does not run/);
  });
});

const RENAMED = {
  ...OPEN,
  groupPolicy: "allowlist",
  groupAllowFrom: ["other", "room"],
  groups: {
    room: { allowFrom: ["ada"], toolsBySender: { "puppet:benedict": { deny: ["*"] } } },
    "*": { enabled: false },
  },
};

describe("an id that the platform changed", () => {
  it("is written anew with configWrites, and holds at once", async () => {
    const puppet = new Puppet();
    const file = configFile({ ...RENAMED, configWrites: true, accounts: { main: { token: "main" } } });
    const { logs, runtime } = await rig({
      puppet,
      accounts: ["main"],
      config: { ...RENAMED, configWrites: true },
      configWriter: file.writer,
    });
    await puppet.context("main").alias("room", "hall");
    await until(() => file.written.length > 0);
    expect(file.written).toEqual([
      { type: "set", path: ["groupAllowFrom", "1"], value: "hall" },
      { type: "rename", path: ["groups", "room"], key: "hall" },
    ]);
    expect(logs).toContainEqual({
      level: "info",
      fields: expect.objectContaining({
        path: "connectors.puppet.groups.room",
        by: "puppet:main",
        why: "the platform changed the id",
      }),
      message: "the config names the id of today: hall",
    });
    expect(runtime.status()[0]?.notes).toEqual([]);
    await puppet
      .context("main")
      .receive([
        said("by another", { chat: "hall", kind: "group", from: "eve" }),
        said("hello", { chat: "hall", kind: "group", from: "ada" }),
      ]);
    await until(() => puppet.texts().length > 0);
    expect(puppet.texts()).toEqual(["re: hello"]);
  });

  it.each([
    ["configWrites is false", { ...RENAMED }, undefined],
    ["the file cannot be written", { ...RENAMED, configWrites: true }, new Rejected("read-only")],
  ])("is told to the operator when %s, also after a restart", async (_, config, failure) => {
    const store = lasting(memory());
    const file = configFile({ ...config, accounts: { main: { token: "main" } } });
    const writer: ConfigWriter =
      failure === undefined ? file.writer : { ...file.writer, update: () => Promise.reject(failure) };
    const puppet = new Puppet();
    const before = await rig({ puppet, accounts: ["main"], store, config, configWriter: writer });
    await puppet.context("main").alias("room", "hall");
    const notes = [
      "connectors.puppet.groupAllowFrom.1 is an id that the platform has changed; write hall instead",
      "connectors.puppet.groups.room is an id that the platform has changed; write hall instead",
    ];
    await until(() => before.runtime.status()[0]?.notes.length === 2);
    expect(before.runtime.status()[0]?.notes).toEqual(notes);
    expect(before.logs.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual(notes);
    await before.stop();

    const again = await rig({
      puppet: new Puppet(),
      accounts: ["main"],
      store,
      config,
      configWriter: writer,
      clock: before.clock,
    });
    await until(() => again.runtime.status()[0]?.notes.length === 2);
    expect(file.written).toEqual([]);
  });
});
