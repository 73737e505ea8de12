import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { letTimePass, simulate, started } from "./harness.js";

interface Seen {
  readonly text?: string | undefined;
  readonly quotes: string | undefined;
}

type Conversation = {
  messages(): readonly {
    readonly text?: string;
    readonly from?: { readonly is_bot: boolean };
    readonly reply_to_message?: { readonly text?: string };
  }[];
};

/** What the bot said, and the text of the message that each of it quotes. */
const said = (chat: Conversation): Seen[] =>
  chat
    .messages()
    .flatMap(({ text, from, reply_to_message: quoted }) =>
      from?.is_bot === true ? [{ text, quotes: quoted?.text }] : [],
    );

const TWO_LINES = "One line\n\nand another";
const QUESTION = "@helper_bot well?";

describe.each([
  { mode: undefined, inPrivate: [false, false, false], inGroup: [true, false, false] },
  { mode: "off", inPrivate: [false, false, false], inGroup: [false, false, false] },
  { mode: "first", inPrivate: [true, false, false], inGroup: [true, false, false] },
  { mode: "all", inPrivate: [true, true, true], inGroup: [true, true, true] },
])("replyToMode $mode", ({ mode, inPrivate, inGroup }) => {
  const config = { textChunkLimit: 12, chunkMode: "newline", ...(mode ? { replyToMode: mode } : {}) };

  async function ask(streamMode: string, where: "private" | "group"): Promise<boolean[]> {
    const { sim, bot } = await simulate();
    await started({
      apiRoot: sim.apiRoot,
      config: {
        ...config,
        streamMode,
        ...(streamMode === "block" ? { draftChunk: { minChars: 5, maxChars: 10 } } : {}),
      },
      agent: async function* () {
        yield TWO_LINES;
        yield { type: "message", text: "The end" } as const;
      },
    });
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const chat = where === "private" ? ada.with(bot) : group;
    await (where === "private" ? ada.with(bot) : group.from(ada)).says(QUESTION);
    await chat.sees(({ text }) => text === "The end");
    const seen = said(chat);
    expect(seen.map(({ text }) => text)).toEqual(["One line", "and another", "The end"]);
    for (const { quotes } of seen) expect([undefined, QUESTION]).toContain(quotes);
    return seen.map(({ quotes }) => quotes !== undefined);
  }

  it.each(["off", "block"])("in private and in groups, with streamMode %s", async (streamMode) => {
    expect(await ask(streamMode, "private")).toEqual(inPrivate);
    expect(await ask(streamMode, "group")).toEqual(inGroup);
  });
});

describe("replyToMode and an answer that grows", () => {
  it("the draft's first message carries the quote, and so does what replaces a draft that is gone", async () => {
    for (const isDeleted of [false, true]) {
      const clock = new ManualClock();
      const { sim, bot } = await simulate(clock);
      let go = () => {};
      const going = new Promise<void>((resolve) => {
        go = resolve;
      });
      await started({
        apiRoot: sim.apiRoot,
        clock,
        config: { replyToMode: "first" },
        agent: async function* () {
          yield "The beginning";
          await going;
          yield " and the end";
        },
      });
      const chat = sim.user("Ada").with(bot);
      chat.refusesDrafts();
      await chat.says("Tell me");
      const draft = await letTimePass(
        clock,
        chat.sees(({ text }) => text === "The beginning"),
      );
      expect(draft.reply_to_message?.text).toBe("Tell me");
      if (isDeleted) await chat.deletes(draft);
      go();
      await letTimePass(
        clock,
        chat.sees(({ text }) => text === "The beginning and the end"),
      );
      expect(said(chat)).toEqual([{ text: "The beginning and the end", quotes: "Tell me" }]);
    }
  });

  it("an agent that quotes by itself does so in every mode", async () => {
    const { sim, bot } = await simulate();
    await started({
      apiRoot: sim.apiRoot,
      config: { replyToMode: "off" },
      agent: () => ({ type: "message", text: "Yes", quote: true }),
    });
    const chat = sim.user("Ada").with(bot);
    await chat.says("Well?");
    await chat.hears();
    expect(said(chat)).toEqual([{ text: "Yes", quotes: "Well?" }]);
  });
});
