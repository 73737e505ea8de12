import { describe, expect, it, vi } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Bench, type BenchOptions, OPEN, SECRET } from "./toy-bench.js";

async function letters(bench: Bench) {
  return bench.runtime.deadLetters.list();
}

describe("F2 a send of unknown outcome", () => {
  const lost = async (fault: "resetAfter" | "reset" | "hangAfter", options: BenchOptions) => {
    const bench = await Bench.start({
      ...options,
      config: { ...OPEN, timeoutSeconds: 0.2, ...options.config },
    });
    const ada = bench.platform.user("Ada");
    const hit = bench.platform.fault({ kind: fault, method: "send" });
    ada.says("hi", { account: bench.account() });
    await hit.hit();
    return { bench, ada };
  };
  const operation = async (bench: Bench) => (await bench.runtime.why("last"))?.operations[0];

  it("is held as a dead letter where nothing can tell and the config says hold", async () => {
    const { bench, ada } = await lost("resetAfter", { config: { onUnknown: "hold" } });
    const [letter] = await vi.waitFor(async () => {
      const found = await letters(bench);
      expect(found).toHaveLength(1);
      return found;
    });
    expect(letter?.reason).toMatch(/may or may not have arrived/);
    expect(ada.heard()).toHaveLength(1);
    expect(bench.platform.calls.all(({ method }) => method === "send")).toHaveLength(1);
  });

  it("is made again where the config says resend: a double, and shown as one", async () => {
    const { bench, ada } = await lost("resetAfter", { config: { onUnknown: "resend" } });
    await ada.sees((messages) => messages.length === 2);
    await vi.waitFor(async () =>
      expect(await operation(bench)).toMatchObject({
        state: "done",
        parts: [{ state: "sent", attempts: 2, uncertain: 1 }],
      }),
    );
    expect(await letters(bench)).toEqual([]);
  });

  it("is found and not repeated where the platform can be asked", async () => {
    const { bench, ada } = await lost("hangAfter", { platform: { idempotency: "detect" } });
    await vi.waitFor(async () => expect(await operation(bench)).toMatchObject({ state: "done" }));
    expect(ada.heard()).toHaveLength(1);
    expect((await operation(bench))?.parts[0]?.result?.message).toBe("2");
  });

  it("is not found and made again where the call never arrived", async () => {
    const { bench, ada } = await lost("reset", { platform: { idempotency: "detect" } });
    expect((await ada.hears()).text).toBe("You said: hi");
    await vi.waitFor(async () => expect(await operation(bench)).toMatchObject({ state: "done" }));
    expect(ada.heard()).toHaveLength(1);
  });

  it("is repeated under its key where the platform knows keys, and arrives once", async () => {
    const { bench, ada } = await lost("resetAfter", { platform: { idempotency: "native" } });
    await vi.waitFor(async () => expect(await operation(bench)).toMatchObject({ state: "done" }));
    const sends = bench.platform.calls.all(({ method }) => method === "send").map(({ body }) => body);
    expect(sends).toHaveLength(2);
    expect(sends[1]).toEqual(sends[0]);
    expect(ada.heard()).toHaveLength(1);
  });
});

it("F1 a flood in one chat is waited for as long as told, sent once, and holds up no other chat", async () => {
  const clock = new ManualClock();
  const bench = await Bench.withWebhook({ clock });
  const [ada, bob, account] = [bench.platform.user("Ada"), bench.platform.user("Bob"), bench.account()];
  const flood = bench.platform.fault({
    kind: "flood",
    method: "send",
    chat: ada.chatWith(account),
    retryAfterSeconds: 30,
  });
  ada.says("hi", { account });
  await flood.hit();
  bob.says("hello", { account });
  expect((await bob.hears()).text).toBe("You said: hello");
  await bench.sent(clock);
  await vi.waitFor(() =>
    expect(bench.logs).toContainEqual(expect.objectContaining({ message: "the platform asks to wait" })),
  );
  await clock.advance(29_900);
  expect(ada.heard()).toEqual([]);
  await clock.advance(200);
  expect((await ada.hears()).text).toBe("You said: hi");
  expect(flood.early).toBe(0);
  expect(bench.platform.calls.all(({ method, status }) => method === "send" && status === 200)).toHaveLength(
    2,
  );
});

it("F1 the parts of one answer go on where a flood stopped them", async () => {
  const clock = new ManualClock();
  const bench = await Bench.withWebhook({
    clock,
    platform: { textBytes: 20 },
    agent: () => "one two three four five six seven",
  });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  ada.says("go", { account });
  const flood = bench.platform.fault({ kind: "flood", method: "send", retryAfterSeconds: 5 });
  await flood.hit();
  await vi.waitFor(() =>
    expect(bench.logs).toContainEqual(expect.objectContaining({ message: "the platform asks to wait" })),
  );
  await clock.advance(5_000);
  await ada.sees(
    (messages) => messages.map(({ text }) => text).join(" ") === "one two three four five six seven",
  );
});

it("a proactive send goes by the newest ticket of its chat, which every send renews", async () => {
  const clock = new ManualClock();
  const bench = await Bench.withWebhook({ clock, platform: { tickets: "required", ticketMs: 60_000 } });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  ada.says("hi", { account });
  await ada.hears();
  await bench.sent(clock);
  const to = { chat: ada.chatWith(account) };
  for (const text of ["news 1", "news 2", "news 3"]) {
    await clock.advance(50_000);
    await bench.runtime.send({ connector: "toy", to, text });
    expect((await ada.hears()).text).toBe(text);
    await bench.sent(clock);
  }
  await clock.advance(61_000);
  await bench.runtime.send({ connector: "toy", to, text: "too late" });
  await vi.waitFor(async () =>
    expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("ticket-required") }]),
  );
});

it("what the agent reacts with stands at the message it answers", async () => {
  const bench = await Bench.start({ agent: () => ({ type: "react", emoji: "👍" }) });
  const ada = bench.platform.user("Ada");
  const message = ada.says("hi", { account: bench.account() });
  await bench.platform.calls.waitFor(({ method, status }) => method === "react" && status === 200);
  expect(message.reactions).toEqual({ default: "👍" });
});

it("F4 a revoked token stops the account and says what to do, after one attempt", async () => {
  const bench = await Bench.withWebhook();
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  bench.platform.revoke(account);
  ada.says("hi", { account });
  await vi.waitFor(() => expect(bench.status().state).toBe("failed"));
  expect(bench.status()).toMatchObject({
    reason: expect.stringContaining("bad-token"),
    mend: expect.stringContaining("TOY_TOKEN"),
  });
  expect(bench.platform.calls.all(({ method, status }) => method === "send" && status === 401)).toHaveLength(
    1,
  );
  expect(JSON.stringify([bench.status(), bench.logs])).not.toContain(account.token);
});

it("A6 a wrong token: failed with the reason and the mend, one attempt", async () => {
  const bench = await Bench.start();
  await bench.stop();
  bench.platform.revoke(bench.account());
  const calls = bench.platform.calls.all().length;
  await bench.run();
  expect(bench.status()).toMatchObject({ state: "failed", mend: expect.stringContaining("TOY_TOKEN") });
  expect(bench.platform.calls.all()).toHaveLength(calls + 1);
});

it("a chat that blocked the account fails its own answer only", async () => {
  const bench = await Bench.withWebhook({ config: { ...OPEN, transport: "webhook", webhookSecret: SECRET } });
  const [ada, bob, account] = [bench.platform.user("Ada"), bench.platform.user("Bob"), bench.account()];
  ada.blocks(account);
  ada.says("hi", { account });
  bob.says("hi", { account });
  expect((await bob.hears()).text).toBe("You said: hi");
  await vi.waitFor(async () =>
    expect(await letters(bench)).toMatchObject([{ reason: expect.stringContaining("blocked") }]),
  );
  expect(bench.status().state).toBe("online");
});
