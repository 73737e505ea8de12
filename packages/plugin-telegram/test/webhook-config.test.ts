import { resolveAccounts } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { telegram } from "../src/index.js";

const TOKEN = "100001:FAKE-TOKEN";
const SECRET = "fake_secret-1";

function resolve(block: object) {
  return resolveAccounts(telegram, { botToken: TOKEN, ...block }, {});
}

const issues = (block: object) =>
  resolve(block).flatMap((account) => account.issues.map(({ path, message }) => `${path} ${message}`));

const paths = (block: object) =>
  resolve(block).map(({ account }) =>
    account === undefined ? "refused" : telegram.webhook?.path(telegram.config.fields.parse(account.config)),
  );

describe("webhook settings", () => {
  it("choose the path at which updates arrive", () => {
    const webhookSecret = SECRET;
    expect(paths({})).toEqual([undefined]);
    expect(paths({ webhookUrl: " ", webhookSecret })).toEqual([undefined]);
    expect(paths({ webhookPath: "/unused" })).toEqual([undefined]);
    expect(paths({ webhookUrl: "https://bot.example", webhookSecret })).toEqual(["/"]);
    expect(paths({ webhookUrl: "https://bot.example:8443/a/b?x=1", webhookSecret })).toEqual(["/a/b"]);
    expect(paths({ webhookUrl: "/telegram", webhookSecret })).toEqual(["/telegram"]);
    expect(paths({ webhookUrl: "https://bot.example/out", webhookPath: "/in", webhookSecret })).toEqual([
      "/in",
    ]);
  });

  it("need a secret, each account its own or the base's", () => {
    const webhookUrl = "https://bot.example/telegram";
    const missing = (at: string) =>
      expect.stringMatching(new RegExp(`^${at}\\.webhookSecret is missing.*openssl`));
    expect(issues({ webhookUrl })).toEqual([missing("connectors.telegram")]);
    expect(
      issues({
        accounts: {
          a: { webhookUrl },
          b: { webhookUrl, webhookSecret: SECRET },
          off: { webhookUrl, enabled: false },
        },
      }),
    ).toEqual([missing("connectors.telegram")]);
    expect(issues({ webhookSecret: SECRET, accounts: { a: { webhookUrl }, b: {} } })).toEqual([]);
  });

  it.each([
    ["with a space", "has a space"],
    ["with an umlaut", "geheimnisträger"],
    ["that is empty", ""],
    ["that is too long", "x".repeat(257)],
  ])("refuse a secret %s", (_, webhookSecret) => {
    expect(issues({ webhookUrl: "https://bot.example", webhookSecret })).toEqual([
      expect.stringMatching(
        /^connectors\.telegram\.webhookSecret may have letters, digits, "_" and "-" only/,
      ),
    ]);
  });

  it.each([
    ["bot.example/telegram", "must be the https address"],
    ["ftp://bot.example", "must be the https address"],
    ["http://bot.example", "must begin with https://"],
    ["https://bot.example:3000", "has port 3000; Telegram posts to the ports 443, 80, 88, 8443 only"],
  ])("refuse the address %s", (webhookUrl, message) => {
    expect(issues({ webhookUrl, webhookSecret: SECRET })).toEqual([
      expect.stringContaining(`connectors.telegram.webhookUrl ${message}`),
    ]);
  });

  it("take any address for a Bot API server of one's own", () => {
    const own = { apiRoot: "http://127.0.0.1:8081", webhookSecret: SECRET };
    expect(issues({ ...own, webhookUrl: "http://127.0.0.1:2139/telegram" })).toEqual([]);
  });

  it.each(["telegram", "/a?b", "//bot.example", ""])("refuse the path %j", (webhookPath) => {
    expect(issues({ webhookUrl: "https://bot.example", webhookSecret: SECRET, webhookPath })).toEqual([
      expect.stringContaining("connectors.telegram.webhookPath must begin with"),
    ]);
  });

  it("refuse two accounts that nobody could tell apart, and name the other one", () => {
    const webhookUrl = "https://bot.example/telegram";
    const both = issues({ webhookUrl, webhookSecret: SECRET, accounts: { a: {}, b: { botToken: "2:B" } } });
    expect(both).toEqual([
      expect.stringMatching(
        /^connectors\.telegram\.webhookSecret is also that of account "b".*arrive at \/telegram/,
      ),
      expect.stringMatching(/^connectors\.telegram\.webhookSecret is also that of account "a"/),
    ]);
    const apart = [
      { a: { webhookSecret: "one" }, b: { webhookSecret: "two" } },
      { a: {}, b: { webhookUrl: "https://bot.example/b" } },
      { a: {}, b: { webhookUrl: "" } },
      { a: {}, b: { enabled: false } },
    ];
    for (const accounts of apart) expect(issues({ webhookUrl, webhookSecret: SECRET, accounts })).toEqual([]);
  });
});
