import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { afterThisTest, type RunOptions, Workspace } from "./support/cli.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

/** Starts the host with this `milady.json`; it must end by itself. */
async function startWith(config: unknown, options?: RunOptions) {
  const workspace = new Workspace();
  workspace.file("milady.json", config);
  const { code, stdout, stderr } = await workspace.finish(["start"], options);
  return { code, stdout, stderr: stderr.replaceAll(workspace.path, "<here>") };
}

test("A4 a config that is no JSON5 is refused with line and column", async () => {
  const { code, stdout, stderr } = await startWith("{\n  connectors: {\n    telegram: }\n}");
  expect(stderr).toBe("error: milady.json:3:15: is not valid JSON5: invalid character '}'\n");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
});

test("A4 a config that ends too soon is refused", async () => {
  const { code, stderr } = await startWith('{ "connectors": {');
  expect(stderr).toBe("error: milady.json:1:18: is not valid JSON5: invalid end of input\n");
  expect(code).toBe(1);
});

test("A4 a config that is no object is refused", async () => {
  const { code, stderr } = await startWith("[]");
  expect(stderr).toBe('error: milady.json: must hold an object, such as { "connectors": { } }\n');
  expect(code).toBe(1);
});

test("A4 a slip in a top-level key names the key that was meant", async () => {
  const { code, stderr } = await startWith({ conectors: {}, stor: {} });
  expect(stderr).toBe(
    'error: milady.json: conectors: unknown key "conectors"; did you mean "connectors"?\n' +
      'error: milady.json: stor: unknown key "stor"; did you mean "store"?\n',
  );
  expect(code).toBe(1);
});

test("A4 an unknown connector names the nearest of the known ones", async () => {
  const { code, stderr } = await startWith({ connectors: { telegrm: { botToken: TOKEN } } });
  expect(stderr).toBe(
    'error: milady.json: connectors.telegrm: unknown connector "telegrm"; did you mean "telegram"?\n',
  );
  expect(code).toBe(1);
});

test("A4 a connector that is like no other gets the list of all", async () => {
  const { stderr } = await startWith({ connectors: { carrierpigeon: {} } });
  expect(stderr).toContain(
    'connectors.carrierpigeon: unknown connector "carrierpigeon"; known: discord, telegram, slack,',
  );
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("A4 an unknown key in a connector's block names its path and the nearest key", async () => {
  const { code, stderr } = await startWith({
    connectors: { telegram: { botToken: TOKEN, dmPolcy: "open" } },
  });
  expect(stderr).toBe(
    'error: milady.json: connectors.telegram.dmPolcy: unknown key "dmPolcy"; did you mean "dmPolicy"?\n',
  );
  expect(code).toBe(1);
});

test("A4 a wrong value names its path; the open door without its second word is refused", async () => {
  const { code, stderr } = await startWith({
    connectors: { telegram: { botToken: TOKEN, dmPolicy: "open", historyLimit: -1 } },
  });
  expect(stderr).toContain("error: milady.json: connectors.telegram.historyLimit: ");
  expect(code).toBe(1);
  const open = await startWith({ connectors: { telegram: { botToken: TOKEN, dmPolicy: "open" } } });
  expect(open.stderr).toContain(
    'error: milady.json: connectors.telegram.allowFrom: must contain "*" when dmPolicy is "open"',
  );
  expect(open.code).toBe(1);
});

test("A1 missing credentials name the key, the variable and where to get them", async () => {
  const { code, stderr } = await startWith({ connectors: { telegram: {} } });
  expect(stderr).toBe(
    "error: milady.json: connectors.telegram.botToken: is missing. Set it or the environment variable TELEGRAM_BOT_TOKEN. " +
      "Ask @BotFather in Telegram: /newbot, or /mybots and then API Token.\n",
  );
  expect(code).toBe(1);
});

test("A4 wrong values of the host's own keys name their path", async () => {
  const { code, stderr } = await startWith({
    store: { maxMB: 5, durability: "ful" },
    env: { A: [] },
    connectors: [],
  });
  expect(stderr.trimEnd().split("\n")).toEqual([
    'error: milady.json: store.durability: must be "full" or "process", not "ful"; did you mean "full"?',
    'error: milady.json: store.maxMB: unknown key "maxMB"; did you mean "maxMb"?',
    "error: milady.json: env.A: must be text, a number or a boolean",
    "error: milady.json: connectors: must be an object of connectors by id",
  ]);
  expect(code).toBe(1);
});

test("a connector whose package is not installed says how to install it", async () => {
  const { code, stderr } = await startWith({
    connectors: { googlechat: { serviceAccountFile: "./key.json" } },
  });
  expect(stderr).toBe(
    "error: milady.json: connectors.googlechat: @elizaos/plugin-google-chat is not installed; run: pnpm add @elizaos/plugin-google-chat\n",
  );
  expect(code).toBe(1);
});

test("a config file that was named and is not there is an error, not a demo", async () => {
  const workspace = new Workspace();
  const { code, stderr } = await workspace.finish(["start", "--config", "nowhere.json"]);
  expect(stderr).toBe("error: nowhere.json: cannot be read: no such file or directory\n");
  expect(code).toBe(1);
  const byVariable = await workspace.finish(["start"], { env: { MILADY_CONFIG_PATH: "gone/milady.json" } });
  expect(byVariable.stderr).toBe("error: gone/milady.json: cannot be read: no such file or directory\n");
});

test("an unreadable config says why", async () => {
  const workspace = new Workspace();
  mkdirSync(join(workspace.path, "milady.json"));
  const { code, stderr } = await workspace.finish(["start"]);
  expect(stderr).toBe("error: milady.json: cannot be read: it is a directory\n");
  expect(code).toBe(1);
});

test("an unreadable character says why", async () => {
  const workspace = new Workspace();
  workspace.file("who.json", "{ name: 5 }");
  const { code, stderr } = await workspace.finish(["start", "--character=./who.json"]);
  expect(stderr).toBe("error: who.json: name: must be text\n");
  expect(code).toBe(1);
});

test("settings in the environment are checked", async () => {
  const { code, stderr } = await startWith(
    {},
    { env: { MILADY_PORT: "http", MILADY_LOG: "xml", MILADY_LOG_LEVEL: "inf" } },
  );
  expect(stderr.trimEnd().split("\n")).toEqual([
    'error: MILADY_PORT: must be a port number from 0 to 65535 (0 picks a free one), not "http"',
    'error: MILADY_LOG: must be "json" or "readable", not "xml"',
    'error: MILADY_LOG_LEVEL: unknown level "inf"; did you mean "info"?',
  ]);
  expect(code).toBe(1);
});

test("a port in use names MILADY_PORT", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterThisTest(() => server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const { code, stderr } = await startWith(
    { connectors: { telegram: { botToken: TOKEN } } },
    { env: { MILADY_PORT: String(port) } },
  );
  expect(stderr).toBe(
    `error: MILADY_PORT: port ${port} on 127.0.0.1 is in use by another program. Stop it, or set MILADY_PORT to another port (0 picks a free one).\n`,
  );
  expect(code).toBe(1);
});

test("a state directory that is a file is refused", async () => {
  const workspace = new Workspace();
  const inTheWay = workspace.file("taken", "not a directory");
  workspace.file("milady.json", { connectors: { telegram: { botToken: TOKEN } } });
  const { code, stderr } = await workspace.finish(["start"], { env: { MILADY_STATE_DIR: inTheWay } });
  expect(stderr).toBe(
    `error: state directory ${inTheWay}: cannot be used: it is a file, not a directory. Set MILADY_STATE_DIR to a directory of this host's own.\n`,
  );
  expect(code).toBe(1);
});

test("a state directory whose database is something else is refused", async () => {
  const workspace = new Workspace();
  workspace.file("state/connectors.sqlite", "this is no database, and it is long enough to be seen as none");
  workspace.file("milady.json", { connectors: { telegram: { botToken: TOKEN } } });
  const { code, stderr } = await workspace.finish(["start"]);
  expect(stderr).toContain(`error: state directory ${workspace.stateDir}: cannot be used: `);
  expect(stderr).toContain("move it away to start anew");
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(code).toBe(1);
});

test("a state directory that a running host holds names that host", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const first = workspace.run(["start"]);
  await first.says(/connected/);
  const { code, stderr } = await workspace.finish(["start"]);
  expect(stderr).toBe(
    `error: state directory ${workspace.stateDir}: in use by the host with pid ${first.pid}. Stop it (kill ${first.pid}), ` +
      "or set MILADY_STATE_DIR to a directory of this host's own.\n",
  );
  expect(code).toBe(1);
  first.signal("SIGTERM");
  expect((await first.finished()).code).toBe(0);
  const next = workspace.run(["start"]);
  await next.says(/connected/);
});

test("wrong usage ends with 2 and tells what was meant", async () => {
  const workspace = new Workspace();
  const unknown = await workspace.finish(["statsu"]);
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toContain("error: unknown command 'statsu'\n(Did you mean status?)");
  const option = await workspace.finish(["start", "--confg", "x"]);
  expect(option).toMatchObject({ code: 2, stdout: "" });
  expect(option.stderr).toContain("(Did you mean --config?)");
  const missing = await workspace.finish(["pairing", "approve", "telegram"]);
  expect(missing.code).toBe(2);
  const number = await workspace.finish(["why", "yesterday"]);
  expect(number.code).toBe(2);
});
