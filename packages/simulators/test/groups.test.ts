import { Api, GrammyError } from "grammy";
import { describe, expect, it } from "vitest";
import { open, refusal } from "./support.js";

/** The texts that a bot has been given and not confirmed. */
function texts(bot: { pendingUpdates(): { [kind: string]: unknown }[] }): unknown[] {
  return bot.pendingUpdates().map((update) => {
    const body = update.message ?? update.edited_message ?? update.channel_post ?? update.edited_channel_post;
    return typeof body === "object" && body !== null && "text" in body ? body.text : Object.keys(update)[1];
  });
}

describe("privacy mode", () => {
  it("is on by default: only what is meant for the bot reaches it", async () => {
    const { sim, bot, api } = await open();
    const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
    const team = sim.group("Team", { members: [ada, bob], supergroup: true });
    const said = await team.from(ada).says("just talk");
    await team.from(ada).says("hello @Toy_Bot, and @other_bot");
    await team.from(ada).says("hello @toy_bots");
    await team.from(ada).says("/help");
    await team.from(ada).says("/help@other_bot");
    await team.from(ada).says("/help@toy_bot");
    await team.from(bob).replies(said, "a reply to Ada");
    const answer = await api.sendMessage(team.id, "I am here");
    await team.from(bob).replies(answer, "a reply to the bot");
    await team.from(bob).says(`<a href="tg://user?id=${bot.id}">Toy</a>`, { html: true });
    await team.from(bob).sends({ photo: new Uint8Array(4) }, { caption: "@toy_bot look" });
    expect(texts(bot)).toEqual([
      "hello @Toy_Bot, and @other_bot",
      "/help",
      "/help@toy_bot",
      "a reply to the bot",
      "Toy",
      "message",
    ]);
  });

  it("gives commands without a name to the bot that spoke last", async () => {
    const { sim, bot, api } = await open();
    const other = sim.bot({ token: "100002:FAKE-OTHER", username: "other_bot" });
    const ada = sim.user("Ada");
    const team = sim.group("Team", { members: [ada] });
    await api.sendMessage(team.id, "I spoke");
    await team.from(ada).says("/next");
    expect([texts(bot), texts(other)]).toEqual([["/next"], []]);
  });

  it("does not matter when off, or for an administrator", async () => {
    const open1 = await open({}, { privacyMode: false });
    const ada = open1.sim.user("Ada");
    const team = open1.sim.group("Team", { members: [ada] });
    await team.from(ada).says("just talk");
    expect(texts(open1.bot)).toEqual(["just talk"]);
    expect(await open1.api.getMe()).toMatchObject({ can_read_all_group_messages: true });

    const { sim, bot } = await open();
    const bea = sim.user("Bea");
    const crew = sim.group("Crew", { members: [bea] });
    crew.promotes(bot);
    await crew.from(bea).says("just talk");
    expect(texts(bot)).toEqual(["my_chat_member", "just talk"]);
  });

  it("never shows a bot the messages of other bots, unless both sides allow it", async () => {
    const { sim, bot } = await open({}, { privacyMode: false });
    const open2 = sim.bot({
      token: "100002:FAKE-OTHER",
      username: "friendly_bot",
      privacyMode: false,
      botToBot: true,
    });
    const scenery = sim.user("Weather", { isBot: true });
    const team = sim.group("Team", { members: [sim.user("Ada"), scenery] });
    await team.from(scenery).says("rain @toy_bot");
    expect([texts(bot), texts(open2)]).toEqual([[], ["rain @toy_bot"]]);
    const friendly = new Api(open2.token, { apiRoot: sim.apiRoot });
    await friendly.sendMessage(team.id, "to nobody");
    await friendly.sendMessage(team.id, "/do@toy_bot");
    expect(texts(bot)).toEqual(["/do@toy_bot"]);
  });
});

describe("groups", () => {
  it("have members; others cannot speak", async () => {
    const { sim } = await open();
    const team = sim.group("Team", { members: [sim.user("Ada")] });
    expect(await refusal(team.from(sim.user("Mallory")).says("hi"))).toContain(
      'Mallory is not a member of "Team"',
    );
  });

  it("tell a bot that it was added or thrown out, and then refuse it", async () => {
    const { sim, bot, api } = await open();
    const team = sim.group("Team", { members: [sim.user("Ada")], bots: [], supergroup: true });
    expect(await refusal(api.sendMessage(team.id, "x"))).toContain("chat not found");
    team.adds(bot);
    await api.sendMessage(team.id, "thanks");
    team.kicks(bot);
    expect(await refusal(api.sendMessage(team.id, "x"))).toContain(
      "403: Forbidden: bot was kicked from the supergroup chat",
    );
    team.adds(bot);
    team.removes(bot);
    expect(await refusal(api.sendMessage(team.id, "x"))).toContain(
      "403: Forbidden: bot is not a member of the supergroup chat",
    );
    const statuses = (await api.getUpdates()).flatMap(
      (update) => update.my_chat_member?.new_chat_member.status ?? [],
    );
    expect(statuses).toEqual(["member", "kicked", "member", "left"]);
    const basic = sim.group("Old", { members: [sim.user("Bob")] });
    basic.kicks(bot);
    expect(await refusal(api.sendMessage(basic.id, "x"))).toContain(
      "403: Forbidden: bot was kicked from the group chat",
    );
  });

  it("let a bot delete messages of others only as administrator", async () => {
    const { sim, bot, api } = await open();
    const ada = sim.user("Ada");
    const team = sim.group("Team", { members: [ada], supergroup: true });
    const spam = await team.from(ada).says("spam");
    expect(await refusal(api.deleteMessage(team.id, spam.message_id))).toContain(
      "400: Bad Request: message can't be deleted",
    );
    team.promotes(bot);
    await api.deleteMessage(team.id, spam.message_id);
    expect(team.messages()).toEqual([]);
  });

  it("become supergroups: both chats say so and the old id is refused with the new one", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    const basic = sim.group("Team", { members: [ada] });
    const team = basic.migrates();
    const [left, joined] = (await api.getUpdates()).map((update) => update.message);
    expect(left).toMatchObject({ chat: { id: basic.id, type: "group" }, migrate_to_chat_id: team.id });
    expect(joined).toMatchObject({
      chat: { id: team.id, type: "supergroup" },
      migrate_from_chat_id: basic.id,
    });
    const error = await api.sendMessage(basic.id, "x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GrammyError);
    expect(error).toMatchObject({
      error_code: 400,
      description: "Bad Request: group chat was upgraded to a supergroup chat",
      parameters: { migrate_to_chat_id: team.id },
    });
    await api.sendMessage(team.id, "still here");
    expect((await team.hears()).text).toBe("still here");
    expect(await refusal(basic.from(ada).says("x"))).toContain("became a supergroup");
  });

  it("count message ids per chat", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    await ada.says("hi");
    const [one, two] = [sim.group("One", { members: [ada] }), sim.group("Two", { members: [ada] })];
    expect((await api.sendMessage(one.id, "x")).message_id).toBe(1);
    expect((await api.sendMessage(two.id, "x")).message_id).toBe(1);
    expect((await api.sendMessage(ada.id, "x")).message_id).toBe(2);
  });

  it("carry the thread of replies in supergroups without being topics", async () => {
    const { sim } = await open();
    const ada = sim.user("Ada");
    const team = sim.group("Team", { members: [ada], supergroup: true });
    const root = await team.from(ada).says("root");
    const reply = await team.from(ada).replies(root, "reply");
    const deeper = await team.from(ada).replies(reply, "deeper", { quote: "rep" });
    expect(reply).toMatchObject({ message_thread_id: root.message_id });
    expect(deeper).toMatchObject({ message_thread_id: root.message_id, quote: { text: "rep", position: 0 } });
    expect(deeper.is_topic_message).toBeUndefined();
    expect(deeper.reply_to_message?.reply_to_message).toBeUndefined();
  });

  it("know senders that are not people: anonymous administrators, channels, via bots, forwards", async () => {
    const { sim, bot } = await open({}, { privacyMode: false });
    const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
    const team = sim.group("Team", { members: [ada, bob], supergroup: true });
    const news = sim.channel("News", { username: "news" });
    expect(await team.fromAnonymousAdmin("chief").says("hear")).toMatchObject({
      from: { id: 1087968824, is_bot: true, username: "GroupAnonymousBot" },
      sender_chat: { id: team.id, title: "Team" },
      author_signature: "chief",
    });
    expect(await team.fromChannel(news).says("here too")).toMatchObject({
      from: { username: "Channel_Bot" },
      sender_chat: { id: news.id, type: "channel" },
    });
    expect(await team.from(ada).says("a gif", { viaBot: bot })).toMatchObject({ via_bot: { id: bot.id } });
    const original = await team.from(ada).says("original");
    expect(await team.from(bob).forwards(original)).toMatchObject({
      text: "original",
      from: { first_name: "Bob" },
      forward_origin: { type: "user", sender_user: { first_name: "Ada" } },
    });
    expect(await team.from(bob).forwards(original, { hidden: true })).toMatchObject({
      forward_origin: { type: "hidden_user", sender_user_name: "Ada" },
    });
    const post = await news.posts("news!");
    expect(await team.from(bob).forwards(post)).toMatchObject({
      forward_origin: { type: "channel", chat: { username: "news" }, message_id: post.message_id },
    });
    expect(texts(bot)).toHaveLength(8);
  });

  it("tell administrators among the bots about reactions, when asked for", async () => {
    const { sim, bot, api } = await open();
    await api.getUpdates({ allowed_updates: ["message_reaction"] });
    const ada = sim.user("Ada");
    const team = sim.group("Team", { members: [ada], supergroup: true });
    const message = await team.from(ada).says("x");
    await team.from(ada).reacts(message, "👍");
    expect(bot.pendingUpdates()).toEqual([]);
    team.promotes(bot);
    await team.from(ada).reacts(message, null);
    expect(bot.pendingUpdates()).toMatchObject([
      { message_reaction: { message_id: message.message_id, user: { id: ada.id }, new_reaction: [] } },
    ]);
  });
});

describe("channels", () => {
  it("give posts and their edits, without a sender", async () => {
    const { sim, bot } = await open();
    const news = sim.channel("News");
    const post = await news.posts("first", { signature: "Ed" });
    expect(post).toMatchObject({
      sender_chat: { id: news.id },
      author_signature: "Ed",
      chat: { type: "channel" },
    });
    expect(post.from).toBeUndefined();
    await news.edits(post, "second");
    expect(bot.pendingUpdates()).toMatchObject([
      { channel_post: { text: "first" } },
      { edited_channel_post: { text: "second", edit_date: expect.any(Number) } },
    ]);
  });
});

describe("topics", () => {
  async function forum() {
    const opened = await open({}, { privacyMode: false });
    const ada = opened.sim.user("Ada");
    const team = opened.sim.group("Team", { members: [ada], forum: true });
    return { ...opened, ada, team, news: team.topic("News") };
  }

  it("mark their messages and make the creating message their reply", async () => {
    const { ada, team, news } = await forum();
    expect(team.topic("News").threadId).toBe(news.threadId);
    const message = await news.from(ada).says("in the topic");
    expect(message).toMatchObject({
      message_thread_id: news.threadId,
      is_topic_message: true,
      chat: { is_forum: true },
      reply_to_message: { message_id: news.threadId, forum_topic_created: { name: "News" } },
    });
    const general = await team.from(ada).says("in General");
    expect(general.message_thread_id).toBeUndefined();
    expect(general.is_topic_message).toBeUndefined();
    expect(await news.from(ada).replies(message, "to myself")).toMatchObject({
      reply_to_message: { message_id: message.message_id },
    });
  });

  it("are where an answer goes when it names them, or replies to a message there", async () => {
    const { api, ada, team, news } = await forum();
    const other = team.topic("Other");
    const question = await other.from(ada).says("question");
    await api.sendMessage(team.id, "to news", { message_thread_id: news.threadId });
    await api.sendMessage(team.id, "to other", { reply_parameters: { message_id: question.message_id } });
    await api.sendMessage(team.id, "to General");
    expect((await other.hears()).text).toBe("to other");
    expect((await team.hears({ thread: news.threadId })).text).toBe("to news");
    expect((await team.hears()).text).toBe("to General");
    await api.sendChatAction(team.id, "typing", { message_thread_id: news.threadId });
    expect([news.typing(), other.typing()]).toEqual([true, false]);
  });

  it("refuse what is unknown, General by number, closed or deleted", async () => {
    const { bot, api, ada, team, news } = await forum();
    const to = (message_thread_id: number) => refusal(api.sendMessage(team.id, "x", { message_thread_id }));
    expect(await to(4711)).toContain("400: Bad Request: message thread not found");
    expect(await to(1)).toContain("400: Bad Request: message thread not found");
    const message = await news.from(ada).says("hi");
    news.closes(ada);
    expect(await to(news.threadId)).toContain("400: Bad Request: TOPIC_CLOSED");
    expect(
      await refusal(api.sendMessage(team.id, "x", { reply_parameters: { message_id: message.message_id } })),
    ).toContain("TOPIC_CLOSED");
    team.promotes(bot);
    await api.sendMessage(team.id, "administrators may", { message_thread_id: news.threadId });
    team.demotes(bot);
    news.reopens(ada);
    await api.sendMessage(team.id, "open again", { message_thread_id: news.threadId });
    news.deletes();
    expect(await to(news.threadId)).toContain("400: Bad Request: message thread not found");
  });

  it("are ignored in groups without topics and refused in private chats", async () => {
    const { sim, api, ada } = await forum();
    const plain = sim.group("Plain", { members: [ada], supergroup: true });
    expect(
      (await api.sendMessage(plain.id, "x", { message_thread_id: 4711 })).message_thread_id,
    ).toBeUndefined();
    await ada.says("hi");
    expect(await refusal(api.sendMessage(ada.id, "x", { message_thread_id: 4711 }))).toContain(
      "400: Bad Request: message thread not found",
    );
  });
});
