import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import type { ShownConfig } from "../src/config/show.js";
import { Workspace } from "./support/cli.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const SCHEMA: unknown = JSON.parse(readFileSync(new URL("../milady.schema.json", import.meta.url), "utf8"));
const BROKEN_MAIN = "throw new Error('this package was imported');";

/** A package whose manifest is fine and whose connector cannot be imported. */
function installBrokenSlack(workspace: Workspace): void {
  const manifest = {
    id: "slack",
    name: "Slack",
    package: "@elizaos/plugin-slack",
    env: { botToken: ["SLACK_BOT_TOKEN"] },
    secrets: ["botToken"],
    credentials: [{ keys: ["botToken"], where: "Nowhere: this is a fixture." }],
  };
  const folder = "node_modules/@elizaos/plugin-slack";
  const exports = { ".": "./index.js", "./manifest": "./manifest.js" };
  workspace.file(`${folder}/package.json`, { type: "module", exports });
  workspace.file(`${folder}/manifest.js`, `export const manifest = ${JSON.stringify(manifest)};`);
  workspace.file(`${folder}/index.js`, BROKEN_MAIN);
}

describe("config check", () => {
  test("a config in order ends with 0 and says what it runs", async () => {
    const workspace = new Workspace();
    workspace.file("milady.json", { connectors: { telegram: { botToken: TOKEN } } });
    expect(await workspace.finish(["config", "check"])).toMatchObject({
      code: 0,
      stdout: "milady.json: in order; it runs telegram/default\n",
      stderr: "",
    });
    expect(await readJson(workspace, ["config", "check"])).toEqual({
      ok: true,
      config: "milady.json",
      problems: [],
      warnings: [],
    });
  });

  test("every problem is a line of its own, from the top level to the accounts", async () => {
    const workspace = new Workspace();
    const telegram = {
      historyLimit: -1,
      accounts: { a: { botToken: TOKEN, dmPolcy: "open" }, b: {} },
    };
    workspace.file("milady.json", {
      stor: {},
      commands: 1,
      connectors: { telegram, zalo: { botToken: "1:x" }, slack: {} },
    });
    const { code, stdout, stderr } = await workspace.finish(["config", "check"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "Not in order:\n" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      'error: milady.json: stor: unknown key "stor"; did you mean "store"?',
      "error: milady.json: commands: must be true or false, not 1",
      "error: milady.json: connectors.slack.botToken: is missing. Set it or the environment variable SLACK_BOT_TOKEN. Take them from api.slack.com/apps: OAuth & Permissions, Basic Information.",
      "error: milady.json: connectors.zalo: @elizaos/plugin-zalo is not installed; run: pnpm add @elizaos/plugin-zalo",
      "error: milady.json: connectors.telegram.historyLimit: must be at least 0, not -1",
      'error: milady.json: connectors.telegram.accounts.a.dmPolcy: unknown key "dmPolcy"; did you mean "dmPolicy"?',
    ]);
    const json = await workspace.finish(["config", "check", "--json"]);
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: expect.any(Array) });
    expect(JSON.parse(json.stdout).problems).toHaveLength(6);
  });

  test("wrong commands are named where they stand, also those that the runtime answers itself", async () => {
    const workspace = new Workspace();
    const customCommands = [
      { command: "/plan it", description: "" },
      { command: "Help", description: "Helps" },
    ];
    workspace.file("milady.json", { connectors: { telegram: { botToken: TOKEN, customCommands } } });
    const lines = async () => {
      const { stderr } = await workspace.finish(["config", "check"]);
      return stderr.replaceAll("error: milady.json: connectors.telegram.", "").trimEnd().split("\n");
    };
    expect(await lines()).toEqual([
      'customCommands.0.command: may have letters a to z, digits and "_" only',
      "customCommands.0.description: must not be empty: people read it in the menu",
    ]);
    const telegram = { botToken: TOKEN, customCommands: customCommands.slice(1) };
    workspace.file("milady.json", { connectors: { telegram } });
    expect(await lines()).toEqual([
      expect.stringMatching(/^customCommands\.0\.command: is \/help, which the runtime answers itself; /),
    ]);
    workspace.file("milady.json", { commands: false, connectors: { telegram } });
    expect((await workspace.finish(["config", "check"])).code).toBe(0);
  });

  test("a file that cannot be read is a problem like any other", async () => {
    const workspace = new Workspace();
    workspace.file("milady.json", "{");
    const { code, stdout } = await workspace.finish(["config", "check", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      config: null,
      problems: ["milady.json:1:2: is not valid JSON5: invalid end of input"],
      warnings: [],
    });
  });
});

describe("config show", () => {
  const shown = (workspace: Workspace, env: Readonly<Record<string, string>> = {}) =>
    readJson<ShownConfig>(workspace, ["config", "show"], env);

  test("every value of every account with its place; nothing secret", async () => {
    const workspace = new Workspace();
    const accounts = {
      default: { allowFrom: [1] },
      second: { botToken: "100002:SECOND-FAKE", enabled: false },
    };
    workspace.file("milady.json", {
      env: { PORT: "env-fake", vars: { TWILIO_SID: "vars-fake" } },
      connectors: {
        telegram: { dmPolicy: "allowlist", accounts },
        tlon: { ship: "~zod", url: "https://u:pass-word@h", code: "lid-fake" },
      },
    });
    const env = { TELEGRAM_BOT_TOKEN: TOKEN };
    const report = await shown(workspace, env);
    expect(report).toMatchObject({
      config: "milady.json",
      settings: { env: { value: { PORT: "****", TWILIO_SID: "****" }, from: "file" } },
    });
    const [telegram, tlon] = report.connectors;
    expect(telegram?.accounts[0]).toMatchObject({
      id: "default",
      enabled: true,
      values: {
        botToken: { value: "****:****", from: "environment", path: "TELEGRAM_BOT_TOKEN" },
        allowFrom: { value: ["1"], from: "account", path: "connectors.telegram.accounts.default.allowFrom" },
        dmPolicy: { value: "allowlist", from: "base", path: "connectors.telegram.dmPolicy" },
        historyLimit: { value: 50, from: "default" },
      },
      problems: [],
    });
    expect(telegram?.accounts[1]).toMatchObject({
      enabled: false,
      values: { botToken: { value: "****:****", path: "connectors.telegram.accounts.second.botToken" } },
    });
    expect(tlon).toMatchObject({
      unvalidated: true,
      accounts: [{ values: { code: { value: "****" }, url: { value: "https://****:****@h" } } }],
    });
    const { stdout } = await workspace.finish(["config", "show"], { env });
    expect(stdout).toMatch(/^ {4}botToken +"\*{4}:\*{4}" {2}\(TELEGRAM_BOT_TOKEN\)$/m);
    expect(stdout).toContain("not checked, since its package is not installed");
    for (const text of [stdout, JSON.stringify(report)])
      for (const secret of [TOKEN, "SECOND-FAKE", "pass-word", "lid-fake", "env-fake", "vars-fake"])
        expect(text).not.toContain(secret);
  });

  test("a block of a connector that is not there is masked at every depth", async () => {
    const workspace = new Workspace();
    workspace.file("milady.json", {
      connectors: {
        matrix: {
          homeserver: "https://matrix.example",
          accessToken: "tok",
          bridge: { enabled: true, token: "k" },
          rooms: { "1": { requireMention: true } },
        },
        googlechat: {
          serviceAccount: { type: "service_account", private_key: "PRIVATE-FAKE" },
          audience: "1",
        },
        zalo: { botToken: "5:fake", proxy: "http://user:pa55word@proxy:1", tokenFile: "./token" },
      },
    });
    const values = async (id: string) => {
      const account = (await shown(workspace)).connectors.find((each) => each.id === id)?.accounts[0];
      return Object.fromEntries(
        Object.entries(account?.values ?? {}).map(([key, { value }]) => [key, value]),
      );
    };
    expect(await values("matrix")).toEqual({
      homeserver: "https://matrix.example",
      accessToken: "****",
      bridge: { enabled: true, token: "****" },
      rooms: { "1": { requireMention: true } },
    });
    expect(await values("googlechat")).toEqual({ serviceAccount: "****", audience: "1" });
    expect(await values("zalo")).toEqual({
      botToken: "****:****",
      proxy: "http://****:****@proxy:1",
      tokenFile: join(workspace.path, "token"),
    });
    const status = await readStatus(workspace);
    expect(connectorOf(status, "matrix")).toMatchObject({
      unvalidated: true,
      configured: true,
      enabled: true,
    });
    expect(connectorOf(status, "lens")).toMatchObject({ unvalidated: false });
    expect(JSON.stringify(status)).not.toMatch(/PRIVATE-FAKE|pa55word|5:fake/);
  });
});

describe("config schema", () => {
  test("the published schema is the one that the code makes; mend it with: npx -y pnpm@12 generate", async () => {
    const workspace = new Workspace();
    const { code, stdout, stderr } = await workspace.finish(["config", "schema"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(SCHEMA);
  });

  test("has the connectors that are installed beside the user, and says which cannot be had", async () => {
    const workspace = new Workspace();
    installBrokenSlack(workspace);
    const { code, stderr } = await workspace.finish(["config", "schema"]);
    expect(code).toBe(0);
    expect(stderr).toBe("warning: @elizaos/plugin-slack cannot be loaded: this package was imported\n");
  });

  const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(SCHEMA));
  const wrong = (config: unknown) =>
    schema.safeParse(config).error?.issues.map(({ path, code }) => `${path.join(".")} ${code}`) ?? [];

  it.each([
    {},
    { foreign: { key: 1 }, connectors: {} },
    {
      connectors: { telegram: { botToken: TOKEN, groups: { "-1": { topics: { "1": { enabled: true } } } } } },
    },
    { connectors: { telegram: { accounts: { a: { botToken: TOKEN, allowFrom: [1, "*"] } } } } },
    { connectors: { matrix: { anything: [1] }, x: { apiKey: "x" }, defaults: { dmPolicy: "open" } } },
    { owners: ["telegram:1"], store: { durability: "process" }, env: { A: 1, vars: { B: "x" } } },
  ])("accepts %j", (config) => {
    expect(wrong(config)).toEqual([]);
  });

  it.each<[object, string]>([
    [{ connectors: { telegram: { dmPolcy: "open" } } }, "connectors.telegram unrecognized_keys"],
    [{ connectors: { telegram: { dmPolicy: "opn" } } }, "connectors.telegram.dmPolicy invalid_value"],
    [
      { connectors: { telegram: { accounts: { a: { retry: { jitter: 2 } } } } } },
      "connectors.telegram.accounts.a.retry.jitter too_big",
    ],
    [{ connectors: { telegrm: {} } }, "connectors unrecognized_keys"],
    [{ commands: "no" }, "commands invalid_type"],
    [{ store: { maxMb: 0 } }, "store.maxMb too_small"],
  ])("refuses %j", (config, issue) => {
    expect(wrong(config)).toEqual([issue]);
  });

  it("describes every key that a person may write", () => {
    const missing: string[] = [];
    const look = (node: unknown, at: string) => {
      const { properties, additionalProperties, description, $ref } = shape.parse(node);
      if (
        description === undefined &&
        $ref === undefined &&
        !at.endsWith("*") &&
        !/^\.definitions\.[\w.-]+$/.test(at)
      )
        missing.push(at);
      for (const [key, each] of Object.entries(properties ?? {})) look(each, `${at}.${key}`);
      if (typeof additionalProperties === "object") look(additionalProperties, `${at}.*`);
    };
    const shape = z.object({
      properties: z.record(z.string(), z.unknown()).optional(),
      additionalProperties: z.unknown().optional(),
      description: z.string().optional(),
      $ref: z.string().optional(),
    });
    const { properties, definitions } = z
      .object({
        properties: z.record(z.string(), z.unknown()),
        definitions: z.record(z.string(), z.unknown()),
      })
      .parse(SCHEMA);
    for (const [key, node] of Object.entries(properties)) look(node, `.${key}`);
    for (const [key, node] of Object.entries(definitions)) look(node, `.definitions.${key}`);
    expect(missing).toEqual([]);
  });
});

describe("a package is imported only when its connector is enabled", () => {
  it.each<[string, object]>([
    ["switched off in its block", { connectors: { slack: { botToken: "b", enabled: false } } }],
    ["denied", { connectors: { slack: { botToken: "b" } }, plugins: { deny: ["slack"] } }],
    ["without credentials", { connectors: { slack: { mode: "socket" } } }],
    ["not mentioned", {}],
  ])("%s", async (_what, config) => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    installBrokenSlack(workspace);
    const { connectors = {}, ...rest }: { connectors?: object } = config;
    workspace.file("milady.json", {
      ...rest,
      connectors: { ...connectors, ...telegramConfig(sim).connectors },
    });
    const host = workspace.run(["start"]);
    await host.says(/connected/);
    expect(host.stdout + host.stderr).not.toContain("this package was imported");
  });

  test("and when it is, and cannot be, that is told", async () => {
    const workspace = new Workspace();
    installBrokenSlack(workspace);
    workspace.file("milady.json", { connectors: { slack: { botToken: "b" } } });
    expect(await workspace.finish(["start"])).toMatchObject({
      code: 1,
      stderr:
        "error: milady.json: connectors.slack: @elizaos/plugin-slack cannot be loaded: this package was imported\n",
    });
  });
});

describe("what keeps a connector from running is loud", () => {
  test("missing credentials beside a connector that runs are an error in the log and a failed account", async () => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    workspace.file("milady.json", {
      connectors: { ...telegramConfig(sim).connectors, slack: { botTokn: "b" } },
    });
    const host = workspace.run(["start"]);
    await host.says(/connectors\.slack\.botTokn: unknown key "botTokn"; did you mean "botToken"\?/);
    await host.says(/connectors\.slack\.botToken: is missing/);
    await host.says(/connected/);
    const slack = connectorOf(await readStatus(workspace), "slack");
    expect(slack).toMatchObject({
      configured: false,
      enabled: false,
      reason:
        "connectors.slack has no botToken and appToken and SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set",
      accounts: [{ state: "failed", reason: expect.stringContaining("botToken: is missing") }],
    });
  });

  test("a variable whose connector is not installed asks for the package", async () => {
    const workspace = new Workspace();
    const { code, stderr } = await workspace.finish(["start"], { env: { ZALO_BOT_TOKEN: "fake-token" } });
    expect(stderr).toBe(
      "error: ZALO_BOT_TOKEN: @elizaos/plugin-zalo is not installed; run: pnpm add @elizaos/plugin-zalo\n",
    );
    expect(code).toBe(1);
  });

  test("a host whose config switches everything off says what does", async () => {
    const workspace = new Workspace();
    workspace.file("milady.json", {
      plugins: { enabled: false },
      connectors: { telegram: { botToken: TOKEN } },
    });
    const host = workspace.run(["start"]);
    await host.says(/nothing is switched on: plugins\.enabled is false/);
    expect(connectorOf(await readStatus(workspace), "telegram")).toMatchObject({
      configured: true,
      enabled: false,
      reason: "plugins.enabled is false",
      accounts: [{ state: "disabled" }],
    });
  });
});

describe("several accounts", () => {
  test("share the base's token and settings; the environment fills none without a default, and that is told", async () => {
    const workspace = new Workspace();
    const accounts = { a: {}, b: { botToken: "100002:OWN-FAKE", historyLimit: 3 } };
    workspace.file("milady.json", {
      connectors: { telegram: { botToken: TOKEN, historyLimit: 7, accounts } },
    });
    const env = { TELEGRAM_BOT_TOKEN: "100009:ENVIRONMENT-FAKE" };
    const status = await readStatus(workspace, env);
    const note =
      'TELEGRAM_BOT_TOKEN is set but not used: it fills only the account "default", which connectors.telegram.accounts does not have';
    expect(connectorOf(status, "telegram").accounts).toMatchObject([
      {
        id: "a",
        values: { botToken: { from: "base" }, historyLimit: { value: 7, from: "base" } },
        notes: [note],
      },
      {
        id: "b",
        values: { botToken: { from: "account" }, historyLimit: { value: 3, from: "account" } },
        notes: [note],
      },
    ]);
  });

  test("the account default is filled by the environment, before base and file", async () => {
    const workspace = new Workspace();
    const accounts = { default: { botToken: "100001:FILE-FAKE" }, other: {} };
    workspace.file("milady.json", { connectors: { telegram: { botToken: "100002:BASE-FAKE", accounts } } });
    const status = await readStatus(workspace, { TELEGRAM_BOT_TOKEN: TOKEN });
    expect(connectorOf(status, "telegram").accounts).toMatchObject([
      {
        id: "default",
        values: { botToken: { from: "environment", variable: "TELEGRAM_BOT_TOKEN" } },
        notes: [],
      },
      { id: "other", values: { botToken: { from: "base" } }, notes: [] },
    ]);
  });
});
