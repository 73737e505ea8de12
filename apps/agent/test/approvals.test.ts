import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { afterThisTest, Running, Workspace } from "./support/cli.js";
import { startModelServer } from "./support/model-server.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const HOST = fileURLToPath(new URL("fixtures/approvals-host.mjs", import.meta.url));
const PATIENCE = { timeoutMs: 15_000 };

interface Asked {
  readonly approvals: readonly { readonly id: string; readonly action: string; readonly input: string }[];
}

/** Ada's bot has asked Boss whether it may write a line. */
async function asked() {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  mkdirSync(workspace.stateDir, { mode: 0o700 });
  workspace.file("milady.json", telegramConfig(sim));
  const [bot] = sim.bots();
  if (bot === undefined) throw new Error("the simulator has no bot");
  const [ada, boss] = [sim.user("Ada").with(bot), sim.user("Boss", { id: 7_001 }).with(bot)];
  const done = join(workspace.path, "done.txt");
  const host = async (point?: string): Promise<Running> => {
    const options = {
      stateDir: workspace.stateDir,
      apiRoot: sim.apiRoot,
      token: TOKEN,
      approver: "7001",
      done,
      point,
    };
    const running = new Running(
      spawn(process.execPath, [HOST, JSON.stringify(options)], { stdio: ["ignore", "pipe", "pipe"] }),
    );
    afterThisTest(() => running.kill());
    await running.says(/started/);
    return running;
  };
  const ask = async () => {
    await boss.says("hello");
    await boss.hears(PATIENCE);
    await ada.says("write one");
    expect((await ada.hears(PATIENCE)).text).toBe("ApprovalPending");
    return boss.hears(PATIENCE);
  };
  const lines = () => (existsSync(done) ? readFileSync(done, "utf8").trim().split("\n") : []);
  return { workspace, ada, boss, host, ask, lines };
}

test("F5 SIGKILL after a decision and before its session was told: the next host does it once and tells", async () => {
  const { ada, boss, host, ask, lines } = await asked();
  const first = await host("before telling");
  const message = await ask();
  await boss.presses(message, "Approve");
  expect(await first.finished()).toMatchObject({ signal: "SIGKILL" });
  expect(lines()).toEqual([]);
  const second = await host();
  expect((await ada.hears(PATIENCE)).text).toMatch(
    /was approved by 7001\. It was done, and gave back: \{"written":"write one"\}$/,
  );
  expect(lines()).toEqual(["write one"]);
  await boss.sees(
    ({ message_id, reply_markup }) => message_id === message.message_id && reply_markup === undefined,
    PATIENCE,
  );
  second.signal("SIGTERM");
  await second.finished();
});

test("F5 SIGKILL during an approved action: it is not done again, and the session is told that nobody knows", async () => {
  const { ada, boss, host, ask, lines } = await asked();
  const first = await host("during action");
  await boss.presses(await ask(), "Approve");
  expect(await first.finished()).toMatchObject({ signal: "SIGKILL" });
  expect(lines()).toEqual(["write one"]);
  const second = await host();
  expect((await ada.hears(PATIENCE)).text).toMatch(
    /It was tried\. .*never learnt what came of it\. It is not called again\.$/,
  );
  expect(lines()).toEqual(["write one"]);
  second.signal("SIGTERM");
  await second.finished();
});

test("the operator decides while no host runs; the next one does it and tells", async () => {
  const { workspace, ada, host, ask, lines } = await asked();
  const first = await host();
  await ask();
  first.signal("SIGTERM");
  await first.finished();

  const { approvals } = await readJson<Asked>(workspace, ["approvals", "list"]);
  expect(approvals).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      connector: "telegram",
      account: "default",
      action: "files.write",
      input: '{"line":"write one"}',
      summary: null,
      sender: expect.any(String),
      name: "Ada",
      chat: expect.any(String),
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
    },
  ]);
  const id = approvals[0]?.id ?? "";
  expect((await workspace.finish(["approvals", "list"])).stdout).toMatch(
    new RegExp(
      `^${id} {2}files\\.write {2}telegram/default {2}ends in .*\\n {2}asked for by “Ada” \\(id \\d+\\) in \\d+\\n {2}\\{"line":"write one"\\}`,
    ),
  );
  expect(connectorOf(await readStatus(workspace), "telegram").accounts).toMatchObject([{ approvals: 1 }]);
  expect((await workspace.finish(["status"])).stdout).toMatch(
    /the agent asks for 1 approval\.\n\s+Next: milady approvals list/,
  );
  const wrong = await workspace.finish(["approvals", "approve", "nothing"]);
  expect(wrong).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error: No approval with the id nothing waits/),
  });
  expect(await workspace.finish(["approvals", "approve", id])).toMatchObject({
    code: 0,
    stdout: "Approved: files.write. The agent is told.\n",
  });
  expect((await workspace.finish(["approvals", "deny", id])).code).toBe(1);
  expect(await readJson(workspace, ["approvals", "log"])).toMatchObject({
    log: [{ id, status: "approved", by: "operator", door: "operator", reason: null }],
  });
  expect((await workspace.finish(["approvals", "log"])).stdout).toMatch(
    /approved {2}by operator \(operator\) {2}files\.write/,
  );

  const second = await host();
  expect((await ada.hears(PATIENCE)).text).toContain("It was done");
  expect(lines()).toEqual(["write one"]);
  second.signal("SIGTERM");
  await second.finished();
});

test("the operator decides beside the running host, which does it and tells the model", async () => {
  const [sim, model] = await Promise.all([telegramWithBot(), startModelServer()]);
  const workspace = new Workspace();
  workspace.file("milady.json", {
    ...telegramConfig(sim, {
      dmPolicy: "open",
      allowFrom: ["*"],
      execApprovals: { enabled: true, approvers: [7_001], actions: ["messages.*"] },
    }),
    model: { baseURL: `${model.origin}/v1`, name: "m", apiKey: "sk-FAKE-KEY-OF-A-TEST" },
  });
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const ada = sim.user("Ada");
  model.next(
    { calls: [{ name: "messages_send", input: { text: "Beside the answer" } }] },
    { pieces: ["I have asked."] },
    { pieces: ["It is out."] },
  );
  await ada.says("Say it");
  expect((await ada.hears(PATIENCE)).text).toBe("I have asked.");

  const { approvals } = await readJson<Asked>(workspace, ["approvals", "list"]);
  expect(approvals).toMatchObject([{ action: "messages.send", input: '{"text":"Beside the answer"}' }]);
  const id = approvals[0]?.id ?? "";
  expect(await workspace.finish(["approvals", "approve", id])).toMatchObject({
    code: 0,
    stdout: "Approved: messages.send. The agent is told.\n",
  });
  expect((await ada.hears(PATIENCE)).text).toBe("Beside the answer");
  expect((await ada.hears(PATIENCE)).text).toBe("It is out.");
  expect(JSON.stringify((await model.request(2)).body["messages"])).toContain("It was done");
  expect(await workspace.finish(["approvals", "deny", id])).toMatchObject({ code: 1 });
  expect(await readJson(workspace, ["approvals", "log"])).toMatchObject({
    log: [{ id, status: "approved", door: "operator" }],
  });
});

test("where no host has run there is nothing to approve", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", {});
  expect((await workspace.finish(["approvals", "list"])).stdout).toBe("The agent asks for nothing.\n");
  expect((await workspace.finish(["approvals", "approve", "x"])).stderr).toMatch(/no host has run/);
  expect((await workspace.finish(["help", "approvals"])).stdout).toContain("milady approvals approve");
});
