import { type Connector, commonFields, resolveAccounts } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const connector: Connector<unknown> = {
  manifest: {
    id: "post",
    name: "Post",
    package: "@example/plugin-post",
    env: { botToken: ["POST_BOT_TOKEN"] },
    secrets: ["botToken"],
    credentials: [{ keys: ["botToken"], where: "Ask the post office." }],
  },
  config: {
    fields: z.strictObject({
      ...commonFields,
      botToken: z.string().optional(),
      groups: z.record(z.string(), z.strictObject({ requireMention: z.boolean().optional() })).default({}),
    }),
  },
  features: {
    transport: { class: "redelivered", windowMs: 0 },
    operations: {},
    mentions: true,
    threads: false,
  },
  limits: { text: { max: 100, unit: "utf16" } },
  identify: () => Promise.reject(new Error("not in this test")),
  open: () => Promise.reject(new Error("not in this test")),
};

function resolve(block: unknown, environment: Record<string, string> = {}) {
  return resolveAccounts(connector, block, environment);
}

function issuesOf(block: unknown, environment: Record<string, string> = {}) {
  return resolve(block, environment).flatMap((account) =>
    account.issues.map(({ path, message }) => `${path} ${message}`),
  );
}

describe("effective config of an account", () => {
  it("A2 the account wins over the base, lists replace, objects merge, defaults come last", () => {
    const [main, support] = resolve({
      botToken: "base",
      allowFrom: ["1", "2"],
      historyLimit: 7,
      groups: { a: { requireMention: false } },
      accounts: { main: {}, support: { botToken: "own", allowFrom: [3], groups: { b: {} } } },
    });
    expect(main?.account?.config).toMatchObject({
      botToken: "base",
      allowFrom: ["1", "2"],
      historyLimit: 7,
      dmPolicy: "pairing",
    });
    expect(support?.account?.config).toMatchObject({ botToken: "own", allowFrom: ["3"], historyLimit: 7 });
    expect(support?.account?.config).toMatchObject({ groups: { a: { requireMention: false }, b: {} } });
    expect(support?.origin("historyLimit")).toEqual({ from: "base" });
    expect(support?.origin("allowFrom")).toEqual({ from: "account" });
    expect(support?.origin("dmPolicy")).toEqual({ from: "default" });
    expect(support?.locate("allowFrom")).toBe("connectors.post.accounts.support.allowFrom");
  });

  it("A2 the environment fills the default account and wins over the file", () => {
    const [only] = resolve({ botToken: "file" }, { POST_BOT_TOKEN: " env " });
    expect(only?.account?.config).toMatchObject({ botToken: "env" });
    expect(only?.origin("botToken")).toEqual({ from: "environment", variable: "POST_BOT_TOKEN" });
    expect(resolve(undefined, { POST_BOT_TOKEN: "env" })[0]?.account?.config).toMatchObject({
      botToken: "env",
    });
  });

  it("A2 a variable that fills no account is pointed out", () => {
    const [main] = resolve({ accounts: { main: { botToken: "x" } } }, { POST_BOT_TOKEN: "env" });
    expect(main?.account?.config).toMatchObject({ botToken: "x" });
    expect(main?.notes.join()).toContain("POST_BOT_TOKEN is set but not used");
  });

  it("A3 enabled: false on the base or on one account closes it, whatever else is wrong", () => {
    expect(resolve({ enabled: false, nonsense: 1 })[0]).toMatchObject({ enabled: false });
    const [a, b] = resolve({ botToken: "x", accounts: { a: { enabled: false }, b: {} } });
    expect([a?.enabled, b?.enabled]).toEqual([false, true]);
    expect(
      resolve({ enabled: false, botToken: "x", accounts: { a: { enabled: true } } })[0]?.account,
    ).toBeUndefined();
  });

  it("`disabled` is read as `closed`", () => {
    expect(
      resolve({ botToken: "x", dmPolicy: "disabled", groupPolicy: "disabled" })[0]?.account?.config,
    ).toMatchObject({ dmPolicy: "closed", groupPolicy: "closed" });
  });
});

describe("A4 what is wrong is refused with its path and the mend", () => {
  it.each([
    [
      { botToken: "x", dmPolcy: "open" },
      'connectors.post.dmPolcy unknown key "dmPolcy"; did you mean "dmPolicy"?',
    ],
    [
      { botToken: "x", accounts: { a: { grups: {} } } },
      'connectors.post.accounts.a.grups unknown key "grups"; did you mean "groups"?',
    ],
    [
      { botToken: "x", groups: { "-100": { requireMentions: true } } },
      'connectors.post.groups.-100.requireMentions unknown key "requireMentions"; did you mean "requireMention"?',
    ],
    [
      { botToken: "x", groups: { "-100": { zzz: true } } },
      'connectors.post.groups.-100.zzz unknown key "zzz"; known: requireMention',
    ],
    [
      {},
      "connectors.post.botToken is missing. Set it or the environment variable POST_BOT_TOKEN. Ask the post office.",
    ],
    [{ accounts: { a: {} } }, "connectors.post.accounts.a.botToken is missing."],
    [
      { botToken: "x", dmPolicy: "open" },
      'connectors.post.allowFrom must contain "*" when dmPolicy is "open"',
    ],
    [
      { botToken: "x", allowFrom: ["1"], accounts: { a: { dmPolicy: "open" } } },
      'connectors.post.allowFrom must contain "*" when dmPolicy is "open" (connectors.post.accounts.a.dmPolicy)',
    ],
    [{ botToken: "x", historyLimit: -1 }, "connectors.post.historyLimit "],
    [{ botToken: "x", historyLimit: "many" }, "connectors.post.historyLimit "],
    [{ botToken: "x", dmPolicy: "everyone" }, "connectors.post.dmPolicy "],
    ["token", "connectors.post must be an object, not a string"],
    [{ accounts: [] }, "connectors.post.accounts must be an object of accounts by name, not a list"],
    [{ accounts: { a: null } }, "connectors.post.accounts.a must be an object, not null"],
  ])("%j", (block, message) => {
    const issues = issuesOf(block);
    expect(issues.filter((issue) => issue.startsWith(message))).toHaveLength(1);
    expect(resolve(block).every((account) => account.account === undefined)).toBe(true);
  });

  it("an account inherits the base's allowlist for `open`", () => {
    expect(issuesOf({ botToken: "x", allowFrom: [" * "], accounts: { a: { dmPolicy: "open" } } })).toEqual(
      [],
    );
  });

  it("one account's mistake leaves the others alone", () => {
    const [bad, good] = resolve({ botToken: "x", accounts: { bad: { dmPolicy: "oops" }, good: {} } });
    expect(bad?.account).toBeUndefined();
    expect(good?.account).toBeDefined();
  });

  it("a prototype cannot be set from a config file", () => {
    const block: unknown = JSON.parse(
      '{"botToken":"x","accounts":{"a":{"groups":{"__proto__":{"requireMention":false}}}}}',
    );
    resolve(block);
    expect(Object.hasOwn(Object.prototype, "requireMention")).toBe(false);
  });
});
