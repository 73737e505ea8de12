import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ManualClock } from "../src/manual-clock.js";
import {
  startToyPlatform,
  type ToyAccount,
  type ToyPlatform,
  type ToyPlatformOptions,
} from "../src/toy/index.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function start(options: ToyPlatformOptions = {}): Promise<ToyPlatform> {
  const platform = await startToyPlatform(options);
  closers.push(() => platform.close());
  return platform;
}

const answer = z.looseObject({
  message: z.string().optional(),
  events: z
    .array(z.looseObject({ type: z.string(), ticket: z.looseObject({ value: z.string() }).optional() }))
    .default([]),
});

async function call(platform: ToyPlatform, token: string, method: string, body?: object) {
  const init =
    body === undefined
      ? {}
      : { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`${platform.url}/api/${method}`, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: answer.parse(await response.json()) };
}

const delivered = z.object({
  type: z.string(),
  challenge: z.string().optional(),
  events: z.array(z.object({ account: z.string(), id: z.string() })).optional(),
});

/** A receiver of webhooks that answers as told, first answer first, then 200. */
async function receiver(...answers: number[]) {
  const bodies: z.infer<typeof delivered>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = delivered.parse(JSON.parse(Buffer.concat(chunks).toString()));
      bodies.push(body);
      response.statusCode = body.type === "challenge" ? 200 : (answers.shift() ?? 200);
      response.end(body.challenge ?? "ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/toy`,
    events: () => bodies.filter(({ type }) => type === "events"),
  };
}

function pair(platform: ToyPlatform): {
  ada: ReturnType<ToyPlatform["user"]>;
  bot: ToyAccount;
  chat: string;
} {
  const bot = platform.account("helper");
  const ada = platform.user("Ada");
  return { ada, bot, chat: ada.chatWith(bot) };
}

describe("what the platform refuses", () => {
  it("an unknown or revoked token, an unknown chat, an unknown field", async () => {
    const platform = await start();
    const { bot, chat } = pair(platform);
    expect(await call(platform, "b-1:wrong", "me")).toMatchObject({
      status: 401,
      body: { error: "bad-token" },
    });
    expect(await call(platform, bot.token, "send", { chat: "p-99", text: "hi" })).toMatchObject({
      status: 404,
      body: { error: "unknown-chat" },
    });
    expect(await call(platform, bot.token, "send", { chat, text: "hi", colour: "red" })).toMatchObject({
      status: 400,
      body: { error: "unknown-field", detail: "colour" },
    });
    expect(await call(platform, bot.token, "send", { chat, text: "hi", key: "k" })).toMatchObject({
      status: 400,
      body: { error: "unknown-field" },
    });
    platform.revoke(bot);
    expect(await call(platform, bot.token, "send", { chat, text: "hi" })).toMatchObject({ status: 401 });
  });

  it("text over the limit, which counts bytes and not characters", async () => {
    const platform = await start({ textBytes: 8 });
    const { ada, bot, chat } = pair(platform);
    expect(await call(platform, bot.token, "send", { chat, text: "ééé" })).toMatchObject({ status: 200 });
    expect(await call(platform, bot.token, "send", { chat, text: "ééééé" })).toMatchObject({
      status: 413,
      body: { error: "text-too-long" },
    });
    expect(ada.heard().map(({ text }) => text)).toEqual(["ééé"]);
  });

  it("an expired ticket, and a send without one where tickets are required", async () => {
    const clock = new ManualClock();
    const platform = await start({ clock, tickets: "required", ticketMs: 60_000 });
    const { ada, bot, chat } = pair(platform);
    ada.says("hi", { account: bot });
    const log = await call(platform, bot.token, "log?after=0");
    const ticket = log.body.events[0]?.ticket?.value;
    expect(await call(platform, bot.token, "send", { chat, text: "one" })).toMatchObject({
      status: 403,
      body: { error: "ticket-required" },
    });
    expect(await call(platform, bot.token, "send", { chat, text: "two", ticket })).toMatchObject({
      status: 200,
    });
    await clock.advance(60_000);
    expect(await call(platform, bot.token, "send", { chat, text: "three", ticket })).toMatchObject({
      status: 403,
      body: { error: "ticket-expired" },
    });
    expect(ada.heard().map(({ text }) => text)).toEqual(["two"]);
  });

  it("a chat's former id, and says the new one", async () => {
    const platform = await start();
    const { ada, bot } = pair(platform);
    const group = platform.group("Crew", { users: [ada], accounts: [bot] });
    const old = group.id;
    group.moves();
    expect(await call(platform, bot.token, "send", { chat: old, text: "hi" })).toMatchObject({
      status: 409,
      body: { error: "chat-moved", now: group.id },
    });
  });

  it("calls during a flood, and says for how long and for what", async () => {
    const platform = await start();
    const { bot, chat } = pair(platform);
    platform.fault({ kind: "flood", chat, retryAfterSeconds: 30 });
    expect(await call(platform, bot.token, "send", { chat, text: "hi" })).toMatchObject({
      status: 429,
      body: { error: "slow-down", wait: 30, scope: "chat" },
    });
    expect(await call(platform, bot.token, "me")).toMatchObject({ status: 200 });
  });
});

describe("sends", () => {
  it("are done twice when they are sent twice", async () => {
    const platform = await start();
    const { ada, bot, chat } = pair(platform);
    for (const _ of [1, 2]) await call(platform, bot.token, "send", { chat, text: "hi" });
    expect(ada.heard()).toHaveLength(2);
  });

  it("are done once per key where the platform knows keys, for as long as it remembers them", async () => {
    const clock = new ManualClock();
    const platform = await start({ clock, idempotency: "native", keyWindowMs: 60_000 });
    const { ada, bot, chat } = pair(platform);
    const first = await call(platform, bot.token, "send", { chat, text: "hi", key: "k" });
    const second = await call(platform, bot.token, "send", { chat, text: "hi", key: "k" });
    expect(second.body.message).toBe(first.body.message);
    expect(ada.heard()).toHaveLength(1);
    await clock.advance(60_000);
    await call(platform, bot.token, "send", { chat, text: "hi", key: "k" });
    expect(ada.heard()).toHaveLength(2);
  });

  it("can be found by their note where the platform keeps one", async () => {
    const platform = await start({ idempotency: "detect" });
    const { bot, chat } = pair(platform);
    const { body } = await call(platform, bot.token, "send", { chat, text: "hi", note: "n" });
    expect((await call(platform, bot.token, `own?chat=${chat}&since=0`)).body).toMatchObject({
      messages: [{ message: body.message, note: "n" }],
    });
  });

  it("may be taken and fail minutes later", async () => {
    const clock = new ManualClock();
    const platform = await start({ clock });
    const { ada, bot, chat } = pair(platform);
    ada.goesDark({ afterMs: 120_000, reason: "phone is off" });
    const { status, body } = await call(platform, bot.token, "send", { chat, text: "hi" });
    expect(status).toBe(200);
    const told = async () =>
      (await call(platform, bot.token, "log?after=0")).body.events.filter(({ type }) => type === "status");
    await clock.advance(119_999);
    expect(await told()).toEqual([]);
    await clock.advance(1);
    expect(await told()).toMatchObject([{ message: body.message, status: "failed", reason: "phone is off" }]);
    expect(ada.heard()).toEqual([]);
  });
});

describe("events", () => {
  it("come back to their own author, and count mentions in bytes", async () => {
    const platform = await start();
    const { ada, bot, chat } = pair(platform);
    const group = platform.group("Crew", { users: [ada], accounts: [bot] });
    ada.says("é @helper and @helpers", { in: group });
    await call(platform, bot.token, "send", { chat, text: "hello" });
    const { events } = (await call(platform, bot.token, "log?after=0")).body;
    expect(events).toMatchObject([
      { type: "added" },
      { type: "said", message: { mentions: [{ user: bot.id, start: 3, length: 7 }] } },
      { type: "said", message: { author: { id: bot.id, bot: true } } },
    ]);
  });

  it("go by the second id once it is revealed", async () => {
    const platform = await start();
    const { ada, bot } = pair(platform);
    ada.says("one", { account: bot });
    const before = ada.id;
    ada.revealsNumber();
    ada.says("two", { account: bot });
    const { events } = (await call(platform, bot.token, "log?after=0")).body;
    expect(events).toMatchObject([
      { message: { author: { id: before } } },
      { type: "alias", old: before, now: ada.id },
      { message: { author: { id: ada.id } } },
    ]);
    expect(ada.id).not.toBe(before);
  });

  it("are in the log page by page, as far back as it reaches", async () => {
    const platform = await start({ logLimit: 3 });
    const { ada, bot } = pair(platform);
    for (const text of ["1", "2", "3", "4", "5"]) ada.says(text, { account: bot });
    expect((await call(platform, bot.token, "log?after=2&limit=2")).body).toMatchObject({
      events: [{ seq: 3 }, { seq: 4 }],
      last: 5,
      more: true,
    });
    expect((await call(platform, bot.token, "log?after=4")).body).toMatchObject({
      events: [{ seq: 5 }],
      last: 5,
      more: false,
    });
    expect(await call(platform, bot.token, "log?after=1")).toMatchObject({
      status: 410,
      body: { error: "cursor-too-old", oldest: 3 },
    });
  });

  it("reach an open stream and nobody else", async () => {
    const platform = await start();
    const { ada, bot } = pair(platform);
    ada.says("before", { account: bot });
    const response = await fetch(`${platform.url}/api/stream`, {
      headers: { authorization: `Bearer ${bot.token}` },
    });
    await platform.stream.opened(bot);
    ada.says("now", { account: bot });
    const lines: string[] = [];
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      lines.push(...decoder.decode(chunk).trim().split("\n"));
      if (lines.length >= 2) break;
    }
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { type: "hello", last: 1 },
      { type: "said", seq: 2, message: { text: "now" } },
    ]);
  });
});

describe("webhooks", () => {
  it("are registered only where the challenge is answered", async () => {
    const platform = await start();
    const { url } = await receiver();
    await expect(platform.webhook.register({ url, secret: "toy-secret" })).resolves.toBeUndefined();
    await expect(
      platform.webhook.register({ url: `${platform.url}/nowhere`, secret: "toy-secret" }),
    ).rejects.toThrow("404");
  });

  it("carry the events of several accounts in one request, in the wrong order when asked", async () => {
    const platform = await start();
    const target = await receiver();
    await platform.webhook.register({ url: target.url, secret: "toy-secret" });
    const [one, two] = [platform.account("one"), platform.account("two")];
    const ada = platform.user("Ada");
    const talk = () => {
      ada.says("to one", { account: one });
      ada.says("to two", { account: two });
    };
    await platform.webhook.together(talk);
    await platform.webhook.together(talk, { reversed: true });
    await platform.webhook.attempts.waitFor(({ delivery, status }) => delivery === "d-2" && status === 200);
    expect(target.events().map(({ events }) => events?.map(({ account }) => account))).toEqual([
      [one.id, two.id],
      [two.id, one.id],
    ]);
  });

  it("come again, under the same names, until they are acknowledged", async () => {
    const clock = new ManualClock();
    const platform = await start({ clock });
    const target = await receiver(503);
    await platform.webhook.register({ url: target.url, secret: "toy-secret" });
    const { ada, bot } = pair(platform);
    ada.says("hi", { account: bot });
    const refused = await platform.webhook.attempts.waitFor(({ status }) => status === 503);
    await clock.advance(1_000);
    const taken = await platform.webhook.attempts.waitFor(({ status }) => status === 200);
    expect(taken).toMatchObject({ delivery: refused.delivery, attempt: 2, events: refused.events });
    await platform.webhook.again(taken);
    expect(new Set(target.events().map(({ events }) => events?.[0]?.id)).size).toBe(1);
    expect(target.events()).toHaveLength(3);
  });
});
