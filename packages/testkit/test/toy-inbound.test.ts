import { describe, expect, it, vi } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Bench, gate, OPEN, SECRET } from "./toy-bench.js";

describe.each(["stream", "webhook"] as const)("by %s", (transport) => {
  const start = (options: Parameters<typeof Bench.start>[0] = {}) =>
    transport === "webhook" ? Bench.withWebhook(options) : Bench.start(options);

  it("B1 a DM reaches the agent once, with text, sender, time, message id and chat kind, and the answer comes back", async () => {
    const bench = await start();
    const ada = bench.platform.user("Ada");
    const message = ada.says("hello", { account: bench.account() });
    expect((await ada.hears()).text).toBe("You said: hello");
    expect(bench.turns).toHaveLength(1);
    expect(bench.turns[0]?.events).toMatchObject([
      {
        kind: "message",
        sender: { id: ada.id, name: "Ada" },
        address: { chat: ada.chatWith(bench.account()), message: message.id },
        chat: { kind: "dm" },
        content: { text: "hello" },
      },
    ]);
    expect(Math.abs((bench.turns[0]?.events[0].sentAt ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("B2 in a group the agent answers to mentions and replies, where they were said, and keeps the rest as context", async () => {
    const bench = await start();
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [bot] });
    const thread = group.thread("Plans");
    ada.says("nobody in particular", { in: group });
    ada.says("@default hello", { in: group });
    const first = await ada.hears();
    expect(first).toMatchObject({ text: "You said: @default hello", chat: group.id, thread: undefined });
    ada.says("and again", { in: group, quote: first });
    expect((await ada.hears()).text).toBe("You said: and again");
    ada.says("@default in here", { in: group, thread });
    expect(await ada.hears()).toMatchObject({ text: "You said: @default in here", thread });
    expect(
      bench.turns.map(({ events }) => events[0].kind === "message" && events[0].content.mentionsSelf),
    ).toEqual(["mention", "reply", "mention"]);
    expect(bench.turns[2]?.session).not.toBe(bench.turns[1]?.session);
    expect(await bench.turns[0]?.history()).toMatchObject([{ text: "nobody in particular" }]);
  });

  it("B3 its own messages and other bots' are ignored: two of our bots in one group do not talk for ever", async () => {
    const bench = await start({
      accounts: ["default", "second"],
      config: {
        ...OPEN,
        requireMention: false,
        ...(transport === "webhook" && { transport, webhookSecret: SECRET }),
      },
    });
    const ada = bench.platform.user("Ada");
    const accounts = [bench.account(), bench.account("second")];
    const group = bench.platform.group("Crew", { users: [ada], accounts });
    ada.says("hello", { in: group });
    await ada.hears();
    await ada.hears();
    // Had one of them answered the other, it would have done so before it answers what comes after.
    ada.says("still two?", { in: group });
    await ada.hears();
    await ada.hears();
    expect(bench.turns.map(({ text }) => text).sort()).toEqual([
      "hello",
      "hello",
      "still two?",
      "still two?",
    ]);
    expect(ada.heard()).toHaveLength(4);
  });

  it("B5 edits, deletions and reactions arrive as their events", async () => {
    const bench = await start();
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const message = ada.says("helo", { account: bot });
    await ada.hears();
    const last = async () => (await bench.runtime.why("last"))?.event.event;
    ada.edits(message, "hello");
    await vi.waitFor(async () =>
      expect(await last()).toMatchObject({
        kind: "edited",
        content: { text: "hello" },
        address: { message: message.id },
      }),
    );
    ada.reacts(message, "👍");
    await vi.waitFor(async () =>
      expect(await last()).toMatchObject({
        kind: "reaction",
        added: ["👍"],
        address: { message: message.id },
      }),
    );
    ada.reacts(message, null);
    await vi.waitFor(async () =>
      expect(await last()).toMatchObject({ kind: "reaction", added: [], removed: ["👍"] }),
    );
    ada.deletes(message);
    await vi.waitFor(async () =>
      expect(await last()).toMatchObject({ kind: "deleted", messages: [message.id] }),
    );
    expect(bench.turns).toHaveLength(1);
  });

  it("B8 positions of mentions are right after emoji, right-to-left text and accents", async () => {
    const bench = await start();
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [bot] });
    const text = "👩‍👩‍👧 שלום é @default 𝔘?";
    ada.says(text, { in: group });
    await ada.hears();
    const event = bench.turns[0]?.events[0];
    const ranges = event?.kind === "message" ? (event.content.ranges ?? []) : [];
    expect(ranges.map(({ offset, length }) => text.slice(offset, offset + length))).toEqual(["@default"]);
    expect(ranges).toMatchObject([{ type: "mention", user: bot.id }]);
  });

  it("D2 one slow session does not hold up another, and its own order stays", async () => {
    const slow = gate();
    const bench = await start({
      agent: async (turn) => {
        if (turn.text === "slow") await slow.opened;
        return `You said: ${turn.text}`;
      },
    });
    const [ada, bob, account] = [bench.platform.user("Ada"), bench.platform.user("Bob"), bench.account()];
    ada.says("slow", { account });
    ada.says("after", { account });
    bob.says("quick", { account });
    expect((await bob.hears()).text).toBe("You said: quick");
    expect(ada.heard()).toEqual([]);
    slow.open();
    expect([(await ada.hears()).text, (await ada.hears()).text]).toEqual([
      "You said: slow",
      "You said: after",
    ]);
  });
});

it("B7 by stream: what is no event is logged and left out, and the connection lives on", async () => {
  const bench = await Bench.start();
  const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
  bench.platform.stream.garble(bot, "{ this is not JSON");
  bench.platform.stream.garble(
    bot,
    JSON.stringify({ type: "dream", id: "e-strange", account: bot.id, seq: 0, at: 1 }),
  );
  ada.says("still here?", { account: bot });
  expect((await ada.hears()).text).toBe("You said: still here?");
  expect(bench.logs).toContainEqual(
    expect.objectContaining({ level: "warn", message: expect.stringContaining("is not an event") }),
  );
  expect(bench.logs).toContainEqual(
    expect.objectContaining({
      level: "warn",
      fields: { connector: "toy", account: "default", id: "e-strange" },
    }),
  );
  expect(bench.status().state).toBe("online");
});

it("B7 by webhook: a bad event does not take the others of its request with it", async () => {
  const bench = await Bench.withWebhook();
  const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
  const good = {
    id: "e-good",
    account: bot.id,
    seq: 900,
    at: Date.now(),
    type: "said",
    chat: { id: ada.chatWith(bot), kind: "private" },
    message: { id: "900", author: { id: ada.id, name: "Ada" }, text: "fine" },
  };
  const response = await bench.platform.webhook.post({
    type: "events",
    delivery: "d-mixed",
    events: [{ ...good, id: "e-bad", message: 7 }, good],
  });
  expect(response.status).toBe(200);
  expect((await ada.hears()).text).toBe("You said: fine");
  expect(bench.logs).toContainEqual(
    expect.objectContaining({ level: "warn", fields: { delivery: "d-mixed", index: 0 } }),
  );
});

it("E1 an answer over the limit comes in several messages, in order and whole, each within the limit in bytes", async () => {
  const words = Array.from({ length: 60 }, (_, index) => `wörd${index} 👍`);
  const bench = await Bench.start({ platform: { textBytes: 120 }, agent: () => words.join(" ") });
  const ada = bench.platform.user("Ada");
  ada.says("go", { account: bench.account() });
  await ada.sees((messages) => messages.map(({ text }) => text).join(" ") === words.join(" "));
  expect(ada.heard().length).toBeGreaterThan(5);
  expect(Math.max(...ada.heard().map(({ text }) => Buffer.byteLength(text)))).toBeLessThanOrEqual(120);
});

it("E2 Markdown comes out as what people should see, with the target of a link", async () => {
  const bench = await Bench.start({
    agent: () => "**Hi**, see [the plan](https://plan.example/a) and `code`",
  });
  const ada = bench.platform.user("Ada");
  ada.says("go", { account: bench.account() });
  expect((await ada.hears()).text).toBe("Hi, see the plan (https://plan.example/a) and code");
});

describe("a look-up after the commit", () => {
  const start = (options: Parameters<typeof Bench.start>[0] = {}) =>
    Bench.withWebhook({ ...options, platform: { thin: true } });

  it("completes a message before policy and agent see it", async () => {
    const bench = await start();
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [bot] });
    ada.says("for nobody", { in: group });
    ada.says("@default for you", { in: group });
    expect((await ada.hears()).text).toBe("You said: @default for you");
    expect(bench.turns.map(({ text }) => text)).toEqual(["@default for you"]);
    expect(await bench.turns[0]?.history()).toMatchObject([{ text: "for nobody" }]);
  });

  it("that finds nothing any more leaves nothing to answer", async () => {
    const bench = await start();
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    await bench.platform.webhook.together(() => ada.deletes(ada.says("never mind", { account })));
    ada.says("but this", { account });
    expect((await ada.hears()).text).toBe("You said: but this");
    expect(bench.turns.map(({ text }) => text)).toEqual(["but this"]);
  });

  it("that fails for half a minute delays the message and does not let it through empty", async () => {
    const clock = new ManualClock();
    const bench = await start({ clock });
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    const down = bench.platform.fault({ kind: "status", status: 502, method: "message", times: "always" });
    ada.says("worth the wait", { account });
    await down.hit();
    for (let second = 0; second < 30; second++) {
      const lookups = bench.platform.calls.all(({ method }) => method === "message").length;
      await vi.waitFor(() =>
        expect(
          bench.platform.calls.all(({ method, status }) => method === "message" && status === 502),
        ).toHaveLength(lookups),
      );
      await clock.advance(1_000);
    }
    expect(bench.turns).toEqual([]);
    down.remove();
    // The last failing look-up may still be under way and set its timer only now.
    await vi.waitFor(async () => {
      await clock.advance(60_000);
      expect(bench.turns).toHaveLength(1);
    });
    expect((await ada.hears()).text).toBe("You said: worth the wait");
  });
});
