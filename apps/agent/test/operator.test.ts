import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test("status tells the same with and without a running host, for all 28 connectors", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", {
    connectors: {
      ...telegramConfig(sim, { historyLimit: 7 }).connectors,
      zalo: { botToken: "1:x" },
      slack: { enabled: false },
    },
  });
  const before = await readStatus(workspace);
  expect(before.host).toBeNull();
  expect(before.connectors).toHaveLength(28);
  expect(connectorOf(before, "telegram")).toMatchObject({
    package: "@elizaos/plugin-telegram",
    installed: true,
    configured: true,
    enabled: true,
    accounts: [
      { id: "default", state: "stopped", since: null, values: { historyLimit: { value: 7, from: "base" } } },
    ],
  });

  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const running = await readStatus(workspace);
  expect(running.host?.pid).toBe(host.pid);
  expect(connectorOf(running, "telegram").accounts).toMatchObject([
    { id: "default", state: "online", since: expect.stringMatching(ISO), reason: null },
  ]);
  expect(connectorOf(running, "zalo")).toMatchObject({
    installed: false,
    enabled: true,
    reason:
      "connectors.zalo is configured; @elizaos/plugin-zalo is not installed; run: pnpm add @elizaos/plugin-zalo",
    accounts: [{ id: "default", state: "failed" }],
  });
  expect(connectorOf(running, "slack")).toMatchObject({
    enabled: false,
    reason: "connectors.slack.enabled is false",
    accounts: [{ id: "default", state: "disabled" }],
  });
  expect(connectorOf(running, "lens")).toMatchObject({
    enabled: false,
    reason: "not configured",
    accounts: [],
  });

  host.signal("SIGTERM");
  await host.finished();
  expect((await readStatus(workspace)).connectors).toEqual(before.connectors);
});

test("an event that policy kept out shows as lastIgnored", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, { dmPolicy: "allowlist", allowFrom: ["1"] }));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await ada.says("Let me in");
  await expect
    .poll(async () => connectorOf(await readStatus(workspace), "telegram").accounts[0]?.lastIgnored, {
      timeout: 10_000,
    })
    .toMatch(ISO);
});

test("the operator's commands say clearly when there is nothing", async () => {
  const workspace = new Workspace();
  const why = await workspace.finish(["why"]);
  expect(why).toMatchObject({ code: 1, stderr: "error: no event has arrived yet\n" });
  expect(await readJson(workspace, ["dead-letters", "list"])).toEqual({ deadLetters: [] });
  const typo = await workspace.finish(["pairing", "approve", "telegrm", "ABCD2345"]);
  expect(typo).toMatchObject({
    code: 1,
    stderr: 'error: unknown connector "telegrm"; did you mean "telegram"?\n',
  });
});

test("dead letters: listed, tried again and dropped, with and without a running host", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] }));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const list = () =>
    readJson<{ deadLetters: { id: string; reason: string }[] }>(workspace, ["dead-letters", "list"]);
  const refuse = async (text: string) => {
    const fault = sim.fault({
      kind: "status",
      method: "sendMessage",
      status: 400,
      description: "Bad Request: TEXT_NOT_LIKED",
    });
    await ada.says(text);
    await fault.hit();
  };
  await refuse("one");
  await expect.poll(list, { timeout: 10_000 }).toEqual({
    deadLetters: [expect.objectContaining({ reason: expect.stringContaining("TEXT_NOT_LIKED") })],
  });
  const [first] = (await list()).deadLetters;
  expect(await workspace.finish(["dead-letters", "retry", first?.id ?? ""])).toMatchObject({
    code: 0,
    stdout: `${first?.id} is tried again.\n`,
  });
  expect((await ada.hears()).text).toContain("You wrote “one”");
  expect(await list()).toEqual({ deadLetters: [] });

  await refuse("two");
  await expect.poll(async () => (await list()).deadLetters.length, { timeout: 10_000 }).toBe(1);
  await refuse("three");
  await expect.poll(async () => (await list()).deadLetters.length, { timeout: 10_000 }).toBe(2);
  host.signal("SIGTERM");
  await host.finished();
  const offline = (await list()).deadLetters.map(({ id }) => id).sort();
  expect(await workspace.finish(["dead-letters", "drop", offline[0] ?? ""])).toMatchObject({ code: 0 });
  expect(await workspace.finish(["dead-letters", "retry", offline[1] ?? ""])).toMatchObject({ code: 0 });
  expect(await list()).toEqual({ deadLetters: [] });
  const wrong = await workspace.finish(["dead-letters", "drop", "operation:999"]);
  expect(wrong).toMatchObject({
    code: 1,
    stderr:
      "error: There is no dead letter operation:999 of an account that is known here. List the dead letters for their ids.\n",
  });
  const again = workspace.run(["start"]);
  await again.says(/connected/);
  expect((await ada.hears()).text).toContain("You wrote “three”");
});

test("pairing is approved while no host runs, and holds when it runs again", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, {}));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await ada.says("Let me in");
  const code = /code: (\w{8})/.exec((await ada.hears()).text ?? "")?.[1] ?? "";
  host.signal("SIGTERM");
  await host.finished();

  const list = () =>
    readJson<{ requests: { account: string; name: string }[]; approved: { sender: string }[] }>(workspace, [
      "pairing",
      "list",
    ]);
  expect(await list()).toMatchObject({
    requests: [{ connector: "telegram", account: "default", name: "Ada" }],
  });
  const wrong = await workspace.finish(["pairing", "approve", "telegram", "WRNGCODE"]);
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("wrong, expired or was used") });
  expect(await workspace.finish(["pairing", "approve", "telegram", code])).toMatchObject({ code: 0 });
  expect(await list()).toMatchObject({ requests: [], approved: [{ connector: "telegram", by: "operator" }] });

  const again = workspace.run(["start"]);
  await again.says(/connected/);
  await ada.says("Here I am");
  expect((await ada.hears()).text).toContain("You wrote “Here I am”");
});
