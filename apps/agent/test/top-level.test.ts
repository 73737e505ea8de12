import { describe, expect, it } from "vitest";
import { shownConfig } from "../src/config/show.js";
import { planOf } from "./support/plan.js";

const TOKEN = "100001:FAKE-TOKEN-OF-A-TEST";

const PUBLIC_URL =
  "publicUrl: must be the address at which platforms reach this host's webhooks, without query, such as https://agent.example.com";

describe("A4 a wrong top-level value is refused with its path", () => {
  it.each<[object, string]>([
    [{ owners: "telegram:1" }, "owners: must be a list, not a string; put it in brackets: [ ]"],
    [{ owners: [1] }, 'owners.0: must be <connector>:<sender id>, such as "telegram:123456789"'],
    [{ owners: ["telegram"] }, 'owners.0: must be <connector>:<sender id>, such as "telegram:123456789"'],
    [{ owners: ["telegram:"] }, 'owners.0: must be <connector>:<sender id>, such as "telegram:123456789"'],
    [{ owners: ["telegrm:1"] }, 'owners.0: unknown connector "telegrm"; did you mean "telegram"?'],
    [{ commands: "no" }, 'commands: must be true or false, not "no"'],
    [{ publicUrl: "example.com" }, PUBLIC_URL],
    [{ publicUrl: "ftp://example.com" }, PUBLIC_URL],
    [{ publicUrl: 7 }, PUBLIC_URL],
    [{ publicUrl: null }, PUBLIC_URL],
    [{ plugins: { enabled: "no" } }, 'plugins.enabled: must be true or false, not "no"'],
    [{ plugins: { dny: [] } }, 'plugins.dny: unknown key "dny"; did you mean "deny"?'],
    [
      { plugins: { deny: ["telegrm"] } },
      'plugins.deny.0: unknown connector "telegrm"; did you mean "telegram"?',
    ],
    [
      { plugins: { deny: ["@elizaos/plugin-telegrm"] } },
      'plugins.deny.0: unknown connector "@elizaos/plugin-telegrm"; did you mean "telegram"?',
    ],
    [{ plugins: { entries: { telegram: false } } }, "plugins.entries.telegram: must be an object, not false"],
    [{ store: { maxMb: 0 } }, "store.maxMb: must be at least 1, not 0"],
    [{ env: { A: [] } }, "env.A: must be text, a number or a boolean"],
    [{ modelProvider: 5 }, "modelProvider: must be one of anthropic, openai, google, openai-compatible"],
    [{ chanels: {} }, 'chanels: unknown key "chanels"; did you mean "channels"?'],
    [{ channels: [] }, "channels: must be an object of connectors by id"],
    [
      { channels: { telegrm: {} } },
      'channels.telegrm: unknown connector "telegrm"; did you mean "telegram"?',
    ],
    [
      { connectors: { x: {}, twitter: {} } },
      "connectors.twitter: means connectors.twitter, which is there as well; keep one of them",
    ],
  ])("%j", async (config, problem) => {
    const { problems } = await planOf({ config });
    expect(problems).toEqual([expect.stringContaining(`milady.json: ${problem}`)]);
  });

  it("nothing is loaded while it is not known what may be", async () => {
    const { plan } = await planOf({
      config: { plugins: { deny: "telegram" }, connectors: { telegram: { botToken: TOKEN } } },
    });
    expect(plan.connectors.filter(({ connector }) => connector !== undefined)).toEqual([]);
  });
});

it("the other keys arrive as written, owners under today's names", async () => {
  const config = {
    $schema: "./schema.json",
    owners: [" telegram:5 ", "x:7"],
    session: { dmScope: "per-peer" },
    model: { provider: "anthropic", apiKey: "sk-fake-key-of-a-test" },
    modelProvider: "openai",
    commands: false,
    publicUrl: "https://agent.example.com/",
  };
  const { plan, problems } = await planOf({ config });
  expect(problems).toEqual([]);
  expect(plan.settings).toMatchObject({
    owners: ["telegram:5", "twitter:7"],
    session: config.session,
    model: config.model,
    modelProvider: "openai",
    commands: false,
    publicUrl: "https://agent.example.com",
  });
  const { settings } = shownConfig(plan);
  expect(settings["model"]).toEqual({ value: { provider: "anthropic", apiKey: "****" }, from: "file" });
  expect(plan.redactor.redact("key sk-fake-key-of-a-test")).toBe("key ****");
});

describe("channels, the old name of connectors", () => {
  it("is read for what connectors does not have, and says so", async () => {
    const { plan, problems } = await planOf({
      config: {
        channels: { telegram: { botToken: TOKEN }, x: { dryRun: true }, slack: { enabled: false } },
        connectors: { twitter: { enabled: false }, slack: { mode: "socket" } },
      },
    });
    expect(problems).toEqual([]);
    expect(plan.blocks).toEqual({
      telegram: { botToken: TOKEN },
      twitter: { enabled: false },
      slack: { mode: "socket" },
    });
    expect(plan.warnings).toEqual([
      "milady.json: channels.telegram is read as connectors.telegram, the name of today; rename it",
      "milady.json: channels.twitter is not read, since connectors.twitter is there; remove it",
      "milady.json: channels.slack is not read, since connectors.slack is there; remove it",
    ]);
  });
});

describe("the env section", () => {
  const REFUSED = [
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "NODE_OPTIONS",
    "NODE_PATH",
    "NODE_EXTRA_CA_CERTS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "HTTPS_PROXY",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "PATH",
    "Path",
    "HOME",
    "SHELL",
    "MILADY_API_TOKEN",
    "EVM_PRIVATE_KEY",
    "SOLANA_PRIVATE_KEY",
    "GITHUB_TOKEN",
    "DATABASE_URL",
    "POSTGRES_URL",
  ];

  it.each(REFUSED)("may not give %s, and says so", async (name) => {
    const { plan } = await planOf({ config: { env: { [name]: "direct", vars: { [name]: "nested" } } } });
    expect(plan.environment[name]).toBeUndefined();
    expect(plan.warnings).toEqual([
      `milady.json: env.${name} is not taken from a config file; set it in the environment of the host`,
    ]);
  });

  it("gives what connectors need", async () => {
    const { plan } = await planOf({
      config: {
        env: { NOSTR_PRIVATE_KEY: "nsec-fake", MILADY_PORT: 5, vars: { SLACK_BOT_TOKEN: "xoxb-fake" } },
      },
    });
    expect(plan.environment).toMatchObject({
      NOSTR_PRIVATE_KEY: "nsec-fake",
      MILADY_PORT: "5",
      SLACK_BOT_TOKEN: "xoxb-fake",
    });
    expect(plan.warnings).toEqual([]);
  });
});

describe("names of plugins that are none of this host's", () => {
  it("are told, not taken for a mistake", async () => {
    const { plan, problems } = await planOf({
      config: {
        plugins: { allow: ["@elizaos/plugin-sql"], entries: { linear: { enabled: true, config: {} } } },
      },
    });
    expect(problems).toEqual([]);
    expect(plan.warnings).toEqual([
      'milady.json: plugins.allow.0: "@elizaos/plugin-sql" is no connector of this host, and is not used',
      'milady.json: plugins.entries.linear: "linear" is no connector of this host, and is not used',
    ]);
  });
});

describe("a character", () => {
  it("is kept whole, its connectors replace blocks by id, its secrets are masked wherever they stand", async () => {
    const character = {
      name: "Ada",
      bio: "Computes.",
      system: "Be brief.",
      topics: ["engines"],
      settings: { secrets: { OTHER_KEY: "deep-secret-of-a-test" } },
      secrets: { enableServerless: false, nested: [{ any: "secret-of-a-test" }] },
      connectors: { x: { apiKey: "from the character" } },
    };
    const { plan, problems } = await planOf({
      config: { connectors: { twitter: { apiKey: "from the file", dryRun: true }, slack: { mode: "http" } } },
      character,
    });
    expect(problems).toEqual([]);
    expect(plan.blocks).toEqual({ twitter: { apiKey: "from the character" }, slack: { mode: "http" } });
    expect(plan.character).toMatchObject({ name: "Ada", bio: ["Computes."], file: character });
    expect(plan.warnings).toEqual(["character.json: kept, but not used by this host: settings"]);
    expect(plan.redactor.redact("deep-secret-of-a-test and secret-of-a-test")).toBe("**** and ****");
  });

  it.each<[object, string]>([
    [{ name: 5 }, "character.json: name: must be text"],
    [{ name: " " }, "character.json: name: must not be empty"],
    [{ bio: [5] }, "character.json: bio: must be text or a list of texts"],
    [{ description: [] }, "character.json: description: must be text"],
    [{ topics: 5 }, "character.json: topics: must be text or a list of texts"],
  ])("%j is refused", async (character, line) => {
    await expect(planOf({ character })).rejects.toThrow(line);
  });
});
