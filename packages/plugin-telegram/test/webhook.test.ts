import type { AgentLike } from "@elizaos/connector-core";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { bring, door, HEADER, hooked, SECRET } from "./door.js";
import { host, letTimePass, simulate, stateFolder, TOKEN } from "./harness.js";

let messageId = 0;
const update = (id: number, text: string) => ({
  update_id: id,
  message: {
    message_id: ++messageId,
    date: Math.floor(Date.now() / 1000),
    text,
    from: { id: 1001, is_bot: false, first_name: "Ada" },
    chat: { id: 1001, type: "private", first_name: "Ada" },
  },
});

const isOnline = ({ state }: { state: string }) => state === "online";
const isReconnecting = ({ state }: { state: string }) => state === "reconnecting";

describe("updates by webhook", () => {
  it("are answered, without any poll; the webhook is set with all that it needs", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const at = await door();
    await hooked(at, { apiRoot: sim.apiRoot });
    await ada.says("Hello");
    expect((await ada.hears()).text).toBe("You said: Hello");
    await bot.catchesUp();
    expect(bot.calls("getUpdates")).toEqual([]);
    expect(bot.calls("setWebhook").map(({ params }) => params)).toEqual([
      {
        url: `${at.url}/telegram`,
        secret_token: "[redacted]",
        allowed_updates: expect.arrayContaining(["message", "edited_message"]),
        max_connections: 40,
        drop_pending_updates: false,
      },
    ]);
    expect(bot.webhook).toMatchObject({ secretToken: SECRET });
  });

  it("without the secret, or with a wrong one, are refused and nothing is kept", async () => {
    const { sim } = await simulate();
    const at = await door();
    const { runtime, log } = await hooked(at, { apiRoot: sim.apiRoot });
    const wrong = [null, "", `${SECRET}x`, SECRET.slice(1), SECRET.toUpperCase(), "fake-secret_of-the-testz"];
    for (const secret of wrong) expect((await bring(at, "{ no JSON", secret)).status).toBe(401);
    expect(await runtime.why("last")).toBeUndefined();
    expect((await bring(at, update(1, "Hi"))).status).toBe(200);
    expect((await runtime.why("last"))?.event.event).toMatchObject({ content: { text: "Hi" } });
    expect(log.lines.join("\n")).not.toContain(SECRET);
  });

  it("that are no update are 400 and no quote of them is logged; what is no message is dropped for good", async () => {
    const { sim } = await simulate();
    const at = await door();
    const { runtime, log } = await hooked(at, { apiRoot: sim.apiRoot });
    for (const body of ["private words {", "[]", "7", { message: {} }])
      expect((await bring(at, body)).status).toBe(400);
    expect((await bring(at, { update_id: 7, message: { text: "private words" } })).status).toBe(200);
    expect((await bring(at, { update_id: 8, surprise: {} })).status).toBe(200);
    expect(await runtime.why("last")).toBeUndefined();
    expect(log.lines.join("\n")).not.toContain("private words");
    expect(log.lines.filter((line) => line.includes('"update_id":7'))).toHaveLength(1);
  });

  it("arrive at their path only", async () => {
    const { sim } = await simulate();
    const at = await door();
    const { runtime } = await hooked(at, { apiRoot: sim.apiRoot });
    expect((await bring(at, update(1, "Hi"), SECRET, "/")).status).toBe(404);
    expect((await bring(at, update(1, "Hi"), SECRET, "/telegram/x")).status).toBe(404);
    expect((await fetch(`${at.url}/telegram`, { headers: { [HEADER]: SECRET } })).status).toBe(405);
    expect(await runtime.why("last")).toBeUndefined();
  });

  it("that come twice are handled once, also when the first time was by polling", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const stateDir = stateFolder();
    const polling = await host({ apiRoot: sim.apiRoot, stateDir });
    await polling.runtime.start();
    await ada.says("one");
    await ada.hears();
    await bot.catchesUp();
    await polling.runtime.stop();

    const at = await door();
    const { turns } = await hooked(at, { apiRoot: sim.apiRoot, stateDir });
    bot.redeliver();
    await ada.says("two");
    await ada.hears();
    bot.redeliver();
    await ada.says("three");
    expect((await ada.hears()).text).toBe("You said: three");
    expect(turns.map(({ text }) => text)).toEqual(["two", "three"]);
  });

  it("are acknowledged at once though the agent takes a minute", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    let answer: (text: string) => void = () => {};
    const agent = () => new Promise<string>((resolve) => (answer = resolve));
    await hooked(await door(), { apiRoot: sim.apiRoot, agent });
    await ada.says("take a minute");
    await bot.catchesUp();
    expect(bot.calls("sendMessage")).toEqual([]);
    answer("at last");
    expect((await ada.hears()).text).toBe("at last");
  });

  it("that are presses of buttons are answered in the answer to the request", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const agent: AgentLike = (turn) =>
      turn.events[0].kind === "button"
        ? `pressed ${turn.text}`
        : { type: "message", text: "Which?", buttons: [[{ text: "Yes", data: "y" }]] };
    await hooked(await door(), { apiRoot: sim.apiRoot, agent });
    await ada.says("Hello");
    const press = await ada.presses(await ada.hears(), "Yes");
    await press.answered();
    expect((await ada.hears()).text).toBe("pressed y");
    await bot.catchesUp();
    expect(bot.calls("answerCallbackQuery")).toHaveLength(1);
  });

  it("of a group that becomes a supergroup go on in its session", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const { turns } = await hooked(await door(), { apiRoot: sim.apiRoot });
    await group.from(ada).says("@helper_bot before");
    await group.hears();
    const supergroup = group.migrates();
    await supergroup.from(ada).says("@helper_bot after");
    expect((await supergroup.hears()).text).toBe("You said: @helper_bot after");
    expect((await turns[1]?.history())?.map(({ text }) => text)).toContain("@helper_bot before");
  });
});

describe("several accounts on one path", () => {
  const OTHER = "100002:FAKE-TOKEN-of-the-other";

  it("are told apart by their secrets, also where one has no identity yet", async () => {
    const { sim, bot } = await simulate();
    const other = sim.bot({ token: OTHER, username: "other_bot" });
    const [ada, bob] = [sim.user("Ada").with(bot), sim.user("Bob").with(other)];
    const at = await door();
    const held = sim.fault({ kind: "hang", method: "getMe", account: "other_bot" });
    const accounts = {
      one: { webhookSecret: "secret-of-one" },
      two: { botToken: OTHER, webhookSecret: "secret-of-two" },
    };
    const running = await host({
      apiRoot: sim.apiRoot,
      config: { webhookUrl: `${at.url}/telegram`, accounts },
    });
    at.open(running.runtime);
    void running.runtime.start();
    await held.hit();
    await ada.says("to the first");
    expect((await ada.hears()).text).toBe("You said: to the first");
    expect((await bring(at, update(1, "too early"), "secret-of-two")).status).toBe(503);
    expect((await running.runtime.why("last"))?.event.identity).toBe("telegram:100001");
    await running.runtime.stop();

    const again = await host({
      apiRoot: sim.apiRoot,
      config: { webhookUrl: `${at.url}/telegram`, accounts },
    });
    at.open(again.runtime);
    await again.runtime.start();
    await bob.says("to the second");
    expect((await bob.hears()).text).toBe("You said: to the second");
    expect((await again.runtime.why("last"))?.event.identity).toBe("telegram:100002");
    expect((await bring(at, update(2, "Hi"), "secret-of-one")).status).toBe(200);
    expect((await again.runtime.why("last"))?.event.identity).toBe("telegram:100001");
    expect((await bring(at, update(3, "Hi"), "secret-of-nobody")).status).toBe(401);
  });
});

describe("the webhook", () => {
  it("is removed at the stop and set at the start; what was said between is answered", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const at = await door();
    const stateDir = stateFolder();
    const first = await hooked(at, { apiRoot: sim.apiRoot, stateDir });
    await first.runtime.stop();
    expect(bot.webhook).toBeUndefined();
    await ada.says("anybody?");
    expect(bot.pendingUpdates()).toHaveLength(1);
    await hooked(at, { apiRoot: sim.apiRoot, stateDir });
    expect((await ada.hears()).text).toBe("You said: anybody?");
    await bot.catchesUp();
  });

  it("of a killed host is tried by Telegram until the next one is there", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const at = await door();
    await fetch(`${sim.apiRoot}/bot${TOKEN}/setWebhook?url=${at.url}/telegram&secret_token=${SECRET}`);
    await ada.says("anybody?");
    await bot.deliveryFails(/502/);
    await hooked(at, { apiRoot: sim.apiRoot, clock });
    expect((await letTimePass(clock, ada.hears())).text).toBe("You said: anybody?");
  });

  it("that Telegram cannot reach is shown with the reason and what to do, until it can", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const at = await door();
    const { runtime, becomes } = await hooked(at, { apiRoot: sim.apiRoot, clock });
    await becomes(isOnline);
    at.close();
    await ada.says("anybody?");
    await bot.deliveryFails(/502/);
    expect(await letTimePass(clock, becomes(isReconnecting))).toMatchObject({
      reason: expect.stringMatching(/cannot bring its updates to http.*\/telegram \(.*502.*\); 1 of them/),
      mend: expect.stringContaining("this host is not behind it"),
    });
    at.open(runtime);
    expect((await letTimePass(clock, ada.hears())).text).toBe("You said: anybody?");
    await letTimePass(clock, becomes(isOnline));
  });

  it("that another program removes or changes is set again", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const { becomes, log } = await hooked(await door(), { apiRoot: sim.apiRoot, clock });
    await becomes(isOnline);
    const url = bot.webhook?.url;
    await fetch(`${sim.apiRoot}/bot${TOKEN}/setWebhook?url=https://other.example`);
    await letTimePass(
      clock,
      sim.requests.next((call) => call.method === "setWebhook" && call.status === 200),
    );
    expect(bot.webhook?.url).toBe(url);
    expect(log.lines.join("\n")).toContain("Another program changed or removed");
  });

  it("that another program sets with another secret is set again", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const at = await door();
    const { becomes } = await hooked(at, { apiRoot: sim.apiRoot, clock });
    await becomes(isOnline);
    await fetch(`${sim.apiRoot}/bot${TOKEN}/setWebhook?url=${at.url}/telegram&secret_token=of-another`);
    await ada.says("Hello");
    await bot.deliveryFails(/401/);
    expect((await letTimePass(clock, becomes(isReconnecting))).mend).toContain(
      "X-Telegram-Bot-Api-Secret-Token",
    );
    expect((await letTimePass(clock, ada.hears())).text).toBe("You said: Hello");
  });

  it("that is refused is shown and tried again, while sending works", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    await ada.says("/start");
    const description = "Bad Request: bad webhook: Failed to resolve host: Name or service not known";
    sim.fault({ kind: "status", status: 400, description, method: "setWebhook" });
    const { runtime, becomes } = await hooked(await door(), { apiRoot: sim.apiRoot, clock });
    expect(await becomes(isReconnecting)).toMatchObject({
      reason: expect.stringContaining("Failed to resolve host"),
      mend: expect.stringContaining("webhookUrl"),
    });
    await runtime.send({ connector: "telegram", to: { chat: String(ada.id) }, text: "I can still write" });
    expect((await ada.hears()).text).toBe("I can still write");
    await letTimePass(clock, becomes(isOnline));
    expect(bot.webhook).toBeDefined();
  });

  it("of a revoked token ends the account", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const { becomes } = await hooked(await door(), { apiRoot: sim.apiRoot, clock });
    await becomes(isOnline);
    bot.revoke();
    expect(
      await letTimePass(
        clock,
        becomes(({ state }) => state === "failed"),
      ),
    ).toMatchObject({
      mend: expect.stringContaining("@BotFather"),
    });
  });

  it("is probed every five minutes: what waits, and whether Telegram gets through", {
    timeout: 60_000,
  }, async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const { status, becomes } = await hooked(await door(), { apiRoot: sim.apiRoot, clock });
    await becomes(isOnline);
    const probed = async () => {
      while (status().probe === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await letTimePass(clock, probed());
    expect(status().probe).toMatchObject({
      status: "ok",
      detail: "@helper_bot, webhook set, 0 updates wait at Telegram",
    });
  });

  it("whose address is a path below a publicUrl that nobody gave waits for a person", async () => {
    const { sim } = await simulate();
    const { status } = await hooked(await door(), {
      apiRoot: sim.apiRoot,
      config: { webhookUrl: "/telegram" },
    });
    expect(status()).toMatchObject({
      state: "action-needed",
      mend: expect.stringContaining("publicUrl"),
    });
  });
});
