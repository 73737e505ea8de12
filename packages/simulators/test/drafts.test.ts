import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { open, post, refusal } from "./support.js";

async function talking() {
  const clock = new ManualClock();
  const opened = await open({ clock });
  const chat = opened.sim.user("Ada").with(opened.bot);
  await chat.says("hello");
  return { ...opened, clock, chat };
}

describe("sendMessageDraft", () => {
  it("shows a preview that is no message, and its later states in its place", async () => {
    const { api, bot, chat } = await talking();
    expect(await api.sendMessageDraft(chat.id, 7, "<b>One</b>", { parse_mode: "HTML" })).toBe(true);
    expect(await chat.seesDraft(() => true)).toMatchObject({
      id: 7,
      text: "One",
      entities: [{ type: "bold" }],
    });
    await api.sendMessageDraft(chat.id, 7, "One two");
    expect(chat.draft()?.text).toBe("One two");
    expect(chat.messages()).toHaveLength(1);
    expect(bot.pendingUpdates()).toHaveLength(1);
    await post(api, "sendMessageDraft", { chat_id: chat.id, draft_id: 8 });
    expect(chat.draft()).toMatchObject({ id: 8, text: "" });
  });

  it("is gone after 30 s, or when the bot says something there", async () => {
    const { api, clock, chat } = await talking();
    await api.sendMessageDraft(chat.id, 7, "One");
    await clock.advance(29_999);
    expect(chat.draft()?.text).toBe("One");
    await clock.advance(1);
    expect(chat.draft()).toBeUndefined();

    const topic = chat.topic("Plans");
    const { message_thread_id: thread = 0 } = await topic.says("hello");
    await api.sendMessageDraft(chat.id, 7, "Two");
    await api.sendMessageDraft(chat.id, 7, "Three", { message_thread_id: thread });
    await chat.says("a person's message ends nothing");
    expect(topic.draft()?.text).toBe("Three");
    await api.sendMessage(chat.id, "Two");
    expect([chat.draft()?.text, topic.draft()?.text]).toEqual([undefined, "Three"]);
    await api.sendMessage(chat.id, "Three", { message_thread_id: thread });
    expect(topic.draft()).toBeUndefined();
  });

  it("refuses what Telegram refuses", async () => {
    const { sim, api, chat } = await talking();
    const group = sim.group("Team", { members: [sim.user("Bob")], supergroup: true });
    const { id } = chat;
    expect(await refusal(api.sendMessageDraft(group.id, 7, "One"))).toContain("TEXTDRAFT_PEER_INVALID");
    expect(await refusal(api.sendMessageDraft(id, 0, "One"))).toContain("TEXTDRAFT_ID_INVALID");
    expect(await refusal(api.sendMessageDraft(id, 7, "a".repeat(4_097)))).toContain("message is too long");
    expect(await refusal(api.sendMessageDraft(id, 7, "One", { message_thread_id: 99 }))).toContain(
      "message thread not found",
    );
    const markup = await post(api, "sendMessageDraft", {
      chat_id: id,
      draft_id: 7,
      text: "<b",
      parse_mode: "HTML",
    });
    expect(markup).toContain("can't parse entities");
    const unknown = await post(api, "sendMessageDraft", {
      chat_id: id,
      draft_id: 7,
      text: "One",
      reply_markup: {},
    });
    expect(unknown).toContain('no parameter \\"reply_markup\\"');
    chat.blocks();
    expect(await refusal(api.sendMessageDraft(id, 7, "One"))).toContain("bot was blocked by the user");
    expect(chat.draft()).toBeUndefined();
  });
});
