import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { expect, test } from "vitest";
import { afterThisTest, Workspace } from "./support/cli.js";
import { installPluginSignal } from "./support/plugin.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";
import { hasScript, inTerminal } from "./support/terminal.js";

const ESCAPE = "\u001b[";

/** A simulator whose bot sees everything in groups. */
async function openSimulator() {
  const sim = await startTelegramSimulator();
  afterThisTest(() => sim.close());
  sim.bot({ token: TOKEN, username: "test_bot", privacyMode: false });
  return sim;
}

test("why says for each fate what decided, what was sent, what is in doubt and what to do", async () => {
  const sim = await openSimulator();
  const ada = sim.user("Ada");
  const eve = sim.user("Eve");
  const team = sim.group("Team", { members: [ada] });
  const other = sim.group("Other", { members: [ada] });
  const workspace = new Workspace();
  const allowFrom = [String(ada.id)];
  workspace.file("milady.json", telegramConfig(sim, { allowFrom, groups: { [String(team.id)]: {} } }));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const settled = async (number: number, fate: string) => {
    const look = async () => (await workspace.finish(["why", String(number)])).stdout;
    await expect.poll(look, { timeout: 10_000 }).toContain(`Fate: ${fate}.`);
    return await look();
  };

  await eve.says("Hi");
  await eve.hears();
  expect(await settled(1, "held")).toMatch(
    new RegExp(
      [
        `^Event 1: message from “Eve” \\(id ${eve.id}\\) in chat ${eve.id} of telegram:100001`,
        "  “Hi”",
        "Fate: held\\. The sender is not paired yet\\.",
        "Rule: dm\\.pairing, from connectors\\.telegram\\.dmPolicy",
        "Stages:",
        "  \\d\\d:\\d\\d:\\d\\d +sent",
        "  \\d\\d:\\d\\d:\\d\\d  \\+\\d.* +accepted",
        "[\\s\\S]*Sends:",
        "  sendMessage: sent as message \\d+, 1 attempt",
        "Next: milady pairing list, then milady pairing approve telegram <request id>\\n$",
      ].join("\\n"),
    ),
  );

  await team.from(ada).says("aside");
  expect(await settled(2, "context")).toContain(
    "Next: to answer without a mention, set connectors.telegram.requireMention to false",
  );
  await other.from(ada).says("@test_bot hello");
  expect(await settled(3, "ignored")).toContain(
    `Next: to let such messages in, add ${other.id} to connectors.telegram.groupAllowFrom`,
  );

  sim.fault({ kind: "resetAfter", method: "sendMessage" });
  await ada.says("twice?");
  await ada.hears();
  await ada.hears();
  expect(await settled(4, "answered")).toMatch(
    /sendMessage: sent as message \d+, 2 attempts\n {4}What became of an earlier attempt is not known: the message may be there twice\./,
  );

  const refused = sim.fault({
    kind: "status",
    method: "sendMessage",
    status: 400,
    description: "Bad Request: NOT_LIKED",
  });
  await ada.says("refused");
  await refused.hit();
  await expect
    .poll(async () => (await workspace.finish(["why", "5"])).stdout, { timeout: 10_000 })
    .toMatch(
      /sendMessage: rejected, 1 attempt\n {4}Telegram refused sendMessage: 400 Bad Request: NOT_LIKED\nNext: milady dead-letters list/,
    );
});

test("status fits on a screen: every account with its problem and what to do, the rest in one line", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  installPluginSignal(workspace.path);
  workspace.file("milady.json", {
    connectors: {
      telegram: {
        apiRoot: sim.apiRoot,
        accounts: { default: { botToken: TOKEN }, old: { botToken: "100009:REVOKED-TOKEN" } },
      },
      slack: { enabled: false },
    },
  });
  const stopped = await workspace.finish(["status"]);
  expect(stopped.stdout).toMatch(/^Host +none is running; start one with milady start\n/);
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  await host.says(/does not accept/);
  const { stdout } = await workspace.finish(["status"]);
  const lines = stdout.trimEnd().split("\n");
  expect(stdout).not.toContain(ESCAPE);
  expect(lines.length).toBeLessThan(24);
  expect(stdout).toMatch(
    /^Host {4}0\.0\.0, pid \d+, up since \d\d:\d\d:\d\d, http:\/\/127\.0\.0\.1:\d+\/healthz$/m,
  );
  expect(stdout).toMatch(/^telegram {6}online +@test_bot +since \d\d:\d\d:\d\d$/m);
  expect(stdout).toMatch(
    /^telegram\/old {2}(?:action-needed|failed) .*\n {4}Telegram does not accept the bot token .*\n {4}Next: Ask @BotFather/m,
  );
  expect(stdout).toMatch(/^slack +disabled\n {4}connectors\.slack\.enabled is false$/m);
  expect(lines.at(-1)).toMatch(/^Not configured: discord, whatsapp, signal, .*tlon$/);
});

test.skipIf(!hasScript)("status is coloured in a terminal, unless NO_COLOR says otherwise", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", { connectors: { slack: { enabled: false } } });
  const plain = await inTerminal(workspace, ["status"]).running.finished();
  expect(plain.stdout).toContain("disabled");
  expect(plain.stdout).not.toContain(ESCAPE);
  const coloured = await inTerminal(workspace, ["status"], { NO_COLOR: "" }).running.finished();
  expect(coloured.stdout).toContain(`${ESCAPE}90mdisabled`);
});
