import { backoffDelay } from "../backoff.js";
import type { Commands } from "../commands/commands.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent, Turn } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { StoreError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import { type Decision, isOpen } from "../contract/fate.js";
import type { Durably } from "../durable.js";
import type { LaneItem, WorkResult } from "../lanes/lanes.js";
import type { Outbox } from "../outbox/outbox.js";
import { decide } from "../policy/decide.js";
import { type Pairing, type PairingRequest, pairingMessage } from "../policy/pairing.js";
import type { ApproveCommand, RuntimeLimits } from "../runtime-types.js";
import { historyLimit } from "../session/limits.js";
import { type Aside, TurnTaking } from "../session/turn-taking.js";
import type { Store, StoredEvent } from "../store/port.js";
import { collectAnswer } from "./answer.js";
import { FailureNotices, isFinal } from "./failure.js";
import { Hydration } from "./hydrate.js";
import type { Tell } from "./notices.js";
import { Outcomes, sessionNow } from "./outcomes.js";
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
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly pairing: Pairing;
  /** Undefined where all commands are the agent's. */
  readonly commands: Commands | undefined;
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
  readonly #turnTaking = new TurnTaking();
  readonly #failureNotices: FailureNotices;
  /** Since when a turn fails in this run, Unix ms; at most one per lane. A night in which the host was off does not count. */
  readonly #failingSince = new Map<number, number>();

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options);
    this.#failureNotices = new FailureNotices(options);
    this.#hydration = new Hydration({ ...options, retryMaxMs: options.limits.turnRetryMaxMs });
  }

  /** Never rejects, as lanes ask. */
  async work(handle: AccountHandle, item: LaneItem, aside: Aside): Promise<WorkResult> {
    try {
      return await this.#work(handle, item.seq, aside);
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

  async #work(handle: AccountHandle, seq: number, aside: Aside): Promise<WorkResult> {
    const { store, durably, clock, limits, signal } = this.#options;
    const [stored] = await durably.do(() => store.events([seq]));
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
      return this.#turnTaking.run(stored.session, aside, signal, () =>
        this.#admitted(handle, stored, event, decision),
      );
    }
    return undefined;
  }

  async #admitted(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    decision: Decision,
  ): Promise<WorkResult> {
    // Stopped while the event was read: no agent is begun any more.
    this.#options.signal.throwIfAborted();
    const reply = await this.#options.commands?.answer(handle, stored, event);
    if (reply === undefined) return this.#answer(handle, stored, event, decision);
    await this.#outcomes.finish(handle, stored, reply.decision, {
      operations: reply.operations,
      isRemembered: false,
    });
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
    const { session } = stored;
    await this.#options.tell(handle, {
      type: "context",
      identity: handle.owner.identity,
      session,
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
    const turn: Turn = {
      id: turnId(handle, event),
      attempt,
      connector: handle.connector.manifest.id,
      account: handle.id,
      identity: handle.owner.identity,
      session: stored.session,
      events: [structuredClone(event)],
      text: textOf(event),
      admitted: decision,
      receivedAt: stored.receivedAt,
      history: async () =>
        agent.history === "own"
          ? []
          : store.history(sessionNow(handle, stored), {
              before: seq,
              limit: historyLimit(handle, event),
            }),
    };
    const time = new TurnTime(clock, limits.turnTimeoutMs, signal);
    const stopTyping = showTyping(handle, event, clock, time.signal);
    // The attempt is committed while the agent already works: its number only has to be known after a crash.
    const begun = durably.do(() => store.begin(lease, { events: [seq], decision, at: startedAt }));
    // Awaited below; until then a failure must not count as unhandled.
    begun.catch(() => {});
    try {
      const { address } = stored.event;
      const answer = await time.run(() =>
        collectAnswer(
          agent.run(turn, { signal: time.signal, deadline: time.deadline }),
          address,
          time.signal,
        ),
      );
      await begun;
      const fate: Decision =
        answer.operations.length > 0
          ? { ...decision, fate: "answered" }
          : { ...decision, fate: "silent", reason: answer.silence ?? "The agent gave no answer." };
      await this.#outcomes.finish(handle, stored, fate, { operations: answer.operations, attempt });
      this.#failingSince.delete(seq);
      await this.#options.tell(handle, { type: "committed", turn: turn.id, attempt, decision: fate });
      return undefined;
    } catch (error) {
      await begun;
      if (signal.aborted || error instanceof StoreError) throw error;
      return this.#failed(handle, stored, attempt, decision, error);
    } finally {
      time.end();
      stopTyping();
    }
  }

  /** The lane waits for the next attempt, so that answers keep their order; after long enough the turn is given up. */
  async #failed(
    handle: AccountHandle,
    stored: StoredEvent,
    attempt: number,
    decision: Decision,
    error: unknown,
  ): Promise<WorkResult> {
    const { store, durably, clock, limits, random, redact } = this.#options;
    const now = clock.now();
    const reason = redact(`The agent failed: ${error instanceof Error ? error.message : String(error)}`);
    const dueAt = now + backoffDelay(attempt, random, RETRY);
    const failingSince = this.#failingSince.get(stored.seq) ?? now;
    this.#failingSince.set(stored.seq, failingSince);
    if (isFinal(error) || dueAt - failingSince > limits.turnRetryMaxMs) {
      this.#failingSince.delete(stored.seq);
      handle.log.error(
        { err: error, event: stored.seq, attempt },
        isFinal(error)
          ? "a turn failed in a way that another try does not mend and is a dead letter now"
          : "a turn failed for too long and is a dead letter now",
      );
      const fate: Decision = { ...decision, fate: "dead", reason, rule: "turn.failed" };
      const operations = this.#failureNotices.last(handle, stored, attempt);
      await this.#outcomes.finish(handle, stored, fate, { attempt, operations, isRemembered: false });
      return undefined;
    }
    await this.#failureNotices.first(handle, stored, attempt);
    handle.log.warn(
      { err: error, event: stored.seq, attempt, retryInMs: dueAt - now },
      "a turn failed and will be tried again",
    );
    await durably.do(() => store.postpone(handle.owner.lease, { events: [stored.seq], dueAt, reason }));
    return { retryAt: dueAt };
  }
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
