import type { AgentOutput } from "@elizaos/connector-core";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { gate, until } from "./until.js";

const BEGINNING = "The beginning of an answer that takes its time, word by word. ";
const END = "And this is how it ends.";
const BLOCKS = [
  "The first paragraph, long enough.\n\n",
  "The second paragraph, long enough.\n\n",
  "The last one.",
];
const COALESCE = { minChars: 20, maxChars: 60, idleMs: 1_000 };

/** E5: how an answer appears while it is being written. */
export function streamChecks({ connector }: Subject): readonly Check[] {
  const hasModes = "streamMode" in connector.config.fields.shape;
  return [
    ...(hasModes
      ? [wholeCheck("streamMode off", { streamMode: "off" })]
      : [
          {
            id: "E5",
            title: "streamMode is refused as an unknown key",
            lack: true,
            async run(bench: Bench) {
              const host = await bench.start({ config: { streamMode: "partial" } });
              expect(host.status().state).toBe("failed");
              expect(
                host
                  .status()
                  .issues.map(({ path, message }) => `${path} ${message}`)
                  .join(),
              ).toContain("streamMode");
            },
          } as const,
        ]),
    wholeCheck("blockStreaming", { blockStreaming: true, blockStreamingCoalesce: COALESCE }),
    connector.features.draft === undefined
      ? {
          id: "E5",
          title: "a message that grows",
          lack: true,
          async run(bench) {
            const { answers } = await written(bench, {});
            expect(answers.map(({ edits }) => edits)).toEqual([0]);
          },
        }
      : {
          id: "E5",
          title: "streamMode partial: one message grows, and ends complete and exact",
          async run(bench) {
            const { answers, seen } = await written(bench, { streamMode: "partial" });
            expect(seen).toBe(true);
            expect(answers.map(({ text }) => text)).toEqual([BEGINNING + END]);
            expect(answers[0]?.edits).toBeGreaterThanOrEqual(1);
          },
        },
    {
      id: "E5",
      title: "in blocks: a message each as soon as it is complete, in order, nothing twice",
      async run(bench) {
        const clock = await bench.stopTime();
        const waiting = gate();
        await bench.start({
          config: { blockStreamingCoalesce: COALESCE, ...(hasModes && { streamMode: "block" }) },
          agent: async function* () {
            yield delta(BLOCKS[0] ?? "");
            yield delta(BLOCKS[1] ?? "");
            await waiting.opened;
            yield delta(BLOCKS[2] ?? "");
          },
        });
        const dm = bench.dm();
        await dm.says(bench.ada, "tell me");
        await until(() => dm.answers().length >= 1, "the first block stands there before the end", { clock });
        waiting.open();
        const words = BLOCKS.join(" ").split(/\s+/);
        const shown = () => dm.answers().flatMap(({ text }) => text.split(/\s+/));
        await until(() => shown().length >= words.length, "all blocks stand there", { clock });
        expect(shown()).toEqual(words);
        expect(dm.answers().length).toBeGreaterThanOrEqual(2);
      },
    },
  ];
}

function wholeCheck(title: string, config: Readonly<Record<string, unknown>>): Check {
  return {
    id: "E5",
    title: `${title}: the answer comes whole, once it is complete`,
    async run(bench) {
      const { answers, seen } = await written(bench, config);
      expect(seen).toBe(false);
      expect(answers.map(({ text, edits }) => [text, edits])).toEqual([[BEGINNING + END, 0]]);
    },
  };
}

/** An answer in two pieces with a pause between them; `seen`: the first piece stood in the chat before the second was written. */
async function written(bench: Bench, config: Readonly<Record<string, unknown>>) {
  const clock = await bench.stopTime();
  const waiting = gate();
  await bench.start({
    config,
    agent: async function* () {
      yield delta(BEGINNING);
      await waiting.opened;
      yield delta(END);
    },
  });
  const dm = bench.dm();
  await dm.says(bench.ada, "tell me");
  const beginning = BEGINNING.slice(0, 20);
  const deadline = clock.now() + 10_000;
  await until(() => dm.answers().length > 0 || clock.now() > deadline, "ten seconds pass", { clock });
  const seen = dm.answers().some(({ text }) => text.startsWith(beginning));
  waiting.open();
  await until(() => dm.answers().some(({ text }) => text.endsWith(END)), "the answer is complete", { clock });
  await clock.advance(10_000);
  return { answers: dm.answers(), seen };
}

function delta(text: string): AgentOutput {
  return { type: "delta", text };
}
