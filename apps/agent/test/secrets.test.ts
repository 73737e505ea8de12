import { expect, test } from "vitest";
import { type Running, Workspace } from "./support/cli.js";
import { installPluginSignal } from "./support/plugin.js";
import { readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const PASSWORD = 'pass"word\\of-a-test';

function expectNoSecret(text: string): void {
  expect(text).not.toBe("");
  for (const secret of [
    TOKEN,
    encodeURIComponent(TOKEN),
    PASSWORD,
    JSON.stringify(PASSWORD).slice(1, -1),
    "VARIABLE-SECRET",
  ]) {
    expect(text).not.toContain(secret);
  }
}

for (const [format, level] of [
  ["readable", "trace"],
  ["json", "trace"],
  ["readable", "info"],
] as const) {
  test(`no secret reaches the log (${format}, ${level}), also not through errors and stacks`, async () => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    installPluginSignal(workspace.path);
    workspace.file("milady.json", {
      connectors: { ...telegramConfig(sim).connectors, signal: { account: "+1", password: PASSWORD } },
    });
    const env = { MILADY_LOG: format, MILADY_LOG_LEVEL: level, SOME_API_KEY: "VARIABLE-SECRET" };
    const host: Running = workspace.run(["start"], { env });
    await host.says(/cannot sign in with \*\*\*\*/);
    await host.says(/connected/);
    // A lost platform makes the SDK's errors, whose addresses contain the token.
    await sim.close();
    await host.says(/ECONNREFUSED|fetch failed|reset|failed|lost|trying again/i);
    host.signal("SIGTERM");
    const { stdout, stderr } = await host.finished();
    expectNoSecret(stdout);
    expect(stderr).toBe("");
    if (format === "json")
      for (const line of stdout.trimEnd().split("\n"))
        expect(JSON.parse(line)).toMatchObject({
          level: expect.any(String),
          time: expect.any(String),
          msg: expect.any(String),
        });
  });
}

test("status shows effective values with secrets masked, and the reason of a failure without them", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  installPluginSignal(workspace.path);
  workspace.file("milady.json", {
    connectors: { ...telegramConfig(sim).connectors, signal: { account: "+1", password: PASSWORD } },
  });
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await host.says(/cannot sign in/);
  const status = JSON.stringify(await readStatus(workspace));
  expectNoSecret(status);
  expect(status).toContain('"botToken":{"value":"****:****","from":"base"}');
  expect(status).toContain('"password":{"value":"****","from":"base"}');
  expect(status).toContain("cannot sign in with ****");
  const text = await workspace.finish(["status"]);
  expectNoSecret(text.stdout);
});

test("a fault that nobody catches ends the host with one clear line and no secret", async () => {
  const workspace = new Workspace();
  installPluginSignal(workspace.path);
  workspace.file("milady.json", { connectors: { signal: { account: "uncaught", password: PASSWORD } } });
  const { code, stderr } = await workspace.finish(["start"]);
  expect(stderr).toBe(
    "error: unexpected: cannot sign in with ****\nThis is a fault of the program, not of yours. MILADY_LOG_LEVEL=debug shows where.\n",
  );
  expect(code).toBe(1);
  const deep = await workspace.finish(["start"], { env: { MILADY_LOG_LEVEL: "debug" } });
  expect(deep.stderr).toContain("at ");
  expectNoSecret(deep.stderr + deep.stdout);
});
