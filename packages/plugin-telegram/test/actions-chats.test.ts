import { describe, expect, it } from "vitest";
import { acting, groupOf } from "./acting.js";

const OPEN = { config: { actions: { pins: true, topics: true } } };

describe("pins", () => {
  it("are set and taken away where the bot has the right", async () => {
    const { act, sim, ada, bot } = await acting(OPEN);
    const { group, bob } = groupOf(sim, ada);
    group.promotes(bot, ["can_pin_messages"]);
    const plan = await group.from(bob).says("The plan");
    const message = String(plan.message_id);
    expect(await act("pins.add", { message }, group.from(ada))).toEqual({ result: { pinned: message } });
    expect(group.pinned()).toEqual([plan.message_id]);
    expect(bot.calls("pinChatMessage")[0]?.params).toMatchObject({ disable_notification: true });
    expect(await act("pins.remove", { message }, group.from(ada))).toEqual({ result: { unpinned: message } });
    expect(group.pinned()).toEqual([]);
  });

  it("without it are refused with the right's name", async () => {
    const { act, sim, ada } = await acting(OPEN);
    const { group } = groupOf(sim, ada);
    expect(await act("pins.add", {}, group.from(ada))).toEqual({
      error: expect.stringMatching(/^rejected: .*manage pinned messages.*can_pin_messages/),
    });
  });

  it("tell how long Telegram wants to wait, and may be tried again", async () => {
    const { act, sim } = await acting(OPEN);
    sim.fault({ kind: "status", status: 429, method: "pinChatMessage", retryAfterSeconds: 9, times: 1 });
    expect(await act("pins.add", {})).toEqual({
      error: expect.stringMatching(/^rate-limited: .*retry after 9/),
    });
    expect(await act("pins.add", {})).toHaveProperty("result");
  });
});

describe("topics", () => {
  it("are made, renamed, closed and opened again", async () => {
    const { act, sim, ada, bot } = await acting(OPEN);
    const { group } = groupOf(sim, ada, true);
    group.promotes(bot, ["can_manage_topics"]);
    const by = group.from(ada);
    const made = await act("topics.create", { name: "News", color: "red" }, by);
    const { threadId } = group.topic("News");
    const topic = String(threadId);
    const isClosed = () => group.state.topics.get(threadId)?.closed;
    expect(made).toEqual({ result: { topic, name: "News" } });
    expect(await act("topics.edit", { topic, name: "Old news" }, by)).toHaveProperty("result");
    expect(group.topic("Old news").threadId).toBe(threadId);
    const closed = { result: { topic, closed: true } };
    expect(await act("topics.close", { topic }, by)).toEqual(closed);
    expect(isClosed()).toBe(true);
    expect(await act("topics.close", { topic }, by)).toEqual(closed);
    expect(await act("topics.reopen", { topic }, by)).toEqual({ result: { topic, closed: false } });
    expect(isClosed()).toBe(false);
    expect(await act("topics.close", {}, group.topic("Old news").from(ada))).toEqual(closed);
    expect(await act("topics.close", {}, by)).toEqual({ error: expect.stringContaining("General topic") });
  });

  it("without the right are refused with its name, and elsewhere than in forums with the mend", async () => {
    const { act, sim, ada, bot } = await acting(OPEN);
    const forum = groupOf(sim, ada, true).group;
    expect(await act("topics.create", { name: "News" }, forum.from(ada))).toEqual({
      error: expect.stringMatching(/^rejected: .*create a topic.*can_manage_topics/),
    });
    expect(await act("topics.create", { name: "x".repeat(129) }, forum.from(ada))).toEqual({
      error: expect.stringContaining("at most 128 characters"),
    });
    const plain = sim.group("Plain", { members: [ada], supergroup: true });
    plain.promotes(bot);
    expect(await act("topics.create", { name: "News" }, plain.from(ada))).toEqual({
      error: expect.stringContaining("Turn topics on in the group's settings"),
    });
  });
});

describe("look-ups", () => {
  it("tell of members and of the chat", async () => {
    const { act, sim, ada, bot } = await acting();
    const { group, bob } = groupOf(sim, ada);
    group.promotes(bot, ["can_pin_messages"]);
    const by = group.from(bob);
    expect(await act("members.get", {}, by)).toEqual({
      result: { id: String(bob.id), name: "Bob", status: "member" },
    });
    expect(await act("members.get", { user: bot.id }, by)).toMatchObject({
      result: { username: "helper_bot", status: "administrator", rights: ["can_pin_messages"], isBot: true },
    });
    expect(await act("chats.get", {}, by)).toMatchObject({
      result: {
        id: String(group.id),
        type: "supergroup",
        title: "Engines",
        members: 3,
        administrators: [{ name: "Ada", status: "creator" }, { name: "Helper" }],
      },
    });
    expect(await act("chats.get", {})).toEqual({ result: { id: String(ada.id), type: "private" } });
    expect(await act("members.get", { user: "999" }, by)).toEqual({
      error: expect.stringMatching(/^gone: .*user not found/),
    });
    expect(await act("chats.get", { chat: "-100123" }, by)).toEqual({
      error: expect.stringContaining("by an owner of the agent"),
    });
  });
});
