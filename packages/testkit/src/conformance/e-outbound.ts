import { measure } from "@elizaos/connector-core";
import type { SimulatedMessage } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench, StartOptions } from "./bench.js";
import type { Check } from "./check.js";
import { actionChecks } from "./e-actions.js";
import { approvalChecks } from "./e-approvals.js";
import { buttonChecks } from "./e-buttons.js";
import { sentFileChecks } from "./e-files.js";
import { streamChecks } from "./e-streaming.js";
import type { Subject } from "./subject.js";
import { gate, until } from "./until.js";

const FAMILY = "👩‍👩‍👧‍👦";
const LINK = "https://example.org/a/rather/long/path?with=a&query=too";
const CODE = [
  "const first = 'one line of code that must stay whole';",
  "return first.repeat(2); // and the second one",
];
const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`);
/** Longer than several messages of `LIMIT`, with all that must not be torn. */
const LONG = [
  WORDS.slice(0, 20).join(" "),
  `Look at ${LINK} and at ${Array.from({ length: 12 }, () => FAMILY).join(" ")} please.`,
  `\`\`\`ts\n${CODE.join("\n")}\n\`\`\``,
  WORDS.slice(20).join(" "),
].join("\n\n");
const LIMIT = 120;

/** Starts with an agent that says this, asks it, and gives what stands in the chat then. */
async function said(bench: Bench, text: string, config: StartOptions["config"] = {}, count = 1) {
  const host = await bench.start({ agent: () => text, config });
  const dm = bench.dm();
  await dm.says(bench.ada, "go on");
  await bench.answers(dm, count);
  await until(async () => {
    const found = await host.runtime.why("last");
    return found?.operations.every(({ state }) => state === "done");
  }, "the answer is sent");
  return { host, dm, answers: dm.answers() };
}

const textOf = (messages: readonly SimulatedMessage[]) => messages.map(({ text }) => text);
const marksOf = (messages: readonly SimulatedMessage[], type: string) =>
  messages.flatMap(({ marks = [] }) => marks.filter((mark) => mark.type === type).map(({ text }) => text));

/** E. Outbound. */
export function outboundChecks(subject: Subject): readonly Check[] {
  const { traits, connector } = subject;
  const { operations, typing } = connector.features;
  const { max, unit } = connector.limits.text;
  const fields = connector.config.fields.shape;
  return [
    {
      id: "E1",
      title: "a text over textChunkLimit is split in order, and nothing that belongs together is torn",
      async run(bench) {
        const { answers } = await said(bench, LONG, { textChunkLimit: LIMIT }, 4);
        const texts = textOf(answers);
        for (const text of texts) {
          expect(measure(text, unit)).toBeLessThanOrEqual(LIMIT);
          expect(text.isWellFormed()).toBe(true);
        }
        const whole = texts.join(" ");
        expect(whole.match(/word\d+/g)).toEqual(WORDS);
        expect(whole.split(FAMILY)).toHaveLength(13);
        for (const piece of [LINK, ...CODE])
          expect(texts.filter((text) => text.includes(piece))).toHaveLength(1);
        if (traits.markup)
          for (const line of CODE) expect(marksOf(answers, "pre").join("\n")).toContain(line);
      },
    },
    {
      id: "E1",
      title: "a text over the platform's own limit is split without being told",
      async run(bench) {
        const words = Array.from(
          { length: Math.ceil((max * 2.2) / 8) },
          (_, index) => `w${index + 1_000_000}`,
        );
        const { answers } = await said(bench, words.join(" "), {}, 3);
        expect(textOf(answers).join(" ").split(/\s+/)).toEqual(words);
      },
    },
    {
      id: "E1",
      title: "chunkMode newline keeps paragraphs whole where length fills each message",
      async run(bench) {
        const paragraph = (name: string) => Array.from({ length: 12 }, () => name).join(" ");
        const text = ["alpha", "bravo", "delta"].map(paragraph).join("\n\n");
        const { answers } = await said(bench, text, { textChunkLimit: LIMIT, chunkMode: "newline" }, 3);
        expect(textOf(answers).map((each) => each.trim())).toEqual(
          ["alpha", "bravo", "delta"].map(paragraph),
        );
      },
    },
    {
      id: "E2",
      title: "Markdown is shown in the platform's way, and what only looks like markup stays",
      async run(bench) {
        const text =
          "**bold** and `code` and [site](https://example.org/x)\n\n1 < 2 & <b>no tag</b> * snake_case_name * [x]";
        const { answers } = await said(bench, text);
        const shown = textOf(answers).join("\n");
        expect(shown).toContain("bold and code and site");
        expect(shown).toContain("1 < 2 & <b>no tag</b> * snake_case_name * [x]");
        expect(shown).not.toContain("**");
        if (!traits.markup) return expect(shown).toContain("https://example.org/x");
        expect([marksOf(answers, "bold"), marksOf(answers, "code")]).toEqual([["bold"], ["code"]]);
        const links = answers.flatMap(({ marks = [] }) => marks.filter(({ url }) => url !== undefined));
        expect(links).toMatchObject([{ text: "site", url: "https://example.org/x" }]);
      },
    },
    {
      id: "E2",
      title: "markdown.enabled false sends the text exactly as it was written",
      async run(bench) {
        const text = "**bold** _it_ `code` <b>&amp;</b>";
        const { answers } = await said(bench, text, { markdown: { enabled: false } });
        expect(textOf(answers)).toEqual([text]);
      },
    },
    {
      id: "E2",
      title: "markdown.tables decides how a table is shown; its cells are all there",
      async run(bench) {
        const table = "| Name | Age |\n|---|---|\n| Ada | 36 |\n| Bob | 41 |";
        const { answers } = await said(bench, table, { markdown: { tables: "bullets" } });
        const shown = textOf(answers).join("\n");
        for (const cell of ["Name", "Age", "Ada", "36", "Bob", "41"]) expect(shown).toContain(cell);
        expect(shown).not.toContain("|");
        const { answers: more } = await said(await again(bench), table, { markdown: { tables: "off" } }, 2);
        expect(more.at(-1)?.text).toContain("|");
      },
    },
    traits.refusesMarkup
      ? {
          id: "E2",
          title: "a message whose markup is refused arrives as plain text",
          async run(bench) {
            bench.platform.refusesMarkup?.();
            const { answers } = await said(bench, "**bold** words");
            expect(answers).toHaveLength(1);
            expect(answers[0]?.text).toContain("bold");
            expect(answers[0]?.text).toContain("words");
          },
        }
      : lacks("E2", "markup that could be refused", async (bench) => {
          const { answers } = await said(bench, "**bold** words");
          expect(textOf(answers)).toEqual(["bold words"]);
        }),
    ...sentFileChecks(subject),
    {
      id: "E4",
      title: "an answer quotes the message when the agent says so, and does not otherwise",
      async run(bench) {
        await bench.start({
          agent: ({ text }) => ({ type: "message", text: `re: ${text}`, quote: text.startsWith("quote") }),
        });
        const dm = bench.dm();
        await dm.says(bench.ada, "quote me");
        await bench.answers(dm);
        await dm.says(bench.ada, "leave me");
        const answers = await bench.answers(dm, 2);
        expect(answers.map(({ quote }) => quote)).toEqual(["quote me", undefined]);
      },
    },
    traits.threads
      ? {
          id: "E4",
          title: "all messages of an answer stay in its thread, a proactive one goes where it is told",
          async run(bench) {
            const config = { requireMention: false, textChunkLimit: LIMIT };
            const host = await bench.start({ config, agent: () => LONG });
            const group = bench.group("Forum", { threads: true });
            const [news, talk] = [bench.thread(group, "News"), bench.thread(group, "Talk")];
            await talk.says(bench.bob, "here too");
            await bench.answers(talk, 4);
            await news.says(bench.ada, "go on");
            await bench.answers(news, 4);
            const to = { chat: group.id, ...(talk.thread !== undefined && { thread: talk.thread }) };
            const { id } = connector.manifest;
            await host.runtime.send({ connector: id, to, text: "by the way" });
            await until(
              () => talk.answers().some(({ text }) => text === "by the way"),
              "it stands in its thread",
            );
            expect(group.answers()).toEqual([]);
          },
        }
      : lacks("E4", "threads", async () => expect(connector.features.threads).toBe(false)),
    ...streamChecks(subject),
    typing
      ? {
          id: "E6",
          title: "typing is shown while the agent works, and refreshed",
          async run(bench) {
            const clock = await bench.stopTime();
            const working = gate();
            await bench.start({
              agent: async () => {
                await working.opened;
                return "done";
              },
            });
            const dm = bench.dm();
            await dm.says(bench.ada, "work");
            const count = () => dm.typed?.() ?? 0;
            await until(() => count() >= 1, "typing is shown", { clock });
            await until(() => count() >= 3, "typing is refreshed", { clock, stepMs: typing.refreshMs / 4 });
            working.open();
            await bench.answers(dm);
          },
        }
      : lacks("E6", "a typing indicator", async () => expect(traits.typing).toBe(false)),
    operations.react
      ? {
          id: "E6",
          title: "a reaction of the agent stands on the message",
          async run(bench) {
            await bench.start({ agent: () => ({ type: "react", emoji: "👍" }) });
            const dm = bench.dm();
            const message = await dm.says(bench.ada, "nice?");
            await until(
              () => dm.now(message)?.reactions.includes("👍"),
              "the reaction stands on the message",
            );
            expect(dm.answers()).toEqual([]);
          },
        }
      : lacks("E6", "reactions", async (bench) => {
          await bench.start({ agent: () => ({ type: "react", emoji: "👍" }) });
          const dm = bench.dm();
          const message = await dm.says(bench.ada, "nice?");
          await bench.roundTrip(await bench.start());
          expect(dm.now(message)?.reactions).toEqual([]);
        }),
    ...["ackReaction", "readReceipts"]
      .filter((key) => !(key in fields))
      .map((key) =>
        lacks("E6", `${key} is refused as an unknown key`, async (bench) => {
          const host = await bench.start({ config: { [key]: "👀" } });
          expect(host.status().state).toBe("failed");
          expect(
            host
              .status()
              .issues.map(({ path, message }) => `${path} ${message}`)
              .join(),
          ).toContain(key);
        }),
      ),
    ...actionChecks(subject),
    ...buttonChecks(subject),
    ...approvalChecks(subject),
  ];
}

/** The same bench without the runtime that ran before. */
async function again(bench: Bench): Promise<Bench> {
  await bench.stopHosts();
  return bench;
}

function lacks(id: string, title: string, run: Check["run"]): Check {
  return { id, title, lack: true, run };
}
