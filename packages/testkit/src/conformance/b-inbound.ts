import { expect } from "vitest";
import { commandChecks } from "./b-commands.js";
import { fileChecks } from "./b-files.js";
import { notificationChecks } from "./b-notifications.js";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import type { Host } from "./host.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** Emoji of several code points, right-to-left text and a letter of four bytes: 19 UTF-16 units before what follows. */
const HARD = "👩‍👩‍👧‍👦 שלום 𝒳 ";

/** B. Inbound. */
export function inboundChecks(subject: Subject): readonly Check[] {
  const { traits } = subject;
  return [
    {
      id: "B1",
      title: "a DM reaches the agent once, with text, sender, time, message id and chat kind",
      async run(bench) {
        const before = Date.now();
        const host = await bench.start();
        const dm = bench.dm();
        const message = await dm.says(bench.ada, "hello");
        const turn = await host.turn("hello");
        const [event] = turn.events;
        expect(event).toMatchObject({
          kind: "message",
          chat: { kind: "dm" },
          sender: { id: bench.ada.id, name: expect.stringContaining("Ada") },
          content: { text: "hello" },
        });
        expect(event.address.message).toBe(message.id);
        expect(event.sentAt).toBeGreaterThanOrEqual(before - 1_000);
        expect(event.sentAt).toBeLessThanOrEqual(Date.now() + 1_000);
        await bench.answers(dm);
        await bench.roundTrip(host);
        expect(dm.answers().map(({ text }) => text)).toEqual(["You said: hello"]);
        expect(host.texts().filter((text) => text === "hello")).toHaveLength(1);
      },
    },
    {
      id: "B2",
      title: "group messages with and without a mention, and replies to the account, are told apart",
      async run(bench) {
        const host = await bench.start();
        const group = bench.group();
        await group.says(bench.ada, "just talking");
        await group.says(bench.ada, `${bench.account.mention} a question`);
        const turn = await until(() => host.turns[0], "the mention reaches the agent");
        expect(turn.events[0]).toMatchObject({
          chat: { kind: "group", title: expect.stringContaining("Team") },
          sender: { id: bench.ada.id },
          address: { chat: group.id },
          content: { text: bench.read(`${bench.account.mention} a question`), mentionsSelf: "mention" },
        });
        const [answer] = await bench.answers(group);
        if (answer === undefined) throw new Error("There is no answer to reply to");
        await group.says(bench.bob, "and why?", { replyTo: answer });
        const reply = await host.turn("and why?");
        expect(reply.events[0]).toMatchObject({
          sender: { id: bench.bob.id },
          content: { mentionsSelf: "reply", replyTo: { message: answer.id } },
        });
        expect(host.turns).toHaveLength(2);
      },
    },
    traits.threads
      ? {
          id: "B2",
          title: "a thread's message carries its thread, and is answered there",
          async run(bench) {
            const host = await bench.start({ config: { requireMention: false } });
            const group = bench.group("Forum", { threads: true });
            const news = bench.thread(group, "News");
            await news.says(bench.ada, "in the thread");
            const turn = await host.turn("in the thread");
            expect(turn.events[0].address).toMatchObject({ chat: group.id, thread: news.thread });
            expect((await bench.answers(news)).map(({ text }) => text)).toEqual(["You said: in the thread"]);
            expect(group.answers()).toEqual([]);
          },
        }
      : {
          id: "B2",
          title: "threads",
          lack: true,
          run: async () => expect(subject.connector.features.threads).toBe(false),
        },
    {
      id: "B3",
      title: "the account's own messages start nothing",
      async run(bench) {
        const host = await bench.start({ config: { requireMention: false } });
        const group = bench.group();
        await group.says(bench.ada, "one");
        await bench.answers(group);
        await bench.roundTrip(host);
        expect(host.turns).toHaveLength(2);
      },
    },
    {
      id: "B3",
      title: "two accounts in one group do not answer each other",
      async run(bench) {
        const second = bench.accountNamed("second");
        const host = await bench.start({
          config: { requireMention: false },
          accounts: { default: bench.account.config, second: second.config },
          agent: (turn) => `${bench.account.mention} ${second.mention}, ${turn.text}!`,
        });
        const group = bench.platform.group("Bots", {
          people: [bench.ada],
          accounts: [bench.account, second],
        });
        await group.says(bench.ada, "hello all");
        await bench.answers(group, 2);
        await bench.roundTrip(host);
        expect(host.texts().filter((text) => text.includes("hello all"))).toHaveLength(2);
        expect(group.answers()).toHaveLength(2);
      },
    },
    ...fileChecks(subject),
    ...notificationChecks(subject),
    traits.redelivery
      ? {
          id: "B6",
          title: "an event that is delivered twice is handled once, also across a restart",
          async run(bench) {
            const host = await bench.start();
            await answered(bench, host, "only once");
            bench.account.redeliver?.();
            await bench.roundTrip(host, "after the second time");
            await host.stop();
            const next = await bench.start();
            await bench.platform.receives(bench.account);
            const again = bench.dm();
            await again.says(bench.ada, "newest");
            await bench.answers(again, 2);
            bench.account.redeliver?.();
            await bench.roundTrip(next, "after the third time");
            const texts = [...host.texts(), ...next.texts()];
            expect(texts).toEqual(["only once", "after the second time", "newest", "after the third time"]);
          },
        }
      : {
          id: "B6",
          title: "the platform never brings an event again",
          lack: true,
          run: async () => expect(subject.connector.features.transport.class).toBe("lossy"),
        },
    {
      id: "B7",
      title: "malformed and unknown events are logged and dropped, and the connection lives on",
      async run(bench) {
        const host = await bench.start();
        await answered(bench, host, "before");
        const logged = host.logs.length;
        bench.account.garble();
        await bench.roundTrip(host, "after");
        expect(host.texts()).toEqual(["before", "after"]);
        const lines = host.logs.slice(logged).filter(({ level }) => level === "warn" || level === "error");
        expect(lines.length).toBeGreaterThanOrEqual(1);
        expect(host.states()).not.toContain("failed");
      },
    },
    {
      id: "B8",
      title: "positions hold after emoji, right-to-left text and 4-byte characters",
      async run(bench) {
        const host = await bench.start();
        const group = bench.group();
        const text = `${HARD}${bench.account.mention} done`;
        await group.says(bench.ada, text);
        const turn = await until(() => host.turns[0], "the message reaches the agent");
        const read = bench.read(text);
        expect(turn.text).toBe(read);
        const [event] = turn.events;
        if (event.kind !== "message") throw new Error(`A ${event.kind} came instead of a message`);
        const mentions = (event.content.ranges ?? []).filter(({ type }) => type === "mention");
        expect(mentions.map(({ offset, length }) => read.slice(offset, offset + length))).toEqual([
          bench.read(bench.account.mention),
        ]);
        const [answer] = await bench.answers(group);
        expect(answer?.text).toContain(HARD.trim());
      },
    },
    ...commandChecks(subject),
  ];
}

async function answered(bench: Bench, host: Host, text: string): Promise<void> {
  const dm = bench.dm();
  const before = dm.answers().length;
  await dm.says(bench.ada, text);
  await host.turn(text);
  await bench.answers(dm, before + 1);
}
