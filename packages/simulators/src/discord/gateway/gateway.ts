import {
  GatewayCloseCodes as Close,
  GatewayDispatchEvents,
  GatewayIntentBits,
  GatewayOpcodes as Op,
} from "discord-api-types/v10";
import { pause } from "../../kit/clock.js";
import type { FaultKind } from "../../kit/faults.js";
import type { SimulatorServer } from "../../kit/server.js";
import type { SocketConnection } from "../../kit/sockets.js";
import { type Bot, IDENTIFY_BUDGET } from "../bot.js";
import type { World } from "../world.js";
import { hangUp, Refusal, survives } from "./close.js";
import { Line, read } from "./line.js";
import { identifyData, resumeData } from "./payloads.js";
import { readyPayload } from "./ready.js";
import { GatewaySession } from "./session.js";

const PATH = /^\/gateway\/?$/;
/** How long a session waits for its bot to resume; the documentation says "a few minutes". */
const RESUMABLE_MS = 5 * 60 * 1000;
/** `max_concurrency` counts identifies within this time. */
const IDENTIFY_WINDOW_MS = 5_000;
/** Servers that one shard can hold. */
const MAX_GUILDS = 2_500;
const KNOWN_INTENTS = Object.values(GatewayIntentBits).reduce<number>(
  (all, bit) => (typeof bit === "number" ? all | bit : all),
  0,
);

export interface GatewayOptions {
  /** In ms. Default: 41 250, as Discord's. */
  heartbeatIntervalMs?: number;
  /** Hang up on clients that do not heartbeat, by the simulator's clock. Default: true. */
  enforceHeartbeats?: boolean;
  /** Identifies that may begin within 5 s. Default: 1, as for bots of ordinary size. */
  maxConcurrency?: number;
}

/** The gateway, version 10 over JSON: handshake, heartbeats, sessions and their resumption. */
export class Gateway {
  /** Told of every handshake of a WebSocket, with the HTTP status of its answer; 0: it got none. */
  onHandshake: ((status: number, fault: FaultKind | undefined) => void) | undefined;
  readonly maxConcurrency: number;
  readonly #world: World;
  readonly #server: SimulatorServer;
  readonly #lines = new Set<Line>();

  constructor(server: SimulatorServer, world: World, options: GatewayOptions) {
    this.#server = server;
    this.#world = world;
    this.maxConcurrency = options.maxConcurrency ?? 1;
    const { heartbeatIntervalMs = 41_250, enforceHeartbeats = true } = options;
    server.sockets.route({
      fits: ({ pathname }) => PATH.test(pathname),
      admit: () => this.#admit(),
      opened: (connection) => this.#opened(connection, heartbeatIntervalMs, enforceHeartbeats),
    });
  }

  /** For `GET /gateway/bot` and READY; without a query. */
  get url(): string {
    return `${this.#server.url.replace("http", "ws")}/gateway`;
  }

  /** What `GET /gateway/bot` says of identifies. */
  sessionStartLimit(bot: Bot) {
    const { remaining, resetAfterMs } = bot.identifiesLeft(this.#world.clock.now());
    const max_concurrency = this.maxConcurrency;
    return { total: IDENTIFY_BUDGET, remaining, reset_after: resetAfterMs, max_concurrency };
  }

  /** Sessions of a bot that have a connection now. */
  connected(bot: Bot): GatewaySession[] {
    return bot.sessions.filter(({ connection }) => connection?.open === true);
  }

  /** Breaks the TCP connections of a bot; its sessions can be resumed. */
  drop(bot: Bot): void {
    for (const { connection } of this.connected(bot)) connection?.reset();
  }

  /**
   * The connections of a bot stay open and bring nothing any more.
   * @param frozen a closing handshake is not answered either
   */
  silence(bot: Bot, frozen: boolean): void {
    for (const session of this.connected(bot)) {
      if (frozen) session.connection?.freeze();
      else session.connection?.silence();
      session.lostAt = this.#world.clock.now();
    }
    this.#world.changed();
  }

  /** Heartbeats of a bot are not acknowledged any more; everything else goes on. */
  stopAcks(bot: Bot): void {
    for (const line of this.#linesOf(bot)) line.mute = true;
  }

  /** Tells a bot to reconnect and resume (opcode 7). */
  reconnect(bot: Bot): void {
    for (const line of this.#linesOf(bot)) line.send(Op.Reconnect, null);
  }

  /** Tells a bot that its session is invalid (opcode 9). */
  invalidate(bot: Bot, { resumable = false }: { resumable?: boolean } = {}): void {
    for (const line of this.#linesOf(bot)) {
      line.send(Op.InvalidSession, resumable);
      if (!resumable && line.session !== undefined) this.#end(line.session);
    }
  }

  /** Asks a bot for a heartbeat at once (opcode 1). */
  askHeartbeat(bot: Bot): void {
    for (const line of this.#linesOf(bot)) line.send(Op.Heartbeat, null);
  }

  /** Closes the connections of a bot with this code; after 4004 and the like there is no resuming. */
  close(bot: Bot, code: number): void {
    for (const { connection, session } of this.#linesOf(bot)) {
      if (session !== undefined && !survives(code)) this.#end(session);
      hangUp(connection, code);
    }
  }

  /** A revoked bot is thrown out: 4004. */
  expel(bot: Bot): void {
    this.close(bot, Close.AuthenticationFailed);
    bot.sessions.length = 0;
  }

  #linesOf(bot: Bot): Line[] {
    return [...this.#lines].filter(({ session, connection }) => session?.bot === bot && connection.open);
  }

  /** Faults of the method `gateway` hit the handshake of the WebSocket. */
  async #admit(): Promise<Response | "reset" | "silence" | undefined> {
    const now = this.#world.clock.now();
    const fault = this.#server.faults.take({ method: "gateway" }, now);
    const kind = fault?.rule.kind;
    const status = fault?.refusal(now)?.status ?? (kind === undefined || kind === "delay" ? 101 : 0);
    this.onHandshake?.(status, kind);
    if (fault?.rule.kind === "delay") await pause(this.#world.clock, fault.rule.ms, this.#server.closed);
    if (status === 101) return undefined;
    if (status > 0) return new Response(null, { status });
    return kind === "hang" || kind === "hangAfter" ? "silence" : "reset";
  }

  #opened(connection: SocketConnection, heartbeatIntervalMs: number, enforceHeartbeats: boolean): void {
    const line = new Line({
      connection,
      heartbeatIntervalMs,
      enforceHeartbeats,
      world: this.#world,
      clock: this.#world.clock,
      identify: (own, d) => this.#identify(own, d),
      resume: (own, d) => this.#resume(own, d),
    });
    this.#lines.add(line);
    connection.onClose((code) => this.#closed(line, code));
  }

  #closed(line: Line, code: number): void {
    this.#lines.delete(line);
    const { session } = line;
    if (session?.connection === line.connection) {
      session.connection = undefined;
      session.lostAt = this.#world.clock.now();
      // Discord ends the session of a client that says goodbye ("Disconnecting").
      if (code === 1000 || code === 1001) this.#end(session);
    }
    this.#world.changed();
  }

  #identify(line: Line, d: unknown): void {
    const { token, intents, shard, presence } = read(identifyData, d);
    const bot = this.#bot(token);
    const now = this.#world.clock.now();
    this.#countIdentify(bot, now);
    this.#fail("identify", bot, now);
    if (shard[0] < 0 || shard[0] >= shard[1]) throw new Refusal(Close.InvalidShard);
    if (intents < 0 || (intents & ~KNOWN_INTENTS) !== 0) throw new Refusal(Close.InvalidIntents);
    if ((intents & bot.forbiddenIntents) !== 0) throw new Refusal(Close.DisallowedIntents);
    const guilds = [...this.#world.guilds.values()].filter(({ members }) => members.has(bot.id));
    if (guilds.length / shard[1] > MAX_GUILDS) throw new Refusal(Close.ShardingRequired);
    const session = new GatewaySession({ bot, intents, shard, changed: () => this.#world.changed() });
    session.connection = line.connection;
    session.presence = presence;
    line.session = session;
    this.#forgetOld(bot, now);
    bot.sessions.push(session);
    const served = guilds.filter(({ id }) => session.serves(id));
    session.dispatch(GatewayDispatchEvents.Ready, readyPayload(session, served, this.url));
    if (session.has(GatewayIntentBits.Guilds))
      for (const guild of served)
        session.dispatch(GatewayDispatchEvents.GuildCreate, this.#world.guildFor(guild, bot, intents));
  }

  /** Who identifies too often within 5 s has no session; who does so too often in a day has no token any more. */
  #countIdentify(bot: Bot, now: number): void {
    const isHasty = bot.identifiesSince(now - IDENTIFY_WINDOW_MS) >= this.maxConcurrency;
    bot.countIdentify(now);
    if (bot.identifiesLeft(now).remaining === 0) {
      bot.revoked = true;
      this.expel(bot);
      throw new Refusal(Close.AuthenticationFailed);
    }
    if (isHasty) throw new Refusal("invalid session");
  }

  #resume(line: Line, d: unknown): void {
    const { token, session_id, seq } = read(resumeData, d);
    const bot = this.#bot(token);
    const now = this.#world.clock.now();
    this.#fail("resume", bot, now);
    this.#forgetOld(bot, now);
    const session = bot.sessions.find(({ id }) => id === session_id);
    if (session === undefined) throw new Refusal("invalid session");
    if (seq > session.sequence) throw new Refusal(Close.InvalidSeq);
    if (!session.canReplay(seq)) {
      this.#end(session);
      throw new Refusal("invalid session");
    }
    const before = session.connection;
    session.connection = line.connection;
    session.lostAt = undefined;
    line.session = session;
    before?.reset();
    session.replay(seq);
    session.dispatch(GatewayDispatchEvents.Resumed, { _trace: ["simulator"] });
  }

  /** Lets an identify or a resume go wrong when a fault says so; a refusal is an invalid session. */
  #fail(method: "identify" | "resume", bot: Bot, now: number): void {
    const fault = this.#server.faults.take({ method, account: bot.user.username }, now);
    if (fault === undefined) return;
    if (fault.refusal(now) !== undefined) throw new Refusal("invalid session");
    const isSilent = fault.rule.kind === "hang" || fault.rule.kind === "hangAfter";
    throw new Refusal(isSilent ? "silence" : "reset");
  }

  /** Sessions whose bot did not come back in time are gone. */
  #forgetOld(bot: Bot, now: number): void {
    for (const session of [...bot.sessions])
      if (session.lostAt !== undefined && now - session.lostAt > RESUMABLE_MS) this.#end(session);
  }

  #end(session: GatewaySession): void {
    const index = session.bot.sessions.indexOf(session);
    if (index >= 0) session.bot.sessions.splice(index, 1);
  }

  /** @throws Refusal 4004 */
  #bot(token: string): Bot {
    const bot = this.#world.bots.get(token.replace(/^Bot\s+/i, ""));
    if (bot === undefined || bot.revoked) throw new Refusal(Close.AuthenticationFailed);
    return bot;
  }
}
