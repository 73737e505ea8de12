import { untilAborted } from "../abort.js";
import type { ApprovalDesk } from "../approvals/desk.js";
import { type Backoff, createBackoff } from "../backoff.js";
import { pause } from "../clock.js";
import type { Menu } from "../commands/menu.js";
import type { Clock, Connection, StateStore } from "../contract/connection.js";
import { AuthError, ConnectorError, Transient } from "../contract/errors.js";
import type { Durably } from "../durable.js";
import type { Aliases } from "../inbox/aliases.js";
import type { Inbox } from "../inbox/inbox.js";
import type { Lanes } from "../lanes/lanes.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Receipts } from "../outbox/receipts.js";
import type { PairingDesk } from "../policy/pairing/desk.js";
import type { Store } from "../store/port.js";
import { createContext } from "./context.js";
import type { AccountHandle } from "./handle.js";
import { Ownership } from "./ownership.js";
import type { StatusBoard } from "./status.js";

const RETRY = { minMs: 1_000, maxMs: 120_000 };
const PROBE_EVERY_MS = 5 * 60_000;
const PROBE_LIMIT_MS = 10_000;
/** Live events of an identity wait for its catch-up no longer than this. */
const CATCH_UP_HOLD_MS = 30_000;
const CLOSE_LIMIT_MS = 1_000;

export interface SupervisorOptions {
  readonly handle: AccountHandle;
  readonly status: StatusBoard;
  readonly store: Store;
  readonly durably: Durably;
  readonly inbox: Inbox;
  readonly lanes: Lanes;
  readonly outbox: Outbox;
  readonly receipts: Receipts;
  readonly desk: PairingDesk;
  readonly approvals: ApprovalDesk;
  readonly aliases: Aliases;
  readonly menu: Menu;
  readonly clock: Clock;
  readonly random: () => number;
  readonly publicUrl: string | undefined;
  /** A connection learned a secret. */
  readonly onSecret: (secret: string) => void;
  /** Names this runtime in leases. */
  readonly owner: string;
}

/**
 * Keeps one account open: asks who it is, takes its identity, opens it, and opens it again with back-off when it is lost.
 * Credentials that are refused end it with one attempt.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  readonly #backoff: Backoff;
  readonly #ownership: Ownership;
  #running: Promise<void> = Promise.resolve();
  /** The identity whose unfinished work was taken up. */
  #takenUp: string | undefined;
  #cancelHold: () => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#ownership = new Ownership(options);
    this.#backoff = createBackoff(options.clock, options.random, RETRY);
  }

  /** Resolves when the account is online for the first time, or has said why it is not. */
  start(): Promise<void> {
    this.#options.status.set({ state: "starting" });
    this.#running = this.#run();
    return this.#options.status.settled();
  }

  /** Closes the connection and gives the identity back. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#cancelHold();
    await this.#ownership.release();
  }

  async #run(): Promise<void> {
    const { handle, status } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const error = await this.#live();
      if (signal.aborted) break;
      const mend = error.mend === undefined ? {} : { mend: error.mend };
      if (!error.retryable) {
        handle.log.error({ code: error.code, ...mend }, `the account is stopped: ${error.message}`);
        status.set({
          state: error.code === "needs-action" ? "action-needed" : "failed",
          reason: error.message,
          ...mend,
        });
        return;
      }
      const delay = this.#backoff.next();
      handle.log.warn({ code: error.code, retryInMs: delay }, `not connected: ${error.message}`);
      status.set({ state: "reconnecting", reason: error.message, ...mend });
      await pause(this.#options.clock, delay, signal);
    }
    status.set({ state: "stopped" });
  }

  /** One life of the connection. Resolves to what ended it, or kept it from beginning. */
  async #live(): Promise<ConnectorError> {
    const { handle, status, outbox } = this.#options;
    const ending = new AbortController();
    const end = () => ending.abort();
    this.#stopping.signal.addEventListener("abort", end, { once: true });
    const { signal } = ending;
    let connection: Connection | undefined;
    let failed: ConnectorError | undefined;
    let saidHowItIs = false;
    let catchUp = async () => {};
    try {
      const accountState = await this.#ownership.accountState();
      await this.#identify(signal, accountState);
      handle.fail = (error) => {
        failed = error;
        end();
      };
      const context = createContext({
        ...this.#options,
        accountState,
        signal,
        onGap: (reason) => status.gap(reason),
        onNote: (key, text) => status.note(key, text),
        onStatus: (next) => {
          saidHowItIs = true;
          const before = status.current.state;
          status.set(next);
          if (next.state === "online" && before === "reconnecting") void catchUp();
        },
      });
      connection = await untilAborted(handle.connector.open(handle.account, context), signal, {
        late: (opened) => void this.#close(opened),
      });
      handle.connected(connection);
      catchUp = this.#catchUpOf(connection, signal);
      void catchUp();
      outbox.connected(handle);
      if (!saidHowItIs) status.set({ state: "online" });
      handle.log.info({ identity: handle.owner.identity, name: status.name }, "connected");
      await this.#probeUntil(connection, signal);
      return failed ?? new Transient("the connection was closed");
    } catch (error) {
      // What the connection said itself tells more than that its opening was cancelled for it.
      return failed ?? toConnectorError(error);
    } finally {
      end();
      this.#stopping.signal.removeEventListener("abort", end);
      handle.fail = () => {};
      handle.connected(undefined);
      status.clearNotes();
      if (connection !== undefined) await this.#close(connection);
    }
  }

  /** Who the credentials are. The first time, the identity is taken and what it left unfinished is taken up. */
  async #identify(signal: AbortSignal, accountState: StateStore): Promise<void> {
    const { handle, status, clock, inbox, outbox, lanes, desk, approvals, onSecret } = this.#options;
    const { connector, account, log } = handle;
    const identifying = connector.identify(account, {
      signal,
      log,
      clock,
      secret: onSecret,
      state: accountState,
      status: (next) => status.set(next),
    });
    const who = await untilAborted(identifying, signal);
    status.name = who.name;
    const identity = `${connector.manifest.id}:${who.id}`;
    if (this.#takenUp === identity) {
      handle.who = who;
      return;
    }

    await this.#ownership.bind(identity, who.name ?? identity);
    handle.who = who;
    // Until catch-up is through, so that nothing newer overtakes what it brings.
    lanes.pause(identity);
    const events = await inbox.replay(handle);
    const operations = await outbox.replay(handle);
    this.#takenUp = identity;
    desk.serve(handle);
    await approvals.resume(handle);
    if (events + operations > 0) log.info({ events, operations }, "taking up what was left unfinished");
  }

  /**
   * What happened while nobody listened goes before what happens now, as long as that takes a bounded time. The returned
   * function belongs to one life of the connection and never runs beside itself.
   */
  #catchUpOf(connection: Connection, signal: AbortSignal): () => Promise<void> {
    const { handle, inbox, lanes, clock } = this.#options;
    const { identity } = handle.owner;
    const letGo = () => {
      this.#cancelHold();
      lanes.resume(identity);
    };
    let isRunning = false;
    return async () => {
      if (isRunning) return;
      isRunning = true;
      lanes.pause(identity);
      this.#cancelHold();
      this.#cancelHold = clock.after(CATCH_UP_HOLD_MS, letGo);
      try {
        for await (const { events, cursor } of connection.catchUp?.(signal) ?? []) {
          await inbox.receive(handle, events, cursor);
          if (signal.aborted) return;
        }
        this.#backoff.reset();
        if (!signal.aborted) letGo();
      } catch (error) {
        // Opened again, it goes on from the stored cursor; until then, or the hold's end, nothing newer goes ahead.
        if (!signal.aborted) handle.fail(toConnectorError(error));
      } finally {
        isRunning = false;
      }
    };
  }

  /** Looks from time to time whether the platform can still be reached; a quiet account is left alone. */
  async #probeUntil(connection: Connection, signal: AbortSignal): Promise<void> {
    const { handle, status, clock } = this.#options;
    for (;;) {
      await pause(clock, PROBE_EVERY_MS, signal);
      if (signal.aborted) return;
      const limit = new AbortController();
      const cancel = clock.after(PROBE_LIMIT_MS, () => limit.abort());
      try {
        const until = AbortSignal.any([signal, limit.signal]);
        const probe = await untilAborted(connection.probe(until), until);
        status.probed(probe);
        if (probe.status === "unauthorised")
          handle.fail(new AuthError(probe.reason, probe.mend === undefined ? {} : { mend: probe.mend }));
      } catch (error) {
        status.probed({
          status: "unreachable",
          reason: error instanceof Error ? error.message : String(error),
        });
      } finally {
        cancel();
      }
    }
  }

  async #close(connection: Connection): Promise<void> {
    const { handle, clock } = this.#options;
    let closed = false;
    const closing = connection
      .close()
      .catch((error: unknown) => handle.log.warn({ err: error }, "closing the connection failed"))
      .finally(() => {
        closed = true;
      });
    const limit = new AbortController();
    await Promise.race([closing.finally(() => limit.abort()), pause(clock, CLOSE_LIMIT_MS, limit.signal)]);
    if (!closed) handle.log.warn({ limitMs: CLOSE_LIMIT_MS }, "the connection did not close in time");
  }
}

function toConnectorError(error: unknown): ConnectorError {
  if (ConnectorError.isInstance(error)) return error;
  return new Transient(error instanceof Error ? error.message : String(error), { cause: error });
}
