import { backoffDelay } from "../backoff.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent, Turn } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { StoreError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import { type Decision, isOpen } from "../contract/fate.js";
import type { Durably } from "../durable.js";
import type { Fresh } from "../fresh.js";
import type { LaneItem, WorkResult } from "../lanes/lanes.js";
import type { Outbox } from "../outbox/outbox.js";
import type { PaceBook } from "../outbox/paces.js";
import { decide } from "../policy/decide.js";
import { type Pairing, type PairingRequest, pairingMessage } from "../policy/pairing.js";
import type { ApproveCommand, RuntimeLimits } from "../runtime-types.js";
import type { Store, StoredEvent } from "../store/port.js";
import { collectAnswer } from "./answer.js";
import { Beginning } from "./begin.js";
import { Hydration } from "./hydrate.js";
import type { Tell } from "./notices.js";
import { Outcomes, sessionNow } from "./outcomes.js";
import { type AnswerStream, openStream, type StreamsOptions } from "./streams.js";
import { TurnTime } from "./time.js";
import { showTyping } from "./typing.js";

const RETRY = { minMs: 1_000, maxMs: 60_000 };

/**
 * A turn that ends the process leaves no failure behind, only its attempts: after so many it waits for the operator. Far more than
 * back-off makes in `turnRetryMaxMs`.
 */
const MAX_ATTEMPTS = 50;
/** The rule of an event that the operator had tried again; see `Store.settleDeadLetter`. */
const OPERATOR_RULE = "operator";

export interface TurnOptions {
  /** Events that were stored a moment ago. */
  readonly fresh: Fresh<StoredEvent>;
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly paces: PaceBook;
  readonly pairing: Pairing;
  readonly agent: Agent;
  readonly tell: Tell;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
  readonly random: () => number;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  readonly approveCommand: ApproveCommand | undefined;
  readonly onPairingRequest: (request: PairingRequest, code: string) => void;
  /** Takes secrets out of texts that are stored or shown. */
  readonly redact: (text: string) => string;
}

/** Takes one stored event to its fate: age, look-ups, policy, agent, answer. */
export class Turns {
  readonly #options: TurnOptions;
  readonly #hydration: Hydration;
  readonly #outcomes: Outcomes;
  readonly #streams: StreamsOptions;
  /** Since when a turn fails in this run, Unix ms; at most one per lane. A night in which the host was off does not count. */
  readonly #failingSince = new Map<number, number>();

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options);
    this.#streams = { ...options, outcomes: this.#outcomes };
    this.#hydration = new Hydration({ ...options, retryMaxMs: options.limits.turnRetryMaxMs });
  }

  /** Never rejects, as lanes ask. */
  async work(handle: AccountHandle, item: LaneItem): Promise<WorkResult> {
    try {
      return await this.#work(handle, item.seq);
    } catch (error) {
      if (this.#options.signal.aborted) return undefined;
      // Not the agent's fault: that is handled below. The store or this program failed; the event stays in the store.
      handle.log.error(
        { err: error, event: item.seq },
        "an event could not be handled; it will be tried again",
      );
      return { retryAt: this.#options.clock.now() + RETRY.maxMs };
    }
  }

  async #work(handle: AccountHandle, seq: number): Promise<WorkResult> {
    const { fresh, store, durably, clock, limits } = this.#options;
    const arrived = fresh.take(seq);
    const stored = arrived ?? (await durably.do(() => store.events([seq])))[0];
    if (stored === undefined || !isOpen(stored.decision.fate)) return undefined;
    if (limits.eventMaxAgeMs > 0 && clock.now() - happenedAt(stored) > limits.eventMaxAgeMs) {
      await this.#outcomes.finish(handle, stored, {
        fate: "expired",
        reason: "It grew too old before it could be answered.",
        rule: "age",
      });
      return undefined;
    }
    const hydrated = await this.#hydration.complete(handle, stored);
    if ("retryAt" in hydrated) return hydrated;
    if ("nothing" in hydrated) {
      const reason = "The platform has nothing to it any more.";
      await this.#outcomes.finish(handle, stored, { fate: "ignored", reason, rule: "hydrate" });
      return undefined;
    }
    if ("gaveUp" in hydrated) {
      const reason = this.#options.redact(
        `What the platform only points at could not be read: ${hydrated.gaveUp}`,
      );
      await this.#outcomes.finish(handle, stored, { fate: "dead", reason, rule: "hydrate" });
      return undefined;
    }
    const { event } = hydrated;
    const decision = await this.#decide(handle, event);
    if (decision.fate === "held") await this.#hold(handle, stored, event, decision);
    else if (decision.fate === "context") await this.#keep(handle, stored, event, decision);
    else if (decision.fate !== "admitted") await this.#outcomes.finish(handle, stored, decision);
    else {
      // Stopped while the event was read: no agent is begun any more.
      this.#options.signal.throwIfAborted();
      return this.#answer(handle, stored, event, decision, arrived !== undefined);
    }
    return undefined;
  }

  async #decide(handle: AccountHandle, event: InboundEvent): Promise<Decision> {
    const { pairing } = this.#options;
    const isDirect = event.chat.kind === "dm";
    const supports = handle.connection?.supports(event.address) ?? handle.connector.features;
    return decide({
      event,
      config: handle.config,
      group: isDirect ? {} : handle.groupSettings(event.address),
      paired:
        isDirect &&
        handle.config.dmPolicy === "pairing" &&
        (await pairing.isApproved(handle.owner.identity, event, (id) => handle.current(id))),
      mentionsKnown: supports.mentions,
      current: (id) => handle.current(id),
      locate: (path) => handle.locate(path),
    });
  }

  async #keep(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    decision: Decision,
  ): Promise<void> {
    await this.#options.tell(handle, {
      type: "context",
      identity: handle.owner.identity,
      session: sessionNow(handle, stored),
      event,
      decision,
    });
    await this.#outcomes.finish(handle, stored, decision);
  }

  /** The event's fate, the request and the message with the code stand or fall together. */
  async #hold(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    decision: Decision,
  ): Promise<void> {
    const { pairing, onPairingRequest, approveCommand } = this.#options;
    const owner = { connector: handle.connector.manifest.id, account: handle.id, lease: handle.owner.lease };
    const asks = event.kind === "message" || event.kind === "command";
    const asked = asks ? await pairing.ask(owner, event, (id) => handle.current(id)) : undefined;
    if (asked === undefined) {
      await this.#outcomes.finish(handle, stored, {
        ...decision,
        reason: "The sender is not paired yet; the earlier request is still open.",
      });
      return;
    }
    const { message: _, ...to } = event.address;
    const text = pairingMessage(asked.code, event.sender.id, approveCommand?.(owner.connector, asked.code));
    await this.#outcomes.finish(handle, stored, decision, {
      operations: [{ kind: "send", to, text, format: "plain" }],
      state: asked.changes,
      isRemembered: false,
    });
    onPairingRequest(asked.request, asked.code);
  }

  async #answer(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    decision: Decision,
    isFresh: boolean,
  ): Promise<WorkResult> {
    const { store, durably, agent, clock, limits, signal } = this.#options;
    const { seq } = stored;
    const { lease } = handle.owner;
    if (stored.attempts >= MAX_ATTEMPTS && stored.decision.rule !== OPERATOR_RULE) {
      const reason = `It was tried ${stored.attempts} times without an end; perhaps it brings the process down each time.`;
      handle.log.error(
        { event: seq, attempts: stored.attempts },
        "a turn was tried too often and is a dead letter now",
      );
      await this.#outcomes.finish(handle, stored, {
        ...decision,
        fate: "dead",
        reason,
        rule: "turn.attempts",
      });
      return undefined;
    }
    const attempt = stored.attempts + 1;
    const startedAt = stored.startedAt ?? clock.now();
    const note = () => durably.do(() => store.begin(lease, { events: [seq], decision, at: startedAt }));
    // What was tried before may have ended the process: this time it is counted before it can do so again.
    if (!isFresh) await note();
    const time = new TurnTime(clock, limits.turnTimeoutMs, signal);
    const isRepeated = !isFresh || stored.attempts > 0;
    const stream = await openStream(this.#streams, handle, stored, { isRepeated, signal: time.signal });
    const turn: Turn = {
      id: turnId(handle, event),
      attempt,
      connector: handle.connector.manifest.id,
      account: handle.id,
      identity: handle.owner.identity,
      session: sessionNow(handle, stored),
      events: [structuredClone(event)],
      text: textOf(event),
      admitted: decision,
      said: stream.said,
      receivedAt: stored.receivedAt,
      history: async () =>
        agent.history === "own"
          ? []
          : store.history(handle.owner.identity, sessionNow(handle, stored), {
              before: seq,
              limit: historyLimit(handle, event),
            }),
    };
    const beginning = isFresh ? new Beginning(note) : undefined;
    const stopTyping = showTyping(handle, event, clock, time.signal);
    try {
      const { address } = stored.event;
      const answer = await time.run(() =>
        collectAnswer(agent.run(turn, { signal: time.signal, deadline: time.deadline }), {
          ...stream,
          to: address,
          signal: time.signal,
        }),
      );
      await beginning?.settled();
      const fate: Decision =
        answer.operations.length > 0 || stream.isBegun()
          ? { ...decision, fate: "answered" }
          : { ...decision, fate: "silent", reason: answer.silence ?? "The agent gave no answer." };
      await this.#outcomes.finish(handle, stored, fate, {
        operations: answer.operations,
        attempt,
        startedAt,
        state: stream.ending(),
      });
      this.#failingSince.delete(seq);
      await this.#options.tell(handle, { type: "committed", turn: turn.id, attempt, decision: fate });
      return undefined;
    } catch (error) {
      await beginning?.noted();
      if (signal.aborted || error instanceof StoreError) throw error;
      return this.#failed(handle, stored, { attempt, decision, stream }, error);
    } finally {
      time.end();
      stopTyping();
    }
  }

  /** The lane waits for the next attempt, so that answers keep their order; after long enough the turn is given up. */
  async #failed(
    handle: AccountHandle,
    stored: StoredEvent,
    { attempt, decision, stream }: FailedAttempt,
    error: unknown,
  ): Promise<WorkResult> {
    const { store, durably, clock, limits, random, redact } = this.#options;
    const now = clock.now();
    const reason = redact(`The agent failed: ${error instanceof Error ? error.message : String(error)}`);
    const dueAt = now + backoffDelay(attempt, random, RETRY);
    const failingSince = this.#failingSince.get(stored.seq) ?? now;
    this.#failingSince.set(stored.seq, failingSince);
    if (dueAt - failingSince > limits.turnRetryMaxMs) {
      this.#failingSince.delete(stored.seq);
      handle.log.error(
        { err: error, event: stored.seq, attempt },
        "a turn failed for too long and is a dead letter now",
      );
      const fate: Decision = { ...decision, fate: "dead", reason, rule: "turn.failed" };
      await this.#outcomes.finish(handle, stored, fate, {
        attempt,
        operations: stream.removal(),
        state: stream.ending(),
        isRemembered: false,
      });
      return undefined;
    }
    handle.log.warn(
      { err: error, event: stored.seq, attempt, retryInMs: dueAt - now },
      "a turn failed and will be tried again",
    );
    await durably.do(() => store.postpone(handle.owner.lease, { events: [stored.seq], dueAt, reason }));
    return { retryAt: dueAt };
  }
}

interface FailedAttempt {
  readonly attempt: number;
  readonly decision: Decision;
  readonly stream: AnswerStream;
}

function turnId(handle: AccountHandle, event: InboundEvent): string {
  return `${handle.owner.identity}/${event.keys[0]}`;
}

/**
 * A message may have waited on the platform before it came here. One that was tried was young enough then, and what the
 * operator retries is as new as that: both are as old as their `receivedAt`.
 */
function happenedAt({ decision, attempts, event, receivedAt }: StoredEvent): number {
  return decision.rule === OPERATOR_RULE || attempts > 0 ? receivedAt : Math.min(event.sentAt, receivedAt);
}

function historyLimit(handle: AccountHandle, event: InboundEvent): number {
  const { config } = handle;
  if (event.chat.kind !== "dm") return config.historyLimit;
  return config.dms[event.sender.id]?.historyLimit ?? config.dmHistoryLimit;
}

function textOf(event: InboundEvent): string {
  switch (event.kind) {
    case "message":
    case "edited":
    case "command":
      return event.content.text;
    case "button":
      return event.data;
    case "notice":
      return event.text;
    default:
      return "";
  }
}
