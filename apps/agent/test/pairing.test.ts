import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";
import { hasScript, inTerminal } from "./support/terminal.js";

const CODE = /code: (\w{8})/;

test("an approval is taken back with the next message, and the log names what happened, running or stopped", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await ada.says("Hi");
  const code = CODE.exec((await ada.hears()).text ?? "")?.[1] ?? "";
  expect(connectorOf(await readStatus(workspace), "telegram").accounts).toMatchObject([
    { pairing: { requests: 1, waiting: 0, evicted: 0 } },
  ]);
  const asked = await workspace.finish(["status"]);
  expect(asked.stdout).toMatch(/1 stranger asks to be let in\.\n\s+Next: milady pairing list/);
  await workspace.finish(["pairing", "approve", "telegram", code]);
  await ada.says("In?");
  expect((await ada.hears()).text).toContain("You wrote “In?”");

  const revoked = await workspace.finish(["pairing", "revoke", "telegram", String(ada.id)]);
  expect(revoked).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("may not write in private any more"),
  });
  await ada.says("Still in?");
  expect((await ada.hears()).text).toMatch(CODE);
  const again = await workspace.finish(["pairing", "revoke", "telegram", String(ada.id)]);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/^error: .*\n$/);

  const log = () => readJson<{ log: unknown[] }>(workspace, ["pairing", "log"]);
  const running = await log();
  expect(running.log[0]).toMatchObject({
    at: expect.stringMatching(/Z$/),
    connector: "telegram",
    account: "default",
    action: "requested",
    sender: String(ada.id),
  });
  host.signal("SIGTERM");
  await host.finished();
  expect(await log()).toEqual(running);
  expect((await workspace.finish(["pairing", "log"])).stdout).toMatch(
    /telegram\/default {2}id \d+ {2}requested/,
  );
  expect(await readJson(workspace, ["pairing", "list"])).toMatchObject({
    requests: [{ name: "Ada" }],
    approved: [],
    pressure: [{ connector: "telegram", account: "default", waiting: 0, evicted: 0 }],
  });
});

test.skipIf(!hasScript)(
  "in a terminal several requests are asked one by one, and a key is never taken for the next one",
  async () => {
    const sim = await telegramWithBot();
    const people = ["Ada", "Bob", "Cy"].map((name) => sim.user(name));
    const workspace = new Workspace();
    workspace.file("milady.json", telegramConfig(sim));
    const { running, type } = inTerminal(workspace);
    await running.says(/connected/);
    for (const each of people) {
      await each.says("Hi");
      await each.hears();
    }
    await running.says(/“Ada” .* wants to write[\s\S]*Press a to approve/);
    type("a");
    await running.says(/Approved\.[\s\S]*“Bob” .* wants to write/);
    // A key that was pressed twice decides on one stranger.
    type("a");
    // Decided in another terminal: the question goes away by itself.
    const { requests } = await readJson<{ requests: { id: string; name: string }[] }>(workspace, [
      "pairing",
      "list",
    ]);
    expect(requests.map(({ name }) => name).sort()).toEqual(["Bob", "Cy"]);
    const bob = requests.find(({ name }) => name === "Bob")?.id ?? "";
    await workspace.finish(["pairing", "approve", "telegram", bob]);
    await running.says(/“Bob” \(id \d+\) was decided on elsewhere\.[\s\S]*“Cy” .* wants to write/);
    for (const line of running.stdout.split(/\r?\n/))
      expect(line).toMatch(/^(?:\d\d:\d\d:\d\d (?:info|warn) |“|Press a |Approved\.|$)/);
  },
);

test.skipIf(!hasScript)("in a terminal a flood of strangers is told in one line", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const { running, type } = inTerminal(workspace);
  await running.says(/connected/);
  for (let index = 0; index < 8; index++) {
    const stranger = sim.user(`Stranger ${index}`);
    await stranger.says("Hi");
    await stranger.hears();
  }
  await running.says(/More strangers ask than are shown here: milady pairing list/);
  type("l");
  await running.says(/Later: milady pairing approve telegram \w{8}[\s\S]*\d+ more wait\./);
  expect(running.stdout.match(/More strangers/g)).toHaveLength(1);
  expect(running.stdout.match(/wants to write/g)).toHaveLength(2);
  expect(running.stdout).not.toContain("asks to be let in");
});
