import { createInflate } from "node:zlib";
import type { BotHandle, DiscordSimulator } from "@elizaos/connector-simulators/discord";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { ALL_INTENTS, open } from "./discord-support.js";

const frame = z.object({ op: z.number(), d: z.unknown(), s: z.number().nullish(), t: z.string().nullish() });
type Frame = z.output<typeof frame>;
const ready = z.object({ session_id: z.string(), resume_gateway_url: z.string() });

const INTENTS = ALL_INTENTS.reduce<number>((all, bit) => all | bit, 0);

/** A gateway connection without an SDK: what came, and how it was closed. */
class Line {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | undefined;
  #look: () => void = () => undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on("message", (data) => {
      this.frames.push(frame.parse(JSON.parse(String(data))));
      this.#look();
    });
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#look();
    });
    this.socket.on("error", () => undefined);
    onTestFinished(() => this.socket.terminate());
  }

  send(op: number, d: unknown): void {
    this.socket.send(JSON.stringify({ op, d }));
  }

  identify(bot: BotHandle, more: object = {}): void {
    this.send(2, { token: bot.token, intents: INTENTS, properties: {}, ...more });
  }

  async until<T>(probe: () => T | undefined): Promise<T> {
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  frame(op: number, t?: string): Promise<Frame> {
    return this.until(() => this.frames.find((each) => each.op === op && (t === undefined || each.t === t)));
  }

  close(): Promise<{ code: number; reason: string }> {
    return this.until(() => this.closed);
  }

  get events(): (string | null | undefined)[] {
    return this.frames.filter(({ op }) => op === 0).map(({ t }) => t);
  }
}

async function connect(sim: DiscordSimulator, query = "?v=10&encoding=json"): Promise<Line> {
  const line = new Line(`${sim.url.replace("http", "ws")}/gateway/${query}`);
  await line.until(() => line.closed ?? line.frames[0]);
  return line;
}

async function session(sim: DiscordSimulator, bot: BotHandle, more: object = {}) {
  const line = await connect(sim);
  line.identify(bot, more);
  const { d } = await line.frame(0, "READY");
  return { line, ...ready.parse(d) };
}

describe("the gateway", () => {
  it("says hello, takes an identify, and brings the servers", async () => {
    const { sim, bot, team } = await open({ heartbeatIntervalMs: 30_000 });
    const { line } = await session(sim, bot);
    expect(line.frames[0]).toMatchObject({ op: 10, d: { heartbeat_interval: 30_000 } });
    const { d } = await line.frame(0, "READY");
    expect(d).toMatchObject({ v: 10, user: { id: bot.id }, guilds: [{ id: team.id, unavailable: true }] });
    const { d: guild } = await line.frame(0, "GUILD_CREATE");
    expect(guild).toMatchObject({ id: team.id, member_count: 2, channels: [{ name: "general", type: 0 }] });
    line.send(1, null);
    await line.frame(11);
    bot.isAskedForHeartbeat();
    await line.frame(1);
  });

  it("brings real message payloads: DMs with their channel type, members in servers", async () => {
    const { sim, bot, ada, team, general } = await open();
    const { line } = await session(sim, bot);
    await general.from(ada).says(`${bot.mention} hi`);
    const { d } = await line.frame(0, "MESSAGE_CREATE");
    expect(d).toMatchObject({
      guild_id: team.id,
      channel_type: 0,
      mentions: [{ id: bot.id, member: { roles: [expect.any(String)] } }],
      member: { nick: null, roles: [] },
      author: { global_name: "Ada" },
    });
    await ada.says("psst");
    const direct = await line.until(() => line.frames.filter(({ t }) => t === "MESSAGE_CREATE")[1]);
    expect(direct.d).toMatchObject({ channel_type: 1, content: "psst" });
    expect(direct.d).not.toHaveProperty("guild_id");
    expect(direct.d).toHaveProperty("id", expect.stringMatching(/^\d{17,20}$/));
  });

  it("leaves the content out without the intent, but not of mentions and private messages", async () => {
    const { sim, bot, ada, general } = await open();
    const { line } = await session(sim, bot, { intents: (1 << 9) | (1 << 12) });
    await general.from(ada).says("not for you");
    await general.from(ada).says(`${bot.mention} for you`);
    await ada.says("private");
    const contents = await line.until(() => {
      const found = line.frames
        .filter(({ t }) => t === "MESSAGE_CREATE")
        .map(({ d }) => z.object({ content: z.string() }).parse(d).content);
      return found.length === 3 ? found : undefined;
    });
    expect(contents).toEqual(["", `${bot.mention} for you`, "private"]);
  });

  it("brings only what the intents ask for, and only of channels that the bot sees", async () => {
    const { sim, bot, ada, team, general } = await open();
    const hidden = team.channel("hidden", { onlyFor: [ada] });
    const { line } = await session(sim, bot, { intents: 1 << 9 });
    general.from(ada).types();
    await hidden.from(ada).says("secret");
    await general.from(ada).says("open");
    await line.frame(0, "MESSAGE_CREATE");
    expect(line.events).toEqual(["READY", "MESSAGE_CREATE"]);
  });

  it("replays what was missed in order, and ends with RESUMED", async () => {
    const { sim, bot, ada, general } = await open();
    const { line, session_id, resume_gateway_url } = await session(sim, bot);
    await general.from(ada).says("heard");
    const { s } = await line.frame(0, "MESSAGE_CREATE");
    bot.drops();
    expect((await line.close()).code).toBe(1006);
    for (const text of ["one", "two", "three"]) await general.from(ada).says(text);
    const again = new Line(`${resume_gateway_url}/?v=10&encoding=json`);
    await again.frame(10);
    again.send(6, { token: bot.token, session_id, seq: s });
    await again.frame(0, "RESUMED");
    expect(again.events).toEqual(["MESSAGE_CREATE", "MESSAGE_CREATE", "MESSAGE_CREATE", "RESUMED"]);
    const sequences = again.frames.filter(({ op }) => op === 0).map((each) => each.s);
    expect(sequences).toEqual([1, 2, 3, 4].map((n) => (s ?? 0) + n));
    await general.from(ada).says("live");
    expect((await again.until(() => again.frames.at(-1))).d).toBeDefined();
    await again.until(() => (again.events.length === 5 ? true : undefined));
  });

  it.each<[string, (line: Line, bot: BotHandle) => void, number]>([
    ["after a goodbye with 1000", (line) => line.socket.close(1000), 0],
    ["after a few minutes", (line) => line.socket.terminate(), 6 * 60_000],
    ["when Discord said so", (_, bot) => bot.losesSession(), 0],
  ])("does not resume %s", async (_, end, later) => {
    const clock = new ManualClock();
    const { sim, bot } = await open({ clock });
    const { line, session_id } = await session(sim, bot);
    end(line, bot);
    await sim.watch.until(
      () => (bot.online ? undefined : true),
      () => "it is still connected",
    );
    await clock.advance(later);
    const again = await connect(sim);
    again.send(6, { token: bot.token, session_id, seq: 1 });
    expect(await again.frame(9)).toMatchObject({ d: false });
  });

  it("closes with the code of the mistake", async () => {
    const { sim, bot } = await open({ maxConcurrency: 99 }, { privilegedIntents: ["members"] });
    const closedAfter = async (act: (line: Line) => void, query?: string) => {
      const line = await connect(sim, query);
      act(line);
      return (await line.close()).code;
    };
    const nothing = () => undefined;
    expect(await closedAfter(nothing, "?v=9&encoding=json")).toBe(4012);
    expect(await closedAfter((line) => line.send(3, {}))).toBe(4003);
    expect(await closedAfter((line) => line.send(2, { intents: "many" }))).toBe(4002);
    expect(await closedAfter((line) => line.send(1, "x".repeat(5_000)))).toBe(4002);
    expect(await closedAfter((line) => line.identify(bot, { token: "FAKE.TOKEN.OF-nobody" }))).toBe(4004);
    expect(await closedAfter((line) => line.identify(bot, { shard: [2, 2] }))).toBe(4010);
    expect(await closedAfter((line) => line.identify(bot, { intents: 1 << 30 }))).toBe(4013);
    expect(await closedAfter((line) => line.identify(bot, { intents: 1 << 15 }))).toBe(4014);
    const allowed = { intents: (1 << 0) | (1 << 1) };
    const { line, session_id } = await session(sim, bot, allowed);
    line.identify(bot, allowed);
    expect((await line.close()).code).toBe(4005);
    expect(await closedAfter((other) => other.send(6, { token: bot.token, session_id, seq: 99 }))).toBe(4007);
    const { line: hasty } = await session(sim, bot, allowed);
    for (let n = 0; n < 121; n += 1) hasty.send(1, null);
    expect((await hasty.close()).code).toBe(4008);
  });

  it("hangs up on who does not heartbeat", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await open({ clock });
    const { line } = await session(sim, bot);
    await clock.advance(41_250);
    line.send(1, 1);
    await line.frame(11);
    await clock.advance(50_000);
    expect(line.closed).toBeUndefined();
    await clock.advance(20_000);
    expect((await line.close()).code).toBe(4009);
  });

  it("counts identifies: one in 5 s, and the thousand and first costs the token", async () => {
    const clock = new ManualClock();
    const { sim, bot, api } = await open({ clock });
    const limit = async () => (await api("GET", "/gateway/bot")).body;
    expect(await limit()).toMatchObject({
      session_start_limit: { total: 1000, remaining: 1000, max_concurrency: 1 },
    });
    await session(sim, bot);
    const hasty = await connect(sim);
    hasty.identify(bot);
    expect(await hasty.frame(9)).toMatchObject({ d: false });
    expect(await limit()).toMatchObject({ session_start_limit: { remaining: 998 } });
    bot.spendsIdentifies(997);
    await clock.advance(5_001);
    const last = await connect(sim);
    last.identify(bot);
    expect((await last.close()).code).toBe(4004);
    expect((await api("GET", "/users/@me")).status).toBe(401);
  });

  it("goes wrong when told to: op 7, silence, codes, duplicates, another order, a revoked token", async () => {
    const { sim, bot, ada, general } = await open({ maxConcurrency: 9 });
    const { line } = await session(sim, bot);
    bot.isAskedToReconnect();
    await line.frame(7);
    await general.from(ada).says("once");
    bot.redeliver("MESSAGE_CREATE");
    await line.until(() =>
      line.events.filter((t) => t === "MESSAGE_CREATE").length === 2 ? true : undefined,
    );
    bot.reorder();
    await general.from(ada).says("first");
    await general.from(ada).says("second");
    const contents = await line.until(() => {
      const found = line.frames.flatMap(({ t, d }) =>
        t === "MESSAGE_CREATE" ? z.object({ content: z.string() }).parse(d).content : [],
      );
      return found.length === 4 ? found.slice(2) : undefined;
    });
    expect(contents).toEqual(["second", "first"]);
    bot.losesAcks();
    line.send(1, 1);
    bot.freezes();
    const frames = line.frames.length;
    await general.from(ada).says("into the void");
    expect(line.frames.length).toBe(frames);
    expect(line.closed).toBeUndefined();
    const { line: other } = await session(sim, bot);
    bot.hearsNothing();
    other.send(1, 1);
    other.socket.close(4200);
    expect((await other.close()).code).toBe(4200);
    expect(other.frames.map(({ op }) => op)).not.toContain(11);
    const { line: third } = await session(sim, bot);
    bot.isClosedWith(4000);
    expect((await third.close()).code).toBe(4000);
    const { line: last } = await session(sim, bot);
    bot.revoke();
    expect((await last.close()).code).toBe(4004);
  });

  it("refuses the handshake of the WebSocket when a fault says so", async () => {
    const { sim, bot } = await open();
    sim.fault({ kind: "status", status: 502, method: "gateway" });
    const refused = new Line(`${sim.url.replace("http", "ws")}/gateway/?v=10&encoding=json`);
    expect((await refused.close()).code).toBe(1006);
    await session(sim, bot);
    expect(sim.requests.all().map(({ method, status }) => [method, status])).toEqual([
      ["gateway", 502],
      ["gateway", 101],
    ]);
  });

  it("compresses the whole stream when asked to", async () => {
    const { sim, bot } = await open();
    const socket = new WebSocket(
      `${sim.url.replace("http", "ws")}/gateway/?v=10&encoding=json&compress=zlib-stream`,
    );
    onTestFinished(() => socket.terminate());
    const inflate = createInflate();
    socket.on("message", (data: Buffer) => inflate.write(data));
    let text = "";
    const came = (wanted: string) =>
      new Promise<void>((resolve) =>
        inflate.on("data", (bytes: Buffer) => {
          text += String(bytes);
          if (text.includes(wanted)) resolve();
        }),
      );
    await came('"op":10');
    socket.send(JSON.stringify({ op: 2, d: { token: bot.token, intents: 1, properties: {} } }));
    await came('"GUILD_CREATE"');
    expect(text).toContain('"READY"');
  });

  it("brings members on request, in the given number", async () => {
    const { sim, bot, team } = await open();
    for (const name of ["Bob", "Bea", "Cleo"]) team.adds(sim.user(name));
    const { line } = await session(sim, bot);
    line.send(8, { guild_id: team.id, query: "b", limit: 10, nonce: "n1" });
    const { d } = await line.frame(0, "GUILD_MEMBERS_CHUNK");
    const { members } = z
      .object({ members: z.array(z.object({ user: z.object({ username: z.string() }) })) })
      .parse(d);
    expect(members.map(({ user }) => user.username)).toEqual(["bob", "bea"]);
    expect(d).toMatchObject({ guild_id: team.id, chunk_index: 0, chunk_count: 1, nonce: "n1" });
  });
});
