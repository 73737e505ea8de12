import type { SessionInfo, WebSocketManager } from "@discordjs/ws";
import {
  AuthError,
  type Clock,
  type ConnectorError,
  type Logger,
  NeedsAction,
  pause,
  systemClock,
  Transient,
} from "@elizaos/connector-core";
import { GatewayCloseCodes, type GatewayPresenceUpdateData, Routes } from "discord-api-types/v10";
import { z } from "zod";
import { TOKEN_MEND, toConnectorError } from "./errors.js";
import { disallowedIntents } from "./intents.js";
import type { Position } from "./position.js";
import { openTunnel } from "./proxy/tunnel.js";
import type { Rest } from "./rest.js";

/** Heartbeats come every 41 s or so; a gateway that acknowledges none for so long is dead, whatever its socket says. */
const SILENCE_MAX_MS = 120_000;
/** Handshake, hello and ready, or the replay of what was missed. */
const CONNECT_LIMIT_MS = 60_000;
/** The SDK tries again at once and for ever; after so many failures in a row core's back-off takes over. */
const MAX_FAILURES = 3;
/** Discord lets a bot begin 1,000 sessions a day and resets the token of one that begins more ("Gateway", session start limits). */
const RESERVED_SESSIONS = 50;
/** How the SDK's debug messages name a socket that is dead without being closed. */
const ZOMBIE = "Zombie connection";
/** A dead socket is not waited for. */
const CLOSE_LIMIT_MS = 500;
/** Closes without ending the session; 1000 and 1001 would end it ("Gateway", "Initiating a disconnect"). */
const CLOSE_RESUMABLE = 4_200;

const startLimitSchema = z.object({
  url: z.string(),
  shards: z.int().positive(),
  session_start_limit: z.object({
    total: z.int(),
    remaining: z.int(),
    reset_after: z.number(),
    max_concurrency: z.int().positive(),
  }),
});
type GatewayInfo = z.infer<typeof startLimitSchema>;

/** One event of the gateway, as it came. */
export interface Dispatch {
  readonly shard: number;
  readonly type: string;
  readonly sequence: number;
  readonly data: unknown;
}

export interface GatewayOptions {
  readonly token: string;
  readonly intents: number;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Where a shard's stored events end; asked whenever it connects. */
  position(shard: number): Position["session"];
  /** A session began or ended. */
  session(shard: number, session: Position["session"]): void;
  /** Called in the order of the gateway. Must not throw. */
  dispatch(dispatch: Dispatch): void;
  /** All shards listen. */
  online(): void;
  reconnecting(reason: string): void;
  note(key: string, text: string | undefined): void;
  /** The gateway cannot go on by itself. */
  fail(error: ConnectorError): void;
}

export interface Gateway {
  /** Sets what people see of the bot, also in sessions that begin later. */
  setPresence(presence: GatewayPresenceUpdateData): Promise<void>;
  /** Milliseconds between the last heartbeat and its acknowledgement. */
  readonly latencyMs: number | undefined;
  /** Ends the sockets and leaves the sessions to be resumed. Never rejects. */
  close(): Promise<void>;
}

/** Connects every shard; resolves when all of them listen. Throws the contract's errors. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { rest, log, signal } = options;
  const {
    WebSocketManager: Manager,
    SimpleIdentifyThrottler,
    WebSocketShardEvents,
  } = await import("@discordjs/ws");
  const ready = new Set<number>();
  let failures = 0;
  let isOver = false;
  let latencyMs: number | undefined;
  let presence: GatewayPresenceUpdateData | undefined;
  let settle: (error?: ConnectorError) => void = () => {};
  const opened = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Whoever waits for it learns of it; nobody may.
  opened.catch(() => {});

  const end = (error: ConnectorError) => {
    if (isOver) return;
    isOver = true;
    watchdog.stop();
    settle(error);
    options.fail(error);
  };
  const watchdog = new Watchdog((ms, why) =>
    end(new Transient(`Discord's gateway has ${why} for ${ms / 1_000} s.`, { where: "gateway" })),
  );

  const info = await gatewayInfo(rest, signal);
  const tunnel = rest.connect && (await openTunnel(rest.connect));
  const urlOf = (url: string) => tunnel?.urlOf(url) ?? url;
  const manager = new (class extends Manager {
    override async fetchGatewayInformation(force?: boolean) {
      const found = await super.fetchGatewayInformation(force);
      return { ...found, url: urlOf(found.url) };
    }
  })({
    token: options.token,
    intents: options.intents,
    rest: rest.sdk(),
    shardCount: info.shards,
    handshakeTimeout: CONNECT_LIMIT_MS / 2,
    helloTimeout: CONNECT_LIMIT_MS / 2,
    readyTimeout: CONNECT_LIMIT_MS / 2,
    // A shard that waits for a socket to close connects again after that, whatever was decided meanwhile; here it waits for ever.
    retrieveSessionInfo: (shard) =>
      isOver ? new Promise<never>(() => {}) : toSessionInfo(shard, options.position(shard), urlOf),
    updateSessionInfo(shard, session) {
      if (isOver) return;
      options.session(shard, session === null ? undefined : fromSessionInfo(session));
    },
    buildIdentifyThrottler: () => {
      const throttler = new SimpleIdentifyThrottler(info.session_start_limit.max_concurrency);
      return {
        async waitForIdentify(shard, until) {
          await waitForBudget(options, until);
          await throttler.waitForIdentify(shard, until);
        },
      };
    },
  });

  manager.on(WebSocketShardEvents.Dispatch, ({ t: type, s: sequence, d: data }, shard) => {
    if (!isOver) options.dispatch({ shard, type, sequence, data });
  });
  const listens = (shard: number) => {
    failures = 0;
    ready.add(shard);
    watchdog.hear();
    if (ready.size < info.shards || isOver) return;
    options.online();
    settle();
  };
  const sendPresence = async (shard: number) => {
    if (presence === undefined) return;
    const { GatewayOpcodes } = await import("discord-api-types/v10");
    await manager.send(shard, { op: GatewayOpcodes.PresenceUpdate, d: presence });
  };
  manager.on(WebSocketShardEvents.Ready, (_, shard) => {
    listens(shard);
    // A new session has none.
    sendPresence(shard).catch((error: unknown) => log.debug({ err: error }, "the presence was not set"));
  });
  manager.on(WebSocketShardEvents.Resumed, (shard) => listens(shard));
  manager.on(WebSocketShardEvents.HeartbeatComplete, (stats) => {
    latencyMs = stats.latency;
    watchdog.hear();
  });
  manager.on(WebSocketShardEvents.Closed, (code, shard) => {
    ready.delete(shard);
    if (isOver || signal.aborted) return;
    const fatal = fatalClose(code);
    if (fatal !== undefined) return end(fatal);
    failures += 1;
    const reason = `Discord's gateway closed the connection (code ${code}).`;
    if (failures >= MAX_FAILURES) return end(new Transient(reason, { where: "gateway" }));
    watchdog.expectSoon();
    options.reconnecting(reason);
  });
  // The SDK notices that no heartbeat was acknowledged, and then waits half a minute for the dead socket to say goodbye.
  manager.on(WebSocketShardEvents.Debug, (message) => {
    if (message.includes(ZOMBIE))
      end(new Transient("Discord's gateway acknowledges no heartbeats.", { where: "gateway" }));
  });
  // Each is followed by a close; its text may hold the address with its parameters.
  manager.on(WebSocketShardEvents.SocketError, () => log.debug({}, "a socket of the gateway failed"));
  manager.on(WebSocketShardEvents.Error, (error) =>
    log.debug({ reason: error.name }, "the gateway's client failed"),
  );

  const close = async () => {
    isOver = true;
    watchdog.stop();
    await destroy(manager);
    tunnel?.close();
  };
  try {
    watchdog.expectSoon();
    manager.connect().catch((error: unknown) => {
      if (!isOver) end(toConnectorError(error, { call: "GET gateway", isRepeatable: true }));
    });
    await untilOver(opened, signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async setPresence(wanted) {
      presence = wanted;
      for (const shard of ready) await sendPresence(shard);
    },
    get latencyMs() {
      return latencyMs;
    },
    close,
  };
}

/** Near the end of the day's sessions they are spread over the rest of it. */
async function waitForBudget(
  { rest, clock, note, reconnecting }: GatewayOptions,
  signal: AbortSignal,
): Promise<void> {
  const { remaining, reset_after: resetAfter } = (await gatewayInfo(rest, signal)).session_start_limit;
  if (remaining > RESERVED_SESSIONS) return note("sessions", undefined);
  const waitMs = Math.ceil(resetAfter / (remaining + 1));
  const until = new Date(clock.now() + resetAfter).toISOString();
  const text = `Discord lets this bot begin ${remaining} more sessions until ${until}; so that its token is not reset, the next one begins in ${Math.ceil(waitMs / 1_000)} s. Something restarts or reconnects too often`;
  note("sessions", text);
  reconnecting(`${text}.`);
  await pause(clock, waitMs, signal);
  signal.throwIfAborted();
}

async function gatewayInfo(rest: Rest, signal: AbortSignal): Promise<GatewayInfo> {
  const raw = await rest.call({ call: "GET gateway", method: "GET", route: Routes.gatewayBot(), signal });
  const info = startLimitSchema.safeParse(raw);
  if (info.success) return info.data;
  throw new Transient("The server answers, but not as Discord's gateway would.", {
    where: "GET gateway",
    mend: "Check that apiRoot is Discord's API.",
  });
}

/** Close codes after which trying again is of no use ("Gateway Close Event Codes"). */
function fatalClose(code: number): ConnectorError | undefined {
  switch (code) {
    case GatewayCloseCodes.AuthenticationFailed:
      return new AuthError("Discord does not accept the bot token (gateway close code 4004).", {
        mend: TOKEN_MEND,
      });
    case GatewayCloseCodes.InvalidIntents:
    case GatewayCloseCodes.DisallowedIntents:
      return disallowedIntents();
    case GatewayCloseCodes.InvalidShard:
    case GatewayCloseCodes.ShardingRequired:
    case GatewayCloseCodes.InvalidAPIVersion:
      return new NeedsAction(`Discord's gateway refuses this connector (close code ${code}).`, {
        mend: "Update @elizaos/plugin-discord.",
      });
    default:
      return undefined;
  }
}

function toSessionInfo(
  shardId: number,
  session: Position["session"],
  urlOf: (url: string) => string,
): SessionInfo | null {
  if (session === undefined) return null;
  const { id: sessionId, resumeUrl, sequence, shards: shardCount } = session;
  return { shardId, sessionId, resumeURL: urlOf(resumeUrl), sequence, shardCount };
}

function fromSessionInfo({ sessionId: id, resumeURL: resumeUrl, sequence, shardCount: shards }: SessionInfo) {
  return { id, resumeUrl, sequence, shards };
}

async function destroy(manager: WebSocketManager): Promise<void> {
  const limit = new AbortController();
  const destroyed = Promise.resolve(manager.destroy({ code: CLOSE_RESUMABLE, reason: "closing" })).catch(
    () => {
      // A shard that was never connected has nothing to be closed.
    },
  );
  await Promise.race([destroyed.then(() => limit.abort()), pause(systemClock, CLOSE_LIMIT_MS, limit.signal)]);
}

async function untilOver(opened: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    signal.throwIfAborted();
    await Promise.race([opened, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Ends a gateway that says nothing any more although its socket is open. The heart that it listens to is the SDK's, which beats by the
 * system's clock; so this goes by that too.
 */
class Watchdog {
  readonly #bark: (ms: number, why: string) => void;
  #cancel = () => {};

  constructor(bark: (ms: number, why: string) => void) {
    this.#bark = bark;
  }

  /** It is alive. */
  hear(): void {
    this.#set(SILENCE_MAX_MS, "been silent");
  }

  /** It is connecting. */
  expectSoon(): void {
    this.#set(CONNECT_LIMIT_MS, "not come online");
  }

  stop(): void {
    this.#cancel();
  }

  #set(ms: number, why: string): void {
    this.#cancel();
    this.#cancel = systemClock.after(ms, () => this.#bark(ms, why));
  }
}
