import { ManualClock } from "@elizaos/connector-simulators/kit";
import { Api } from "grammy";
import { describe, expect, it } from "vitest";
import { open, refusal } from "./support.js";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("getUpdates", () => {
  it("answers a waiting poll as soon as somebody writes", async () => {
    const { sim, bot, api } = await open();
    const polled = api.getUpdates({ timeout: 30 });
    await bot.polls();
    await sim.user("Ada", { username: "ada" }).says("hi");
    const [update] = await polled;
    expect(update?.message).toMatchObject({
      message_id: 1,
      text: "hi",
      from: { first_name: "Ada", username: "ada", is_bot: false },
      chat: { type: "private", first_name: "Ada" },
    });
  });

  it("gives unconfirmed updates again until an offset confirms them, and then forgets them", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    await ada.says("one");
    await ada.says("two");
    const first = await api.getUpdates();
    expect(first.map((update) => update.message?.text)).toEqual(["one", "two"]);
    expect(await api.getUpdates()).toEqual(first);
    const next = (first[0]?.update_id ?? 0) + 1;
    expect((await api.getUpdates({ offset: next })).map((update) => update.message?.text)).toEqual(["two"]);
    expect((await api.getUpdates()).map((update) => update.message?.text)).toEqual(["two"]);
  });

  it("numbers the updates of each bot in a row", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    for (const text of ["a", "b", "c"]) await ada.says(text);
    const ids = (await api.getUpdates()).map((update) => update.update_id);
    expect(ids).toEqual([ids[0], (ids[0] ?? 0) + 1, (ids[0] ?? 0) + 2]);
  });

  it("keeps to the limit", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    for (let n = 0; n < 105; n += 1) await ada.says(`m${n}`);
    expect(await api.getUpdates({ limit: 3 })).toHaveLength(3);
    expect(await api.getUpdates()).toHaveLength(100);
    expect(await api.getUpdates({ limit: 1000 })).toHaveLength(100);
  });

  it("with a negative offset keeps the last ones and forgets all before", async () => {
    const { sim, bot, api } = await open();
    const ada = sim.user("Ada");
    for (const text of ["a", "b", "c"]) await ada.says(text);
    expect((await api.getUpdates({ offset: -1 })).map((update) => update.message?.text)).toEqual(["c"]);
    expect(bot.pendingUpdates()).toHaveLength(1);
  });

  it("takes an offset far ahead for none, and forgets nothing", async () => {
    const { sim, bot, api } = await open();
    bot.setNextUpdateId(5_000);
    await sim.user("Ada").says("after a quiet week");
    expect(await api.getUpdates({ offset: 900_000_000 })).toHaveLength(1);
    expect(bot.pendingUpdates()).toHaveLength(1);
  });

  it("answers with nothing when the time is over, on the simulator's clock", async () => {
    const clock = new ManualClock();
    const { bot, api } = await open({ clock });
    const polled = api.getUpdates({ timeout: 30 });
    await bot.polls();
    await clock.advance(30_000);
    expect(await polled).toEqual([]);
  });

  it("keeps unconfirmed updates for 24 hours", async () => {
    const clock = new ManualClock();
    const { sim, api } = await open({ clock });
    await sim.user("Ada").says("hi");
    await clock.advance(DAY_MS);
    expect(await api.getUpdates()).toHaveLength(1);
    await clock.advance(1);
    expect(await api.getUpdates()).toEqual([]);
  });

  it("ends the first of two concurrent calls with 409", async () => {
    const { sim, bot, api } = await open();
    const first = refusal(api.getUpdates({ timeout: 30 }));
    await bot.polls();
    const second = api.getUpdates({ timeout: 30 });
    expect(await first).toContain(
      "409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    );
    await sim.user("Ada").says("hi");
    expect(await second).toHaveLength(1);
  });

  it("forgets a poll whose caller hung up", async () => {
    const { sim, bot, api } = await open();
    const gone = new AbortController();
    const url = `${sim.apiRoot}/bot${bot.token}/getUpdates?timeout=30`;
    const polled = refusal(fetch(url, { signal: gone.signal }));
    await bot.polls();
    gone.abort();
    await polled;
    await sim.requests.waitFor((call) => call.hungUp === true);
    await sim.user("Ada").says("hi");
    expect(await api.getUpdates()).toHaveLength(1);
  });
});

describe("allowed_updates", () => {
  it("by default leaves out reactions and other members; an explicit list is exact and stays", async () => {
    const { sim, bot, api } = await open();
    const ada = sim.user("Ada");
    const message = await ada.says("hi");
    await ada.reacts(message, "👍");
    expect((await api.getUpdates()).map((update) => Object.keys(update)[1])).toEqual(["message"]);
    await api.getUpdates({ allowed_updates: ["message_reaction"] });
    await ada.says("not wanted");
    await ada.reacts(message, "🔥");
    await api.getUpdates({ offset: (Number(bot.pendingUpdates()[0]?.update_id) || 0) + 1 });
    expect(bot.pendingUpdates()).toMatchObject([
      { message_reaction: { old_reaction: [{ emoji: "👍" }], new_reaction: [{ emoji: "🔥" }] } },
    ]);
    expect(await api.getWebhookInfo()).toMatchObject({ allowed_updates: ["message_reaction"] });
  });

  it("goes back to the default with an empty list", async () => {
    const { sim, bot, api } = await open();
    await api.getUpdates({ allowed_updates: ["callback_query"] });
    await api.getUpdates({ allowed_updates: [] });
    await sim.user("Ada").says("hi");
    expect(bot.pendingUpdates()).toHaveLength(1);
  });
});

describe("odd deliveries", () => {
  it("hands a confirmed update out once more under its old id", async () => {
    const { sim, bot, api } = await open();
    await sim.user("Ada").says("hi");
    const [update] = await api.getUpdates();
    const offset = (update?.update_id ?? 0) + 1;
    expect(await api.getUpdates({ offset })).toEqual([]);
    bot.redeliver();
    expect(await api.getUpdates({ offset })).toEqual([update]);
    expect(await api.getUpdates({ offset })).toEqual([]);
  });

  it("reverses a batch", async () => {
    const { sim, bot, api } = await open();
    const ada = sim.user("Ada");
    await ada.says("one");
    await ada.says("two");
    bot.reorder();
    expect((await api.getUpdates()).map((update) => update.message?.text)).toEqual(["two", "one"]);
    expect((await api.getUpdates()).map((update) => update.message?.text)).toEqual(["one", "two"]);
  });

  it("delivers a raw payload, under the next id or its own", async () => {
    const { sim, bot, api } = await open();
    const payload = {
      update_id: 1001,
      message: { message_id: 133, date: 1, chat: { id: 7, type: "private" } },
    };
    const id = sim.push(bot.token, payload);
    expect(await api.getUpdates()).toEqual([{ ...payload, update_id: id }]);
    await api.getUpdates({ offset: (id ?? 0) + 1 });
    expect(sim.push(bot.token, payload, { keepId: true })).toBe(1001);
    expect(await api.getUpdates()).toEqual([payload]);
    expect(() => sim.push(bot.token, payload, { keepId: true })).toThrow(
      "not ahead of the pending update 1001",
    );
  });
});

describe("tokens and paths", () => {
  const call = (root: string, token: string, method = "getMe") =>
    fetch(`${root}/bot${token}/${method}`).then(async (response) => [response.status, await response.json()]);

  it("refuses unknown tokens with 401 and what is no token with 404", async () => {
    const { sim } = await open();
    const unauthorized = { ok: false, error_code: 401, description: "Unauthorized" };
    const notFound = { ok: false, error_code: 404, description: "Not Found" };
    expect(await call(sim.apiRoot, "100001:SOMETHING-ELSE")).toEqual([401, unauthorized]);
    expect(await call(sim.apiRoot, "nonsense")).toEqual([404, notFound]);
    expect(await call(sim.apiRoot, "")).toEqual([404, notFound]);
    const response = await fetch(`${sim.apiRoot}/elsewhere`);
    expect([response.status, await response.json()]).toEqual([404, notFound]);
  });

  it("refuses a revoked token at once, also in a waiting poll, and takes the new one", async () => {
    const { sim, bot, api } = await open();
    const polled = refusal(api.getUpdates({ timeout: 30 }));
    await bot.polls();
    bot.revoke("100001:FAKE-SECOND-TOKEN");
    expect(await polled).toContain("401: Unauthorized");
    expect(await refusal(api.getMe())).toContain("401: Unauthorized");
    const renewed = new Api(bot.token, { apiRoot: sim.apiRoot });
    expect((await renewed.getMe()).username).toBe("toy_bot");
  });

  it("knows methods in any case and no others", async () => {
    const { sim, bot } = await open();
    expect(await call(sim.apiRoot, bot.token, "GETME")).toMatchObject([200, { ok: true }]);
    expect(await call(sim.apiRoot, bot.token, "sendSomething")).toEqual([
      404,
      { ok: false, error_code: 404, description: "Not Found: method not found" },
    ]);
  });

  it("takes query, JSON, form and multipart parameters alike", async () => {
    const { sim, bot } = await open();
    const ada = sim.user("Ada");
    await ada.says("hi");
    const url = `${sim.apiRoot}/bot${bot.token}/sendMessage`;
    const params = { chat_id: String(ada.id), text: "ä & ö" };
    const form = new FormData();
    for (const [name, value] of Object.entries(params)) form.set(name, value);
    await fetch(`${url}?${new URLSearchParams(params)}`);
    await fetch(url, { method: "POST", body: new URLSearchParams(params) });
    await fetch(url, { method: "POST", body: form });
    const headers = { "content-type": "application/json" };
    await fetch(url, { method: "POST", headers, body: JSON.stringify(params) });
    for (let n = 0; n < 4; n += 1) expect((await ada.hears()).text).toBe("ä & ö");
  });

  it("keeps bots apart", async () => {
    const { sim, bot, api } = await open();
    const other = sim.bot({ token: "100002:FAKE-TOKEN-OF-OTHER", username: "other_bot", name: "Other" });
    const ada = sim.user("Ada");
    await ada.with(bot).says("for toy");
    expect(other.pendingUpdates()).toEqual([]);
    expect(await refusal(ada.says("for whom?"))).toContain("say which one");
    await api.sendMessage(ada.id, "from toy");
    expect((await ada.with(bot).hears()).text).toBe("from toy");
    expect(ada.with(other).messages()).toEqual([]);
    const otherApi = new Api(other.token, { apiRoot: sim.apiRoot });
    expect(await otherApi.getMe()).toMatchObject({ id: 100002, first_name: "Other", username: "other_bot" });
    expect(await refusal(otherApi.sendMessage(ada.id, "x"))).toContain("chat not found");
  });
});
