import { ManualClock } from "@elizaos/connector-simulators/kit";
import { GrammyError, HttpError } from "grammy";
import { describe, expect, it } from "vitest";
import { open, refusal } from "./support.js";

async function talking(...options: Parameters<typeof open>) {
  const opened = await open(...options);
  const ada = opened.sim.user("Ada");
  await ada.says("hello");
  return { ...opened, ada };
}

describe("faults", () => {
  it("flood: 429 with the wait, until the wait is over, and early calls are counted", async () => {
    const clock = new ManualClock();
    const { sim, api, ada } = await talking({ clock });
    const bob = sim.user("Bob");
    await bob.says("hi");
    const flood = sim.fault({ kind: "flood", method: "sendMessage", chat: ada.id, retryAfterSeconds: 3 });
    const error = await api.sendMessage(ada.id, "x").catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GrammyError);
    expect(error).toMatchObject({
      error_code: 429,
      description: "Too Many Requests: retry after 3",
      parameters: { retry_after: 3 },
    });
    await api.sendMessage(bob.id, "other chats go on");
    await clock.advance(2_000);
    expect(await refusal(api.sendMessage(ada.id, "x"))).toContain("retry after 1");
    expect([flood.hits, flood.early]).toEqual([2, 1]);
    await clock.advance(1_000);
    await api.sendMessage(ada.id, "now");
    expect(ada.messages().map((message) => message.text)).toEqual(["hello", "now"]);
  });

  it("status: refuses so many calls, with Telegram's words and nothing done", async () => {
    const { sim, api, ada } = await talking();
    const fault = sim.fault({ kind: "status", status: 502, method: "sendmessage", times: 2 });
    expect(await refusal(api.sendMessage(ada.id, "x"))).toContain("502: Bad Gateway");
    expect(await refusal(api.sendMessage(ada.id, "x"))).toContain("502: Bad Gateway");
    await api.sendMessage(ada.id, "third");
    expect(fault.hits).toBe(2);
    expect(ada.messages()).toHaveLength(2);
    sim.fault({ kind: "status", status: 400, description: "Bad Request: something new" });
    expect(await refusal(api.getMe())).toContain("400: Bad Request: something new");
  });

  it("status: carries Retry-After also as a header", async () => {
    const { sim, bot } = await open();
    sim.fault({ kind: "status", status: 429, retryAfterSeconds: 7 });
    const response = await fetch(`${sim.apiRoot}/bot${bot.token}/getMe`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"]);
  });

  it("reset: the work is not done; resetAfter: it is", async () => {
    const { sim, api, ada } = await talking();
    sim.fault({ kind: "reset", method: "sendMessage" });
    expect(await api.sendMessage(ada.id, "lost").catch((error: unknown) => error)).toBeInstanceOf(HttpError);
    sim.fault({ kind: "resetAfter", method: "sendMessage" });
    expect(await api.sendMessage(ada.id, "arrived").catch((error: unknown) => error)).toBeInstanceOf(
      HttpError,
    );
    expect((await ada.hears()).text).toBe("arrived");
    expect(sim.requests.all((call) => call.fault !== undefined)).toMatchObject([
      { fault: "reset" },
      { fault: "resetAfter", status: 200 },
    ]);
  });

  it("truncate: the work is done and half of the answer arrives", async () => {
    const { sim, bot, ada } = await talking();
    sim.fault({ kind: "truncate", method: "sendMessage" });
    const query = new URLSearchParams({ chat_id: String(ada.id), text: "arrived" });
    // Not by grammY: its node-fetch waits for the rest of a cut body until its own time-out.
    const response = await fetch(`${sim.apiRoot}/bot${bot.token}/sendMessage?${query}`);
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow();
    expect((await ada.hears()).text).toBe("arrived");
  });

  it("hang and hangAfter: no answer while the socket stays open", async () => {
    const { sim, bot, ada } = await talking();
    const send = (text: string, signal: AbortSignal) =>
      fetch(
        `${sim.apiRoot}/bot${bot.token}/sendMessage?${new URLSearchParams({ chat_id: String(ada.id), text })}`,
        { signal },
      );
    for (const [kind, arrives] of [
      ["hang", false],
      ["hangAfter", true],
    ] as const) {
      const fault = sim.fault({ kind, method: "sendMessage" });
      const gone = new AbortController();
      let answered = false;
      const call = refusal(
        send(kind, gone.signal).then(() => {
          answered = true;
        }),
      );
      await fault.hit();
      await fetch(`${sim.apiRoot}/bot${bot.token}/getMe`);
      expect(answered).toBe(false);
      gone.abort();
      await call;
      expect(ada.messages().some((message) => message.text === kind)).toBe(arrives);
    }
  });

  it("delay: the work is done later on the simulator's clock", async () => {
    const clock = new ManualClock();
    const { sim, api, ada } = await talking({ clock });
    const fault = sim.fault({ kind: "delay", ms: 10_000, method: "sendMessage" });
    const sent = api.sendMessage(ada.id, "slow");
    await fault.hit();
    await clock.advance(9_999);
    expect(ada.messages()).toHaveLength(1);
    await clock.advance(1);
    expect((await sent).text).toBe("slow");
  });

  it("can hit everything of one bot, always, until cleared", async () => {
    const { sim, api } = await open();
    sim.bot({ token: "100002:FAKE-OTHER", username: "other_bot" });
    sim.fault({ kind: "status", status: 500, account: "toy_bot", times: "always" });
    const spared = await fetch(`${sim.apiRoot}/bot100002:FAKE-OTHER/getMe`);
    expect(spared.status).toBe(200);
    for (let n = 0; n < 3; n += 1) expect(await refusal(api.getMe())).toContain("500: Internal Server Error");
    sim.clearFaults();
    await api.getMe();
  });

  it("refuses rules that make no sense", async () => {
    const { sim } = await open();
    expect(() => sim.fault({ kind: "status", status: 200 })).toThrow();
    expect(() => sim.fault({ kind: "flood", retryAfterSeconds: 0 })).toThrow();
  });
});

describe("connections", () => {
  it("disconnect breaks a waiting poll; nothing is lost", async () => {
    const { sim, bot, api } = await open();
    const polled = refusal(api.getUpdates({ timeout: 30 }));
    await bot.polls();
    sim.disconnect();
    expect(await polled).toContain("Network request for 'getUpdates' failed");
    await sim.user("Ada").says("hi");
    expect(await api.getUpdates()).toHaveLength(1);
  });

  it("halfOpen leaves a waiting poll without an answer for ever; the next one gets the update", async () => {
    const { sim, bot, api } = await open();
    const gone = new AbortController();
    let answered = false;
    const stalled = refusal(
      fetch(`${sim.apiRoot}/bot${bot.token}/getUpdates?timeout=30`, { signal: gone.signal }).then(() => {
        answered = true;
      }),
    );
    await bot.polls();
    sim.halfOpen();
    await sim.user("Ada").says("hi");
    expect(await api.getUpdates()).toHaveLength(1);
    expect(answered).toBe(false);
    gone.abort();
    await stalled;
  });

  it("close ends waiting calls and waits at once", async () => {
    const { sim, bot, api } = await open();
    const polled = refusal(api.getUpdates({ timeout: 30 }));
    await bot.polls();
    const heard = refusal(sim.user("Ada").hears());
    await sim.close();
    expect(await polled).toContain("failed");
    expect(await heard).toBe("The simulator was closed.");
    await expect(fetch(sim.url)).rejects.toThrow();
  });
});
