import type { AgentNotice, InboundEvent } from "@elizaos/connector-core";
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import { ALLOWED_UPDATES, readUpdate } from "../src/inbound/index.js";
import { afterTest, simulate, started, TOKEN } from "./harness.js";
import { ADA, BOT, CHANNEL, DM, message, update } from "./payloads.js";

/** An agent that answers everything, and notes what was only context. */
function noting() {
  const context: InboundEvent[] = [];
  return {
    context,
    history: "own" as const,
    run: ({ text }: { readonly text: string }) => `You said: ${text}`,
    observe(notice: AgentNotice) {
      if (notice.type === "context") context.push(notice.event);
    },
  };
}

describe("a channel and its discussion group", () => {
  it("posts are answered in the channel, are context in the group, and the bot's own come back as no turn", async () => {
    const { sim, bot } = await simulate();
    const agent = noting();
    const running = await started({ apiRoot: sim.apiRoot, agent, config: { requireMention: false } });
    const ada = sim.user("Ada");
    const group = sim.group("Talk", { members: [ada], supergroup: true });
    const channel = sim.channel("News");
    channel.discussedIn(group);
    await channel.posts("Big news");
    await channel.sees(({ text }) => text === "You said: Big news");
    // Comes after both forwards, and is answered after they were judged.
    const [post] = group.messages();
    if (post === undefined) throw new Error("the post did not come to the group");
    const comment = await group.from(ada).says("What a day", { replyTo: post });
    const answer = await group.sees(({ text }) => text === "You said: What a day");
    expect(running.turns.map(({ text }) => text)).toEqual(["Big news", "What a day"]);
    const forwards = agent.context.flatMap((event) =>
      event.kind === "message" ? [[event.sender.name, event.content.text, event.content.forwardedFrom]] : [],
    );
    expect(forwards).toEqual([
      ["News", "Big news", "News"],
      ["News", "You said: Big news", "News"],
    ]);
    // It stays among the comments, which is where a reply goes.
    expect(answer.reply_to_message?.message_id).toBe(comment.message_id);
    expect(answer.message_thread_id).toBe(post.message_id);
    await bot.catchesUp();
  });

  it("a post that means the bot is a turn in the group as well", async () => {
    const { sim } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot });
    const group = sim.group("Talk", { members: [sim.user("Ada")], supergroup: true });
    const channel = sim.channel("News", { bots: [] });
    channel.discussedIn(group);
    await channel.posts("@helper_bot sum it up");
    await group.hears();
    expect(running.turns).toHaveLength(1);
  });
});

it("an anonymous administrator is the group, also on its list; a person who is not on it stays out", async () => {
  const { sim } = await simulate();
  const ada = sim.user("Ada");
  const group = sim.group("Engines", { members: [ada], supergroup: true });
  const id = String(group.id);
  const running = await started({
    apiRoot: sim.apiRoot,
    config: { groups: { [id]: { requireMention: false, allowFrom: [id] } } },
  });
  await group.from(ada).says("From Ada");
  await group.fromAnonymousAdmin("Boss").says("From the board");
  await group.hears();
  expect(running.turns.map(({ text }) => text)).toEqual(["From the board"]);
  expect(running.turns[0]?.events[0].sender).toMatchObject({ id, roles: ["anonymous-admin"] });
});

it("a forwarded message is its sender's, and names where it is from", async () => {
  const { sim, bot } = await simulate();
  const running = await started({ apiRoot: sim.apiRoot });
  const chat = sim.user("Ada", { id: 1001 }).with(bot);
  await chat.says("Look at this:");
  await chat.hears();
  const origin = { type: "channel", date: 1, chat: CHANNEL, message_id: 9 };
  const date = Math.floor(Date.now() / 1000);
  sim.push(TOKEN, update("message", message({ date, chat: DM, text: "Breaking", forward_origin: origin })));
  expect((await chat.hears()).text).toBe("You said: Breaking");
  const event = running.turns[1]?.events[0];
  expect(event).toMatchObject({ sender: { id: "1001" }, content: { forwardedFrom: "News" } });
});

describe("what is not served", () => {
  it.each([
    ["business_connection", { id: "b1", user: ADA, user_chat_id: 1, date: 1, is_enabled: true }, /business/],
    ["business_message", message({ business_connection_id: "b1", text: "private words" }), /business/],
    ["edited_business_message", message({ business_connection_id: "b1", text: "private words" }), /business/],
    ["deleted_business_messages", { business_connection_id: "b1", chat: DM, message_ids: [1] }, /business/],
    ["guest_message", message({ text: "private words" }), /no member/],
    ["inline_query", { id: "1", from: ADA, query: "private words", offset: "" }, /inline/],
    ["pre_checkout_query", { id: "1", from: ADA, currency: "EUR", total_amount: 1 }, /payments/],
    ["chat_join_request", { chat: CHANNEL, from: ADA, date: 1 }, /administrators/],
  ])("%s is declined with the reason, which quotes nothing", (kind, value, reason) => {
    const { reading } = readUpdate(update(kind, value), BOT);
    expect(reading).toMatchObject({ type: "dropped", malformed: false, isDeclined: true });
    if (reading.type !== "dropped") throw new Error("it was not declined");
    expect(reading.reason).toMatch(reason);
    expect(reading.reason).toContain(kind);
    expect(reading.reason).not.toContain("private words");
    expect(ALLOWED_UPDATES).not.toContain(kind);
  });

  it("is noted in the log when it comes all the same", async () => {
    const { sim, bot } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot });
    await bot.polls();
    // Asked for by another program with the same token.
    await fetch(
      `${sim.apiRoot}/bot${TOKEN}/getUpdates?allowed_updates=["message","business_message"]&timeout=0`,
    );
    sim.push(TOKEN, update("business_message", message({ business_connection_id: "b1", text: "secret" })));
    await bot.catchesUp();
    const noted = running.log.lines.filter((line) => line.includes("business_message"));
    expect(noted).toEqual([expect.stringContaining("not served here")]);
    expect(noted[0]).not.toContain("secret");
  });
});

describe("privacy mode", () => {
  const warnings = (lines: readonly string[]) => lines.filter((line) => line.includes("privacy mode"));

  it.each([
    [{ requireMention: false }, "requireMention"],
    [{ groups: { "-1": { requireMention: false } } }, "groups.-1.requireMention"],
    [
      { groups: { "-1": { topics: { "4": { requireMention: false } } } } },
      "groups.-1.topics.4.requireMention",
    ],
    [{ mentionPatterns: ["helper"] }, "mentionPatterns"],
  ])("is warned about where %j counts on messages that it keeps back", async (config, setting) => {
    const sim = await startTelegramSimulator();
    afterTest(() => sim.close());
    sim.bot({ token: TOKEN, username: "helper_bot", privacyMode: true });
    const running = await started({ apiRoot: sim.apiRoot, config });
    expect(warnings(running.log.lines)).toEqual([expect.stringContaining(`warn ${setting} asks`)]);
    expect(running.status().notes).toEqual([expect.stringContaining(`${setting} asks for group messages`)]);
  });

  it("is not, where nothing does, where groups are closed, or where it is off", async () => {
    for (const [privacyMode, config] of [
      [true, {}],
      [true, { requireMention: false, groupPolicy: "closed" }],
      [false, { requireMention: false }],
    ] as const) {
      const sim = await startTelegramSimulator();
      afterTest(() => sim.close());
      sim.bot({ token: TOKEN, username: "helper_bot", privacyMode });
      const running = await started({ apiRoot: sim.apiRoot, config });
      expect(warnings(running.log.lines)).toEqual([]);
    }
  });
});
