import {
  type Account,
  type Clock,
  type Connection,
  type ConnectionContext,
  ConnectorError,
  type Operation,
  type Part,
  type SendResult,
  type StateStore,
  systemClock,
} from "@elizaos/connector-core";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import {
  type BotHandle,
  startTelegramSimulator,
  type TelegramSimulator,
} from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import { config, type TelegramConfig } from "../src/config.js";
import { telegram } from "../src/index.js";
import { afterTest, memoryLog, noFiles, simulate, TOKEN } from "./harness.js";

interface Line {
  readonly connection: Connection;
  readonly aliases: [string, string][];
  send(operation: Operation): Promise<SendResult[]>;
}

function account(apiRoot: string, more: object = {}): Account<TelegramConfig> {
  return { id: "default", config: config.fields.parse({ botToken: TOKEN, apiRoot, ...more }) };
}

/** An open connection without a runtime around it. */
async function open(sim: TelegramSimulator, more: object = {}, clock: Clock = systemClock): Promise<Line> {
  const aliases: [string, string][] = [];
  const state: StateStore = { get: async () => undefined, list: async () => [], batch: async () => true };
  const context: ConnectionContext = {
    connector: "telegram",
    account: "default",
    identity: "telegram:100001",
    receive: async (events) => events.map((_, event) => ({ status: "accepted", event })),
    cursor: async () => undefined,
    delivered: async () => {},
    alias: async (old, now) => void aliases.push([old, now]),
    gap: () => {},
    note: () => {},
    status: () => {},
    secret: () => {},
    commands: [],
    fail: () => {},
    state,
    accountState: state,
    log: memoryLog(),
    clock,
    signal: new AbortController().signal,
  };
  const connection = await telegram.open(account(sim.apiRoot, more), context);
  afterTest(() => connection.close());
  const dispatch = (part: Part, operation: Operation, previous: SendResult[]) =>
    connection.dispatch(part, {
      key: "k",
      to: operation.to,
      attempt: 1,
      firstAttemptAt: 0,
      uncertain: false,
      previous,
      open: noFiles,
      signal: AbortSignal.timeout(10_000),
    });
  return {
    connection,
    aliases,
    async send(operation) {
      const results: SendResult[] = [];
      for (const part of await connection.prepare(operation))
        results.push(await dispatch(part, operation, results));
      return results;
    },
  };
}

async function failure(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; mend: string | undefined; text: string }> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!ConnectorError.isInstance(error)) throw error;
  return {
    code: error.code,
    message: error.message,
    mend: error.mend,
    text: `${error.message} ${error.mend} ${error.where} ${error.stack} ${String(error.cause)}`,
  };
}

async function conversation(): Promise<{
  sim: TelegramSimulator;
  bot: BotHandle;
  ada: ReturnType<TelegramSimulator["user"]>;
  line: Line;
  to: { chat: string };
}> {
  const { sim, bot } = await simulate();
  const ada = sim.user("Ada");
  await ada.says("/start");
  return { sim, bot, ada, line: await open(sim), to: { chat: String(ada.id) } };
}

const text = (written: string) => ({ text: written, format: "markdown" as const });

describe("own messages", () => {
  it("are edited; the same text again is no failure", async () => {
    const { ada, line, to } = await conversation();
    const [sent] = await line.send({ kind: "send", to, ...text("one") });
    const message = sent?.message ?? "";
    const edit: Operation = { kind: "edit", to: { ...to, message }, ...text("**two**") };
    await line.send(edit);
    await line.send(edit);
    const seen = await ada.sees((each) => String(each.message_id) === message);
    expect(seen).toMatchObject({ text: "two", entities: [{ type: "bold" }] });
  });

  it("are deleted; deleting again is no failure", async () => {
    const { ada, line, to } = await conversation();
    const [sent] = await line.send({ kind: "send", to, ...text("one") });
    const message = sent?.message ?? "";
    const remove: Operation = { kind: "delete", to: { ...to, message } };
    await line.send(remove);
    await line.send(remove);
    expect(ada.messages().map((each) => String(each.message_id))).not.toContain(message);
  });

  it("cannot be edited beyond the limit of one message, and no call is made for it", async () => {
    const { bot, line, to } = await conversation();
    const calls = bot.calls("editMessageText").length;
    const edit: Operation = {
      kind: "edit",
      to: { ...to, message: "1" },
      text: "x".repeat(4097),
      format: "plain",
    };
    expect(await failure(line.send(edit))).toMatchObject({
      code: "rejected",
      message: expect.stringContaining("4096"),
    });
    expect(bot.calls("editMessageText")).toHaveLength(calls);
  });
});

describe("reactions", () => {
  it("are set and taken back", async () => {
    const { ada, line, to } = await conversation();
    const said = await ada.says("good");
    const on = { ...to, message: String(said.message_id) };
    await line.send({ kind: "react", to: on, emoji: "👍" });
    expect(ada.reactions(said)).toEqual(["👍"]);
    await line.send({ kind: "react", to: on, emoji: null });
    expect(ada.reactions(said)).toEqual([]);
  });

  it("that Telegram does not have are refused before any call", async () => {
    const { bot, line, to } = await conversation();
    expect(
      await failure(line.send({ kind: "react", to: { ...to, message: "1" }, emoji: "🧮" })),
    ).toMatchObject({ code: "rejected" });
    expect(bot.calls("setMessageReaction")).toEqual([]);
  });
});

describe("texts", () => {
  it("without marks are sent without a parse mode, so that nothing in them is markup", async () => {
    const { ada, bot, line, to } = await conversation();
    await line.send({ kind: "send", to, text: "a < b && <b>c</b> *d*", format: "plain" });
    expect((await ada.hears()).text).toBe("a < b && <b>c</b> *d*");
    expect(bot.calls("sendMessage").at(-1)?.params).not.toHaveProperty("parse_mode");
  });

  it("with half of a surrogate pair are sent with a replacement, not refused", async () => {
    const { ada, line, to } = await conversation();
    await line.send({ kind: "send", to, ...text("**cut \uD83D** here") });
    expect((await ada.hears()).text).toBe("cut \uFFFD here");
  });

  it("of nothing but white space are refused before any call", async () => {
    const { bot, line, to } = await conversation();
    const calls = bot.calls("sendMessage").length;
    expect(await failure(line.send({ kind: "send", to, ...text(" \n ") }))).toMatchObject({
      code: "rejected",
    });
    expect(bot.calls("sendMessage")).toHaveLength(calls);
  });

  it("quote in their first part only, and arrive although the quoted message is gone", async () => {
    const { ada, bot, line, to } = await conversation();
    const said = await ada.says("delete me");
    await ada.deletes(said);
    await line.send({ kind: "send", to, ...text("x ".repeat(3_000)), replyTo: String(said.message_id) });
    await ada.hears();
    await ada.hears();
    expect(bot.calls("sendMessage").map((call) => "reply_parameters" in call.params)).toEqual([true, false]);
  });

  it("of 4096 UTF-16 units fit into one message, however long their markup is", async () => {
    const { ada, line, to } = await conversation();
    await line.send({ kind: "send", to, ...text(`**${"&😀".repeat(1365)}a**`) });
    expect((await ada.hears()).text).toHaveLength(4096);
  });
});

describe("what a failed call is", () => {
  const send = (line: Line, to: { chat: string; thread?: string }) =>
    line.send({ kind: "send", to, ...text("hi") });

  it("an unknown chat is gone", async () => {
    const { line } = await conversation();
    expect(await failure(send(line, { chat: "999" }))).toMatchObject({
      code: "gone",
      message: expect.stringContaining("chat not found"),
    });
  });

  it("a person who blocked the bot is gone", async () => {
    const { ada, line, to } = await conversation();
    ada.blocks();
    expect(await failure(send(line, to))).toMatchObject({
      code: "gone",
      mend: expect.stringContaining("blocked"),
    });
  });

  it("a closed topic refuses, with what to do", async () => {
    const { sim, ada, line } = await conversation();
    const forum = sim.group("Engines", { members: [ada], forum: true });
    await forum.from(ada).says("Welcome");
    const topic = forum.topic("Pistons");
    topic.closes(ada);
    const failed = await failure(send(line, { chat: String(forum.id), thread: String(topic.threadId) }));
    expect(failed).toMatchObject({
      code: "rejected",
      message: expect.stringContaining("TOPIC_CLOSED"),
      mend: expect.stringContaining("Open the topic"),
    });
  });

  it("an id that is none is refused before any call", async () => {
    const { bot, line, to } = await conversation();
    expect(await failure(send(line, { ...to, thread: "general" }))).toMatchObject({ code: "rejected" });
    expect(bot.calls("sendMessage")).toEqual([]);
  });

  it("too many calls are to wait, as long as Telegram says", async () => {
    const { sim, line, to } = await conversation();
    sim.fault({ kind: "flood", method: "sendMessage", retryAfterSeconds: 17 });
    await expect(send(line, to)).rejects.toMatchObject({
      code: "rate-limited",
      scope: "chat",
      retryAfterMs: 17_000,
    });
  });

  it("a revoked token is a matter of credentials", async () => {
    const { bot, line, to } = await conversation();
    bot.revoke();
    expect(await failure(send(line, to))).toMatchObject({
      code: "auth",
      mend: expect.stringContaining("@BotFather"),
    });
    expect(await line.connection.probe(AbortSignal.timeout(5_000))).toMatchObject({ status: "unauthorised" });
  });

  it.each([
    ["a server error", { kind: "status", status: 500 }],
    ["a reset connection", { kind: "reset" }],
    ["a reset after the work was done", { kind: "resetAfter" }],
    ["half an answer", { kind: "truncate" }],
  ] as const)("%s leaves open whether it happened", async (_, fault) => {
    const { sim, line, to } = await conversation();
    sim.fault({ ...fault, method: "sendMessage" });
    expect(await failure(send(line, to))).toMatchObject({ code: "unknown" });
  });

  it("no answer within timeoutSeconds leaves open whether it happened", async () => {
    const { sim, to } = await conversation();
    const clock = new ManualClock();
    const line = await open(sim, { timeoutSeconds: 20 }, clock);
    const taken = sim.fault({ kind: "hang", method: "sendMessage" });
    const failed = failure(send(line, to));
    await taken.hit();
    await clock.advance(20_000);
    expect(await failed).toMatchObject({ code: "unknown", message: expect.stringContaining("within 20 s") });
  });

  it("a server that is not there did not do it", async () => {
    const { sim, line, to } = await conversation();
    await sim.close();
    expect(await failure(send(line, to))).toMatchObject({
      code: "transient",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    expect(await line.connection.probe(AbortSignal.timeout(5_000))).toMatchObject({ status: "unreachable" });
  });

  it("never quotes the token, the address or the text", async () => {
    const { sim, line, to } = await conversation();
    const failures: string[] = [];
    const faults = [
      { kind: "reset" },
      { kind: "status", status: 400 },
      { kind: "status", status: 500 },
    ] as const;
    for (const fault of faults) {
      sim.fault({ ...fault, method: "sendMessage" });
      failures.push((await failure(line.send({ kind: "send", to, ...text("private words") }))).text);
    }
    await sim.close();
    failures.push((await failure(line.send({ kind: "send", to, ...text("private words") }))).text);
    expect(failures).toHaveLength(4);
    for (const each of failures) expect(each).not.toMatch(/FAKE-TOKEN|127\.0\.0\.1|private words/);
  });
});

describe("a probe", () => {
  it("names the bot", async () => {
    const { line } = await conversation();
    expect(await line.connection.probe(AbortSignal.timeout(5_000))).toEqual({
      status: "ok",
      detail: "@helper_bot",
    });
  });

  it("says of a server that is no Bot API what is wrong", async () => {
    const { sim } = await simulate();
    const other = await startTelegramSimulator();
    afterTest(() => other.close());
    const identified = telegram.identify(account(`${sim.apiRoot}/_sim`), {
      signal: AbortSignal.timeout(5_000),
      log: memoryLog(),
      clock: systemClock,
      state: { get: async () => undefined, list: async () => [], batch: async () => true },
      status: () => {},
      secret: () => {},
    });
    expect(await failure(identified)).toMatchObject({ code: "transient" });
  });
});
