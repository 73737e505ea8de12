import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { chatAsStranger, outcomes, play as playOn } from "./support/simulate.js";
import { readJson } from "./support/status.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";
import { hasScript, inTerminal } from "./support/terminal.js";

const play = playOn.bind(undefined, "telegram");

/** A config of a real bot: nothing of it may be reached. */
function realBot(more: Readonly<Record<string, unknown>>) {
  return {
    connectors: { telegram: { botToken: "1:REAL-TOKEN-OF-A-TEST", apiRoot: "http://127.0.0.1:1", ...more } },
  };
}

test("a stranger is paired as with the real bot, with the user's own config and nothing of it kept", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", realBot({}));
  const lines = await play(workspace, ["Hi", ":approve", "Hello"], "--as", "42", "--username", "ada");
  expect(lines).toMatchObject([
    {
      type: "message",
      chat: "42",
      text: expect.stringMatching(/Your pairing code: \w{8}[\s\S]*Your id: 42/),
    },
    {
      type: "outcome",
      status: "handled",
      fate: "held",
      rule: "dm.pairing",
      path: "connectors.telegram.dmPolicy",
    },
    { type: "note", text: expect.stringContaining("Person 42 is approved") },
    { type: "message", text: expect.stringContaining("You wrote “Hello”") },
    { type: "outcome", fate: "answered", rule: "dm.paired" },
  ]);
  expect((await readJson<{ events: [] }>(workspace, ["events"])).events).toEqual([]);
});

test("policies of groups and topics decide as they are written", async () => {
  const workspace = new Workspace();
  workspace.file(
    "milady.json",
    realBot({ groups: { "-1005": { allowFrom: ["42"], topics: { "7": { requireMention: false } } } } }),
  );
  const lines = await play(
    workspace,
    [
      "said aside",
      ":mention",
      "said to the bot",
      ":as Eve",
      "me too",
      ":as 42",
      ":mention",
      ":topic 7",
      "in the topic",
      ":group Elsewhere",
      "/help",
    ],
    ...["--as", "42", "--group", "-1005", "--sees-all"],
  );
  const group = "connectors.telegram.groups.-1005";
  expect(outcomes(lines)).toMatchObject([
    { fate: "context", rule: "group.mention" },
    { fate: "answered", rule: "group.listed", path: group },
    { fate: "ignored", rule: "group.sender", path: `${group}.allowFrom` },
    { fate: "answered", rule: "group.listed" },
    { fate: "ignored", rule: "group.allowlist" },
  ]);
  expect(lines.filter(({ type }) => type === "message").map(({ text }) => text?.split("\n")[0])).toEqual([
    "You wrote “@simulated_bot said to the bot”",
    "You wrote “in the topic”",
  ]);
});

test("privacy mode is on as with Telegram: what the bot is not shown is told as such", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", realBot({ groupPolicy: "open" }));
  const lines = await play(workspace, ["said aside"], "--group", "Team");
  expect(outcomes(lines)).toMatchObject([{ status: "unseen", fate: null }]);
});

test("of several accounts the chosen one is simulated with its own policy, also when it is switched off", async () => {
  const workspace = new Workspace();
  const work = { enabled: false, botToken: "2:A-TOKEN", dmPolicy: "allowlist", allowFrom: ["7"] };
  workspace.file("milady.json", {
    connectors: { telegram: { accounts: { default: { botToken: "1:A-TOKEN" }, work } } },
  });
  const lines = await play(workspace, ["Hi", ":as 7", "Hi"], "--account", "work");
  expect(outcomes(lines)).toMatchObject([
    { fate: "ignored", rule: "dm.allowlist", path: "connectors.telegram.accounts.work.allowFrom" },
    { fate: "answered", rule: "dm.allowFrom" },
  ]);
  const wrong = await workspace.finish(["simulate", "telegram", "--account", "nobody"], { input: "" });
  expect(wrong).toMatchObject({
    code: 1,
    stderr: 'error: --account: connectors.telegram has no account "nobody"; it has: default, work\n',
  });
});

test("a running host that talks to a simulator is chatted with itself", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await chatAsStranger("telegram", workspace);
  const { approved } = await readJson<{ approved: { name: string }[] }>(workspace, ["pairing", "list"]);
  expect(approved).toMatchObject([{ name: "Grace", by: "operator" }]);
});

test("what is wrong is said in one line", async () => {
  const workspace = new Workspace();
  const other = await workspace.finish(["simulate", "slack"], { input: "" });
  expect(other).toMatchObject({
    code: 1,
    stderr: "error: there is no simulator of slack here; there is one of discord and telegram\n",
  });
  const command = await workspace.finish(["simulate", "telegram"], { input: ":nonsense\n" });
  expect(command).toMatchObject({
    code: 1,
    stderr: "error: there is no :nonsense; :help lists what there is\n",
  });
  const topic = await workspace.finish(["simulate", "telegram", "--topic", "7"], { input: "Hi\n" });
  expect(topic).toMatchObject({ code: 1, stderr: "error: --topic needs --group: only groups have topics\n" });
});

test.skipIf(!hasScript)("in a terminal one chats, approves oneself and is told each fate", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", realBot({}));
  const { running, type } = inTerminal(workspace, ["simulate", "telegram", "--as", "Ada"]);
  await running.says(/You are Ada \(id \d+\), in private\. The bot is @simulated_bot/);
  await running.says(/:approve\s+let in who writes here/);
  await running.says(/Ada │ /);
  type("Hello there\r");
  await running.says(/bot │ Hello! I only talk/);
  await running.says(/#1 held: .*dm\.pairing/);
  type(":approve\r");
  await running.says(/Ada is approved/);
  type("Again\r");
  await running.says(/You wrote “Again”/);
  await running.says(/#2 answered/);
  type(":quit\r");
  expect(await running.finished()).toMatchObject({ code: 0 });
});
