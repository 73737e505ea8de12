import { chmodSync, existsSync, lstatSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { DISCORD_TOKEN, discordWithBot } from "./support/discord.js";
import { connectorOf, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";
import { hasScript, inTerminal } from "./support/terminal.js";

const OTHER_TOKEN = "100002:FAKE-TOKEN-OF-ANOTHER-BOT";

function connect(workspace: Workspace, apiRoot: string, token: string, ...more: string[]) {
  return workspace.finish(["connect", "telegram", ...more], {
    input: `${token}\n`,
    env: { TELEGRAM_API_ROOT: apiRoot },
  });
}

function read(workspace: Workspace, name = "milady.json"): string {
  return readFileSync(join(workspace.path, name), "utf8");
}

test("a new bot: the token is checked and written, readable by its owner only, and the host runs it", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const { code, stdout, stderr } = await connect(workspace, sim.apiRoot, TOKEN);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Telegram says: this is @test_bot (id 100001).");
  expect(stdout).toContain("Next: milady start\n");
  expect(stdout).not.toContain(TOKEN);
  expect(JSON.parse(read(workspace))).toEqual({
    $schema: expect.stringMatching(/^https:.*\.json$/),
    connectors: { telegram: { botToken: TOKEN, dmPolicy: "pairing" } },
  });
  expect(statSync(join(workspace.path, "milady.json")).mode & 0o777).toBe(0o600);

  const host = workspace.run(["start"], { env: { TELEGRAM_API_ROOT: sim.apiRoot } });
  await host.says(/connected .*@test_bot/);
  const again = await connect(workspace, sim.apiRoot, TOKEN, "--replace");
  expect(again.stdout).toContain("Next: restart the host that is running");
});

test.each([
  [
    "comments, unknown keys and quotes",
    `// mine\n{\n  other: { deep: [1, /* two */ 2,], }, // kept\n  'connectors': {\n    slack: { enabled: false },\n    // here it goes\n  },\n}\n`,
  ],
  [
    "plain JSON",
    `{\n    "connectors": {\n        "telegram": {\n            "dmPolicy": "closed"\n        }\n    }\n}\n`,
  ],
  [
    "no comma at the end, and a comment behind",
    `{\n  connectors: {\n    telegram: {\n      dmPolicy: "open",\n      allowFrom: ["*"] // all\n    } // tg\n  } // end\n}\n`,
  ],
  ["one line", `{ connectors: { telegram: { enabled: true } } }`],
  [
    "tabs and CRLF",
    `{\r\n\tconnectors: {\r\n\t\ttelegram: {\r\n\t\t\tbotToken: "",\r\n\t\t},\r\n\t},\r\n}\r\n`,
  ],
  ["nothing", `{}`],
  ["only a comment", `{ /* later */ }`],
  ["an empty block", `{\n  connectors: {\n    telegram: {\n      // nothing yet\n    },\n  },\n}\n`],
  [
    "a byte order mark, odd numbers and long strings",
    `\uFEFF{ n: +0x1F, s: 'a\\\nb', "connectors": { "telegram": {}, }, x: Infinity }`,
  ],
])("writes into a file with %s and changes nothing else", async (_, text) => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", text);
  const { code, stderr } = await connect(workspace, sim.apiRoot, TOKEN);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const written = read(workspace);
  const before = JSON5.parse(text);
  const { dmPolicy = "pairing" } = before.connectors?.telegram ?? {};
  expect(JSON5.parse(written)).toEqual({
    ...before,
    $schema: expect.any(String),
    connectors: {
      ...before.connectors,
      telegram: { ...before.connectors?.telegram, botToken: TOKEN, dmPolicy },
    },
  });
  for (const comment of text.match(/\/\/.*|\/\*.*?\*\//g) ?? []) expect(written).toContain(comment);
  // Every line that was there is there still, but for a comma and the value that was set.
  for (const line of text.split("\n").map((each) => each.trim()))
    if (!/botToken|\{.*\}$/.test(line)) expect(written).toContain(line.replace(/,?\s*(?:\/\/.*)?$/, ""));
});

test("a file that cannot be changed in place is left alone, and the lines to add are printed without the token", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const text = "{ connectors: null /* why? */ }";
  workspace.file("milady.json", text);
  const { code, stdout, stderr } = await connect(workspace, sim.apiRoot, TOKEN);
  expect(code).toBe(1);
  expect(stderr).toContain("milady.json: cannot be changed without losing something");
  expect(stderr).toContain('"botToken": "****:****"');
  expect(stdout + stderr).not.toContain(TOKEN);
  expect(read(workspace)).toBe(text);
});

test.each([
  [
    "a wrong token",
    "100001:WRONG",
    /error: Telegram does not accept the bot token \(401 Unauthorized\)\..*Nothing was written\.\n$/,
  ],
  [
    "a token with a slip",
    "100001:WR ONG",
    /error: connectors\.telegram\.botToken: has characters that no bot token has.*Nothing was written\.\n$/,
  ],
  [
    "no token",
    "",
    /error: there is no terminal to ask in, and standard input is empty: .*--token-stdin < FILE\n$/,
  ],
])("%s writes nothing and says what to do in one line", async (_, token, message) => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const { code, stdout, stderr } = await connect(workspace, sim.apiRoot, token);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  if (token !== "") expect(stderr).not.toContain(token);
  expect(existsSync(join(workspace.path, "milady.json"))).toBe(false);
});

test("without network nothing is written", async () => {
  const workspace = new Workspace();
  const { code, stderr } = await connect(workspace, "http://127.0.0.1:1", TOKEN);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: Telegram cannot be reached \(ECONNREFUSED\)\. Nothing was written; try again/,
  );
  expect(existsSync(join(workspace.path, "milady.json"))).toBe(false);
});

test("a second bot is an account of its own, and the first one goes on running", async () => {
  const sim = await telegramWithBot();
  sim.bot({ token: OTHER_TOKEN, username: "other_bot" });
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const refused = await connect(workspace, sim.apiRoot, OTHER_TOKEN);
  expect(refused).toMatchObject({
    code: 1,
    stderr:
      "error: milady.json: connectors.telegram has credentials already; --replace replaces them, --account NAME adds another account\n",
  });
  const added = await connect(
    workspace,
    sim.apiRoot,
    OTHER_TOKEN,
    "--account",
    "work",
    "--dm-policy",
    "open",
  );
  expect(added).toMatchObject({ code: 0, stderr: "" });
  const host = workspace.run(["start"]);
  await host.says(/@other_bot/);
  await host.says(/@test_bot/);
  const { accounts } = connectorOf(await readStatus(workspace), "telegram");
  expect(accounts).toMatchObject([
    { id: "default", state: "online", values: { dmPolicy: { value: "pairing" } } },
    { id: "work", state: "online", values: { dmPolicy: { value: "open" }, allowFrom: { value: ["*"] } } },
  ]);
});

test("the file that the usual rules find is written; a symbolic link stays one, and others can read no more", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const real = workspace.file("elsewhere/real.json", "{}");
  chmodSync(real, 0o644);
  symlinkSync(real, join(workspace.path, "link.json"));
  const { code } = await workspace.finish(["connect", "telegram", "--token-stdin"], {
    input: TOKEN,
    env: { TELEGRAM_API_ROOT: sim.apiRoot, MILADY_CONFIG_PATH: "link.json" },
  });
  expect(code).toBe(0);
  expect(lstatSync(join(workspace.path, "link.json")).isSymbolicLink()).toBe(true);
  expect(JSON.parse(readFileSync(real, "utf8")).connectors.telegram.botToken).toBe(TOKEN);
  expect(statSync(real).mode & 0o777).toBe(0o600);
});

test("a variable that wins over the file is named", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const { stdout } = await workspace.finish(["connect", "telegram"], {
    input: TOKEN,
    env: { TELEGRAM_API_ROOT: sim.apiRoot, TELEGRAM_BOT_TOKEN: OTHER_TOKEN },
  });
  expect(stdout).toContain("Mind: TELEGRAM_BOT_TOKEN is set in the environment and wins over the file.");
});

test.each([
  [["--dm-policy", "opne"], "--dm-policy: must be pairing, allowlist, open"],
  [["--dm-policy", "allowlist"], "--dm-policy allowlist needs --allow-from"],
  [["--account", "a.b"], "--account: use letters"],
])("wrong usage %j", async (args, message) => {
  const { code, stderr } = await new Workspace().finish(["connect", "telegram", ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test.skipIf(!hasScript)(
  "in a terminal the token is asked for, hidden, and asked for again when it is wrong",
  async () => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    const { running, type } = inTerminal(workspace, ["connect", "telegram"], {
      TELEGRAM_API_ROOT: sim.apiRoot,
    });
    await running.says(/Telegram: botToken\. Ask @BotFather/);
    type("100001:WRONG-TOKEN\r");
    await running.says(/does not accept the bot token[\s\S]*Telegram: botToken/);
    type(`${TOKEN}\r`);
    await running.says(/Who may write to it in private\?/);
    type("\u001b[B\r");
    await running.says(/Ids of the senders/);
    type("41, 42\r");
    await running.says(/this is @test_bot/);
    const { code, stdout } = await running.finished();
    expect(code).toBe(0);
    expect(stdout).not.toContain("WRONG-TOKEN");
    expect(stdout).not.toContain(TOKEN);
    expect(JSON.parse(read(workspace)).connectors.telegram).toEqual({
      botToken: TOKEN,
      dmPolicy: "allowlist",
      allowFrom: ["41", "42"],
    });
  },
);

test.skipIf(!hasScript)("in a terminal Ctrl+C leaves everything as it was", async () => {
  const workspace = new Workspace();
  const { running, type } = inTerminal(workspace, ["connect", "telegram"]);
  await running.says(/Telegram: botToken/);
  type("\u0003");
  const { code, stdout } = await running.finished();
  expect(code).toBe(1);
  expect(stdout).toContain("error: cancelled; nothing was written");
  expect(existsSync(join(workspace.path, "milady.json"))).toBe(false);
});

test("a Discord bot: a wrong token is refused and nothing is written; the right one is, and the host runs it", async () => {
  const { sim } = await discordWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", { connectors: { discord: { apiRoot: sim.apiRoot } } });
  const before = read(workspace);
  const connectDiscord = (token: string) => workspace.finish(["connect", "discord"], { input: `${token}\n` });
  const refused = await connectDiscord("RkFLRS1UT0tFTg.FAKE.of-somebody-else");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Discord does not accept the bot token");
  expect(read(workspace)).toBe(before);

  const { code, stdout, stderr } = await connectDiscord(DISCORD_TOKEN);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Discord says: this is @helper_bot");
  expect(JSON.parse(read(workspace))).toMatchObject({
    connectors: { discord: { token: DISCORD_TOKEN, dmPolicy: "pairing" } },
  });
  const host = workspace.run(["start"]);
  await host.says(/connected .*@helper_bot/);
});
