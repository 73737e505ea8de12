import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { DISCORD_TOKEN, discordConfig, discordWithBot } from "./support/discord.js";
import { startModelServer } from "./support/model-server.js";
import { chatAsStranger, outcomes, play as playOn } from "./support/simulate.js";

const play = playOn.bind(undefined, "discord");

const [SERVER, HELP_CHANNEL, ADA] = ["111111111111111111", "222222222222222222", "333333333333333333"];
const GUILD = `connectors.discord.guilds.${SERVER}`;

/** A config of a real bot: nothing of it may be reached. */
function realBot(more: Readonly<Record<string, unknown>>) {
  return { connectors: { discord: { token: DISCORD_TOKEN, apiRoot: "http://127.0.0.1:1", ...more } } };
}

test("a stranger is paired in private, and gives slash commands as Discord has them", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", realBot({ customCommands: [{ command: "plan", description: "Plans." }] }));
  const lines = await play(workspace, ["Hi", ":approve", "Hello", "/plan the trip", "/help"], "--as", "Ada");
  expect(lines).toMatchObject([
    { type: "message", text: expect.stringMatching(/Your pairing code: \w{8}[\s\S]*Your id: \d{17,20}/) },
    { type: "outcome", fate: "held", rule: "dm.pairing", path: "connectors.discord.dmPolicy" },
    { type: "note", text: expect.stringContaining("Ada is approved") },
    { type: "message", text: expect.stringContaining("You wrote “Hello”") },
    { type: "outcome", fate: "answered", rule: "dm.paired" },
    { type: "message", text: expect.stringContaining("You wrote “/plan the trip”") },
    { type: "outcome", fate: "answered", rule: "dm.paired" },
    { type: "message", text: expect.stringContaining("I am @simulated_bot") },
    { type: "outcome", fate: "answered", rule: "command.help" },
  ]);
});

test("a config without a token is enough, and one with a mistake is not", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", { connectors: { discord: { dmPolicy: "open", allowFrom: ["*"] } } });
  expect(outcomes(await play(workspace, ["Hi"]))).toMatchObject([{ fate: "answered", rule: "dm.open" }]);
  workspace.file("milady.json", { connectors: { discord: { dmPolicy: "opne" } } });
  expect(await workspace.finish(["simulate", "discord"], { input: "" })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("connectors.discord.dmPolicy"),
  });
});

test("policies of servers, channels and threads decide as they are written", async () => {
  const workspace = new Workspace();
  workspace.file(
    "milady.json",
    realBot({
      guilds: {
        [SERVER]: { users: [ADA], channels: { [HELP_CHANNEL]: { requireMention: false }, "*": {} } },
      },
    }),
  );
  const lines = await play(
    workspace,
    [
      "said aside",
      ":mention",
      "to the bot",
      ":as Eve",
      "me too",
      `:as ${ADA}`,
      ":mention",
      `:group ${SERVER}/${HELP_CHANNEL}`,
      "without a mention",
      "/help",
      ":topic News",
      "in the thread",
      ":group Elsewhere",
      "Hello",
    ],
    ...["--as", ADA, "--group", `${SERVER}/general`],
  );
  expect(outcomes(lines)).toMatchObject([
    { fate: "context", rule: "group.mention" },
    { fate: "answered", rule: "group.listed", path: `${GUILD}.channels.*` },
    { fate: "ignored", rule: "group.sender", path: `${GUILD}.users` },
    { fate: "answered", rule: "group.listed", path: `${GUILD}.channels.${HELP_CHANNEL}` },
    { fate: "answered", rule: "command.help" },
    { fate: "answered", rule: "group.listed", path: `${GUILD}.channels.${HELP_CHANNEL}` },
    {
      fate: "ignored",
      rule: "group.allowlist",
      path: expect.stringMatching(/^connectors\.discord\.guilds\.\d+$/),
    },
  ]);
  const said = lines.filter(({ type }) => type === "message");
  expect(said.map(({ text }) => text?.split("\n")[0])).toEqual([
    "You wrote “@simulated_bot to the bot”",
    "You wrote “without a mention”",
    expect.stringContaining("I am @simulated_bot"),
    "You wrote “in the thread”",
  ]);
  expect(said.map(({ chat, thread }) => [chat === HELP_CHANNEL, typeof thread])).toEqual([
    [false, "object"],
    [true, "object"],
    [true, "object"],
    [true, "string"],
  ]);
});

test("a channel of the config is reached by its id, as part of its server", async () => {
  const workspace = new Workspace();
  const channels = { [HELP_CHANNEL]: { requireMention: false, autoThread: true } };
  workspace.file("milady.json", realBot({ guilds: { [SERVER]: { slug: "Team", channels } } }));
  const lines = await play(
    workspace,
    ["Hi all", ":group Team", "Hi", ":group team/news", ":mention", "/help"],
    ...["--group", HELP_CHANNEL],
  );
  expect(outcomes(lines)).toMatchObject([
    { fate: "answered", rule: "group.listed", path: `${GUILD}.channels.${HELP_CHANNEL}` },
    { status: "unseen" },
    { status: "unseen" },
  ]);
  expect(lines.filter(({ type }) => type === "note").map(({ text }) => text)).toEqual([
    expect.stringMatching(`in #general \\(id \\d+\\) of the server Team \\(id ${SERVER}\\)\\.$`),
    expect.stringMatching(`in #news \\(id \\d+\\) of the server Team \\(id ${SERVER}\\)\\.$`),
    "Lines in groups begin with @simulated_bot.",
  ]);
  // The answer is in a thread that the bot opened.
  expect(lines[0]).toMatchObject({
    type: "message",
    chat: HELP_CHANNEL,
    thread: expect.stringMatching(/^\d+$/),
  });
});

test("a button is pressed by its label", async () => {
  const model = await startModelServer();
  const workspace = new Workspace();
  workspace.file("milady.json", {
    ...realBot({
      dmPolicy: "open",
      allowFrom: ["*"],
      execApprovals: { enabled: true, approvers: [ADA], actions: ["messages.*"] },
    }),
    model: { baseURL: `${model.origin}/v1`, name: "m", apiKey: "sk-FAKE-KEY-OF-A-TEST" },
  });
  model.next(
    { calls: [{ name: "messages_send", input: { text: "Beside the answer" } }] },
    { pieces: ["I have asked."] },
  );
  // An approver shares a server with the bot.
  const lines = ["Say it", `:as ${ADA}`, ":press Approve", ":as Bob"];
  const played = await play(workspace, [":group Team", ":as Bob", ":dm", ...lines], "--as", ADA);
  expect(outcomes(played)).toMatchObject([
    { fate: "answered", rule: "dm.open" },
    { status: "handled", fate: "answered", rule: "command.approval" },
  ]);
});

test("a running host that talks to a simulator is chatted with itself", async () => {
  const { sim } = await discordWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", discordConfig(sim));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const more = [":group Team", ":mention", "Here too"];
  expect(await chatAsStranger("discord", workspace, more)).toContain("#3 ignored: ");
  const server = sim.guilds()[0]?.id;
  expect((await workspace.finish(["why", "last"])).stdout).toContain(
    `Next: to let such messages in, add connectors.discord.guilds.${server} and restart the host`,
  );
});

test("what Discord does not have, or is not there, is said in one line", async () => {
  const workspace = new Workspace();
  const refused = async (options: readonly string[], input = "") => {
    const { code, stderr } = await workspace.finish(["simulate", "discord", ...options], { input });
    expect(code).toBe(1);
    return stderr;
  };
  expect(
    await Promise.all([
      refused(["--as", "42"]),
      refused([], ":press Nothing\n"),
      refused(["--sees-all"]),
      refused(["--topic", "News"]),
    ]),
  ).toEqual([
    "error: 42 is no id of Discord: those have 17 to 20 digits\n",
    "error: there is no button Nothing here; there are: none\n",
    expect.stringMatching(/^error: --sees-all is of no use on Discord: it has no privacy mode, .*\n$/),
    "error: --topic needs --group: only groups have threads\n",
  ]);
});
