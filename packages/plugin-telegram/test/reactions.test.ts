import type { AgentNotice } from "@elizaos/connector-core";
import { Watch } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { simulate, started } from "./harness.js";

/** An agent that says back what it heard, and notes what it learns besides. */
function listener() {
  const watch = new Watch();
  const reactions: string[] = [];
  return {
    reactions,
    learns: (count: number) =>
      watch.until(
        () => (reactions.length >= count ? true : undefined),
        () => `It learnt of ${reactions.join(", ") || "nothing"}.`,
      ),
    agent: {
      history: "own" as const,
      run: ({ text }: { readonly text: string }) => `You said: ${text}`,
      observe(notice: AgentNotice) {
        if (notice.type !== "context" || notice.event.kind !== "reaction") return;
        const { added, removed, address, sender } = notice.event;
        reactions.push(`${sender.name} ${address.message} +${added} -${removed}`);
        watch.poke();
      },
    },
  };
}

describe("reactionNotifications", () => {
  it("own, the default: reactions to the agent's messages reach it, others are ignored with a reason", async () => {
    const { sim, bot } = await simulate();
    const { agent, learns, reactions } = listener();
    const running = await started({ apiRoot: sim.apiRoot, agent });
    const chat = sim.user("Ada").with(bot);
    const question = await chat.says("Hello");
    const answer = await chat.hears();
    await chat.reacts(question, "👎");
    await chat.reacts(answer, "👍");
    await chat.reacts(answer, "❤");
    await chat.reacts(answer, null);
    await learns(3);
    const id = answer.message_id;
    expect(reactions).toEqual([`Ada ${id} +👍 -`, `Ada ${id} +❤ -👍`, `Ada ${id} + -❤`]);
    expect(running.turns).toHaveLength(1);
  });

  it("all: those to people's messages as well", async () => {
    const { sim, bot } = await simulate();
    const { agent, learns, reactions } = listener();
    await started({ apiRoot: sim.apiRoot, agent, config: { reactionNotifications: "all" } });
    await bot.polls();
    const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
    const group = sim.group("Engines", { members: [ada, bob], supergroup: true });
    group.promotes(bot);
    const message = await group.from(ada).says("A thought");
    await group.from(bob).reacts(message, "🔥");
    await learns(1);
    expect(reactions).toEqual([`Bob ${message.message_id} +🔥 -`]);
  });

  it("off: Telegram is not asked for them", async () => {
    const { sim, bot } = await simulate();
    await started({ apiRoot: sim.apiRoot, config: { reactionNotifications: "off" } });
    await bot.polls();
    const asked = bot.calls("getUpdates").map(({ params }) => String(params["allowed_updates"]));
    expect(asked.join()).toContain("my_chat_member");
    expect(asked.join()).not.toContain("message_reaction");
  });
});

describe("reactionLevel", () => {
  it.each([
    ["off", []],
    ["ack", []],
    ["minimal", ["🔥"]],
    ["extensive", ["🔥"]],
  ])("%s: the agent's own reactions", async (reactionLevel, expected) => {
    const { sim, bot } = await simulate();
    await started({
      apiRoot: sim.apiRoot,
      config: { reactionLevel },
      agent: async function* () {
        yield { type: "react", emoji: "🔥" } as const;
        yield "Done";
      },
    });
    const chat = sim.user("Ada").with(bot);
    const message = await chat.says("Hello");
    await chat.hears();
    expect(chat.reactions(message)).toEqual(expected);
  });
});

describe("ackReaction", () => {
  it.each([
    ["eyes", {}, "private", "Hello", ["👀"]],
    [":thumbsup:", {}, "private", "Hello", ["👍"]],
    ["❤️", {}, "private", "Hello", ["❤"]],
    ["👀", { direct: false }, "private", "Hello", []],
    ["👀", {}, "group", "@helper_bot hello", ["👀"]],
    ["👀", {}, "group", "hello", []],
    ["👀", { group: "always" }, "group", "hello", ["👀"]],
    ["👀", { group: "never" }, "group", "@helper_bot hello", []],
  ] as const)("%s %j, in %s, to %j", async (emoji, more, where, text, expected) => {
    const { sim, bot } = await simulate();
    const config = { ackReaction: { emoji, ...more }, requireMention: false, streamMode: "off" };
    let go = () => {};
    const going = new Promise<void>((resolve) => {
      go = resolve;
    });
    const agent = async () => {
      await going;
      return "Done";
    };
    await started({ apiRoot: sim.apiRoot, config, agent });
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const chat = where === "private" ? ada.with(bot) : group;
    const message = await (where === "private" ? ada.with(bot) : group.from(ada)).says(text);
    // It is there while the agent is still at work.
    if (expected.length > 0) expect(await chat.seesReaction(message)).toEqual(expected);
    expect(bot.calls("sendMessage")).toEqual([]);
    go();
    await chat.hears();
    expect(chat.reactions(message)).toEqual(expected);
    expect(bot.calls("setMessageReaction")).toHaveLength(expected.length);
  });

  it("does not come with reactionLevel off, comes with ack", async () => {
    for (const [reactionLevel, expected] of [
      ["off", []],
      ["ack", ["👀"]],
    ] as const) {
      const { sim, bot } = await simulate();
      await started({
        apiRoot: sim.apiRoot,
        config: { ackReaction: { emoji: "eyes" }, reactionLevel },
      });
      const chat = sim.user("Ada").with(bot);
      const message = await chat.says("Hello");
      if (expected.length > 0) await chat.seesReaction(message);
      await chat.hears();
      expect(chat.reactions(message)).toEqual(expected);
    }
  });

  it("that Telegram refuses, or that it wants to wait with, never holds the answer up", async () => {
    for (const fault of [{ status: 400 }, { status: 429, retryAfterSeconds: 30 }, { status: 500 }]) {
      const { sim, bot } = await simulate();
      sim.fault({ kind: "status", method: "setMessageReaction", ...fault });
      await started({ apiRoot: sim.apiRoot, config: { ackReaction: { emoji: "eyes" } } });
      const chat = sim.user("Ada").with(bot);
      await chat.says("Hello");
      expect((await chat.hears()).text).toBe("You said: Hello");
      expect(bot.calls("setMessageReaction").length).toBeLessThanOrEqual(1);
    }
  });

  it("is not sent to somebody whom the policy keeps out", async () => {
    const { sim, bot } = await simulate();
    await started({
      apiRoot: sim.apiRoot,
      config: { ackReaction: { emoji: "eyes" }, dmPolicy: "pairing", allowFrom: [] },
    });
    const chat = sim.user("Mallory").with(bot);
    await chat.says("Hello");
    await chat.hears();
    expect(bot.calls("setMessageReaction")).toEqual([]);
  });

  it.each([
    ["🦖", "which Telegram does not let bots react with; it allows 👍 👎 ❤"],
    ["ok then", "must be an emoji, or the common name of one"],
    ["rocket", "is 🚀, which Telegram does not let bots react with"],
  ])("%s is refused by the config", async (emoji, message) => {
    const { sim } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot, config: { ackReaction: { emoji } } });
    expect(running.status().issues).toEqual([
      { path: "connectors.telegram.ackReaction.emoji", message: expect.stringContaining(message) },
    ]);
  });
});
