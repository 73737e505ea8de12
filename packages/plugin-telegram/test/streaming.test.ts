import { ManualClock } from "@elizaos/connector-simulators/kit";
import type { DirectChat } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import { letTimePass, simulate, started } from "./harness.js";

/** An agent that says each word when it is told to. */
function speaker() {
  const words: (string | undefined)[] = [];
  let wake = () => {};
  return {
    say(word?: string) {
      words.push(word);
      wake();
    },
    async *run(): AsyncGenerator<string> {
      for (;;) {
        while (words.length === 0)
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        const word = words.shift();
        if (word === undefined) return;
        yield word;
      }
    },
  };
}

const shows = (chat: DirectChat, clock: ManualClock, expected: string) =>
  letTimePass(
    clock,
    chat.sees(({ text }) => text === expected),
  );
const fromBot = (chat: DirectChat) =>
  chat.messages().flatMap(({ from, text }) => (from?.is_bot === true ? [text] : []));

describe("an answer that is still being written", () => {
  it("is one message that grows, with its formatting, and ends complete", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const agent = speaker();
    await started({ apiRoot: sim.apiRoot, clock, agent: agent.run });
    const chat = sim.user("Ada").with(bot);
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
