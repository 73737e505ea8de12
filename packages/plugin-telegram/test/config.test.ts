import { type Address, resolveAccounts } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { config, groupSettings as settingsOf, type TelegramConfig } from "../src/config.js";

const TOKEN = "123456:fake-token-for-tests";

function effective(block: object): TelegramConfig {
  return config.fields.parse({ botToken: TOKEN, ...block });
}

function problems(block: object): string[] {
  const parsed = config.fields.safeParse({ botToken: TOKEN, ...block });
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("ids", () => {
  it("may be numbers or strings, with or without prefix", () => {
    const { allowFrom, groupAllowFrom } = effective({
      allowFrom: [1001, " 1002 ", "tg:1003", "Telegram:1004", "*"],
      groupAllowFrom: ["tg:-100"],
    });
    expect(allowFrom).toEqual(["1001", "1002", "1003", "1004", "*"]);
    expect(groupAllowFrom).toEqual(["-100"]);
  });

  it("are not usernames, which can change hands", () => {
    expect(problems({ allowFrom: ["@ada"] })).toEqual([
      expect.stringContaining("allowFrom.0: must be a numeric id"),
    ]);
  });
});

describe("apiRoot", () => {
  it("is Telegram's own by default, and loses trailing slashes", () => {
    expect(effective({}).apiRoot).toBe("https://api.telegram.org");
    expect(effective({ apiRoot: "http://127.0.0.1:8081/bots//" }).apiRoot).toBe("http://127.0.0.1:8081/bots");
  });

  it.each(["api.telegram.org", "ftp://x.example", "https://x.example/?a=1"])("refuses %s", (apiRoot) => {
    expect(problems({ apiRoot })).toEqual([
      expect.stringContaining("apiRoot: must be an http or https address"),
    ]);
  });
});

describe("botToken", () => {
  it.each(["BOT_TOKEN", "123456789:AAFakeFakeFakeFakeFakeFakeFakeFake-_1", " 1:x\n"])(
    "may be %j",
    (botToken) => {
      expect(problems({ botToken })).toEqual([]);
    },
  );

  it.each(["123:abc def", "123:abc/../getMe", "<your token>"])(
    "that cannot be one is refused without being shown",
    (botToken) => {
      const found = problems({ botToken });
      expect(found).toEqual([expect.stringContaining("@BotFather")]);
      expect(found.join()).not.toContain(botToken);
    },
  );
});

describe("groups", () => {
  const groupSettings = (settings: TelegramConfig, address: Address, hasThreads?: true) =>
    settingsOf(settings, address, hasThreads === undefined ? {} : { hasThreads });
  const settings = effective({
    groups: {
      "-100": {
        requireMention: true,
        allowFrom: ["tg:1"],
        topics: { 7: { requireMention: false }, "*": { enabled: false } },
      },
      "tg:-200": { enabled: false },
      "*": { requireMention: false, enabled: true },
    },
  });

  it("name the group, and say where", () => {
    expect(groupSettings(settings, { chat: "-100", thread: "7" }).listed).toEqual({
      value: true,
      path: "groups.-100",
    });
    expect(groupSettings(settings, { chat: "-200" })).toMatchObject({
      listed: { path: "groups.tg:-200" },
      enabled: { value: false, path: "groups.tg:-200.enabled" },
    });
    expect(groupSettings(settings, { chat: "-300" }).listed).toEqual({ value: true, path: "groups.*" });
    expect(groupSettings(effective({ groups: { "-100": {} } }), { chat: "-300" })).toEqual({});
  });

  it("let the most specific entry win, setting by setting", () => {
    expect(groupSettings(settings, { chat: "-100", thread: "7" })).toEqual({
      listed: { value: true, path: "groups.-100" },
      requireMention: { value: false, path: "groups.-100.topics.7.requireMention" },
      enabled: { value: false, path: "groups.-100.topics.*.enabled" },
      allowFrom: { value: ["1"], path: "groups.-100.allowFrom" },
    });
    expect(groupSettings(settings, { chat: "-300" }).requireMention).toEqual({
      value: false,
      path: "groups.*.requireMention",
    });
  });

  it("know the General topic, whose messages have no thread, as topic 1, and none in groups without topics", () => {
    const wide = effective({ groups: { "-100": { topics: { 1: { requireMention: false } } } } });
    expect(groupSettings(wide, { chat: "-100" }).requireMention).toBeUndefined();
    expect(groupSettings(wide, { chat: "-100" }, true).requireMention).toEqual({
      value: false,
      path: "groups.-100.topics.1.requireMention",
    });
  });

  it("say what the agent is told and may use, topic before group before the groups' `*`", () => {
    const wide = effective({
      groups: {
        "-100": {
          systemPrompt: "Speak of engines.",
          skills: ["maths"],
          tools: { allow: ["messages.*"] },
          topics: {
            7: {
              systemPrompt: "Speak of steam.",
              toolsBySender: { "*": {}, "tg:5": { alsoAllow: ["config.*"] } },
            },
          },
        },
        "*": { systemPrompt: "Be brief.", skills: [], tools: { deny: ["messages.delete"] } },
      },
    });
    expect(groupSettings(wide, { chat: "-100", thread: "7" })).toMatchObject({
      systemPrompt: { value: "Speak of steam.", path: "groups.-100.topics.7.systemPrompt" },
      skills: { value: ["maths"], path: "groups.-100.skills" },
      tools: [
        { sender: "5", path: "groups.-100.topics.7.toolsBySender.tg:5", value: { alsoAllow: ["config.*"] } },
        { sender: "*", path: "groups.-100.topics.7.toolsBySender.*" },
        { path: "groups.-100.tools", value: { allow: ["messages.*"] } },
        { path: "groups.*.tools", value: { deny: ["messages.delete"] } },
      ],
    });
    expect(groupSettings(wide, { chat: "-300" })).toMatchObject({
      systemPrompt: { value: "Be brief.", path: "groups.*.systemPrompt" },
      skills: { value: [], path: "groups.*.skills" },
    });
  });

  it.each([
    [
      { tools: { allow: ["a"], alsoAllow: ["b"] } },
      "groups.-100.tools.alsoAllow: cannot be given beside allow",
    ],
    [{ toolsBySender: { "@ada": {} } }, "groups.-100.toolsBySender.@ada: must be a numeric id"],
    [
      { topics: { 7: { tools: { deny: ["*x"] } } } },
      "groups.-100.topics.7.tools.deny.0: must be the name of a tool",
    ],
  ])("refuse %j", (entry, message) => {
    expect(problems({ groups: { "-100": entry } })).toEqual([expect.stringContaining(message)]);
  });

  it("refuse unknown keys at every depth", () => {
    expect(problems({ groups: { "-100": { topics: { 7: { mention: true } } } } })).toEqual([
      expect.stringContaining("groups.-100.topics.7"),
    ]);
  });
});

describe("an account", () => {
  it("without a token is told which key, which variable and where to get one", async () => {
    const { telegram } = await import("../src/index.js");
    const [account] = resolveAccounts(telegram, {}, {});
    expect(account?.issues).toEqual([
      {
        path: "connectors.telegram.botToken",
        message: expect.stringMatching(/TELEGRAM_BOT_TOKEN.*@BotFather/),
      },
    ]);
  });

  it("is filled by TELEGRAM_BOT_TOKEN alone", async () => {
    const { telegram } = await import("../src/index.js");
    const [account] = resolveAccounts(telegram, undefined, { TELEGRAM_BOT_TOKEN: TOKEN });
    expect(account).toMatchObject({
      issues: [],
      account: { id: "default", config: { botToken: TOKEN, dmPolicy: "pairing", groupPolicy: "allowlist" } },
    });
  });
});
