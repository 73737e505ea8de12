import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { acting, groupOf } from "./acting.js";
import { stateFolder } from "./harness.js";

/** A file on the agent's machine. */
function onDisk(text: string): string {
  const path = join(stateFolder(), "a.txt");
  writeFileSync(path, text);
  return path;
}

const OWNED = { id: 77, owners: ["telegram:77"] };

describe("messages", () => {
  it("are sent beside the answer: rendered, quoted, and long ones in parts", async () => {
    const { act, ada, bot } = await acting();
    const chat = ada.with(bot);
    const before = await chat.says("before");
    const sent = await act("messages.send", { text: "**Look**", replyTo: String(before.message_id) });
    const heard = await chat.hears();
    expect(sent).toEqual({ result: { messages: [String(heard.message_id)] } });
    expect(heard).toMatchObject({
      text: "Look",
      entities: [{ type: "bold" }],
      reply_to_message: { message_id: before.message_id },
    });
    expect(await act("messages.send", { text: "word ".repeat(1_000) })).toEqual({
      result: { messages: [expect.any(String), expect.any(String)] },
    });
  });

  it("that Telegram cannot parse go as plain text", async () => {
    const { act, ada, bot, sim } = await acting();
    const description = "Bad Request: can't parse entities: unexpected end";
    sim.fault({ kind: "status", status: 400, method: "sendMessage", description });
    await act("messages.send", { text: "**Look**" });
    const heard = await ada.with(bot).hears();
    expect(heard.text).toBe("Look");
    expect(heard.entities).toBeUndefined();
  });

  it("of the bot are edited and deleted; those of others are not, before any call", async () => {
    const { act, ada, bot } = await acting();
    const chat = ada.with(bot);
    await act("messages.send", { text: "first" });
    const message = String((await chat.hears()).message_id);
    expect(await act("messages.edit", { message, text: "*second*" })).toEqual({ result: { message } });
    expect((await chat.sees(({ text }) => text === "second")).entities).toMatchObject([{ type: "italic" }]);
    expect(await act("messages.delete", { message })).toEqual({ result: { deleted: message } });
    expect(chat.messages().some(({ text }) => text === "second")).toBe(false);
    const theirs = String((await chat.says("mine")).message_id);
    for (const [name, input] of [
      ["messages.edit", { message: theirs, text: "x" }],
      ["messages.delete", { message: theirs }],
    ] as const)
      expect(await act(name, input)).toEqual({
        error: `rejected: Message ${theirs} is not known to be the agent's own, and only its own messages are changed or deleted.`,
      });
    expect(bot.calls("editMessageText")).toHaveLength(1);
    expect(bot.calls("deleteMessage")).toHaveLength(1);
  });

  it("with a file have their caption edited, as far as it holds", async () => {
    const { act, ada, bot } = await acting(OWNED);
    await act("messages.send", { text: "old", files: [{ path: onDisk("hello"), name: "notes.txt" }] });
    const sent = await ada.with(bot).hears();
    expect(sent).toMatchObject({ caption: "old", document: { file_name: "notes.txt" } });
    const message = String(sent.message_id);
    expect(await act("messages.edit", { message, text: "**new**" })).toEqual({ result: { message } });
    expect(await ada.with(bot).sees(({ caption }) => caption === "new")).toMatchObject({
      caption_entities: [{ type: "bold" }],
    });
    expect(await act("messages.edit", { message, text: "x".repeat(1_025) })).toEqual({
      error: expect.stringContaining("longer than the 1024 UTF-16 units that its caption holds"),
    });
  });

  it("have files of the agent's machine for owners only, and by address from public ones only", async () => {
    const { act, bot } = await acting();
    expect(await act("messages.send", { files: [{ path: onDisk("secret") }] })).toEqual({
      error: expect.stringContaining("only an owner of the agent may have such files sent"),
    });
    expect(await act("messages.send", { files: [{ url: "http://127.0.0.1:9/a.txt" }] })).toEqual({
      error: expect.stringMatching(/^rejected: .*127\.0\.0\.1/),
    });
    expect(bot.calls("sendDocument")).toEqual([]);
  });

  it("go to another chat for owners only", async () => {
    const { act, sim, ada, bot } = await acting(OWNED);
    const { group } = groupOf(sim, ada);
    const elsewhere = { text: "Good morning", chat: String(group.id) };
    expect(await act("messages.send", elsewhere)).toEqual({ result: { messages: [expect.any(String)] } });
    expect((await group.hears()).text).toBe("Good morning");
    expect(await act("messages.send", elsewhere, sim.user("Mallory").with(bot))).toEqual({
      error: expect.stringContaining("another chat may be named by an owner of the agent"),
    });
    expect(bot.calls("sendMessage").map(({ params }) => params.chat_id)).toEqual([group.id]);
  });

  it("stay in their topic", async () => {
    const { act, sim, ada } = await acting();
    const { group } = groupOf(sim, ada, true);
    const topic = group.topic("News");
    await act("messages.send", { text: "here" }, topic.from(ada));
    expect((await topic.hears()).text).toBe("here");
  });

  it("wait as long as Telegram asks, and then are sent", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const { act, sim, bot } = await acting({ clock });
    sim.fault({ kind: "status", status: 429, method: "sendMessage", retryAfterSeconds: 7, times: 1 });
    expect(await act("messages.send", { text: "slowly" })).toEqual({
      result: { messages: [expect.any(String)] },
    });
    const [first, second] = bot.calls("sendMessage").map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(7_000);
  });
});

describe("a thing", () => {
  it("arrives as what it is, and is the bot's own: a point, a place, a contact, a sticker", async () => {
    const { act, ada, bot } = await acting();
    const chat = ada.with(bot);
    const point = { latitude: 52.52, longitude: 13.4 };
    await act("locations.send", point);
    expect((await chat.hears()).location).toEqual(point);
    await act("locations.send", { ...point, title: "Tower", address: "Alexanderplatz" });
    expect((await chat.hears()).venue).toMatchObject({ title: "Tower", address: "Alexanderplatz" });
    await act("contacts.send", { phone: "+4930123456", firstName: "Grace", lastName: "Hopper" });
    expect((await chat.hears()).contact).toMatchObject({
      phone_number: "+4930123456",
      last_name: "Hopper",
    });
    const { sticker } = await chat.sends({ sticker: Buffer.from("webp") });
    const sent = await act("stickers.send", { sticker: sticker?.file_id ?? "" });
    const heard = await chat.hears();
    const message = String(heard.message_id);
    expect(heard.sticker).toBeDefined();
    expect(sent).toEqual({ result: { message } });
    expect(await act("messages.delete", { message })).toEqual({ result: { deleted: message } });
  });
});

describe("reactions", () => {
  it("are set and taken back", async () => {
    const { act, ada, bot } = await acting();
    const chat = ada.with(bot);
    const hello = await chat.says("Hello");
    const message = String(hello.message_id);
    await act("reactions.set", { message, emoji: "🔥" });
    expect(chat.reactions(hello)).toEqual(["🔥"]);
    await act("reactions.set", { message, emoji: null });
    expect(chat.reactions(hello)).toEqual([]);
  });
});

describe("input that Telegram would refuse", () => {
  it.each([
    ["messages.send", {}, "needs a text or files"],
    ["messages.send", { files: [{ name: "a" }] }, "needs either url or path"],
    ["messages.send", { text: "x", replyTo: "first" }, "must be a number, such as 123"],
    ["messages.edit", { message: "5", text: " " }, "text"],
    ["locations.send", { latitude: 91, longitude: 0 }, "latitude"],
    ["locations.send", { latitude: 1, longitude: 0, title: "x" }, "both title and address"],
    ["contacts.send", { phone: "call me", firstName: "x" }, "must be a phone number"],
    ["reactions.set", { emoji: "🦖" }, "is none that Telegram lets bots react with"],
    ["polls.create", { question: "x".repeat(301), options: ["a"] }, "must have at most 300 characters"],
    ["polls.create", { question: "x", options: Array(13).fill("a") }, "options"],
    ["polls.create", { question: "x", options: ["a".repeat(101)] }, "must have at most 100 characters"],
    ["polls.create", { question: "x", options: ["a"], correct: 1 }, "correct names no answer"],
  ])("%s with %j is refused before any call", async (name, input, message) => {
    const { act, bot } = await acting();
    expect(await act(name, input)).toEqual({ error: expect.stringContaining(message) });
    const changes = /^(?:send(?!ChatAction)|edit|deleteMessage|setMessageReaction|stopPoll)/;
    expect(bot.calls().filter(({ method }) => changes.test(method))).toEqual([]);
  });
});

describe("gates", () => {
  const gates = {
    sendMessage: ["messages.send", "locations.send", "contacts.send"],
    editMessage: ["messages.edit"],
    deleteMessage: ["messages.delete"],
    sticker: ["stickers.send"],
    reactions: ["reactions.set"],
    polls: ["polls.create", "polls.stop", "polls.results"],
    pins: ["pins.add", "pins.remove"],
    topics: ["topics.create", "topics.edit", "topics.close", "topics.reopen"],
    memberInfo: ["members.get"],
    channelInfo: ["chats.get"],
  } as const;
  const all = (isOn: boolean) => Object.fromEntries(Object.keys(gates).map((gate) => [gate, isOn]));

  /** Names of what is offered in a forum, or in private. */
  async function offered(config: object, inPrivate = false) {
    const { act, turn, sim, ada, bot } = await acting({ config });
    await act("none", {}, inPrivate ? ada.with(bot) : groupOf(sim, ada, true).group.from(ada));
    return turn()
      ?.actions.map(({ name }) => name)
      .sort();
  }

  it.each(Object.entries(gates))("%s switches its actions, and no others", async (gate, names) => {
    expect(await offered({ actions: { ...all(false), [gate]: true } })).toEqual([...names].sort());
  });

  it("are off by default for what changes the chat for everybody; topics are for groups", async () => {
    const { pins: _, topics: __, ...others } = gates;
    expect(await offered({})).toEqual(Object.values(others).flat().sort());
    expect(await offered({ actions: all(true) }, true)).not.toContain("topics.create");
    expect(await offered({ actions: all(true), reactionLevel: "ack" })).not.toContain("reactions.set");
  });

  it("of an account stand over those of the block key by key", async () => {
    const accounts = { default: { actions: { polls: true } } };
    const names = await offered({ actions: { ...all(false), sticker: true }, accounts });
    expect(names).toEqual([...gates.polls, ...gates.sticker].sort());
  });

  it("that do not exist are named", async () => {
    const { host } = await acting({ config: { actions: { pols: true } } });
    expect(host.status().issues).toEqual([
      { path: "connectors.telegram.actions.pols", message: expect.stringContaining("polls") },
    ]);
  });
});
