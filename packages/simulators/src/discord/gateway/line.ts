import { constants, createDeflate } from "node:zlib";
import { GatewayCloseCodes as Close, GatewayOpcodes as Op } from "discord-api-types/v10";
import type { z } from "zod";
import type { Clock } from "../../kit/clock.js";
import type { SocketConnection } from "../../kit/sockets.js";
import type { World } from "../world.js";
import { hangUp, Refusal } from "./close.js";
import { answerMemberRequest } from "./members.js";
import { memberRequest, payload } from "./payloads.js";
import type { GatewaySession } from "./session.js";

/** Of one payload (Discord, "Sending Events"). */
const MAX_PAYLOAD_BYTES = 4_096;
/** Payloads of a client in a minute (Discord, "Rate Limiting"). */
const MAX_PAYLOADS = 120;
const MINUTE_MS = 60_000;

export interface LineOptions {
  connection: SocketConnection;
  world: World;
  clock: Clock;
  heartbeatIntervalMs: number;
  /** Hang up on who does not heartbeat. */
  enforceHeartbeats: boolean;
  /** Give the session that the client asks for; they throw a `Refusal` when there is none for it. */
  identify: (line: Line, d: unknown) => void;
  resume: (line: Line, d: unknown) => void;
}

/** One connection to the gateway and its place in the protocol. */
export class Line {
  readonly connection: SocketConnection;
  session: GatewaySession | undefined;
  /** Heartbeats are not answered any more. */
  mute = false;
  readonly #options: LineOptions;
  #received: number[] = [];
  #stopWatching: () => void = () => undefined;

  constructor(options: LineOptions) {
    this.#options = options;
    this.connection = options.connection;
    options.connection.onMessage((data) => this.#guard(() => this.#receive(data)));
    options.connection.onClose(() => this.#stopWatching());
    this.#guard(() => this.#greet());
  }

  send(op: Op, d: unknown): void {
    this.connection.send(JSON.stringify({ op, d, s: null, t: null }));
  }

  #greet(): void {
    const { searchParams } = this.connection.url;
    if (searchParams.get("v") !== "10") throw new Refusal(Close.InvalidAPIVersion);
    if ((searchParams.get("encoding") ?? "json") !== "json") throw new Refusal(Close.DecodeError);
    const compression = searchParams.get("compress");
    if (compression === "zlib-stream")
      this.connection.sendThrough(createDeflate({ flush: constants.Z_SYNC_FLUSH }));
    else if (compression !== null) throw new Refusal(Close.DecodeError);
    const { heartbeatIntervalMs } = this.#options;
    this.send(Op.Hello, { heartbeat_interval: heartbeatIntervalMs, _trace: ["simulator"] });
    this.#expectHeartbeat();
  }

  #receive(data: Buffer): void {
    const now = this.#options.clock.now();
    this.#received = [...this.#received.filter((at) => at > now - MINUTE_MS), now];
    if (this.#received.length > MAX_PAYLOADS) throw new Refusal(Close.RateLimited);
    if (data.length > MAX_PAYLOAD_BYTES) throw new Refusal(Close.DecodeError);
    const message = payload.safeParse(parseJson(data));
    if (!message.success) throw new Refusal(Close.DecodeError);
    const { op, d } = message.data;
    if (op === Op.Heartbeat) this.#heartbeat();
    else if (op === Op.Identify || op === Op.Resume) this.#start(op, d);
    else this.#command(op, d);
    this.#options.world.changed();
  }

  #start(op: Op.Identify | Op.Resume, d: unknown): void {
    if (this.session !== undefined) throw new Refusal(Close.AlreadyAuthenticated);
    if (op === Op.Identify) this.#options.identify(this, d);
    else this.#options.resume(this, d);
  }

  #command(op: number, d: unknown): void {
    const { session } = this;
    if (session === undefined) throw new Refusal(Close.NotAuthenticated);
    if (op === Op.PresenceUpdate) session.presence = d;
    else if (op === Op.RequestGuildMembers)
      answerMemberRequest(this.#options.world, session, read(memberRequest, d));
    else if (op !== Op.VoiceStateUpdate && op !== Op.RequestSoundboardSounds)
      throw new Refusal(Close.UnknownOpcode);
  }

  #heartbeat(): void {
    if (this.mute) return;
    this.send(Op.HeartbeatAck, null);
    this.#expectHeartbeat();
  }

  #expectHeartbeat(): void {
    const { enforceHeartbeats, clock, heartbeatIntervalMs } = this.#options;
    if (!enforceHeartbeats) return;
    this.#stopWatching();
    this.#stopWatching = clock.after(heartbeatIntervalMs * 1.5, () =>
      hangUp(this.connection, Close.SessionTimedOut),
    );
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { how } = error;
      if (how === "invalid session") this.send(Op.InvalidSession, false);
      else if (how === "reset") this.connection.reset();
      else if (how !== "silence") hangUp(this.connection, how);
    }
  }
}

/** @throws Refusal 4002 */
export function read<S extends z.ZodType>(schema: S, d: unknown): z.output<S> {
  const parsed = schema.safeParse(d);
  if (!parsed.success) throw new Refusal(Close.DecodeError);
  return parsed.data;
}

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8"));
  } catch {
    return undefined;
  }
}
