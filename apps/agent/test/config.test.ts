import { join } from "node:path";
import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { installPluginSignal } from "./support/plugin.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

test("the environment alone runs the real bot", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const env = { TELEGRAM_BOT_TOKEN: TOKEN, TELEGRAM_API_ROOT: sim.apiRoot };
  const host = workspace.run(["start"], { env });
  await host.says(/connected/);
  const telegram = connectorOf(await readStatus(workspace, env), "telegram");
  expect(telegram).toMatchObject({ enabled: true, configured: true, reason: "TELEGRAM_BOT_TOKEN is set" });
  expect(telegram.accounts[0]?.values["botToken"]).toEqual({
    value: "****:****",
    from: "environment",
    variable: "TELEGRAM_BOT_TOKEN",
  });
});

test("the env section of the config stands in for variables that are not set", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", {
    env: { TELEGRAM_BOT_TOKEN: "100002:OVERRULED-BY-THE-PROCESS", vars: { TELEGRAM_API_ROOT: sim.apiRoot } },
  });
  const host = workspace.run(["start"], { env: { TELEGRAM_BOT_TOKEN: TOKEN } });
  await host.says(/connected/);
});

test("a config is looked for in the named places, in their order", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const config = (name: string) => telegramConfig(sim, { name });
  workspace.file("state/milady.json", config("state"));
  const read = async (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) => {
    const status = await readJson<Parameters<typeof connectorOf>[0]>(workspace, ["status", ...args], env);
    return connectorOf(status, "telegram").accounts[0]?.values["name"]?.value;
  };
  expect(await read()).toBe("state");
  workspace.file("milady.json", config("folder"));
  expect(await read()).toBe("folder");
  workspace.file("other/a.json", config("variable"));
  expect(await read([], { MILADY_CONFIG_PATH: "other/a.json" })).toBe("variable");
  workspace.file(
    "other/b.json5",
    `// JSON5\n{ connectors: { telegram: ${JSON.stringify(config("option").connectors.telegram)}, }, }`,
  );
  expect(await read(["--config", "other/b.json5"], { MILADY_CONFIG_PATH: "other/a.json" })).toBe("option");
});

test("foreign top-level keys are kept and told once", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", { ...telegramConfig(sim), agents: {}, gateway: {} });
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  expect(host.stdout.match(/kept, but not used by this host: agents, gateway/g)).toHaveLength(1);
});

test("a character gives name and bio, and its connectors replace the config file's by id", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", { connectors: { telegram: { botToken: "1:WRONG", dmPolicy: "closed" } } });
  workspace.file("ada.json", {
    name: "Lovelace",
    bio: ["I compute", "I also write"],
    connectors: telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] }).connectors,
    messageExamples: [],
    secrets: { enableServerless: false },
  });
  const host = workspace.run(["start", "--character=./ada.json"]);
  await host.says(/connected/);
  expect(host.stdout).toContain("ada.json: kept, but not used by this host: messageExamples");
  await ada.says("Who are you?");
  expect((await ada.hears()).text).toContain("I am Lovelace. I compute.");
});

test("A4 one account's bad config leaves the others running", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  const accounts = { good: { botToken: TOKEN }, bad: { botToken: "100009:X", dmPolicy: "opn" } };
  workspace.file("milady.json", { connectors: { telegram: { apiRoot: sim.apiRoot, accounts } } });
  const host = workspace.run(["start"]);
  await host.says(/connectors\.telegram\.accounts\.bad\.dmPolicy/);
  await host.says(/connected/);
});

test("a plugin is found beside the config file, and paths in its block start there", async () => {
  const workspace = new Workspace();
  installPluginSignal(join(workspace.path, "agent"));
  workspace.file("agent/milady.json", { connectors: { signal: { account: "+1", authDir: "./auth" } } });
  const status = await readJson<Parameters<typeof connectorOf>[0]>(workspace, [
    "status",
    "--config",
    "agent/milady.json",
  ]);
  expect(connectorOf(status, "signal")).toMatchObject({
    installed: true,
    configured: true,
    accounts: [{ values: { authDir: { value: join(workspace.path, "agent/auth"), from: "base" } } }],
  });
});

test("a package of the same name that is no connector of ours says so", async () => {
  const workspace = new Workspace();
  workspace.file("node_modules/@elizaos/plugin-discord/package.json", {
    name: "@elizaos/plugin-discord",
    type: "module",
    exports: "./index.js",
  });
  workspace.file("node_modules/@elizaos/plugin-discord/index.js", "export default {};");
  workspace.file("milady.json", { connectors: { discord: { token: "x" } } });
  const { code, stderr } = await workspace.finish(["start"]);
  expect(stderr).toBe(
    "error: milady.json: connectors.discord: the installed @elizaos/plugin-discord is not a connector for this host; run: pnpm add @elizaos/plugin-discord@latest\n",
  );
  expect(code).toBe(1);
});
