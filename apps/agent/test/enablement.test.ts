import { manifest as discord } from "@elizaos/plugin-discord/manifest";
import { manifest as telegram } from "@elizaos/plugin-telegram/manifest";
import { describe, expect, it } from "vitest";
import { type DecideOptions, decide } from "../src/config/enablement.js";
import { hostSchema } from "../src/config/host-schema.js";
import { CONNECTORS, rowOf } from "../src/config/plugin-auto-enable.js";

function decision(
  id: string,
  block: unknown,
  environment: Readonly<Record<string, string>> = {},
  plugins: object = {},
  facts?: DecideOptions["facts"],
) {
  const row = rowOf(id);
  if (row === undefined) throw new Error(`no row ${id}`);
  const settings = hostSchema.parse({ plugins }).plugins;
  return decide({ row, facts: facts ?? row, block, environment, plugins: settings });
}

/** What enables a connector, in one line: `on` or `off`, and why. */
function said(...given: Parameters<typeof decision>): string {
  const { enabled, reason } = decision(...given);
  return `${enabled ? "on" : "off"}: ${reason}`;
}

const TOKEN = "100001:FAKE";
const TWITTER = { apiKey: "a", apiSecretKey: "b", accessToken: "c", accessTokenSecret: "d" };

describe("a block is configured when its credentials are there", () => {
  it.each<[string, unknown, Readonly<Record<string, string>>, string]>([
    ["telegram", { botToken: TOKEN }, {}, "on: connectors.telegram is configured"],
    [
      "telegram",
      { dmPolicy: "open" },
      { TELEGRAM_BOT_TOKEN: TOKEN },
      "on: connectors.telegram is configured, with TELEGRAM_BOT_TOKEN",
    ],
    ["telegram", {}, {}, "off: connectors.telegram has no botToken and TELEGRAM_BOT_TOKEN is not set"],
    [
      "telegram",
      { enabled: true },
      {},
      "off: connectors.telegram has no botToken and TELEGRAM_BOT_TOKEN is not set",
    ],
    [
      "telegram",
      { botToken: " " },
      {},
      "off: connectors.telegram has no botToken and TELEGRAM_BOT_TOKEN is not set",
    ],
    [
      "telegram",
      { botToken: null },
      {},
      "off: connectors.telegram has no botToken and TELEGRAM_BOT_TOKEN is not set",
    ],
    ["telegram", { enabled: false, botToken: TOKEN }, {}, "off: connectors.telegram.enabled is false"],
    ["telegram", null, {}, "off: connectors.telegram must be an object, not null"],
    [
      "telegram",
      { accounts: {} },
      {},
      "off: connectors.telegram.accounts is empty, so that nothing runs; add an account, or leave accounts out for a single one",
    ],
    ["discord", { botToken: "x" }, {}, "on: connectors.discord is configured"],
    ["slack", { botToken: "b" }, {}, "off: connectors.slack has no appToken and SLACK_APP_TOKEN is not set"],
    ["slack", { botToken: "b", signingSecret: "s" }, {}, "on: connectors.slack is configured"],
    [
      "slack",
      { botToken: "b" },
      { SLACK_APP_TOKEN: "a" },
      "on: connectors.slack is configured, with SLACK_APP_TOKEN",
    ],
    ["twitter", TWITTER, {}, "on: connectors.twitter is configured"],
    [
      "twitter",
      { apiKey: "a", apiSecretKey: "b" },
      {},
      "off: connectors.twitter has no accessToken and accessTokenSecret and TWITTER_ACCESS_TOKEN and TWITTER_ACCESS_TOKEN_SECRET are not set",
    ],
    ["googlechat", { serviceAccountFile: "./key.json" }, {}, "on: connectors.googlechat is configured"],
    [
      "googlechat",
      { audience: "1" },
      { GOOGLE_APPLICATION_CREDENTIALS: "/key.json" },
      "on: connectors.googlechat is configured, with GOOGLE_APPLICATION_CREDENTIALS",
    ],
    ["msteams", { appId: "a", appPassword: "p", tenantId: "t" }, {}, "on: connectors.msteams is configured"],
    ["zalo", { appId: "a", secretKey: "b", refreshToken: "c" }, {}, "on: connectors.zalo is configured"],
  ])("%s %j %j", (id, block, environment, outcome) => {
    expect(said(id, block, environment)).toBe(outcome);
  });
});

describe("accounts", () => {
  it.each<[unknown, Readonly<Record<string, string>>, string]>([
    [{ accounts: { a: { botToken: TOKEN } } }, {}, "on: connectors.telegram is configured"],
    [{ botToken: TOKEN, accounts: { a: {} } }, {}, "on: connectors.telegram is configured"],
    [
      { botToken: TOKEN, accounts: { a: { botToken: "" } } },
      {},
      "off: connectors.telegram.accounts.a has no botToken",
    ],
    [
      { botToken: TOKEN, accounts: { a: { enabled: false }, b: {} } },
      {},
      "on: connectors.telegram is configured",
    ],
    [
      { botToken: TOKEN, accounts: { a: { enabled: false } } },
      {},
      "off: every account of connectors.telegram says enabled: false",
    ],
    [{ accounts: { a: {}, b: { botToken: TOKEN } } }, {}, "on: connectors.telegram is configured"],
    [
      { accounts: { a: {}, default: {} } },
      { TELEGRAM_BOT_TOKEN: TOKEN },
      "on: connectors.telegram is configured, with TELEGRAM_BOT_TOKEN",
    ],
    [
      { accounts: { a: {} } },
      { TELEGRAM_BOT_TOKEN: TOKEN },
      "off: connectors.telegram.accounts.a has no botToken",
    ],
    [{ accounts: { a: null } }, {}, "off: connectors.telegram.accounts.a must be an object, not null"],
  ])("%j %j", (block, environment, outcome) => {
    expect(said("telegram", block, environment)).toBe(outcome);
  });

  it("a variable that fills none of them is pointed out", () => {
    const { notes } = decision("telegram", { accounts: { a: {} } }, { TELEGRAM_BOT_TOKEN: TOKEN });
    expect(notes).toEqual([
      'TELEGRAM_BOT_TOKEN is set but not used: it fills only the account "default", which connectors.telegram.accounts does not have',
    ]);
    expect(decision("telegram", { accounts: { default: {} } }, { TELEGRAM_BOT_TOKEN: TOKEN }).notes).toEqual(
      [],
    );
  });
});

describe("a platform without credentials", () => {
  it.each<[string, unknown, Readonly<Record<string, string>>, string]>([
    ["imessage", { enabled: true }, {}, "on: connectors.imessage is configured"],
    ["imessage", { cliPath: "imsg" }, {}, "on: connectors.imessage is configured"],
    [
      "imessage",
      { service: "auto" },
      {},
      "off: connectors.imessage says neither enabled: true nor cliPath nor dbPath",
    ],
    ["imessage", { accounts: { a: { enabled: true } } }, {}, "on: connectors.imessage is configured"],
    ["imessage", undefined, { IMESSAGE_DB_PATH: "/chat.db" }, "on: IMESSAGE_DB_PATH is set"],
    [
      "whatsapp",
      { accounts: { default: { authDir: "./auth" } } },
      {},
      "on: connectors.whatsapp is configured",
    ],
    [
      "whatsapp",
      { dmPolicy: "pairing" },
      {},
      "off: connectors.whatsapp says neither enabled: true nor authDir",
    ],
    [
      "whatsapp",
      { dmPolicy: "pairing" },
      { WHATSAPP_AUTH_DIR: "/a" },
      "on: connectors.whatsapp is configured, with WHATSAPP_AUTH_DIR",
    ],
    [
      "whatsapp",
      { accessToken: "t" },
      {},
      "off: connectors.whatsapp has no phoneNumberId and WHATSAPP_PHONE_NUMBER_ID is not set",
    ],
    ["whatsapp", { enabled: false, authDir: "./auth" }, {}, "off: connectors.whatsapp.enabled is false"],
  ])("%s %j %j", (id, block, environment, outcome) => {
    expect(said(id, block, environment)).toBe(outcome);
  });
});

describe("the environment alone", () => {
  it.each<[string, Readonly<Record<string, string>>, string]>([
    ["telegram", { TELEGRAM_BOT_TOKEN: TOKEN }, "on: TELEGRAM_BOT_TOKEN is set"],
    ["telegram", { TELEGRAM_BOT_TOKEN: " " }, "off: not configured"],
    ["telegram", {}, "off: not configured"],
    ["slack", { SLACK_BOT_TOKEN: "b" }, "off: not configured"],
    [
      "slack",
      { SLACK_BOT_TOKEN: "b", SLACK_APP_TOKEN: "a" },
      "on: SLACK_BOT_TOKEN and SLACK_APP_TOKEN are set",
    ],
    [
      "whatsapp",
      { WHATSAPP_ACCESS_TOKEN: "t", WHATSAPP_PHONE_NUMBER_ID: "1" },
      "on: WHATSAPP_ACCESS_TOKEN and WHATSAPP_PHONE_NUMBER_ID are set",
    ],
    ["github", { GITHUB_TOKEN: "of another program" }, "off: not configured"],
    ["github", { GITHUB_API_TOKEN: "x" }, "on: GITHUB_API_TOKEN is set"],
  ])("%s %j", (id, environment, outcome) => {
    expect(said(id, undefined, environment)).toBe(outcome);
  });
});

describe("plugins", () => {
  const block = { botToken: TOKEN };
  it.each<[unknown, object, string]>([
    [block, { enabled: false, allow: ["telegram"] }, "off: plugins.enabled is false"],
    [block, { deny: ["telegram"], allow: ["telegram"] }, "off: plugins.deny names telegram"],
    [block, { deny: ["@elizaos/plugin-telegram"] }, "off: plugins.deny names telegram"],
    [block, { deny: ["discord"] }, "on: connectors.telegram is configured"],
    [block, { entries: { telegram: { enabled: false } } }, "off: plugins.entries.telegram.enabled is false"],
    [block, { entries: { telegram: { enabled: true } } }, "on: connectors.telegram is configured"],
    [undefined, { allow: ["telegram"] }, "on: plugins.allow names telegram"],
    [undefined, { allow: ["@elizaos/plugin-telegram"] }, "on: plugins.allow names telegram"],
    [undefined, { entries: { telegram: { enabled: true } } }, "on: plugins.entries.telegram.enabled is true"],
    [undefined, { deny: ["telegram"] }, "off: not configured"],
    [{}, { allow: ["telegram"] }, "on: plugins.allow names telegram"],
    [{ enabled: false }, { allow: ["telegram"] }, "off: connectors.telegram.enabled is false"],
  ])("%j %j", (written, plugins, outcome) => {
    expect(said("telegram", written, {}, plugins)).toBe(outcome);
  });

  it("win over the environment as well", () => {
    const environment = { TELEGRAM_BOT_TOKEN: TOKEN };
    expect(said("telegram", undefined, environment, { enabled: false })).toBe(
      "off: plugins.enabled is false",
    );
  });
});

describe("what keeps a block from running is never silent", () => {
  it.each<[string, unknown, readonly string[]]>([
    [
      "telegram",
      { botTokn: TOKEN },
      [
        'connectors.telegram.botTokn unknown key "botTokn"; did you mean "botToken"?',
        "connectors.telegram.botToken is missing. Set it or the environment variable TELEGRAM_BOT_TOKEN. Ask @BotFather in Telegram: /newbot, or /mybots and then API Token.",
      ],
    ],
    [
      "telegram",
      { accounts: { a: {}, b: 5, c: { enabled: false } } },
      [
        "connectors.telegram.accounts.a.botToken is missing. Set it. Ask @BotFather in Telegram: /newbot, or /mybots and then API Token.",
        "connectors.telegram.accounts.b must be an object, not a number",
      ],
    ],
    [
      "imessage",
      {},
      [
        "connectors.imessage.enabled is not true; it needs no credentials, so that enabled: true, or cliPath or dbPath, is what switches it on",
      ],
    ],
  ])("%s %j", (id, block, issues) => {
    expect(decision(id, block).issues.map(({ path, message }) => `${path} ${message}`)).toEqual(issues);
  });

  it("what is switched off on purpose has no issues", () => {
    expect(decision("telegram", { enabled: false }).issues).toEqual([]);
    expect(decision("telegram", {}, {}, { deny: ["telegram"] }).issues).toEqual([]);
  });
});

describe("the table", () => {
  it("knows the 28 connectors, each with a package, credentials and a place to get them", () => {
    expect(CONNECTORS).toHaveLength(28);
    expect(new Set(CONNECTORS.map(({ id }) => id)).size).toBe(28);
    for (const { id, package: name, credentials, env, secrets } of CONNECTORS) {
      expect(name).toBe(id === "googlechat" ? "@elizaos/plugin-google-chat" : `@elizaos/plugin-${id}`);
      expect(credentials.length).toBeGreaterThan(0);
      for (const { where } of credentials) expect(where).toMatch(/^[A-Z|].*\.$/);
      for (const names of Object.values(env))
        for (const each of names) expect(each).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(new Set(secrets).size).toBe(secrets.length);
    }
  });

  it("reads x as twitter", () => {
    expect(rowOf("x")?.id).toBe("twitter");
    expect(rowOf("constructor")).toBeUndefined();
  });

  it.each([telegram, discord])(
    "has for $name what its package's manifest says, and nothing assumed",
    (manifest) => {
      expect(rowOf(manifest.id)).toMatchObject({
        package: manifest.package,
        env: manifest.env,
        secrets: manifest.secrets,
        credentials: manifest.credentials,
        assumed: [],
      });
    },
  );

  it("an installed package's manifest counts, not the row", () => {
    const facts = { env: {}, secrets: [], credentials: [{ keys: ["pigeon"], where: "Somewhere." }] as const };
    expect(said("telegram", { pigeon: "p" }, {}, {}, facts)).toBe("on: connectors.telegram is configured");
    expect(said("telegram", { botToken: TOKEN }, {}, {}, facts)).toBe(
      "off: connectors.telegram has no pigeon",
    );
  });
});
