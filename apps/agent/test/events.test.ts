import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { readJson } from "./support/status.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Events {
  readonly events: readonly { readonly event: number; readonly fate: string; readonly text: string }[];
  readonly truncated: boolean;
}

test("events: newest first, with sender, fate and rule, filtered and short, also when the host is stopped", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada\u001b[2J");
  const eve = sim.user("Eve");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, { dmPolicy: "allowlist", allowFrom: [String(ada.id)] }));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await ada.says(`private\n${"x".repeat(100)}`);
  await ada.hears();
  await eve.says("Let me in");
  const list = (...args: string[]) => readJson<Events>(workspace, ["events", ...args]);
  await expect
    .poll(async () => (await list()).events.map(({ fate }) => fate), { timeout: 10_000 })
    .toEqual(["ignored", "answered"]);

  const running = await list();
  expect(running).toMatchObject({
    truncated: false,
    events: [
      {
        event: 2,
        at: expect.stringMatching(ISO),
        connector: "telegram",
        account: "default",
        chat: String(eve.id),
        chatKind: "dm",
        sender: String(eve.id),
        name: "Eve",
        kind: "message",
        fate: "ignored",
        rule: "dm.allowlist",
        path: "connectors.telegram.allowFrom",
        text: "Let me in",
      },
      { event: 1, fate: "answered", rule: "dm.allowFrom", text: `private\n${"x".repeat(52)}…` },
    ],
  });
  expect((await list("--fate", "answered")).events.map(({ event }) => event)).toEqual([1]);
  expect((await list("--limit", "1")).events.map(({ event }) => event)).toEqual([2]);
  expect((await list("--connector", "discord")).events).toEqual([]);
  expect((await list("--account", "work")).events).toEqual([]);

  const { stdout } = await workspace.finish(["events"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /^#2 {2}\d\d:\d\d:\d\d {2}telegram\/default {2}dm {2}“Eve” \(id \d+\) +message {2}ignored {3}dm\.allowlist {2}Let me in$/,
  );
  expect(lines[1]).toContain("“Ada\\u001b[2J”");
  expect(lines[1]).toMatch(/private\\nx{52}…$/);

  host.signal("SIGTERM");
  await host.finished();
  expect(await list()).toEqual(running);
});

test.each([
  [["--fate", "ignord"], '--fate: unknown fate "ignord"; did you mean "ignored"?'],
  [["--limit", "0"], '--limit: give a number from 1 to 1000, not "0"'],
])("events %j is wrong usage", async (args, message) => {
  expect(await new Workspace().finish(["events", ...args])).toMatchObject({
    code: 2,
    stdout: "",
    stderr: `error: ${message}\n`,
  });
});

test("without any event it says how to get one", async () => {
  const { code, stdout } = await new Workspace().finish(["events"]);
  expect(code).toBe(0);
  expect(stdout).toContain("milady simulate telegram");
});
