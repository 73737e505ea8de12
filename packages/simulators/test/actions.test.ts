import { InputFile } from "grammy";
import { describe, expect, it } from "vitest";
import { open, post, refusal } from "./support.js";

const FORUM = { forum: true } as const;

async function grouped(options: { forum?: boolean } = {}) {
  const opened = await open({}, { privacyMode: false });
  const ada = opened.sim.user("Ada");
  const bob = opened.sim.user("Bob");
  const group = opened.sim.group("Engines", { members: [ada, bob], supergroup: true, ...options });
  return { ...opened, ada, bob, group };
}

describe("polls", () => {
  it("count votes and tell the bot, by name unless they are anonymous", async () => {
    const { bot, api, ada, bob, group } = await grouped();
    const sent = await api.sendPoll(
      group.id,
      "Tea?",
      ["Yes", "No"].map((text) => ({ text })),
      {
        is_anonymous: false,
      },
    );
    expect(sent.poll).toMatchObject({
      question: "Tea?",
      total_voter_count: 0,
      is_closed: false,
      type: "regular",
    });
    await group.from(ada).votes(sent, [0]);
    await group.from(bob).votes(sent, [0]);
    await group.from(bob).votes(sent, [1]);
    const told = bot.pendingUpdates().filter((update) => "poll" in update || "poll_answer" in update);
    expect(told).toHaveLength(6);
    expect(told.at(-2)).toMatchObject({
      poll_answer: { poll_id: sent.poll.id, user: bob.user, option_ids: [1] },
    });
    expect(told.at(-1)).toMatchObject({
      poll: { options: [{ voter_count: 1 }, { voter_count: 1 }], total_voter_count: 2 },
    });
    const secret = await api.sendPoll(group.id, "Coffee?", [{ text: "Yes" }]);
    await group.from(ada).votes(secret, [0]);
    expect(bot.pendingUpdates().filter((update) => "poll_answer" in update)).toHaveLength(3);
    await expect(group.from(ada).votes(sent, [0, 1])).rejects.toThrow("takes one answer");
    await expect(group.from(ada).votes(sent, [7])).rejects.toThrow("options 0 to 1");
  });

  it("are stopped once, by the bot that sent them", async () => {
    const { bot, api, ada, group } = await grouped();
    const sent = await api.sendPoll(group.id, "Tea?", [{ text: "Yes" }]);
    await group.from(ada).votes(sent, [0]);
    expect(await api.stopPoll(group.id, sent.message_id)).toMatchObject({
      is_closed: true,
      total_voter_count: 1,
    });
    expect(bot.pendingUpdates().at(-1)).toMatchObject({ poll: { is_closed: true } });
    expect(await refusal(api.stopPoll(group.id, sent.message_id))).toContain("poll has already been closed");
    const text = await group.from(ada).says("no poll");
    expect(await refusal(api.stopPoll(group.id, text.message_id))).toContain("message is not a poll");
    expect(await refusal(api.stopPoll(group.id, 999))).toContain("message with poll to stop not found");
    await expect(group.from(ada).votes(sent, [0])).rejects.toThrow("The poll is closed");
  });

  it.each([
    [{ question: "" }, "text must be non-empty"],
    [{ question: "x".repeat(301) }, "poll question length must not exceed 300"],
    [{ options: [] }, "poll must have at least one answer option"],
    [{ options: Array.from({ length: 13 }, String) }, "poll can't have more than 12 options"],
    [{ options: ["x".repeat(101)] }, "poll options length must not exceed 100"],
    [{ type: "quiz", correct_option_ids: [4] }, "wrong correct option ID specified"],
    [{ surprise: true }, 'has no parameter \\"surprise\\"'],
  ])("with %j are refused", async (wrong, description) => {
    const { api, group } = await grouped();
    const poll = { chat_id: group.id, question: "Tea?", options: ["Yes"], ...wrong };
    expect(await post(api, "sendPoll", poll)).toContain(description);
  });

  it("of a quiz cannot be voted in twice", async () => {
    const { api, ada, group } = await grouped();
    const quiz = await api.sendPoll(group.id, "2 + 2?", [{ text: "4" }, { text: "5" }], {
      type: "quiz",
      correct_option_ids: [0],
    });
    await group.from(ada).votes(quiz, [1]);
    await expect(group.from(ada).votes(quiz, [0])).rejects.toThrow("lets nobody change a vote");
  });
});

describe("places and people", () => {
  it("arrive as what they are", async () => {
    const { api, group } = await grouped();
    await api.sendLocation(group.id, 52.52, 13.4);
    expect((await group.hears()).location).toEqual({ latitude: 52.52, longitude: 13.4 });
    await api.sendVenue(group.id, 52.52, 13.4, "Tower", "Alexanderplatz");
    expect((await group.hears()).venue).toMatchObject({ title: "Tower", address: "Alexanderplatz" });
    await api.sendContact(group.id, "+4930123", "Ada");
    expect((await group.hears()).contact).toEqual({ phone_number: "+4930123", first_name: "Ada" });
    expect(await refusal(api.sendLocation(group.id, 91, 0))).toContain("wrong location specified");
    expect(await refusal(api.sendContact(group.id, "", "Ada"))).toContain("phone number must be non-empty");
  });
});

describe("pins", () => {
  it("need their right in groups and none in private; a service message tells of them and is nothing heard", async () => {
    const { bot, api, ada, group } = await grouped();
    const message = await group.from(ada).says("Important");
    const refused = "not enough rights to manage pinned messages in the chat";
    expect(await refusal(api.pinChatMessage(group.id, message.message_id))).toContain(refused);
    group.promotes(bot, ["can_delete_messages"]);
    expect(await refusal(api.pinChatMessage(group.id, message.message_id))).toContain(refused);
    group.promotes(bot, ["can_pin_messages"]);
    await api.pinChatMessage(group.id, message.message_id);
    expect(group.pinned()).toEqual([message.message_id]);
    expect(group.messages().at(-1)).toMatchObject({ pinned_message: { text: "Important" } });
    await expect(group.hears({ timeoutMs: 0 })).rejects.toThrow("Nobody said anything");
    await api.unpinChatMessage(group.id);
    expect(group.pinned()).toEqual([]);
    await api.pinChatMessage(group.id, message.message_id);
    await api.unpinAllChatMessages(group.id);
    expect(group.pinned()).toEqual([]);
    expect(await refusal(api.pinChatMessage(group.id, 999))).toContain("message to pin not found");
    const hello = await ada.says("hello");
    await api.pinChatMessage(ada.id, hello.message_id);
    expect(ada.with(bot).pinned()).toEqual([hello.message_id]);
  });

  it("deleting what others wrote needs its right", async () => {
    const { bot, api, ada, group } = await grouped();
    const message = await group.from(ada).says("Oops");
    group.promotes(bot, ["can_pin_messages"]);
    expect(await refusal(api.deleteMessage(group.id, message.message_id))).toContain(
      "message can't be deleted",
    );
    group.promotes(bot, ["can_delete_messages"]);
    await api.deleteMessage(group.id, message.message_id);
    expect(group.messages().some(({ text }) => text === "Oops")).toBe(false);
  });
});

describe("forum topics", () => {
  it("are made, renamed, closed and reopened by whoever has the right, or made them", async () => {
    const { bot, api, group } = await grouped(FORUM);
    expect(await refusal(api.createForumTopic(group.id, "News"))).toContain(
      "not enough rights to create a topic",
    );
    group.promotes(bot, ["can_manage_topics"]);
    const topic = await api.createForumTopic(group.id, "News");
    expect(topic).toMatchObject({ name: "News", message_thread_id: expect.any(Number) });
    group.demotes(bot);
    const id = topic.message_thread_id;
    await api.editForumTopic(group.id, id, { name: "Old news" });
    expect(group.topic("Old news").threadId).toBe(id);
    await api.closeForumTopic(group.id, id);
    expect(await refusal(api.closeForumTopic(group.id, id))).toContain("TOPIC_NOT_MODIFIED");
    await api.reopenForumTopic(group.id, id);
    const theirs = group.topic("Theirs").threadId;
    expect(await refusal(api.editForumTopic(group.id, theirs, { name: "Mine" }))).toContain(
      "not enough rights to edit the topic",
    );
    expect(await refusal(api.closeForumTopic(group.id, theirs))).toContain(
      "not enough rights to close or open the topic",
    );
    expect(await refusal(api.closeForumTopic(group.id, 999))).toContain("TOPIC_ID_INVALID");
  });

  it("are in forums only", async () => {
    const { bot, api, group } = await grouped();
    group.promotes(bot);
    expect(await refusal(api.createForumTopic(group.id, "News"))).toContain("the chat is not a forum");
  });
});

describe("members", () => {
  it("are counted, and administrators listed with their rights", async () => {
    const { bot, api, ada, group } = await grouped();
    group.promotes(bot, ["can_pin_messages"]);
    expect(await api.getChatMemberCount(group.id)).toBe(3);
    expect(await api.getChatAdministrators(group.id)).toMatchObject([
      { status: "creator", user: { id: ada.id } },
      { status: "administrator", user: { id: bot.id }, can_pin_messages: true, can_manage_topics: false },
    ]);
    expect(await refusal(api.getChatAdministrators(ada.id))).toContain(
      "no administrators in the private chat",
    );
  });
});

describe("captions", () => {
  it("are edited where there is a file, texts where there is a text", async () => {
    const { api, group } = await grouped();
    const photo = await api.sendPhoto(group.id, new InputFile(Buffer.from("p"), "p.jpg"), { caption: "old" });
    expect(await api.editMessageCaption(group.id, photo.message_id, { caption: "new" })).toMatchObject({
      caption: "new",
      photo: photo.photo,
    });
    expect(await refusal(api.editMessageCaption(group.id, photo.message_id, { caption: "new" }))).toContain(
      "message is not modified",
    );
    expect(await refusal(api.editMessageText(group.id, photo.message_id, "x"))).toContain(
      "there is no text in the message to edit",
    );
    const text = await api.sendMessage(group.id, "text");
    expect(await refusal(api.editMessageCaption(group.id, text.message_id, { caption: "x" }))).toContain(
      "there is no caption in the message to edit",
    );
    const keyboard = { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] };
    expect(
      await api.editMessageReplyMarkup(group.id, text.message_id, { reply_markup: keyboard }),
    ).toMatchObject({ text: "text", reply_markup: keyboard });
  });
});
