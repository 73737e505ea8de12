import { describe, expect, it, vi } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Bench, gate, OPEN } from "./toy-bench.js";

async function letters(bench: Bench) {
  return bench.runtime.deadLetters.list();
}

describe("F8 an expired ticket", () => {
  /** Ada writes, the agent thinks for longer than her ticket lasts, and then answers. */
  const late = async (
    tickets: "optional" | "required",
    meanwhile: (bench: Bench, clock: ManualClock) => Promise<void>,
  ) => {
    const clock = new ManualClock();
    const thinking = gate();
    const bench = await Bench.withWebhook({
      clock,
      platform: { tickets, ticketMs: 60_000 },
      agent: async (turn) => {
        await thinking.opened;
        return `You said: ${turn.text}`;
      },
    });
    const ada = bench.platform.user("Ada");
    ada.says("hi", { account: bench.account() });
    await vi.waitFor(() => expect(bench.turns).toHaveLength(1));
    await meanwhile(bench, clock);
    thinking.open();
    return { bench, ada };
  };

  it("gives way to the chat's newest one that the directory knows", async () => {
    const { bench, ada } = await late("required", async (bench, clock) => {
      await clock.advance(50_000);
      const before = bench.platform.webhook.attempts.all().length;
      bench.platform.user("Ada").says("still there?", { account: bench.account() });
      await vi.waitFor(() => expect(bench.platform.webhook.attempts.all().length).toBeGreaterThan(before));
      await clock.advance(15_000);
    });
    expect((await ada.hears()).text).toBe("You said: hi");
    expect((await ada.hears()).text).toBe("You said: still there?");
    expect(await letters(bench)).toEqual([]);
  });

  it("is left out where the platform asks for none", async () => {
    const { ada } = await late("optional", async (_bench, clock) => clock.advance(61_000));
    expect((await ada.hears()).text).toBe("You said: hi");
  });

  it("fails the answer as a dead letter where the platform asks for one", async () => {
    const { bench, ada } = await late("required", async (_bench, clock) => clock.advance(61_000));
    await vi.waitFor(async () =>
      expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("ticket-required") }]),
    );
    expect(ada.heard()).toEqual([]);
  });
});

it.each([
  ["optional", "is told by the platform alone: the message goes without the ticket"],
  ["required", "is told by the platform alone: the answer is a dead letter"],
] as const)("F8 a ticket that ends before its time, tickets %s, %s", async (tickets, _what) => {
  const bench = await Bench.withWebhook({ platform: { tickets } });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  ada.says("hi", { account });
  await ada.hears();
  bench.platform.endTickets();
  await bench.runtime.send({ connector: "toy", to: { chat: ada.chatWith(account) }, text: "news" });
  if (tickets === "optional") expect((await ada.hears()).text).toBe("news");
  else
    await vi.waitFor(async () =>
      expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("ticket-expired") }]),
    );
});

describe("F8 a late failure", () => {
  it.each(["stream", "webhook"] as const)(
    "minutes after the send makes a dead letter of it, by %s",
    async (transport) => {
      const bench = await (transport === "webhook" ? Bench.withWebhook() : Bench.start());
      const ada = bench.platform.user("Ada");
      ada.says("hi", { account: bench.account() });
      const message = await ada.hears();
      await vi.waitFor(async () =>
        expect((await bench.runtime.why("last"))?.operations[0]?.state).toBe("done"),
      );
      bench.platform.report(message, "failed", "no such number");
      await vi.waitFor(async () =>
        expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("no such number") }]),
      );
    },
  );

  it("told by the platform's own time, two minutes on", async () => {
    const clock = new ManualClock();
    const bench = await Bench.withWebhook({ clock });
    const ada = bench.platform.user("Ada");
    ada.goesDark({ afterMs: 120_000, reason: "phone is off" });
    ada.says("hi", { account: bench.account() });
    await vi.waitFor(async () =>
      expect((await bench.runtime.why("last"))?.operations[0]?.state).toBe("done"),
    );
    await clock.advance(119_000);
    expect(await letters(bench)).toEqual([]);
    await clock.advance(1_000);
    await vi.waitFor(async () =>
      expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("phone is off") }]),
    );
  });

  it("that overtakes the answer to the send is not lost", async () => {
    const bench = await Bench.withWebhook({ platform: { answersLast: true } });
    const ada = bench.platform.user("Ada");
    ada.goesDark({ afterMs: 0, reason: "phone is off" });
    ada.says("hi", { account: bench.account() });
    await vi.waitFor(async () =>
      expect((await bench.runtime.why("last"))?.operations[0]?.state).toBe("failed"),
    );
    expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("phone is off") }]);
  });

  it("of a message in one chat leaves the message with the same id in another chat alone", async () => {
    const bench = await Bench.withWebhook();
    const [ada, bob, account] = [bench.platform.user("Ada"), bench.platform.user("Bob"), bench.account()];
    ada.says("hi", { account });
    const toAda = await ada.hears();
    bob.says("hi", { account });
    const toBob = await bob.hears();
    expect(toBob.id).toBe(toAda.id);
    bench.platform.report(toBob, "failed", "no such number");
    await vi.waitFor(async () => expect(await letters(bench)).toHaveLength(1));
    const [letter] = await letters(bench);
    expect(letter?.session).toContain(bob.chatWith(account));
  });

  it("of what the platform took is retried by the operator", async () => {
    const bench = await Bench.withWebhook();
    const ada = bench.platform.user("Ada");
    ada.says("hi", { account: bench.account() });
    bench.platform.report(await ada.hears(), "failed", "phone is off");
    const [letter] = await vi.waitFor(async () => {
      const found = await letters(bench);
      expect(found).toHaveLength(1);
      return found;
    });
    await bench.runtime.deadLetters.retry(letter?.id ?? "");
    expect((await ada.hears()).text).toBe("You said: hi");
    expect(await letters(bench)).toEqual([]);
  });
});

describe("F8 an alias", () => {
  const PAIRING = { dmPolicy: "pairing", allowFrom: [], groupPolicy: "open" };

  it.each(["stream", "webhook"] as const)(
    "moves the pairing and the session of a sender, by %s",
    async (transport) => {
      const bench = await (transport === "webhook"
        ? Bench.withWebhook({ config: PAIRING })
        : Bench.start({ config: PAIRING }));
      const [ada, account] = [bench.platform.user("Ada"), bench.account()];
      ada.says("let me in", { account });
      await bench.runtime.pairing.approve("toy", await bench.code());
      ada.says("one", { account });
      await ada.sees((messages) => messages.some(({ text }) => text === "You said: one"));
      const before = ada.id;
      ada.revealsNumber();
      ada.says("two", { account });
      await ada.sees((messages) => messages.some(({ text }) => text === "You said: two"));
      expect(ada.id).not.toBe(before);
      expect(bench.turns.map(({ session }) => session)).toEqual([
        bench.turns[0]?.session,
        bench.turns[0]?.session,
      ]);
      await bench.restart();
      ada.says("three", { account });
      await ada.sees((messages) => messages.some(({ text }) => text === "You said: three"));
    },
  );

  it("keeps a sender on the allowlist that names the former id", async () => {
    const bench = await Bench.start({ config: { dmPolicy: "closed" } });
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    await bench.restart({ config: { dmPolicy: "allowlist", allowFrom: [ada.id] } });
    ada.says("one", { account });
    expect((await ada.hears()).text).toBe("You said: one");
    ada.revealsNumber();
    ada.says("two", { account });
    expect((await ada.hears()).text).toBe("You said: two");
  });

  it("moves a group, its history and the answer that is still being written", async () => {
    const thinking = gate();
    const bench = await Bench.withWebhook({
      agent: async (turn) => {
        if (turn.text.includes("think")) await thinking.opened;
        return `You said: ${turn.text}`;
      },
    });
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [account] });
    ada.says("@default think", { in: group });
    await vi.waitFor(() => expect(bench.turns).toHaveLength(1));
    group.moves();
    await bench.platform.webhook.attempts.waitFor(
      ({ events, status }) => status === 200 && events.some(({ type }) => type === "alias"),
    );
    thinking.open();
    expect(await ada.hears()).toMatchObject({ text: "You said: @default think", chat: group.id });
    ada.says("@default and now?", { in: group });
    expect((await ada.hears()).text).toBe("You said: @default and now?");
    expect(await bench.turns[1]?.history()).toMatchObject([
      { text: "@default think" },
      { role: "assistant", text: "You said: @default think" },
    ]);
    expect(bench.platform.calls.all(({ method, status }) => method === "send" && status === 409)).toEqual([]);
  });

  it("that only the refusal of a send tells is learned from it", async () => {
    const bench = await Bench.start({ config: { ...OPEN, catchUp: false } });
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [account] });
    const old = group.id;
    await bench.stop();
    group.moves();
    await bench.run();
    await bench.runtime.send({ connector: "toy", to: { chat: old }, text: "to the old address" });
    expect((await ada.hears()).text).toBe("to the old address");
    ada.says("@default is that you?", { in: group });
    expect((await ada.hears()).text).toBe("You said: @default is that you?");
  });
});
