import { describe, expect, it, vi } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Bench, gate, OPEN } from "./toy-bench.js";

it("F3 a broken stream: reconnecting, online again, and what came meanwhile goes before what comes then", async () => {
  const clock = new ManualClock();
  const bench = await Bench.start({ clock });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  ada.says("before", { account });
  await ada.hears();
  bench.platform.stream.cut(account);
  await vi.waitFor(() => expect(bench.status().state).toBe("reconnecting"));
  for (const text of ["missed 1", "missed 2", "missed 3"]) ada.says(text, { account });
  await clock.advance(1_000);
  await bench.platform.stream.opened(account);
  ada.says("after", { account });
  await ada.sees((messages) => messages.length === 5);
  expect(bench.turns.map(({ text }) => text)).toEqual([
    "before",
    "missed 1",
    "missed 2",
    "missed 3",
    "after",
  ]);
  expect(bench.status()).toMatchObject({ state: "online", gaps: [] });
});

it("F6 what came while the runtime was away is read page by page, in order, once", async () => {
  const bench = await Bench.start();
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  ada.says("before", { account });
  await ada.hears();
  await bench.stop();
  const missed = Array.from({ length: 220 }, (_, index) => `missed ${index}`);
  for (const text of missed) ada.says(text, { account });
  await bench.run();
  ada.says("after", { account });
  await ada.sees((messages) => messages.length === 222, { timeoutMs: 15_000 });
  expect(bench.turns.map(({ text }) => text)).toEqual(["before", ...missed, "after"]);
  expect(bench.platform.calls.all(({ method }) => method === "log").length).toBeGreaterThanOrEqual(3);
}, 20_000);

it("F6 live events wait until the log has been read", async () => {
  const bench = await Bench.start();
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  await bench.stop();
  ada.says("missed", { account });
  const slow = bench.platform.fault({ kind: "delay", method: "log", ms: 150 });
  await bench.run();
  await slow.hit();
  ada.says("live", { account });
  await ada.sees((messages) => messages.length === 2);
  expect(bench.turns.map(({ text }) => text)).toEqual(["missed", "live"]);
});

it("nothing that was said before the first start is answered", async () => {
  const bench = await Bench.start({ accounts: ["default"] });
  const [ada, newcomer] = [bench.platform.user("Ada"), bench.platform.account("newcomer")];
  ada.says("long ago", { account: newcomer });
  await bench.restart({ accounts: ["default", "newcomer"] });
  ada.says("now", { account: newcomer });
  expect((await ada.hears()).text).toBe("You said: now");
  expect(bench.turns.map(({ text }) => text)).toEqual(["now"]);
});

it("F5 a live event that was stored before the log was read does not make the rest of the log be skipped", async () => {
  const bench = await Bench.start();
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  await bench.stop();
  ada.says("missed", { account });
  const stuck = bench.platform.fault({ kind: "hang", method: "log" });
  await bench.run();
  await stuck.hit();
  ada.says("live", { account });
  await vi.waitFor(async () =>
    expect(await bench.runtime.why("last")).toMatchObject({
      event: { event: { content: { text: "live" } } },
    }),
  );
  await bench.restart();
  expect([(await ada.hears()).text, (await ada.hears()).text]).toEqual([
    "You said: missed",
    "You said: live",
  ]);
});

describe("a gap is recorded, not hidden", () => {
  it("F3 with the number of events that came since the last end, where the stream is all there is", async () => {
    const bench = await Bench.start();
    const [ada, newcomer] = [bench.platform.user("Ada"), bench.platform.account("newcomer")];
    ada.says("before the first start", { account: newcomer });
    await bench.restart({ accounts: ["newcomer"], config: { ...OPEN, catchUp: false } });
    expect(bench.status("newcomer").gaps).toEqual([]);
    await bench.stop();
    ada.says("lost", { account: newcomer });
    ada.says("lost too", { account: newcomer });
    await bench.run();
    expect(bench.status("newcomer").gaps).toMatchObject([
      { reason: "2 events came while the stream was closed" },
    ]);
  });

  it("F3 where the stream is all there is", async () => {
    const bench = await Bench.start({ config: { ...OPEN, catchUp: false } });
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    ada.says("before", { account });
    await ada.hears();
    await vi.waitFor(() =>
      expect(bench.platform.calls.all(({ method }) => method === "send")).toHaveLength(1),
    );
    await bench.stop();
    ada.says("lost", { account });
    ada.says("lost too", { account });
    await bench.run();
    ada.says("after", { account });
    expect((await ada.hears()).text).toBe("You said: after");
    expect(bench.turns.map(({ text }) => text)).toEqual(["before", "after"]);
    expect(bench.status().gaps).toMatchObject([
      { reason: expect.stringMatching(/^\d events came while the stream was closed$/) },
    ]);
  });

  it("F3 where the log does not reach back far enough, and the rest is read", async () => {
    const bench = await Bench.start({ platform: { logLimit: 2 } });
    const [ada, account] = [bench.platform.user("Ada"), bench.account()];
    await bench.stop();
    for (const text of ["1", "2", "3", "4"]) ada.says(text, { account });
    await bench.run();
    expect([(await ada.hears()).text, (await ada.hears()).text]).toEqual(["You said: 3", "You said: 4"]);
    expect(bench.status().gaps).toMatchObject([{ reason: "2 events are older than the platform's log" }]);
  });
});

it("F2 a stream that says nothing any more although its socket is open is given up and opened again", async () => {
  const clock = new ManualClock();
  const bench = await Bench.start({ clock });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  bench.platform.stream.mute(account);
  ada.says("into the void", { account });
  await clock.advance(46_000);
  await vi.waitFor(() =>
    expect(bench.status()).toMatchObject({
      state: "reconnecting",
      reason: expect.stringContaining("silent for 45 s"),
    }),
  );
  await clock.advance(1_000);
  expect((await ada.hears()).text).toBe("You said: into the void");
  expect(bench.status().state).toBe("online");
});

it("F3 a log that cannot be read now is read later; nothing of it is skipped", async () => {
  const clock = new ManualClock();
  const bench = await Bench.start({ clock });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  await bench.stop();
  ada.says("missed", { account });
  const down = bench.platform.fault({ kind: "status", status: 502, method: "log" });
  await bench.run();
  await down.hit();
  await vi.waitFor(() => expect(bench.status().state).toBe("reconnecting"));
  await clock.advance(1_000);
  expect((await ada.hears()).text).toBe("You said: missed");
});

it("H2 close ends the stream at once, also while the agent works", async () => {
  const never = gate<string>();
  const bench = await Bench.start({ agent: () => never.opened });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  ada.says("hi", { account });
  await vi.waitFor(() => expect(bench.turns).toHaveLength(1));
  const before = Date.now();
  await bench.stop();
  expect(Date.now() - before).toBeLessThan(5_000);
  never.open("");
}, 10_000);

it("F1 a flood on the stream is waited for, and the account comes back by itself", async () => {
  const clock = new ManualClock();
  const bench = await Bench.start({ clock });
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  const flood = bench.platform.fault({ kind: "flood", method: "stream", times: 1, retryAfterSeconds: 30 });
  bench.platform.stream.cut(account);
  await vi.waitFor(async () => {
    await clock.advance(5_000);
    expect(flood.hits).toBe(1);
  });
  await vi.waitFor(async () => {
    await clock.advance(5_000);
    expect(bench.status().state).toBe("online");
  });
  ada.says("back?", { account });
  expect((await ada.hears()).text).toBe("You said: back?");
});
