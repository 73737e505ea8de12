import type { AgentLike, ButtonRows } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { allowedUpdates, readUpdate } from "../src/inbound/index.js";
import { afterTest, noFiles, simulate, started, stateFolder, TOKEN } from "./harness.js";
import { ADA, BOT, DM, message, update } from "./payloads.js";

const LONG = `ticket:${"ä".repeat(40)}`;

/** Offers buttons to whoever writes, and repeats what is pressed. */
function offering(buttons: ButtonRows, text = "Which?"): AgentLike {
  return (turn) =>
    turn.events[0].kind === "button" ? `pressed ${turn.text}` : { type: "message", text, buttons };
}

const YES = [
  [
    { text: "Yes", data: "y" },
    { text: "No", data: "n" },
  ],
  [{ text: "Site", url: "https://a.example" }],
];

describe("buttons", () => {
  it("are an inline keyboard; a press is a turn, and Telegram is told that it arrived", async () => {
    const { sim, bot } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    const asked = await chat.hears();
    expect(asked.reply_markup?.inline_keyboard).toEqual([
      [
        { text: "Yes", callback_data: "y" },
        { text: "No", callback_data: "n" },
      ],
      [{ text: "Site", url: "https://a.example" }],
    ]);
    const press = await chat.presses(asked, "No");
    expect(await press.answered()).toEqual({});
    expect((await chat.hears()).text).toBe("pressed n");
    expect(running.turns[1]?.events[0]).toMatchObject({
      kind: "button",
      data: "n",
      address: { chat: String(asked.chat.id), message: String(asked.message_id) },
      chat: { kind: "dm" },
      keys: [`callback:${press.id}`, expect.stringMatching(/^update:/)],
    });
    expect(bot.unansweredPresses()).toEqual([]);
  });

  it("hold data of any length, also when the host was restarted meanwhile", async () => {
    const { sim, bot } = await simulate();
    const stateDir = stateFolder();
    const agent = offering([[{ text: "Open", data: LONG }]]);
    const first = await started({ apiRoot: sim.apiRoot, stateDir, agent });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    const asked = await chat.hears();
    await first.runtime.stop();
    await chat.presses(asked, "Open");
    await started({ apiRoot: sim.apiRoot, stateDir, agent });
    expect((await chat.hears()).text).toBe(`pressed ${LONG}`);
  });

  it("that a client makes up are told to be too old", async () => {
    const { sim, bot } = await simulate();
    await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    const asked = await chat.hears();
    await chat.forges(asked, "~b0000000000123456789abcdef");
    expect((await chat.hears()).text).toMatch(/^This button is too old/);
  });

  it("in a topic answer there, and only those on a list may press", async () => {
    const { sim } = await simulate();
    const [ada, eve] = [sim.user("Ada"), sim.user("Eve")];
    const group = sim.group("Engines", { members: [ada, eve], forum: true });
    const config = { allowFrom: [String(ada.id)], dmPolicy: "allowlist" };
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES), config });
    const topic = group.topic("Mill");
    await topic.from(ada).says("@helper_bot hello");
    const asked = await topic.hears();
    const press = await topic.from(eve).presses(asked, "Yes");
    await press.answered();
    await topic.from(ada).presses(asked, "No");
    expect((await topic.hears()).text).toBe("pressed n");
    expect(running.turns.map(({ text }) => text)).toEqual(["@helper_bot hello", "n"]);
    expect(running.turns[1]?.events[0].address).toMatchObject({ thread: String(asked.message_thread_id) });
  });

  it("stand under the last message of a long text, and under a file", async () => {
    const { sim, bot } = await simulate();
    const agent: AgentLike = (turn) => {
      const bytes = new TextEncoder().encode("plain words");
      const file = { bytes, name: "a.txt" };
      const picture = { bytes: PNG, name: "a.png" };
      switch (turn.text) {
        case "long":
          return { type: "message", text: "word ".repeat(1_500), buttons: YES };
        case "file":
          return { type: "message", text: "Here", attachments: [file], buttons: YES };
        case "album":
          return { type: "message", text: "Two", attachments: [picture, picture], buttons: YES };
        default:
          return { type: "message", text: "", attachments: [picture, picture, picture], buttons: YES };
      }
    };
    await started({ apiRoot: sim.apiRoot, agent });
    const chat = sim.user("Ada").with(bot);
    const has = async () => (await chat.hears()).reply_markup !== undefined;
    await chat.says("long");
    expect([await has(), await has()]).toEqual([false, true]);
    await chat.says("file");
    expect(await chat.hears()).toMatchObject({ caption: "Here", reply_markup: {} });
    await chat.says("album");
    expect([await has(), await has(), await has()]).toEqual([false, false, true]);
    await chat.says("bare album");
    expect([await has(), await has(), await has()]).toEqual([false, false, true]);
  });

  it("are removed by an edit that says so", async () => {
    const { sim, bot } = await simulate();
    await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    const asked = await chat.hears();
    const { createClient } = await import("../src/client.js");
    const { prepare, dispatch } = await import("../src/outbound.js");
    const { telegram } = await import("../src/index.js");
    const config = telegram.config.fields.parse({ botToken: TOKEN, apiRoot: sim.apiRoot });
    const client = await createClient(config, sim.clock);
    afterTest(() => client.close());
    const to = { chat: String(asked.chat.id), message: String(asked.message_id) };
    for (const [text, buttons] of [
      ["Which, then?", YES],
      ["Thanks.", []],
    ] as const) {
      const [part] = await prepare({ kind: "edit", to, text, format: "plain", buttons }, config);
      if (part === undefined) throw new Error("an edit is one call");
      const state = { get: async () => undefined, list: async () => [], batch: async () => true };
      const log = { debug() {}, info() {}, warn() {}, error() {} };
      const context = { alias: async () => {}, log, state, clock: sim.clock };
      await dispatch(part, { to, signal: new AbortController().signal, open: noFiles }, { client, context });
      const now = chat.messages().find(({ message_id }) => message_id === asked.message_id);
      expect([now?.text, now?.reply_markup?.inline_keyboard.length ?? 0]).toEqual([text, buttons.length]);
    }
  });

  it("are a list where the config has none, and a press of an old one is ignored with the reason", async () => {
    const { sim, bot } = await simulate();
    const stateDir = stateFolder();
    const first = await started({ apiRoot: sim.apiRoot, stateDir, agent: offering(YES) });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    const asked = await chat.hears();
    await first.runtime.stop();
    const config = { capabilities: { inlineButtons: "group" } };
    const second = await started({ apiRoot: sim.apiRoot, stateDir, agent: offering(YES), config });
    const press = await chat.presses(asked, "Yes");
    await press.answered();
    await chat.says("Hello");
    const listed = await chat.hears();
    expect(listed.reply_markup).toBeUndefined();
    expect(listed.text).toBe("Which?\n\n• Yes\n• No\n• Site");
    expect((await second.runtime.why(2))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "button.scope",
      path: "connectors.telegram.capabilities.inlineButtons",
    });
  });

  it.each([{ inlineButtons: "dms" }, { inlinebuttons: "dm" }])(
    "%j is refused by the config",
    async (capabilities) => {
      const { sim } = await simulate();
      const running = await started({ apiRoot: sim.apiRoot, config: { capabilities } });
      expect(running.status().state).toBe("failed");
      expect(running.status().reason).toMatch(/capabilities/);
    },
  );
});

describe("the answer to a press", () => {
  it("comes too late without any harm, and holds nothing up", async () => {
    for (const fault of ["old", "hangs"] as const) {
      const { sim, bot } = await simulate();
      const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
      const chat = sim.user(`Ada ${fault}`).with(bot);
      await chat.says("Hello");
      const asked = await chat.hears();
      if (fault === "hangs") sim.fault({ kind: "hang", method: "answerCallbackQuery" });
      await chat.presses(asked, "Yes");
      if (fault === "old") bot.pressesGrowOld();
      expect((await chat.hears()).text).toBe("pressed y");
      await bot.catchesUp();
      expect(running.log.lines.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
    }
  });

  it("is not given before the press is stored", async () => {
    const { sim, bot } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Hello");
    const press = await chat.presses(await chat.hears(), "Yes");
    await press.answered();
    expect((await running.runtime.why("last"))?.event.event).toMatchObject({ kind: "button", data: "y" });
  });
});

describe("a callback query", () => {
  const query = { id: "77", from: ADA, chat_instance: "1", data: "y" };

  it("is asked for", async () => {
    const { telegram } = await import("../src/index.js");
    const { fields } = telegram.config;
    expect(allowedUpdates(fields.parse({ reactionNotifications: "off" }))).toContain("callback_query");
  });

  it("under a message that is too old to be shown names its place", () => {
    const old = { ...query, message: { chat: DM, message_id: 5, date: 0 } };
    const { reading, query: asked } = readUpdate(update("callback_query", old), BOT, 1_000);
    expect(asked).toBe("77");
    expect(reading).toMatchObject({
      type: "event",
      event: { kind: "button", sentAt: 1_000, address: { chat: String(DM.id), message: "5" } },
    });
  });

  it.each([
    [{ ...query, inline_message_id: "i" }, /inline mode/],
    [{ id: "77", from: ADA, chat_instance: "1", game_short_name: "chess", message: message({}) }, /game/],
  ])("of inline mode or a game is declined with the reason, and answered all the same", (value, reason) => {
    const { reading, query: asked } = readUpdate(update("callback_query", value), BOT);
    expect(reading).toMatchObject({
      type: "dropped",
      isDeclined: true,
      reason: expect.stringMatching(reason),
    });
    expect(asked).toBe("77");
  });

  it("that cannot be read is dropped", () => {
    expect(readUpdate(update("callback_query", { id: 7 }), BOT).reading).toMatchObject({ malformed: true });
  });
});

/** The smallest picture: one transparent dot. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);
