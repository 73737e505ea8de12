import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import type { DirectChat, TelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { expect, test } from "vitest";
import { afterThisTest, Running, Workspace } from "./support/cli.js";
import { readJson } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const CRASH_HOST = fileURLToPath(new URL("fixtures/crash-host.mjs", import.meta.url));
const CHATS = 10;
const MESSAGES_PER_CHAT = 5;
/** Every answer is longer than one Telegram message. */
const PARTS = 2;
/** The moment is chosen in the middle of the work. */
const NTH = 20;
const PATIENCE = { timeoutMs: 15_000 };

interface Why {
  readonly event: number;
  readonly fate: string;
  readonly text: string;
  readonly attempts: number;
  readonly sends: readonly {
    readonly state: string;
    readonly attempts: number;
    readonly platformId: string;
    readonly uncertain: boolean;
  }[];
}

/** Fifty messages in ten chats are waiting; a host is killed at this moment, and a second one finishes the work. */
async function killAndRestart(point: string, nth: number) {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  mkdirSync(workspace.stateDir, { mode: 0o700 });
  const [bot] = sim.bots();
  if (bot === undefined) throw new Error("the simulator has no bot");
  const chats = Array.from({ length: CHATS }, (_, index) => sim.user(`Person ${index}`).with(bot));
  for (let message = 1; message <= MESSAGES_PER_CHAT; message++) {
    for (const [index, chat] of chats.entries()) await chat.says(`message ${message} of ${index}`);
  }
  const killed = host(sim, workspace, { point, nth });
  expect(await killed.finished()).toMatchObject({ signal: "SIGKILL" });
  const answersBefore = chats.flatMap(answers).length;

  const second = host(sim, workspace);
  for (const chat of chats)
    await chat.sees(
      ({ text }) => text?.endsWith(`end message ${MESSAGES_PER_CHAT} of ${chats.indexOf(chat)}`) === true,
      PATIENCE,
    );
  second.signal("SIGTERM");
  expect((await second.finished()).code).toBe(0);
  return { sim, workspace, chats, answersBefore };
}

/** @param crash where it is to die; it lives on when nothing is said */
function host(sim: TelegramSimulator, workspace: Workspace, crash: object = {}): Running {
  const options = { stateDir: workspace.stateDir, apiRoot: sim.apiRoot, token: TOKEN, ...crash };
  const running = new Running(
    spawn(process.execPath, [CRASH_HOST, JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  afterThisTest(() => running.kill());
  return running;
}

/** What the bot said in a chat, in order; long fillers are left out. */
function answers(chat: DirectChat): string[] {
  return chat
    .messages()
    .filter(({ from }) => from?.is_bot === true)
    .map(({ text = "" }) => text.replace(/(?:\s*x{9}\s*)+/g, " … "));
}

/** The parts of all answers in a chat, each once and in the order of the questions. */
function expectedAnswers(index: number): string[] {
  return Array.from(
    { length: MESSAGES_PER_CHAT },
    (_, message) => `message ${message + 1} of ${index}`,
  ).flatMap((text) => [`re ${text}`, `end ${text}`]);
}

/** Answers as their parts: where the text was cut is not what is looked at here. */
function partsOf(chat: DirectChat): string[] {
  return answers(chat).flatMap((text) =>
    text
      .split("…")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  );
}

function expectEachOnce(chats: readonly DirectChat[]): void {
  for (const [index, chat] of chats.entries()) expect(partsOf(chat)).toEqual(expectedAnswers(index));
}

/** The events with a call whose outcome was never learnt. */
async function uncertainEvents(workspace: Workspace): Promise<number[]> {
  const store = await openSqliteStore({ path: join(workspace.stateDir, "connectors.sqlite") });
  const events = Array.from({ length: CHATS * MESSAGES_PER_CHAT }, (_, index) => index + 1);
  const operations = await Promise.all(events.map((event) => store.operationsOfTurn(event)));
  await store.shutdown();
  return events.filter((_, index) =>
    operations[index]?.some(({ parts }) => parts.some(({ uncertain }) => uncertain)),
  );
}

async function expectFiftyAnsweredEvents(workspace: Workspace): Promise<void> {
  const last = await readJson<Why>(workspace, ["why", "last"]);
  expect(last).toMatchObject({ event: CHATS * MESSAGES_PER_CHAT, fate: "answered" });
}

test("F5 SIGKILL before accept: the platform brings the messages again; each is answered once", async () => {
  const { chats, answersBefore, workspace } = await killAndRestart("before accept", 1);
  expect(answersBefore).toBe(0);
  expectEachOnce(chats);
  await expectFiftyAnsweredEvents(workspace);
});

test("F5 SIGKILL after accept, before the platform is told: what was stored is taken up again; each is answered once", async () => {
  const { chats, answersBefore, workspace } = await killAndRestart("after accept", 1);
  expect(answersBefore).toBe(0);
  expectEachOnce(chats);
  await expectFiftyAnsweredEvents(workspace);
});

test("F5 SIGKILL during the agent: its turn and all others are taken up again; each is answered once", async () => {
  const { chats, answersBefore, workspace } = await killAndRestart("during agent", NTH);
  expect(answersBefore).toBeLessThan(NTH * PARTS);
  expectEachOnce(chats);
  expect(await uncertainEvents(workspace)).toEqual([]);
  await expectFiftyAnsweredEvents(workspace);
});

test("SIGKILL while a preview shows: nothing is left of it, and the answer comes once", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  mkdirSync(workspace.stateDir, { mode: 0o700 });
  const [bot] = sim.bots();
  if (bot === undefined) throw new Error("the simulator has no bot");
  const chat = sim.user("Ada").with(bot);
  await chat.says("hello");
  const killed = host(sim, workspace, { point: "while a preview shows" });
  await chat.seesDraft(({ text }) => text === "re hello", PATIENCE);
  killed.signal("SIGKILL");
  expect(await killed.finished()).toMatchObject({ signal: "SIGKILL" });
  expect(answers(chat)).toEqual([]);

  const second = host(sim, workspace);
  await chat.sees(({ text }) => text?.endsWith("end hello") === true, PATIENCE);
  second.signal("SIGTERM");
  expect((await second.finished()).code).toBe(0);
  expect(partsOf(chat)).toEqual(["re hello", "end hello"]);
  expect(chat.draft()).toBeUndefined();
});

test("F5 SIGKILL between the parts of an answer: it goes on with the part that is missing; nothing is said twice", async () => {
  const { chats, answersBefore, workspace } = await killAndRestart("between parts", NTH);
  expect(answersBefore).toBe((NTH - 1) * PARTS + 1);
  expectEachOnce(chats);
  await expectFiftyAnsweredEvents(workspace);
});

test("F5 SIGKILL after a call and before its result is recorded: that one part is said twice, and why shows it", async () => {
  const { chats, answersBefore, workspace } = await killAndRestart("before record", NTH);
  expect(answersBefore).toBe((NTH - 1) * PARTS + 1);
  const doubled: string[] = [];
  for (const [index, chat] of chats.entries()) {
    const parts = partsOf(chat);
    doubled.push(...parts.filter((part, place) => parts.indexOf(part) !== place));
    expect([...new Set(parts)]).toEqual(expectedAnswers(index));
  }
  expect(doubled).toHaveLength(1);

  const [event, ...others] = await uncertainEvents(workspace);
  expect(others).toEqual([]);
  expect(await readJson<Why>(workspace, ["why", String(event)])).toMatchObject({
    fate: "answered",
    text: doubled[0]?.replace(/^(re|end) /, ""),
    sends: [
      { state: "sent", attempts: 2, uncertain: true },
      { state: "sent", attempts: 1, uncertain: false },
    ],
  });
});

test("F5 a real host killed while the platform holds an answer back says it again after the restart, and why tells", async () => {
  const sim: TelegramSimulator = await telegramWithBot();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] }));
  const first = workspace.run(["start"]);
  await first.says(/connected/);
  const held = sim.fault({ kind: "hangAfter", method: "sendMessage" });
  await ada.says("Are you sure?");
  await ada.hears();
  await held.hit();
  first.signal("SIGKILL");
  expect(await first.finished()).toMatchObject({ signal: "SIGKILL" });

  const second = workspace.run(["start"]);
  expect((await ada.hears(PATIENCE)).text).toContain("Are you sure?");
  await second.says(/a call that may have arrived is made again/);
  await expect
    .poll(() => readJson<Why>(workspace, ["why", "last"]), { timeout: 10_000 })
    .toMatchObject({
      fate: "answered",
      attempts: 1,
      sends: [{ state: "sent", attempts: 2, uncertain: true }],
    });
  const text = await workspace.finish(["why"]);
  expect(text.stdout).toMatch(
    /sendMessage: sent as message \d+, 2 attempts\n {4}What became of an earlier attempt is not known/,
  );
});
