import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test("B1 a DM walks through the host: pairing by the command line, then an answer that remembers", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const host = workspace.run(["start"]);
  await host.says(/connected/);

  await ada.says("Hi");
  const code = /\b[2-9A-HJ-NP-Z]{8}\b/.exec((await ada.hears()).text ?? "")?.[0] ?? "";
  await host.says(
    /“Ada” \(id \d+\) asks to be let in; to allow it: milady pairing approve telegram [A-Z2-9]{8}/,
  );
  expect(host.stdout).not.toContain(code);
  const { requests } = await readJson<{
    requests: { connector: string; account: string; sender: string; name: string }[];
  }>(workspace, ["pairing", "list"]);
  expect(requests).toEqual([
    {
      id: expect.stringMatching(/^[A-Z2-9]{8}$/),
      connector: "telegram",
      account: "default",
      sender: String(ada.id),
      name: "Ada",
      createdAt: expect.stringMatching(ISO),
      expiresAt: expect.stringMatching(ISO),
    },
  ]);

  const wrong = await workspace.finish(["pairing", "approve", "telegram", "AAAA2222"]);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("error: No open pairing request of telegram has this code");
  const approved = await workspace.finish(["pairing", "approve", "telegram", code]);
  expect(approved).toMatchObject({
    code: 0,
    stdout: `“Ada” (id ${ada.id}) may write to telegram/default from the next message on.\n`,
  });

  await ada.says("Do you hear me?");
  expect((await ada.hears()).text).toMatch(
    /^You wrote “Do you hear me\?”\n\nI am Milady\.\n\nNo language model .*createConnectorRuntime/,
  );
  await ada.says("And again?");
  expect((await ada.hears()).text).toBe(
    "You wrote “And again?”\n\nI remember one earlier message here; the last one was “Do you hear me?”.",
  );

  const stage = (name: string) => ({ name, at: expect.stringMatching(ISO) });
  expect(await readJson(workspace, ["why", "last"])).toMatchObject({
    fate: "answered",
    rule: "dm.paired",
    path: "connectors.telegram.dmPolicy",
    text: "And again?",
    stages: ["sent", "accepted", "started", "finished", "answer 1 sent"].map(stage),
    sends: [
      {
        key: expect.stringMatching(/^[\w-]{22}\.0$/),
        state: "sent",
        platformId: expect.stringMatching(/^\d+$/),
        attempts: 1,
        error: null,
      },
    ],
  });
  const first = await readJson(workspace, ["why", "1"]);
  expect(first).toMatchObject({ event: 1, fate: "held", rule: "dm.pairing" });
});

test("A5 one account's wrong token stops that account after one attempt, with the mend; the others run", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  const accounts = { good: { botToken: TOKEN }, bad: { botToken: "100009:REVOKED-OR-NEVER-GIVEN" } };
  workspace.file("milady.json", {
    connectors: { telegram: { apiRoot: sim.apiRoot, dmPolicy: "open", allowFrom: ["*"], accounts } },
  });
  const host = workspace.run(["start"]);
  await host.says(/the account is stopped/);
  await host.says(/connected/);
  await ada.says("Still there?");
  expect((await ada.hears()).text).toContain("Still there?");

  const status = await readStatus(workspace);
  const byId = new Map(connectorOf(status, "telegram").accounts.map((account) => [account.id, account]));
  expect(byId.get("good")).toMatchObject({ state: "online" });
  expect(byId.get("bad")).toMatchObject({
    state: "failed",
    reason: expect.any(String),
    mend: expect.stringContaining("@BotFather"),
  });
  expect(sim.requests.all((call) => call.bot === undefined || call.status === 401)).toHaveLength(1);

  const response = await fetch(status.host?.health ?? "");
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({
    ok: false,
    accounts: [
      { connector: "telegram", account: "good", state: "online" },
      { connector: "telegram", account: "bad", state: "failed" },
    ],
  });
});

test("healthz says 200 while all is well, and answers to loopback names only", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const { host: running } = await readStatus(workspace);
  const health = running?.health ?? "";
  const response = await fetch(health);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    ok: true,
    accounts: [{ connector: "telegram", account: "default", state: "online" }],
  });
  const { get } = await import("node:http");
  const foreign = await new Promise<number | undefined>((resolve, reject) => {
    get(health, { headers: { host: "attacker.example" } }, ({ statusCode }) => resolve(statusCode)).once(
      "error",
      reject,
    );
  });
  expect(foreign).toBe(403);
});

test("H2 SIGTERM ends the host within 5 s with exit code 0, though the agent's answer hangs on the platform", async () => {
  const sim = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] }));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const held = sim.fault({ kind: "hang", method: "sendMessage" });
  await ada.says("Hi");
  await held.hit();
  const begun = performance.now();
  host.signal("SIGTERM");
  const { code, stderr } = await host.finished();
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test("what the state directory holds is readable by its owner alone", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const mode = (name: string) => (statSync(join(workspace.stateDir, name)).mode & 0o777).toString(8);
  expect(mode(".")).toBe("700");
  expect(["connectors.sqlite", "control.sock", "host.pid"].map(mode)).toEqual(["600", "600", "600"]);
});

test("a state directory with a very long path works", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const env = { MILADY_STATE_DIR: join(workspace.path, "long".repeat(30)) };
  const host = workspace.run(["start"], { env });
  await host.says(/connected/);
  expect((await readStatus(workspace, env)).host?.pid).toBe(host.pid);
});

test("compiled code is kept in the state directory, for the next start", async () => {
  const workspace = new Workspace();
  mkdirSync(workspace.stateDir, { mode: 0o700 });
  expect(await workspace.finish(["--version"], { env: { NODE_COMPILE_CACHE: "" } })).toMatchObject({
    code: 0,
  });
  expect(readdirSync(join(workspace.stateDir, "compile-cache"))).not.toEqual([]);
});
