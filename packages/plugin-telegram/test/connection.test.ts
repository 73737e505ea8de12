import { createMemoryStore } from "@elizaos/connector-core/store/memory";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it, vi } from "vitest";
import { afterTest, host, letTimePass, simulate, started, stateFolder, TOKEN } from "./harness.js";

const isOnline = ({ state }: { state: string }) => state === "online";
const isReconnecting = ({ state }: { state: string }) => state === "reconnecting";

describe("a conversation", () => {
  it("a DM is answered once, and what was received is confirmed", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada", { username: "ada" });
    const { turns } = await started({ apiRoot: sim.apiRoot });
    const said = await ada.says("Hello");
    expect((await ada.hears()).text).toBe("You said: Hello");
    await bot.catchesUp();
    expect(bot.calls("sendMessage")).toHaveLength(1);
    expect(turns[0]).toMatchObject({
      identity: "telegram:100001",
      events: [
        {
          address: { chat: String(ada.id), message: String(said.message_id) },
          sentAt: said.date * 1000,
          chat: { kind: "dm" },
          sender: { id: String(ada.id), name: "Ada", username: "ada" },
        },
      ],
    });
  });

  it("an answer's Markdown arrives as Telegram's formatting", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    await started({
      apiRoot: sim.apiRoot,
      agent: () => "**bold** <3 `code` [docs](https://x.example/?a=1&b=2)",
    });
    await ada.says("Hello");
    expect(await ada.hears()).toMatchObject({
      text: "bold <3 code docs",
      entities: [
        { type: "bold", offset: 0, length: 4 },
        { type: "code", offset: 8, length: 4 },
        { type: "text_link", offset: 13, length: 4, url: "https://x.example/?a=1&b=2" },
      ],
    });
  });

  it("a long answer comes in parts, in order, each within Telegram's limit", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const words = Array.from({ length: 2_000 }, (_, index) => `word${index}`);
    await started({ apiRoot: sim.apiRoot, agent: () => words.join(" ") });
    await ada.says("Hello");
    const texts: string[] = [];
    while (texts.join(" ").split(" ").length < words.length) texts.push((await ada.hears()).text ?? "");
    expect(texts.length).toBeGreaterThan(2);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(4096);
    expect(texts.join(" ")).toBe(words.join(" "));
  });

  it("a text is cut at textChunkLimit", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    await started({
      apiRoot: sim.apiRoot,
      config: { textChunkLimit: 20 },
      agent: () => "one two three four five six",
    });
    await ada.says("Hello");
    expect([(await ada.hears()).text, (await ada.hears()).text]).toEqual(["one two three four", "five six"]);
  });

  it("typing is shown while the agent works", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    let answer: (text: string) => void = () => {};
    await started({
      apiRoot: sim.apiRoot,
      agent: () => new Promise<string>((resolve) => (answer = resolve)),
    });
    await ada.says("Hello");
    expect((await ada.seesTyping()).action).toBe("typing");
    answer("Done");
    expect((await ada.hears()).text).toBe("Done");
  });

  it("an agent's reaction arrives", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    await started({ apiRoot: sim.apiRoot, agent: () => ({ type: "react", emoji: "❤️" }) });
    const said = await ada.says("good");
    await sim.requests.waitFor((call) => call.method === "setMessageReaction" && call.status === 200);
    expect(ada.reactions(said)).toEqual(["❤"]);
  });

  it("a reply quotes the message when the agent asks for it", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    await started({
      apiRoot: sim.apiRoot,
      agent: () => ({ type: "message", text: "This one", quote: true }),
    });
    const said = await ada.says("Hello");
    expect((await ada.hears()).reply_to_message?.message_id).toBe(said.message_id);
  });

  it("an edit is kept as context and is no new turn", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const { runtime, turns } = await started({ apiRoot: sim.apiRoot });
    const said = await ada.says("Helo");
    await ada.hears();
    await ada.edits(said, "Hello");
    await ada.says("again");
    await ada.hears();
    expect(turns.map((turn) => turn.text)).toEqual(["Helo", "again"]);
    const edit = await runtime.why(2);
    expect(edit?.event).toMatchObject({
      event: { kind: "edited", content: { text: "Hello" } },
      decision: { fate: "context" },
    });
  });
});

describe("groups", () => {
  it("only a message for the bot is answered; the others are context", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada], supergroup: true });
    const { runtime, turns } = await started({ apiRoot: sim.apiRoot });
    await group.from(ada).says("not for you");
    await group.from(ada).says("/help");
    await group.from(ada).says("/help@other_bot");
    await group.from(ada).says("@helper_bot for you");
    const answer = await group.hears();
    expect(answer.text).toBe("You said: @helper_bot for you");
    await group.from(ada).replies(answer, "and this");
    expect((await group.hears()).text).toBe("You said: and this");
    await group.from(ada).says("/weather@helper_bot");
    expect((await group.hears()).text).toBe("You said: /weather@helper_bot");
    expect(turns).toHaveLength(3);
    // Nor is the runtime's own command the agent's, once it is for the bot.
    await group.from(ada).says("/help@helper_bot");
    expect((await group.hears()).text).toMatch(/^I am @helper_bot, an AI agent on Telegram\./);
    await group.from(ada).says("@helper_bot /new");
    expect((await group.hears()).text).toBe("Starting afresh.");
    expect(turns).toHaveLength(3);
    expect((await runtime.why(1))?.event.decision).toMatchObject({ fate: "context", rule: "group.mention" });
  });

  it("a group that nobody allowed gets no answer, by the rule that says so", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada], supergroup: true });
    const allowed = sim.group("Motors", { members: [ada], supergroup: true });
    const { runtime } = await started({
      apiRoot: sim.apiRoot,
      config: { groupPolicy: "allowlist", groups: { [String(allowed.id)]: {} } },
    });
    await group.from(ada).says("@helper_bot hello");
    await allowed.from(ada).says("@helper_bot hello");
    expect((await allowed.hears()).text).toContain("hello");
    expect(bot.calls("sendMessage")).toHaveLength(1);
    expect((await runtime.why(1))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "group.allowlist",
    });
  });

  it("an answer stays in its topic, and one to the General topic outside of all", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const forum = sim.group("Engines", { members: [ada], forum: true });
    const { turns } = await started({ apiRoot: sim.apiRoot });
    await forum.from(ada).says("@helper_bot in General");
    expect((await forum.hears()).message_thread_id).toBeUndefined();
    const topic = forum.topic("Pistons");
    await topic.from(ada).says("@helper_bot in the topic");
    const answer = await topic.hears();
    expect(answer).toMatchObject({ message_thread_id: topic.threadId, is_topic_message: true });
    expect(new Set(turns.map((turn) => turn.session)).size).toBe(2);
  });

  it("typing is shown in the topic", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const forum = sim.group("Engines", { members: [ada], forum: true });
    let answer: (text: string) => void = () => {};
    await started({
      apiRoot: sim.apiRoot,
      agent: () => new Promise<string>((resolve) => (answer = resolve)),
    });
    await forum.from(ada).says("Welcome");
    const topic = forum.topic("Pistons");
    await topic.from(ada).says("@helper_bot hello");
    expect((await topic.seesTyping()).thread).toBe(topic.threadId);
    answer("Done");
    await topic.hears();
  });

  it("another bot is not answered, even when it mentions ours", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const other = sim.user("Other", { username: "other_bot", isBot: true });
    const group = sim.group("Engines", { members: [ada, other], supergroup: true });
    const { runtime } = await started({ apiRoot: sim.apiRoot });
    await group.from(other).says("@helper_bot talk to me");
    await group.from(ada).says("@helper_bot hello");
    expect((await group.hears()).text).toBe("You said: @helper_bot hello");
    expect(bot.calls("sendMessage")).toHaveLength(1);
    expect((await runtime.why(1))?.event.decision).toMatchObject({ fate: "ignored", rule: "sender.bot" });
  });

  it("a group that becomes a supergroup goes on under its new id, also for what is sent to the old one", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const { runtime, turns } = await started({ apiRoot: sim.apiRoot });
    await group.from(ada).says("@helper_bot before");
    await group.hears();
    const supergroup = group.migrates();
    await supergroup.from(ada).says("@helper_bot after");
    expect((await supergroup.hears()).text).toBe("You said: @helper_bot after");
    expect((await turns[1]?.history())?.map((entry) => entry.text)).toEqual([
      "@helper_bot before",
      "You said: @helper_bot before",
    ]);
    await runtime.send({ connector: "telegram", to: { chat: String(group.id) }, text: "to the old id" });
    expect((await supergroup.hears()).text).toBe("to the old id");
  });

  it("a message to a group that migrated while nobody listened arrives at the new id", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const supergroup = group.migrates();
    sim.fault({ kind: "hang", method: "getUpdates", times: "always" });
    const { runtime } = await started({ apiRoot: sim.apiRoot });
    await runtime.send({ connector: "telegram", to: { chat: String(group.id) }, text: "are you there?" });
    expect((await supergroup.hears()).text).toBe("are you there?");
    await runtime.send({ connector: "telegram", to: { chat: String(group.id) }, text: "and now?" });
    expect((await supergroup.hears()).text).toBe("and now?");
    expect(bot.calls("sendMessage").map((call) => call.status)).toEqual([400, 200, 200]);
  });
});

describe("nothing is lost", () => {
  it("an update is confirmed only after it is stored", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const store = createMemoryStore();
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    let arrived: () => void = () => {};
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    const slow = {
      ...store,
      accept: async (...args: Parameters<typeof store.accept>) => {
        arrived();
        await gate;
        return await store.accept(...args);
      },
    };
    await started({ apiRoot: sim.apiRoot, store: slow });
    await ada.says("Hello");
    await asked;
    // Time enough for a poll that would confirm it.
    for (let call = 0; call < 10; call++) await fetch(`${sim.url}/_sim/faults`);
    expect(bot.pendingUpdates()).toHaveLength(1);
    release();
    await bot.catchesUp();
    expect((await ada.hears()).text).toBe("You said: Hello");
  });

  it("what was said while the host was away is answered at the next start, and nothing twice", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const stateDir = stateFolder();
    const first = await started({ apiRoot: sim.apiRoot, stateDir });
    await ada.says("one");
    await ada.hears();
    await bot.catchesUp();
    await first.runtime.stop();
    bot.redeliver();
    await ada.says("two");
    const second = await started({ apiRoot: sim.apiRoot, stateDir });
    expect((await ada.hears()).text).toBe("You said: two");
    await bot.catchesUp();
    expect(second.turns.map((turn) => turn.text)).toEqual(["two"]);
  });

  it("updates that come in reverse are taken in their own order, each once", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    for (const text of ["one", "two", "three"]) await ada.says(text);
    bot.reorder();
    const { turns } = await started({ apiRoot: sim.apiRoot });
    for (const text of ["one", "two", "three"]) expect((await ada.hears()).text).toContain(text);
    await bot.catchesUp();
    await bot.polls();
    expect(bot.calls("getUpdates")[1]?.params["offset"]).toBe(700_000_004);
    expect(turns).toHaveLength(3);
  });

  it("an update that cannot be read is dropped with its id, and the next one is handled", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const { log } = await started({ apiRoot: sim.apiRoot });
    const id = sim.push(TOKEN, { message: { message_id: 1, date: 1, text: "no chat" } });
    await ada.says("Hello");
    expect((await ada.hears()).text).toBe("You said: Hello");
    await bot.catchesUp();
    expect(log.lines.filter((line) => line.startsWith("warn"))).toEqual([
      expect.stringMatching(new RegExp(`${id}.*message.chat`)),
    ]);
  });

  it("after a week of silence, lower update ids are taken too", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const stateDir = stateFolder();
    const first = await started({ apiRoot: sim.apiRoot, stateDir, clock });
    await ada.says("one");
    await ada.hears();
    await bot.catchesUp();
    await first.runtime.stop();
    await clock.advance(7 * 24 * 3_600_000 + 1);
    bot.setNextUpdateId(1_000);
    await ada.says("two");
    const before = bot.calls("getUpdates").length;
    await started({ apiRoot: sim.apiRoot, stateDir, clock });
    expect((await ada.hears()).text).toBe("You said: two");
    expect(bot.calls("getUpdates")[before]?.params).not.toHaveProperty("offset");
  });

  it("another server, which numbers its updates anew, is read from its own beginning", async () => {
    const stateDir = stateFolder();
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const first = await started({ apiRoot: sim.apiRoot, stateDir });
    await ada.says("one");
    await ada.hears();
    await bot.catchesUp();
    await first.runtime.stop();
    const next = await startTelegramSimulator();
    afterTest(() => next.close());
    const moved = next.bot({ token: TOKEN, username: "helper_bot", firstUpdateId: 1_000 });
    const bob = next.user("Bob", { id: 77 });
    await bob.says("two");
    await started({ apiRoot: next.apiRoot, stateDir });
    expect((await bob.hears()).text).toBe("You said: two");
    expect(moved.calls("getUpdates")[0]?.params).not.toHaveProperty("offset");
  });
});

describe("trouble with polling", () => {
  const getUpdates = (sim: Awaited<ReturnType<typeof simulate>>["sim"]) =>
    sim.requests.all((call) => call.method === "getUpdates");

  it("a server error is shown, retried, and over when a poll succeeds", async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const fault = sim.fault({ kind: "status", status: 502, method: "getUpdates", times: 3 });
    const { becomes } = await started({ apiRoot: sim.apiRoot, clock });
    const trouble = await becomes(isReconnecting);
    expect(trouble.reason).toContain("502");
    await letTimePass(clock, becomes(isOnline));
    expect(fault.hits).toBe(3);
  });

  it("a wait that Telegram asks for is kept to the second", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const fault = sim.fault({ kind: "flood", method: "getUpdates", retryAfterSeconds: 9 });
    const { becomes } = await started({ apiRoot: sim.apiRoot, clock });
    expect((await becomes(isReconnecting)).reason).toContain("9 s");
    await clock.advance(8_999);
    expect(getUpdates(sim)).toHaveLength(1);
    await clock.advance(1);
    await becomes(isOnline);
    await bot.polls();
    expect(fault.early).toBe(0);
  });

  it("another poller is explained as long as it is there, and does not end the account", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const { becomes, states } = await started({ apiRoot: sim.apiRoot, clock });
    await bot.polls();
    const rivalStops = new AbortController();
    const rival = async () => {
      while (!rivalStops.signal.aborted)
        await fetch(`${sim.url}/bot${TOKEN}/getUpdates?timeout=50`, { signal: rivalStops.signal });
    };
    const rivalry = rival().catch(() => undefined);
    const conflict = (call: { status?: number }) => call.status === 409;
    for (let round = 0; round < 4; round++) await letTimePass(clock, sim.requests.next(conflict));
    expect((await becomes(isReconnecting)).reason).toMatch(/Another program polls.*Stop the other program/);
    expect(states.slice(states.indexOf("reconnecting"))).not.toContain("online");
    rivalStops.abort();
    await rivalry;
    await ada.says("Hello");
    await letTimePass(clock, becomes(isOnline));
    expect((await ada.hears()).text).toBe("You said: Hello");
  });

  it("a webhook that is in the way is removed, and what waited for it is kept", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const set = await fetch(`${sim.url}/bot${TOKEN}/setWebhook`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: "https://bot.example/hook" }),
    });
    expect(set.status).toBe(200);
    await ada.says("Hello");
    const { becomes } = await started({ apiRoot: sim.apiRoot, clock });
    expect((await becomes(isReconnecting)).reason).toContain("webhook");
    await sim.requests.waitFor((call) => call.method === "deleteWebhook" && call.status === 200);
    expect(bot.webhook).toBeUndefined();
    await letTimePass(clock, becomes(isOnline));
    expect((await ada.hears()).text).toBe("You said: Hello");
  });

  it("a poll that is never answered is given up after 45 s, shown, and replaced", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const ada = sim.user("Ada");
    const { becomes } = await started({ apiRoot: sim.apiRoot, clock });
    await bot.polls();
    sim.halfOpen();
    const before = getUpdates(sim).length;
    await clock.advance(44_999);
    expect(getUpdates(sim)).toHaveLength(before);
    await clock.advance(1);
    const trouble = await becomes(isReconnecting);
    expect(trouble.reason).toContain("no answer within 45 s");
    await ada.says("Hello");
    await letTimePass(clock, becomes(isOnline));
    expect((await ada.hears()).text).toBe("You said: Hello");
  });

  it("no call is made after stop, and the poll under way is ended", async () => {
    const { sim, bot } = await simulate();
    const { runtime } = await started({ apiRoot: sim.apiRoot });
    await bot.polls();
    await runtime.stop();
    const last = await sim.requests.waitFor((call) => call.method === "getUpdates" && call.hungUp === true);
    expect(sim.requests.all().at(-1)).toBe(last);
  });
});

describe("credentials", () => {
  it("that are wrong end the account at once, with what to do", async () => {
    const { sim } = await simulate();
    const { runtime, status } = await host({
      apiRoot: sim.apiRoot,
      config: { botToken: "100001:FAKE-TOKEN-but-another" },
    });
    await runtime.start();
    expect(status()).toMatchObject({
      state: "failed",
      reason: expect.stringContaining("401"),
      mend: expect.stringMatching(/@BotFather.*TELEGRAM_BOT_TOKEN/),
    });
    expect(sim.requests.all()).toHaveLength(1);
  });

  it("that are no token at all are told apart from an unreachable server", async () => {
    const { sim } = await simulate();
    const { runtime, status } = await host({ apiRoot: sim.apiRoot, config: { botToken: "BOT_TOKEN" } });
    await runtime.start();
    expect(status()).toMatchObject({ state: "failed", reason: expect.stringContaining("404") });
  });

  it("that are revoked while online end the account", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const { becomes } = await started({ apiRoot: sim.apiRoot });
    await bot.polls();
    bot.revoke();
    await ada.says("anybody there?");
    const failed = await becomes(({ state }) => state === "failed");
    expect(failed).toMatchObject({
      reason: expect.stringContaining("does not accept the bot token"),
      mend: expect.stringContaining("@BotFather"),
    });
  });

  it("a server that cannot be reached is tried again", async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const { apiRoot } = sim;
    await sim.close();
    const { status } = await started({ apiRoot, clock });
    expect(status()).toMatchObject({
      state: "reconnecting",
      reason: expect.stringContaining("ECONNREFUSED"),
    });
  });
});

describe("trouble with sending", () => {
  it("a wait that Telegram asks for is kept, then the answer is sent once; another chat goes on meanwhile", async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
    await started({ apiRoot: sim.apiRoot, clock });
    const fault = sim.fault({ kind: "flood", method: "sendMessage", chat: ada.id, retryAfterSeconds: 30 });
    await ada.says("Hello");
    await fault.hit();
    await bob.says("Hi");
    expect((await bob.hears()).text).toBe("You said: Hi");
    expect((await letTimePass(clock, ada.hears({ timeoutMs: 20_000 }))).text).toBe("You said: Hello");
    expect(fault.early).toBe(0);
    expect(sim.requests.all((call) => call.method === "sendMessage" && call.status === 200)).toHaveLength(2);
  });

  it("formatting that Telegram cannot read falls back to plain text", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    sim.fault({
      kind: "status",
      status: 400,
      method: "sendMessage",
      description: 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0',
    });
    await started({ apiRoot: sim.apiRoot, agent: () => "**bold** & <x>" });
    await ada.says("Hello");
    const answer = await ada.hears();
    expect(answer.text).toBe("bold & <x>");
    expect(answer.entities).toBeUndefined();
    expect(bot.calls("sendMessage")).toHaveLength(2);
  });

  it("a person who blocked the bot is out of reach, others are not, and the dead letter says why", async () => {
    const { sim } = await simulate();
    const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
    const { runtime } = await started({ apiRoot: sim.apiRoot });
    await ada.says("Hello");
    await ada.hears();
    ada.blocks();
    await runtime.send({ connector: "telegram", to: { chat: String(ada.id) }, text: "still there?" });
    await sim.requests.waitFor((call) => call.status === 403);
    await bob.says("Hi");
    expect((await bob.hears()).text).toBe("You said: Hi");
    expect(await runtime.deadLetters.list()).toEqual([
      expect.objectContaining({ reason: expect.stringContaining("bot was blocked by the user") }),
    ]);
  });

  it("a call without an answer is made again, and shown to have perhaps arrived twice", async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const ada = sim.user("Ada");
    const { runtime } = await started({ apiRoot: sim.apiRoot, clock, config: { timeoutSeconds: 5 } });
    sim.fault({ kind: "hangAfter", method: "sendMessage" });
    await ada.says("Hello");
    await ada.hears();
    expect((await letTimePass(clock, ada.hears({ timeoutMs: 20_000 }))).text).toBe("You said: Hello");
    await vi.waitFor(async () =>
      expect((await runtime.why(1))?.operations[0]?.parts).toMatchObject([
        { state: "sent", attempts: 2, uncertain: 1, error: expect.stringContaining("no answer within 5 s") },
      ]),
    );
  });
});
