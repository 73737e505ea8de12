import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";

test("without config and without a terminal, start plays a conversation, prints it and stays up", async () => {
  const workspace = new Workspace();
  const demo = workspace.run(["start"]);
  const [, stateDir = ""] = await demo.says(/Look inside: MILADY_STATE_DIR=(\S+) milady why last/);
  const order = [
    /this is a simulation/,
    /Ada, whom the bot @milady_demo_bot has never met, writes to it:/,
    /Ada │ Hi! Are you there\?/,
    /bot │ Hello! I only talk to people my owner knows/,
    /Your pairing code: ([2-9A-HJ-NP-Z]{8}) /,
    /\$ milady pairing approve telegram [2-9A-HJ-NP-Z]{8}/,
    /✓ Ada is approved/,
    /Ada │ Hello again\. Do you know me now\?/,
    /bot │ You wrote “Hello again\. Do you know me now\?”/,
    /Ada │ What did I say before\?/,
    /I remember one earlier message here; the last one was “Hello again\. Do you/,
    /Connect a real bot/,
    /@BotFather/,
    /TELEGRAM_BOT_TOKEN=<token> milady start/,
    /milady pairing approve telegram <code>/,
  ];
  const places = order.map((pattern) => demo.stdout.search(pattern));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(demo.stderr).toBe("");

  const why = await workspace.finish(["why", "last"], { env: { MILADY_STATE_DIR: stateDir } });
  expect(why.stdout).toContain("“What did I say before?”\nFate: answered.");

  demo.signal("SIGINT");
  expect(await demo.finished()).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(stateDir)).toBe(false);
  expect(existsSync(workspace.stateDir)).toBe(false);
});

test("the demo speaks as the character that was given", async () => {
  const workspace = new Workspace();
  workspace.file("who.json", { name: "Lovelace", bio: "Computes." });
  const demo = workspace.run(["start", "--character", "who.json"]);
  await demo.says(/I am Lovelace\. Computes\./);
});

test("the demo names the commands as they are typed in a checkout", async () => {
  const workspace = new Workspace();
  const demo = workspace.run(["start"], { env: { npm_lifecycle_event: "start" } });
  await demo.says(/TELEGRAM_BOT_TOKEN=<token> npx -y pnpm@12 start/);
  await demo.says(/npx -y pnpm@12 -s milady why last/);
});

test("the demo takes a free port when the usual one is taken", async () => {
  const workspace = new Workspace();
  const first = workspace.run(["start"], { env: { MILADY_PORT: "" } });
  const second = workspace.run(["start"], { env: { MILADY_PORT: "" } });
  const urls = await Promise.all(
    [first, second].map(async (demo) => (await demo.says(/Health: (http\S+)/))[1]),
  );
  expect(new Set(urls).size).toBe(2);
});
