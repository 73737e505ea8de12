import { expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Bench, gate, OPEN, SECRET } from "./toy-bench.js";

it("A5 one request with the events of two accounts reaches both, in sessions of their own", async () => {
  const bench = await Bench.withWebhook({ accounts: ["default", "second"] });
  const ada = bench.platform.user("Ada");
  await bench.platform.webhook.together(() => {
    ada.says("to the first", { account: bench.account() });
    ada.says("to the second", { account: bench.account("second") });
  });
  await ada.sees((messages) => messages.length === 2);
  expect(bench.platform.webhook.attempts.all()).toMatchObject([
    { status: 200, events: [{}, {}, {}, {}].slice(0, 2) },
  ]);
  expect(
    ada
      .heard()
      .map(({ author, text }) => [author, text])
      .sort(),
  ).toEqual([
    ["default", "You said: to the first"],
    ["second", "You said: to the second"],
  ]);
  expect(new Set(bench.turns.map(({ session }) => session)).size).toBe(2);
});

it("B6 the same delivery again is handled once, also after a restart", async () => {
  const bench = await Bench.withWebhook();
  const ada = bench.platform.user("Ada");
  ada.says("once", { account: bench.account() });
  await ada.hears();
  const delivery = await bench.platform.webhook.attempts.waitFor(({ events }) =>
    events.some(({ type }) => type === "said"),
  );
  expect((await bench.platform.webhook.again(delivery)).status).toBe(200);
  await bench.restart();
  expect((await bench.platform.webhook.again(delivery)).status).toBe(200);
  ada.says("twice?", { account: bench.account() });
  expect((await ada.hears()).text).toBe("You said: twice?");
  expect(bench.turns.map(({ text }) => text)).toEqual(["once", "twice?"]);
});

it("B6 a message under a second event id is handled once", async () => {
  const bench = await Bench.withWebhook();
  const ada = bench.platform.user("Ada");
  ada.says("once", { account: bench.account() });
  await ada.hears();
  const { events } = await bench.platform.webhook.attempts.waitFor((attempt) =>
    attempt.events.some(({ type }) => type === "said"),
  );
  const again = await bench.platform.webhook.post({
    type: "events",
    delivery: "d-other",
    events: events.map((event) => ({ ...event, id: `${event.id}-other` })),
  });
  expect(again.status).toBe(200);
  ada.says("next", { account: bench.account() });
  expect((await ada.hears()).text).toBe("You said: next");
});

it("D2 a session keeps the platform's order though a request brings the newest event first", async () => {
  const bench = await Bench.withWebhook();
  const [ada, account] = [bench.platform.user("Ada"), bench.account()];
  const talk = () => {
    for (const text of ["1", "2", "3"]) ada.says(text, { account });
  };
  await bench.platform.webhook.together(talk, { reversed: true });
  await ada.sees((messages) => messages.length === 3);
  expect(bench.turns.map(({ text }) => text)).toEqual(["1", "2", "3"]);
});

it("G1 a missing, wrong, old or early signature is refused before anything is parsed", async () => {
  const clock = new ManualClock();
  const bench = await Bench.withWebhook({ clock });
  const { webhook } = bench.platform;
  const body = "{ this is not JSON";
  expect((await webhook.post(body, { without: true })).status).toBe(401);
  expect((await webhook.post(body, { secret: "some-other-secret" })).status).toBe(401);
  expect((await webhook.post(body, { at: clock.now() - 301_000 })).status).toBe(401);
  expect((await webhook.post(body, { at: clock.now() + 302_000 })).status).toBe(401);
  expect(
    (await webhook.post({ type: "challenge", challenge: "c" }, { secret: "some-other-secret" })).status,
  ).toBe(401);
  expect(await bench.runtime.why("last")).toBeUndefined();
  const refusals = bench.logs.filter(({ message }) => message === "a webhook request was refused");
  expect(refusals).toHaveLength(5);
  expect(JSON.stringify(refusals)).not.toContain(SECRET);
});

it("G1 an account's events are taken only under that account's own secret", async () => {
  const bench = await Bench.withWebhook();
  const stranger = bench.platform.account("stranger");
  const event = { id: "e-1", account: stranger.id, seq: 1, at: 1, type: "alias", old: "u-1", now: "u-2" };
  expect((await bench.platform.webhook.post({ type: "events", delivery: "d", events: [event] })).status).toBe(
    404,
  );
});

it("G2 the challenge is answered, and gives no event", async () => {
  const bench = await Bench.withWebhook();
  const answer = await bench.platform.webhook.post({ type: "challenge", challenge: "say this" });
  expect([answer.status, await answer.text()]).toEqual([200, "say this"]);
  expect(await bench.runtime.why("last")).toBeUndefined();
});

it("G3 bad JSON is 400, another path is 404", async () => {
  const bench = await Bench.withWebhook();
  expect((await bench.platform.webhook.post("{ this is not JSON")).status).toBe(400);
  expect((await bench.platform.webhook.post({ type: "surprise" })).status).toBe(400);
  expect((await fetch(`${bench.webhookUrl}-elsewhere`, { method: "POST", body: "{}" })).status).toBe(404);
});

it("G4 the platform is answered at once though the agent takes its time", async () => {
  const slow = gate();
  const bench = await Bench.withWebhook({
    agent: async () => {
      await slow.opened;
      return "at last";
    },
  });
  const ada = bench.platform.user("Ada");
  ada.says("take a minute", { account: bench.account() });
  expect(await bench.platform.webhook.attempts.waitFor(() => true)).toMatchObject({
    attempt: 1,
    status: 200,
  });
  expect(ada.heard()).toEqual([]);
  slow.open();
  expect((await ada.hears()).text).toBe("at last");
});

it("F2 what was not acknowledged comes again and is answered once: the runtime was away", async () => {
  const clock = new ManualClock();
  const bench = await Bench.withWebhook({ clock });
  const ada = bench.platform.user("Ada");
  await bench.stop();
  ada.says("anybody?", { account: bench.account() });
  await bench.platform.webhook.attempts.waitFor(({ status }) => status === 503);
  await bench.run();
  await clock.advance(1_000);
  expect((await ada.hears()).text).toBe("You said: anybody?");
  expect(bench.platform.webhook.attempts.all().map(({ status }) => status)).toEqual([503, 200]);
});

it("A4 transport webhook without a secret is refused with the path", async () => {
  const bench = await Bench.start({ config: { ...OPEN, transport: "webhook" } });
  expect(bench.status()).toMatchObject({
    state: "failed",
    issues: [{ path: "connectors.toy.webhookSecret" }],
  });
  expect(bench.platform.calls.all()).toEqual([]);
});
