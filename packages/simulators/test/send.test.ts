import { ManualClock } from "@elizaos/connector-simulators/kit";
import { InlineKeyboard } from "grammy";
import { describe, expect, it } from "vitest";
import { open, post, refusal } from "./support.js";

const HOUR_MS = 60 * 60 * 1000;

/** A bot and a person who has written to it. */
async function talking(...options: Parameters<typeof open>) {
  const opened = await open(...options);
  const ada = opened.sim.user("Ada");
  const hello = await ada.says("hello");
  return { ...opened, ada, hello };
}

describe("sendMessage", () => {
  it("arrives, and comes back as Telegram's Message", async () => {
    const clock = new ManualClock(Date.UTC(2026, 4, 1));
    const { bot, api, ada } = await talking({ clock });
    const sent = await api.sendMessage(ada.id, "hi Ada");
    expect(sent).toEqual({
      message_id: 2,
      from: { id: bot.id, is_bot: true, first_name: "toy_bot", username: "toy_bot" },
      chat: { id: ada.id, type: "private", first_name: "Ada" },
      date: Date.UTC(2026, 4, 1) / 1000,
      text: "hi Ada",
    });
    expect(await ada.hears()).toEqual(sent);
  });

  it("does not come back to the bot as an update", async () => {
    const { bot, api, ada } = await talking();
    await api.sendMessage(ada.id, "mine");
    expect(bot.pendingUpdates()).toHaveLength(1);
  });

  it("counts 4096 UTF-16 units after the markup is gone", async () => {
    const { api, ada } = await talking();
    const html = { parse_mode: "HTML" } as const;
    expect((await api.sendMessage(ada.id, `<b>${"a".repeat(4096)}</b>`, html)).text).toHaveLength(4096);
    expect((await api.sendMessage(ada.id, "&amp;".repeat(4096), html)).text).toBe("&".repeat(4096));
    expect((await api.sendMessage(ada.id, "😀".repeat(2048))).text).toHaveLength(4096);
    const tooLong = "400: Bad Request: message is too long";
    expect(await refusal(api.sendMessage(ada.id, "a".repeat(4097)))).toContain(tooLong);
    expect(await refusal(api.sendMessage(ada.id, `${"😀".repeat(2048)}a`))).toContain(tooLong);
    expect(await refusal(api.sendMessage(ada.id, "ä".repeat(20_000)))).toContain(
      "Bad Request: text is too long",
    );
    expect(ada.messages()).toHaveLength(4);
  });

  it("refuses empty texts", async () => {
    const { api, ada } = await talking();
    expect(await refusal(api.sendMessage(ada.id, ""))).toContain("400: Bad Request: message text is empty");
    expect(await refusal(api.sendMessage(ada.id, " \n "))).toContain(
      "400: Bad Request: message must be non-empty",
    );
    const hidden = refusal(api.sendMessage(ada.id, "<b></b>", { parse_mode: "HTML" }));
    expect(await hidden).toContain("400: Bad Request: message must be non-empty");
  });

  it("knows only chats that exist", async () => {
    const { sim, api } = await talking();
    const secret = sim.group("Secret", { bots: [] });
    expect(await refusal(api.sendMessage(42, "x"))).toContain("400: Bad Request: chat not found");
    expect(await refusal(api.sendMessage("@nobody", "x"))).toContain("400: Bad Request: chat not found");
    expect(await refusal(api.sendMessage(secret.id, "x"))).toContain("400: Bad Request: chat not found");
    expect(await refusal(api.sendMessage("", "x"))).toContain("400: Bad Request: chat_id is empty");
  });

  it("cannot write first, nor to one who blocked it, nor to bots", async () => {
    const { sim, bot, api, ada } = await talking();
    const bob = sim.user("Bob");
    expect(await refusal(api.sendMessage(bob.id, "x"))).toContain("chat not found");
    sim.group("Team", { members: [bob] });
    expect(await refusal(api.sendMessage(bob.id, "x"))).toContain(
      "403: Forbidden: bot can't initiate conversation with a user",
    );
    ada.blocks();
    expect(await refusal(api.sendMessage(ada.id, "x"))).toContain(
      "403: Forbidden: bot was blocked by the user",
    );
    expect(await refusal(ada.says("x"))).toContain("has blocked the bot");
    ada.unblocks();
    await api.sendMessage(ada.id, "back again");
    const scenery = sim.user("Weather", { isBot: true });
    expect(await refusal(api.sendMessage(scenery.id, "x"))).toContain(
      "403: Forbidden: bot can't send messages to bots",
    );
    const changes = bot.pendingUpdates().flatMap((update) => ("my_chat_member" in update ? [update] : []));
    expect(changes).toMatchObject([
      { my_chat_member: { old_chat_member: { status: "member" }, new_chat_member: { status: "kicked" } } },
      { my_chat_member: { old_chat_member: { status: "kicked" }, new_chat_member: { status: "member" } } },
    ]);
  });

  it("replies to a message that is there, or without reply when allowed", async () => {
    const { api, ada, hello } = await talking();
    const reply = await api.sendMessage(ada.id, "yes?", {
      reply_parameters: { message_id: hello.message_id },
    });
    expect(reply.reply_to_message).toMatchObject({ message_id: hello.message_id, text: "hello" });
    const gone = { message_id: 999 };
    expect(await refusal(api.sendMessage(ada.id, "x", { reply_parameters: gone }))).toContain(
      "400: Bad Request: message to be replied not found",
    );
    const lenient = await api.sendMessage(ada.id, "x", {
      reply_parameters: { ...gone, allow_sending_without_reply: true },
    });
    expect(lenient.reply_to_message).toBeUndefined();
    const wrongQuote = { message_id: hello.message_id, quote: "goodbye" };
    expect(await refusal(api.sendMessage(ada.id, "x", { reply_parameters: wrongQuote }))).toContain(
      "QUOTE_TEXT_INVALID",
    );
  });

  it("refuses unknown parameters and says so, or lets them pass when not strict", async () => {
    const strict = await talking();
    const odd = { chat_id: strict.ada.id, text: "x", disable_web_page_preview: true };
    const message = await refusal(strict.api.raw.sendMessage(odd));
    expect(message).toContain('[simulator] sendMessage has no parameter "disable_web_page_preview"');
    expect(strict.bot.calls("sendMessage")).toMatchObject([
      { status: 400, unknownParameters: ["disable_web_page_preview"] },
    ]);
    const lax = await talking({ strict: false });
    await lax.api.raw.sendMessage({ ...odd, chat_id: lax.ada.id });
    expect(lax.bot.calls("sendMessage")).toMatchObject([
      { status: 200, unknownParameters: ["disable_web_page_preview"] },
    ]);
  });

  it("keeps link preview options and inline keyboards, and checks buttons", async () => {
    const { api, ada } = await talking();
    const keyboard = new InlineKeyboard().text("Yes", "y").url("More", "https://example.org");
    const sent = await api.sendMessage(ada.id, "Sure?", {
      reply_markup: keyboard,
      link_preview_options: { is_disabled: true },
    });
    expect(sent).toMatchObject({
      link_preview_options: { is_disabled: true },
      reply_markup: { inline_keyboard: [[{ text: "Yes", callback_data: "y" }, { text: "More" }]] },
    });
    const long = new InlineKeyboard().text("Yes", "ä".repeat(33));
    expect(await refusal(api.sendMessage(ada.id, "x", { reply_markup: long }))).toContain(
      "BUTTON_DATA_INVALID",
    );
  });
});

describe("editMessageText, deleteMessage, setMessageReaction, sendChatAction", () => {
  it("edits own messages, and only with a change", async () => {
    const { api, ada, hello } = await talking();
    const { message_id } = await api.sendMessage(ada.id, "draft");
    const edited = await api.editMessageText(ada.id, message_id, "<b>final</b>", { parse_mode: "HTML" });
    expect(edited).toMatchObject({
      message_id,
      text: "final",
      entities: [{ type: "bold" }],
      edit_date: expect.any(Number),
    });
    expect((await ada.sees((message) => message.text === "final")).message_id).toBe(message_id);
    const reply = await api.sendMessage(ada.id, "a reply", {
      reply_parameters: { message_id: hello.message_id },
    });
    expect(await api.editMessageText(ada.id, reply.message_id, "better")).toMatchObject({
      reply_to_message: { message_id: hello.message_id },
    });
    expect(
      await refusal(api.editMessageText(ada.id, message_id, "<b>final</b>", { parse_mode: "HTML" })),
    ).toContain(
      "400: Bad Request: message is not modified: specified new message content and reply markup are exactly",
    );
    expect(await refusal(api.editMessageText(ada.id, hello.message_id, "x"))).toContain(
      "message can't be edited",
    );
    expect(await refusal(api.editMessageText(ada.id, 999, "x"))).toContain(
      "400: Bad Request: message to edit not found",
    );
  });

  it("deletes within 48 hours", async () => {
    const clock = new ManualClock();
    const { api, ada, hello } = await talking({ clock });
    const old = await api.sendMessage(ada.id, "old");
    const fresh = await api.sendMessage(ada.id, "fresh");
    await api.deleteMessage(ada.id, fresh.message_id);
    await api.deleteMessage(ada.id, hello.message_id);
    expect(ada.messages().map((message) => message.text)).toEqual(["old"]);
    expect(await refusal(api.deleteMessage(ada.id, fresh.message_id))).toContain(
      "message to delete not found",
    );
    await clock.advance(49 * HOUR_MS);
    expect(await refusal(api.deleteMessage(ada.id, old.message_id))).toContain(
      "message can't be deleted for everyone",
    );
  });

  it("sets one reaction of the fixed list", async () => {
    const { api, ada, hello } = await talking();
    await api.setMessageReaction(ada.id, hello.message_id, [{ type: "emoji", emoji: "👀" }]);
    expect(ada.reactions(hello)).toEqual(["👀"]);
    await api.setMessageReaction(ada.id, hello.message_id, []);
    expect(ada.reactions(hello)).toEqual([]);
    const odd = { chat_id: ada.id, message_id: hello.message_id, reaction: [{ type: "emoji", emoji: "🧀" }] };
    expect(await post(api, "setMessageReaction", odd)).toContain("Bad Request: REACTION_INVALID");
    const two = [
      { type: "emoji", emoji: "👍" },
      { type: "emoji", emoji: "🔥" },
    ];
    expect(await post(api, "setMessageReaction", { ...odd, reaction: two })).toContain("REACTIONS_TOO_MANY");
    expect(await refusal(api.setMessageReaction(ada.id, 999, []))).toContain("message to react not found");
  });

  it("shows typing for 5 seconds or until the bot speaks", async () => {
    const clock = new ManualClock();
    const { api, ada } = await talking({ clock });
    await api.sendChatAction(ada.id, "typing");
    expect(ada.typing()).toBe(true);
    await clock.advance(5_000);
    expect(ada.typing()).toBe(false);
    await api.sendChatAction(ada.id, "typing");
    await api.sendMessage(ada.id, "done");
    expect(ada.typing()).toBe(false);
    expect(await post(api, "sendChatAction", { chat_id: ada.id, action: "dancing" })).toContain(
      "Bad Request: wrong parameter action in request",
    );
    expect(
      await refusal(api.raw.sendChatAction({ chat_id: ada.id, action: "typing", message_thread_id: 77 })),
    ).toContain("message thread not found");
  });
});

describe("commands, callback queries, look-ups, files", () => {
  it("keeps commands by scope and refuses bad ones", async () => {
    const { api } = await talking();
    const commands = [{ command: "help", description: "What I can do" }];
    await api.setMyCommands(commands);
    await api.setMyCommands([{ command: "dm", description: "x" }], { scope: { type: "all_private_chats" } });
    expect(await api.getMyCommands()).toEqual(commands);
    expect(await api.getMyCommands({ scope: { type: "all_private_chats" } })).toMatchObject([
      { command: "dm" },
    ]);
    await api.deleteMyCommands();
    expect(await api.getMyCommands()).toEqual([]);
    expect(await refusal(api.setMyCommands([{ command: "Not-good", description: "x" }]))).toContain(
      "BOT_COMMAND_INVALID",
    );
    const many = Array.from({ length: 101 }, (_, n) => ({ command: `c${n}`, description: "x" }));
    expect(await refusal(api.setMyCommands(many))).toContain("BOT_COMMANDS_TOO_MUCH");
  });

  it("carries a button press to the bot and its answer back, once", async () => {
    const { api, ada } = await talking();
    const asked = await api.sendMessage(ada.id, "Sure?", {
      reply_markup: new InlineKeyboard().text("Yes", "y:1"),
    });
    const press = await ada.presses(asked, "Yes");
    const query = (await api.getUpdates()).at(-1)?.callback_query;
    expect(query).toMatchObject({
      id: press.id,
      data: "y:1",
      from: { id: ada.id },
      message: { text: "Sure?" },
    });
    await api.answerCallbackQuery(press.id, { text: "Noted" });
    expect(await press.answered()).toEqual({ text: "Noted" });
    expect(await refusal(api.answerCallbackQuery(press.id))).toContain(
      "400: Bad Request: query is too old and response timeout expired or query ID is invalid",
    );
    expect(await refusal(ada.presses(asked, "No"))).toContain('Its buttons: "Yes"');
  });

  it("tells about chats and members", async () => {
    const { sim, bot, api, ada } = await talking();
    const bob = sim.user("Bob");
    const team = sim.group("Team", { members: [ada], supergroup: true });
    expect(await api.getChat(team.id)).toMatchObject({ id: team.id, type: "supergroup", title: "Team" });
    expect(await api.getChatMember(team.id, ada.id)).toMatchObject({
      status: "creator",
      user: { first_name: "Ada" },
    });
    expect(await api.getChatMember(team.id, bot.id)).toMatchObject({ status: "member" });
    expect(await api.getChatMember(team.id, bob.id)).toMatchObject({ status: "left" });
    expect(await refusal(api.getChatMember(team.id, 12))).toContain("400: Bad Request: user not found");
  });

  it("serves the bytes of sent files, up to 20 MB, to the bot's token only", async () => {
    const { sim, bot, api, ada } = await talking();
    const bytes = new TextEncoder().encode("a whole picture, surely");
    const { photo } = await ada.sends({ photo: bytes }, { caption: "look" });
    const [small, whole] = [photo?.at(0), photo?.at(-1)];
    expect(small?.file_size).toBeLessThan(whole?.file_size ?? 0);
    const file = await api.getFile(whole?.file_id ?? "");
    const url = (token: string) => `${sim.apiRoot}/file/bot${token}/${file.file_path}`;
    expect(new Uint8Array(await (await fetch(url(bot.token))).arrayBuffer())).toEqual(bytes);
    expect((await fetch(url("100001:WRONG"))).status).toBe(401);
    const { document } = await ada.sends({ document: new Uint8Array(20 * 1024 * 1024 + 1) });
    expect(await refusal(api.getFile(document?.file_id ?? ""))).toContain(
      "400: Bad Request: file is too big",
    );
    expect(await refusal(api.getFile("nothing"))).toContain(
      "wrong file_id or the file is temporarily unavailable",
    );
  });
});
