import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";
import { hasScript, inTerminal } from "./support/terminal.js";

test.skipIf(!hasScript)(
  "the demo in a terminal: one chats at once, approves with one key, and gets an answer",
  async () => {
    const workspace = new Workspace();
    const { running, type } = inTerminal(workspace);
    await running.says(/you │ /);
    type("Hello there\r");
    await running.says(/Your pairing code: [2-9A-HJ-NP-Z]{8}/);
    await running.says(/press a to let Ada in/);
    type("a");
    await running.says(/Ada is approved/);
    type("Do you hear me?\r");
    await running.says(/You wrote “Do you hear me\?”/);
    type("\u0003");
    expect(await running.finished()).toMatchObject({ code: 0 });
  },
);

test.skipIf(!hasScript)(
  "the demo in a terminal: a refused stranger gets a new code on writing again",
  async () => {
    const workspace = new Workspace();
    const { running, type } = inTerminal(workspace);
    await running.says(/you │ /);
    type("Hello there\r");
    const [, first] = await running.says(/Your pairing code: ([2-9A-HJ-NP-Z]{8})/);
    await running.says(/press a to let Ada in/);
    type("d");
    await running.says(/Refused/);
    type("Please\r");
    await running.says(new RegExp(`Your pairing code: (?!${first})[2-9A-HJ-NP-Z]{8}`));
  },
);

test.skipIf(!hasScript)(
  "a running host shows a pairing request in its terminal, and one key approves it",
  async () => {
    const sim = await telegramWithBot();
    const ada = sim.user("Ada\u001b[2J");
    const workspace = new Workspace();
    workspace.file("milady.json", telegramConfig(sim));
    const { running, type } = inTerminal(workspace);
    await running.says(/connected/);
    await ada.says("Hi");
    const code = /\b[2-9A-HJ-NP-Z]{8}\b/.exec((await ada.hears()).text ?? "")?.[0] ?? "none";
    await running.says(
      new RegExp(
        `“Ada\\\\u001b\\[2J” \\(id ${ada.id}\\) wants to write to telegram/default and was shown the code ${code}`,
      ),
    );
    await running.says(/Press a to approve/);
    type("a");
    await running.says(/Approved\./);
    await ada.says("Now?");
    expect((await ada.hears()).text).toContain("You wrote “Now?”");
    type("\u0003");
    expect(await running.finished()).toMatchObject({ code: 0 });
  },
);
