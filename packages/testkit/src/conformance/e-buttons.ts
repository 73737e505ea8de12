import { type AgentLike, type ButtonRows, type ButtonsFeature, measure } from "@elizaos/connector-core";
import type { ConfigBlock, SimulatedChat, SimulatedMessage } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench, StartOptions } from "./bench.js";
import type { Check } from "./check.js";
import type { Host } from "./host.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const ID = "E8";
const QUESTION = "Which?";
/** No more than the platform with the least room has. */
const CHOICES: ButtonRows = [
  [
    { text: "Tea", data: "tea" },
    { text: "Кофе", data: "кофе ☕" },
  ],
];
const LABELS = CHOICES.flat().map(({ text }) => text);

/** E8: buttons under messages. What becomes of their data inside is core's, and checked there. */
export function buttonChecks(subject: Subject): readonly Check[] {
  const { traits, connector } = subject;
  const feature = connector.features.buttons;
  if (feature === undefined) return [listedInText("buttons: the choices stand in the text", {}, true)];
  const long = `long ${"x".repeat(feature.data.max)}`;
  const choices: ButtonRows = [...CHOICES, [{ text: "Long", data: long }]];
  return [
    {
      id: ID,
      title: "an answer's buttons stand under it; a press brings back their data once, and is answered",
      async run(bench) {
        expect(traits.buttons, "the platform has buttons").toBe(true);
        expect(connector.features.events).toContain("button");
        const host = await started(bench, choices);
        const forum = bench.group("Forum", { threads: traits.threads });
        const chats = [bench.dm(), forum, ...(traits.threads ? [bench.thread(forum, "News")] : [])];
        for (const chat of chats) {
          const message = await offered(bench, chat);
          expect(labelsOf(message)).toEqual([...LABELS, "Long"]);
          for (const button of choices.flat()) {
            if (!("data" in button)) continue;
            const before = { turns: host.turns.length, answers: chat.answers().length };
            const press = await chat.presses?.(bench.ada, message, button.text);
            await press?.answered?.();
            await bench.answers(chat, before.answers + 1);
            const [turn, ...others] = host.turns.slice(before.turns);
            expect(others).toEqual([]);
            const event = turn?.events[0];
            expect(event).toMatchObject({
              kind: "button",
              data: button.data,
              sender: { id: bench.ada.id },
              address: { chat: chat.id, message: message.id },
              chat: { kind: chat.kind },
            });
            expect(event?.address.thread).toBe(chat.thread);
            expect(turn?.session).toBe(host.turns[before.turns - 1]?.session);
          }
        }
      },
    },
    traits.redelivery
      ? {
          id: ID,
          title: "a press that is delivered twice is handled once",
          async run(bench) {
            const host = await started(bench, choices);
            const dm = bench.dm();
            const press = await dm.presses?.(bench.ada, await offered(bench, dm), "Tea");
            await bench.answers(dm, 2);
            await press?.answered?.();
            await press?.redelivered?.();
            await bench.roundTrip(host);
            expect(pressesOf(host)).toEqual(["tea"]);
            expect(dm.answers()).toHaveLength(2);
          },
        }
      : {
          id: ID,
          title: "the platform never brings a press again",
          lack: true,
          run: async () => expect(connector.features.transport.class).toBe("lossy"),
        },
    {
      id: ID,
      title: "a press that waits for its answer, and a button, survive a restart",
      async run(bench) {
        const clock = await bench.stopTime();
        const first = await bench.start({
          agent: (turn, { signal }) => (turn.events[0].kind === "button" ? never(signal) : offer(choices)),
        });
        const dm = bench.dm();
        const message = await offered(bench, dm);
        await dm.presses?.(bench.ada, message, "Tea");
        await until(() => pressesOf(first).length > 0, "the press reaches the agent", { clock });
        await bench.stopHosts();
        const next = await started(bench, choices);
        await bench.answers(dm, 2, { clock });
        await bench.platform.receives(bench.account);
        await dm.presses?.(bench.ada, message, "Long");
        await bench.answers(dm, 3, { clock });
        expect(pressesOf(next)).toEqual(["tea", long]);
      },
    },
    keptOut("is on no list starts nothing", ({ ada }) => ({
      dmPolicy: "allowlist",
      allowFrom: [ada.id],
    })),
    ...(traits.overrides
      ? [
          keptOut("the group's allowFrom leaves out starts nothing", ({ ada }, group) => ({
            capabilities: { inlineButtons: "all" },
            ...group.overrides?.({ allowFrom: [ada.id] }),
          })),
        ]
      : []),
    listedInText("buttons that are switched off stand in the text", { inlineButtons: "off" }),
    {
      id: ID,
      title: "buttons for private chats stand there, and in groups in the text",
      async run(bench) {
        await started(bench, CHOICES, { config: { capabilities: { inlineButtons: "dm" } } });
        expect(labelsOf(await offered(bench, bench.dm()))).toEqual(LABELS);
        const inGroup = await offered(bench, bench.group());
        expect(labelsOf(inGroup)).toEqual([]);
        for (const label of LABELS) expect(inGroup.text).toContain(label);
      },
    },
    ...boundsOf(feature),
  ];
}

/** More than there is room for: rows are made anew, and what is left stands in the text. */
function boundsOf({ rows, perRow }: ButtonsFeature): readonly Check[] {
  if (rows === undefined || perRow === undefined) return [];
  const names = Array.from({ length: (rows + 1) * perRow }, (_, index) => `B${index + 1}`);
  return [
    {
      id: ID,
      title: "buttons that do not fit go on in the next row, and at last in the text",
      async run(bench) {
        await started(bench, [names.map((text) => ({ text, data: text }))]);
        const message = await offered(bench, bench.dm());
        const room = rows * perRow;
        expect((message.buttons ?? []).map(({ length }) => length)).toEqual(Array(rows).fill(perRow));
        expect(labelsOf(message)).toEqual(names.slice(0, room));
        expect(names.filter((name) => new RegExp(`\\b${name}\\b`).test(message.text))).toEqual(
          names.slice(room),
        );
      },
    },
  ];
}

/** A press of Bob's under a message that was meant for Ada. */
function keptOut(whom: string, configOf: (bench: Bench, group: SimulatedChat) => ConfigBlock): Check {
  return {
    id: ID,
    title: `a press of somebody who ${whom}`,
    async run(bench) {
      const group = bench.group();
      const host = await started(bench, CHOICES, { config: configOf(bench, group) });
      const message = await offered(bench, group);
      await group.presses?.(bench.bob, message, "Tea");
      await group.presses?.(bench.ada, message, "Кофе");
      await bench.answers(group, 2);
      const seqs = Array.from({ length: 9 }, (_, index) => index + 1);
      const events = (await Promise.all(seqs.map((seq) => host.runtime.why(seq)))).map((each) => each?.event);
      const ignored = events.find((each) => each?.event.sender.id === bench.bob.id);
      expect(ignored).toMatchObject({
        event: { kind: "button" },
        decision: { fate: "ignored", path: expect.stringContaining(bench.connector.manifest.id) },
      });
      expect(pressesOf(host)).toEqual(["кофе ☕"]);
      expect(group.answers()).toHaveLength(2);
    },
  };
}

function listedInText(title: string, capabilities: ConfigBlock, isLacking = false): Check {
  return {
    id: ID,
    title,
    ...(isLacking && { lack: true }),
    async run(bench) {
      if (isLacking) expect(bench.connector.features.events ?? []).not.toContain("button");
      await started(bench, CHOICES, isLacking ? {} : { config: { capabilities } });
      for (const chat of [bench.dm(), bench.group()]) {
        const message = await offered(bench, chat);
        expect(labelsOf(message)).toEqual([]);
        for (const label of [QUESTION, ...LABELS]) expect(message.text).toContain(label);
        expect(measure(message.text, "utf16")).toBeLessThan(100);
      }
    },
  };
}

function offer(buttons: ButtonRows) {
  return { type: "message", text: QUESTION, buttons } as const;
}

/** Offers buttons to whoever writes, and says what was pressed. */
function started(
  bench: Bench,
  buttons: ButtonRows,
  { config, ...options }: StartOptions = {},
): Promise<Host> {
  const agent: AgentLike = (turn) =>
    turn.events[0].kind === "button" ? `You chose ${turn.text.slice(0, 20)}` : offer(buttons);
  return bench.start({ agent, ...options, config: { requireMention: false, ...config } });
}

/** Ada asks in a chat where nobody did before; the message with the choices. */
async function offered(bench: Bench, chat: SimulatedChat): Promise<SimulatedMessage> {
  await chat.says(bench.ada, "what is there?");
  const [message] = await bench.answers(chat);
  if (message === undefined) throw new Error("There is no answer");
  return message;
}

function labelsOf({ buttons = [] }: SimulatedMessage): string[] {
  return buttons.flat().map(({ text }) => text);
}

/** Data of the buttons that the agent was told of, oldest first. */
function pressesOf(host: Host): string[] {
  return host.turns.flatMap(({ events: [event] }) => (event.kind === "button" ? [event.data] : []));
}

function never(signal: AbortSignal): Promise<string> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
