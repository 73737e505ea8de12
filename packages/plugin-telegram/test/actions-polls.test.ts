import { describe, expect, it } from "vitest";
import { acting, groupOf } from "./acting.js";
import { door, hooked } from "./door.js";
import { type HostOptions, started } from "./harness.js";

const TEA = { question: "Tea?", options: ["Yes", "No"] };

/** Who starts the host, by how its updates come. */
const HOW = {
  polling: async () => started,
  webhook: async () => {
    const at = await door();
    return (options: HostOptions) => hooked(at, options);
  },
};

describe("polls", () => {
  it("are sent, counted and stopped", async () => {
    const { act, sim, ada, bot } = await acting();
    const { group, bob } = groupOf(sim, ada);
    const by = group.from(ada);
    const made = await act("polls.create", TEA, by);
    const sent = await group.hears();
    const message = String(sent.message_id);
    expect(made).toEqual({ result: { message } });
    expect(sent.poll).toMatchObject({ question: "Tea?", is_anonymous: true, type: "regular" });
    await group.from(ada).votes(sent, [0]);
    await group.from(bob).votes(sent, [0]);
    await bot.catchesUp();
    expect(await act("polls.results", { message }, by)).toEqual({
      result: {
        message,
        question: "Tea?",
        options: [
          { text: "Yes", votes: 2 },
          { text: "No", votes: 0 },
        ],
        voters: 2,
        isClosed: false,
        isAnonymous: true,
      },
    });
    await group.from(bob).votes(sent, [1]);
    expect(await act("polls.stop", { message }, by)).toMatchObject({
      result: { options: [{ votes: 1 }, { votes: 1 }], isClosed: true },
    });
    await bot.catchesUp();
    const end = { result: { isClosed: true, voters: 2 } };
    expect(await act("polls.results", { message }, by)).toMatchObject(end);
    expect(await act("polls.stop", { message }, by)).toMatchObject(end);
    expect(bot.calls("stopPoll")).toHaveLength(1);
    // An older update that comes late says that it is open.
    sim.push(bot.token, { poll: { ...sent.poll, is_closed: false, total_voter_count: 1 } });
    await bot.catchesUp();
    expect(await act("polls.results", { message }, by)).toMatchObject(end);
  });

  it("may be quizzes", async () => {
    const { act, ada, bot } = await acting();
    await act("polls.create", { question: "2 + 2?", options: ["4", "5"], correct: 0, explanation: "Count." });
    expect((await ada.with(bot).hears()).poll).toMatchObject({
      type: "quiz",
      correct_option_ids: [0],
      explanation: "Count.",
    });
  });

  it("that the bot did not send have no results", async () => {
    const { act, ada, bot } = await acting();
    const message = String((await ada.with(bot).says("no poll")).message_id);
    for (const name of ["polls.results", "polls.stop"])
      expect(await act(name, { message })).toEqual({
        error: expect.stringContaining("is no poll that this bot sent in the last 30 days"),
      });
    expect(bot.calls("stopPoll")).toEqual([]);
  });

  it("say which right is missing", async () => {
    const { act, sim, ada } = await acting();
    const { group } = groupOf(sim, ada);
    const description = "Bad Request: not enough rights to send polls to the chat";
    sim.fault({ kind: "status", status: 400, method: "sendPoll", description, times: 1 });
    expect(await act("polls.create", TEA, group.from(ada))).toEqual({
      error: expect.stringMatching(/^rejected: .*not enough rights to send polls.*can_send_polls/),
    });
  });

  it("are not asked for when their gate is off", async () => {
    const { bot } = await acting({ config: { actions: { polls: false } } });
    await bot.polls();
    const asked = bot.calls("getUpdates").map(({ params }) => String(params["allowed_updates"]));
    expect(asked.join()).toContain("message");
    expect(asked.join()).not.toContain("poll");
  });

  it.each(["polling", "webhook"] as const)(
    "tell the agent who voted for what unless they are anonymous, by %s",
    async (how) => {
      const start = await HOW[how]();
      const { act, sim, ada, bot, learns } = await acting({ start });
      const { group, bob } = groupOf(sim, ada, true);
      const topic = group.topic("Tea");
      await act("polls.create", TEA, topic.from(ada));
      await topic.from(bob).votes(await topic.hears(), [0]);
      await act("polls.create", { ...TEA, anonymous: false }, topic.from(ada));
      const open = await topic.hears();
      await topic.from(bob).votes(open, [1]);
      await topic.from(bob).votes(open, []);
      const message = String(open.message_id);
      expect(await learns(2)).toMatchObject(
        [[1], []].map((options) => ({
          kind: "vote",
          address: { chat: String(group.id), thread: String(topic.threadId), message },
          chat: { kind: "group", hasThreads: true },
          sender: { id: String(bob.id), name: "Bob" },
          poll: open.poll?.id,
          options,
        })),
      );
      await bot.catchesUp();
      expect(await act("polls.results", { message }, topic.from(ada))).toMatchObject({
        result: { voters: 0, options: [{ votes: 0 }, { votes: 0 }] },
      });
    },
  );
});
