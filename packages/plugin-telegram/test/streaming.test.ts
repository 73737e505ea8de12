import type { AgentOutput } from "@elizaos/connector-core";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import type { Conversation } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import { letTimePass, simulate, started } from "./harness.js";

/** An agent that says each word when it is told to. */
function speaker() {
  const words: (AgentOutput | undefined)[] = [];
  let wake = () => {};
  let isFailing = false;
  return {
    say(word?: AgentOutput) {
      words.push(word);
      wake();
    },
    fail() {
      isFailing = true;
      this.say("");
    },
    async *run(): AsyncGenerator<AgentOutput> {
      for (;;) {
        while (words.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        const word = words.shift();
        if (isFailing) throw new Error("the agent's own fault");
        if (word === undefined) return;
        yield word;
      }
    },
  };
}

const shows = (chat: Conversation, clock: ManualClock, expected: string) =>
  letTimePass(
    clock,
    chat.sees(({ text }) => text === expected),
  );
const fromBot = (chat: Conversation) =>
  chat.messages().flatMap(({ from, text }) => (from?.is_bot === true ? [text] : []));

describe("in private chats, an answer that is still being written", () => {
  /** A bot, somebody who writes to it, and an agent that says what it is told to. */
  async function scene(config: object = {}) {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const agent = speaker();
    const running = await started({ apiRoot: sim.apiRoot, clock, agent: agent.run, config });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Tell me");
    const drafted = (expected: string) =>
      letTimePass(
        clock,
        chat.seesDraft(({ text }) => text === expected),
      );
    return { clock, sim, bot, agent, running, chat, drafted };
  }

  it("is a draft that grows, with its formatting, and then one message", async () => {
    const { clock, bot, agent, chat, drafted } = await scene();
    agent.say("This is **the beg");
    const first = await drafted("This is **the beg");
    agent.say("inning** of it");
    const second = await drafted("This is the beginning of it");
    expect(second.entities).toMatchObject([{ type: "bold", offset: 8, length: 13 }]);
    // The same draft, so that clients show how it grows.
    expect(second.id).toBe(first.id);
    agent.say(", and the end.");
    agent.say();
    await shows(chat, clock, "This is the beginning of it, and the end.");
    expect(fromBot(chat)).toEqual(["This is the beginning of it, and the end."]);
    expect(chat.draft()).toBeUndefined();
    expect(bot.calls("editMessageText")).toEqual([]);
    expect(bot.calls("sendMessage")).toHaveLength(1);
  });

  it("stays while the agent thinks for minutes, and nothing comes after the answer", async () => {
    const { clock, bot, agent, chat, drafted } = await scene();
    agent.say("Let me think.");
    await drafted("Let me think.");
    for (let second = 0; second < 100; second++) {
      await letTimePass(clock, clock.advance(1_000));
      expect(chat.draft()?.text).toBe("Let me think.");
    }
    expect(bot.calls("sendMessageDraft").length).toBeLessThan(8);
    agent.say(" Done.");
    agent.say();
    await shows(chat, clock, "Let me think. Done.");
    const drafts = bot.calls("sendMessageDraft").length;
    await clock.advance(60_000);
    expect(bot.calls("sendMessageDraft")).toHaveLength(drafts);
  });

  it("is a message that grows from then on, where a server or chat has no drafts", async () => {
    for (const description of ["Not Found: method not found", "Bad Request: TEXTDRAFT_PEER_INVALID"]) {
      const { clock, sim, bot, agent, chat } = await scene();
      const status = description.startsWith("Not Found") ? 404 : 400;
      sim.fault({ kind: "status", method: "sendMessageDraft", status, description, times: "always" });
      agent.say("One");
      await shows(chat, clock, "One");
      agent.say(" two");
      agent.say();
      await shows(chat, clock, "One two");
      expect(fromBot(chat)).toEqual(["One two"]);
      expect(bot.calls("sendMessageDraft")).toHaveLength(1);
    }
  });

  it("never waits for a draft: one that is refused with 429, or hangs, holds nothing up", async () => {
    for (const fault of [
      { kind: "status", status: 429, retryAfterSeconds: 60 },
      { kind: "hang" },
      { kind: "status", status: 500 },
    ] as const) {
      const { clock, sim, agent, chat } = await scene();
      const hit = sim.fault({ ...fault, method: "sendMessageDraft" });
      agent.say("One");
      await letTimePass(clock, hit.hit());
      agent.say(" two");
      agent.say();
      const before = clock.now();
      await shows(chat, clock, "One two");
      expect(clock.now() - before).toBeLessThan(10_000);
      expect(fromBot(chat)).toEqual(["One two"]);
    }
  });

  it("leaves nothing behind when nothing comes of it", async () => {
    const { clock, agent, chat, drafted } = await scene();
    agent.say("Never mi");
    await drafted("Never mi");
    agent.fail();
    await letTimePass(clock, chat.hears());
    expect(fromBot(chat)).toEqual([expect.stringContaining("Something went wrong")]);
    expect(chat.draft()).toBeUndefined();
  });

  it("stays while further messages of the same answer are written", async () => {
    const { clock, agent, chat, drafted } = await scene();
    agent.say("One");
    await drafted("One");
    agent.say({ type: "message", text: "Two" });
    for (let second = 0; second < 60; second++) {
      await letTimePass(clock, clock.advance(1_000));
      expect(chat.draft()?.text).toBe("One");
    }
    agent.say();
    await shows(chat, clock, "Two");
    expect(fromBot(chat)).toEqual(["One", "Two"]);
    expect(chat.draft()).toBeUndefined();
  });

  it("never appears after the answer, however long its call takes", async () => {
    const { clock, sim, bot, agent, chat } = await scene();
    sim.fault({ kind: "delay", method: "sendMessageDraft", ms: 2_500 });
    agent.say("One");
    await letTimePass(
      clock,
      sim.requests.waitFor(({ method }) => method === "sendMessageDraft"),
    );
    agent.say();
    await shows(chat, clock, "One");
    await clock.advance(10_000);
    expect(chat.draft()).toBeUndefined();
    const sends = bot.calls().flatMap(({ method }) => (method.startsWith("sendMessage") ? [method] : []));
    expect(sends).toEqual(["sendMessageDraft", "sendMessage"]);
  });

  it.each([
    { kind: "hang" },
    { kind: "reset" },
    { kind: "status", status: 502 },
    { kind: "status", status: 429, retryAfterSeconds: 3 },
  ] as const)("is shown again after a passing fault (%j), and not too early", async (fault) => {
    const { clock, sim, bot, agent, chat, drafted } = await scene();
    const hit = sim.fault({ ...fault, method: "sendMessageDraft" });
    agent.say("One");
    await letTimePass(clock, hit.hit());
    await drafted("One");
    const [first, second] = bot.calls("sendMessageDraft");
    const waited = (second?.at ?? 0) - (first?.at ?? 0);
    expect(waited).toBeGreaterThanOrEqual(fault.kind === "status" && fault.status === 429 ? 3_000 : 500);
    agent.say();
    await shows(chat, clock, "One");
    expect(bot.calls("editMessageText")).toEqual([]);
  });

  it("is plain where Telegram cannot read its formatting", async () => {
    const { clock, sim, agent, chat, drafted } = await scene();
    const description = "Bad Request: can't parse entities: unexpected end tag";
    sim.fault({ kind: "status", method: "sendMessageDraft", status: 400, description });
    agent.say("**One** two");
    await drafted("One two");
    agent.say();
    await shows(chat, clock, "One two");
  });

  it("waits for something to be seen in it", async () => {
    const { clock, bot, agent, chat, drafted } = await scene();
    agent.say("\u2060");
    await letTimePass(clock, clock.advance(3_000));
    expect(bot.calls("sendMessageDraft")).toEqual([]);
    agent.say("One");
    await drafted("\u2060One");
    agent.say();
    await shows(chat, clock, "\u2060One");
  });

  it("stands in the topic in which it was asked", async () => {
    const { clock, bot, agent, chat } = await scene();
    agent.say();
    const topic = chat.topic("Plans");
    const { message_thread_id } = await topic.says("Tell me");
    agent.say("One");
    await letTimePass(
      clock,
      topic.seesDraft(({ text }) => text === "One"),
    );
    expect(message_thread_id).toBeGreaterThan(1);
    expect(bot.calls("sendMessageDraft")[0]?.params).toMatchObject({ message_thread_id });
    expect(chat.draft()).toBeUndefined();
    agent.say();
    await shows(topic, clock, "One");
    expect(topic.draft()).toBeUndefined();
  });

  it.each([
    ["the server knows none", 404, "Not Found: method not found", 1],
    ["Telegram refuses them in this chat", 400, "Bad Request: TEXTDRAFT_PEER_INVALID", 2],
  ])("is not asked for again within the hour where %s", async (_, status, description, calls) => {
    const { clock, sim, bot, agent, chat, drafted } = await scene();
    const refused = sim.fault({
      kind: "status",
      method: "sendMessageDraft",
      status,
      description,
      times: "always",
    });
    agent.say("One");
    await letTimePass(clock, refused.hit());
    const refusedAt = clock.now();
    await shows(chat, clock, "One");
    expect(clock.now() - refusedAt).toBeLessThan(500);
    agent.say();
    await letTimePass(clock, bot.catchesUp());
    await chat.says("And then?");
    agent.say("Two");
    await shows(chat, clock, "Two");
    agent.say();
    await letTimePass(clock, bot.catchesUp());
    const bob = sim.user("Bob").with(bot);
    await bob.says("Tell me");
    agent.say("Three");
    await shows(bob, clock, "Three");
    agent.say();
    expect(bot.calls("sendMessageDraft")).toHaveLength(calls);
    refused.remove();
    for (let minute = 0; minute <= 60; minute++) await letTimePass(clock, clock.advance(60_000));
    await chat.says("And now?");
    agent.say("Four");
    await drafted("Four");
    agent.say();
  });

  it.each([{ streamMode: "off" }, { blockStreaming: true }, { capabilities: ["typing"] }])(
    "is not shown with %j",
    async (config) => {
      const { clock, bot, agent, chat } = await scene(config);
      agent.say("One");
      await letTimePass(clock, clock.advance(10_000));
      agent.say(" two");
      agent.say();
      await shows(chat, clock, "One two");
      expect(bot.calls("sendMessageDraft")).toEqual([]);
    },
  );
});

describe("where Telegram shows no drafts, an answer that is still being written", () => {
  it("is one message that grows, with its formatting, and ends complete", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const agent = speaker();
    await started({ apiRoot: sim.apiRoot, clock, agent: agent.run });
    const chat = sim.user("Ada").with(bot);
    chat.refusesDrafts();
    await chat.says("Tell me");
    agent.say("This is **the beg");
    await shows(chat, clock, "This is **the beg");
    agent.say("inning** of it");
    await shows(chat, clock, "This is the beginning of it");
    agent.say(", and the end.");
    agent.say();
    await shows(chat, clock, "This is the beginning of it, and the end.");
    expect(fromBot(chat)).toEqual(["This is the beginning of it, and the end."]);
    expect(bot.calls("sendMessage")).toHaveLength(1);
    expect(chat.messages().at(-1)?.entities).toMatchObject([{ type: "bold", offset: 8, length: 13 }]);
  });

  it("longer than one message goes on in further ones", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const agent = speaker();
    await started({ apiRoot: sim.apiRoot, clock, agent: agent.run });
    const chat = sim.user("Ada").with(bot);
    chat.refusesDrafts();
    await chat.says("Tell me everything");
    const long = Array.from({ length: 1_200 }, (_, index) => `word${index}`).join(" ");
    agent.say(long);
    await letTimePass(clock, chat.hears());
    agent.say(" last");
    agent.say();
    await letTimePass(
      clock,
      chat.sees(({ text = "" }) => text.endsWith(" last")),
    );
    expect(fromBot(chat).join(" ")).toBe(`${long} last`);
  });

  it("is sent anew when its message was deleted meanwhile", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const agent = speaker();
    await started({ apiRoot: sim.apiRoot, clock, agent: agent.run });
    const chat = sim.user("Ada").with(bot);
    chat.refusesDrafts();
    await chat.says("Tell me");
    agent.say("One");
    await shows(chat, clock, "One");
    const [draft] = chat.messages().filter(({ from }) => from?.is_bot === true);
    if (draft === undefined) throw new Error("there is no draft");
    await chat.deletes(draft);
    agent.say(" two");
    agent.say();
    await shows(chat, clock, "One two");
    expect(bot.calls("sendMessage")).toHaveLength(2);
  });

  it("is such a message in groups", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const agent = speaker();
    const config = { requireMention: false };
    await started({ apiRoot: sim.apiRoot, clock, agent: agent.run, config });
    const ada = sim.user("Ada");
    const group = sim.group("Team", { members: [ada], supergroup: true });
    await group.from(ada).says("Tell me");
    agent.say("One");
    await shows(group, clock, "One");
    agent.say(" two");
    agent.say();
    await shows(group, clock, "One two");
    expect(fromBot(group)).toEqual(["One two"]);
    expect(bot.calls("sendMessageDraft")).toEqual([]);
  });

  it("comes in blocks with streamMode block, and whole with off or blockStreaming", async () => {
    for (const { config, expected } of [
      {
        config: { streamMode: "block", blockStreamingCoalesce: { minChars: 10, maxChars: 40 } },
        expected: ["First paragraph.", "Second paragraph."],
      },
      { config: { streamMode: "off" }, expected: ["First paragraph.\n\nSecond paragraph."] },
      {
        config: { streamMode: "partial", blockStreaming: true },
        expected: ["First paragraph.\n\nSecond paragraph."],
      },
    ]) {
      const { sim, bot } = await simulate();
      await started({
        apiRoot: sim.apiRoot,
        config,
        agent: async function* () {
          yield "First paragraph.\n\nSec";
          yield "ond paragraph.";
        },
      });
      const chat = sim.user("Ada").with(bot);
      await chat.says("Tell me");
      await chat.sees(({ text }) => text === expected.at(-1));
      expect(fromBot(chat)).toEqual(expected);
    }
  });
});
