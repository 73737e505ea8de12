import { backoffDelay } from "../backoff.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent, Turn } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { StoreError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import { type Decision, isOpen } from "../contract/fate.js";
import type { Durably } from "../durable.js";
import type { LaneItem, WorkResult } from "../lanes/lanes.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Admission, Verdict } from "../policy/admission.js";
import { askForPairing } from "../policy/pairing/asking.js";
import { type PairingDesk, pairingAccount } from "../policy/pairing/desk.js";
import type { Registry } from "../policy/pairing/registry.js";
import type { RuntimeLimits } from "../runtime-types.js";
import type { Store, StoredEvent } from "../store/port.js";
import { collectAnswer } from "./answer.js";
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
  readonly admission: Admission;
  readonly registry: Registry;
  readonly desk: PairingDesk;
  readonly agent: Agent;
  readonly tell: Tell;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
  readonly random: () => number;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  /** Takes secrets out of texts that are stored or shown. */
  readonly redact: (text: string) => string;
}

/** Takes one stored event to its fate: age, look-ups, policy, agent, answer. */
export class Turns {
  readonly #options: TurnOptions;
  readonly #hydration: Hydration;
  readonly #outcomes: Outcomes;
  /** Since when a turn fails in this run, Unix ms; at most one per lane. A night in which the host was off does not count. */
  readonly #failingSince = new Map<number, number>();

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options);
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
    const { store, durably, clock, limits } = this.#options;
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
    const verdict = await this.#options.admission.judge(handle, event);
    const { decision } = verdict;
    if (decision.fate === "held") await this.#hold(handle, stored, event, decision);
    else if (decision.fate === "context") await this.#keep(handle, stored, event, decision);
    else if (decision.fate !== "admitted") await this.#outcomes.finish(handle, stored, decision);
    else {
      // Stopped while the event was read: no agent is begun any more.
      this.#options.signal.throwIfAborted();
      return this.#answer(handle, stored, event, verdict);
    }
    return undefined;
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

  /** The event's fate and the request stand or fall together; the code follows when its turn comes. */
  async #hold(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    decision: Decision,
  ): Promise<void> {
    const { registry, desk } = this.#options;
    const owner = pairingAccount(handle);
    const asked = await askForPairing(registry, owner, event, stored.seq, (id) => handle.current(id));
    if (asked === undefined) {
      await this.#outcomes.finish(handle, stored, {
        ...decision,
        reason: "The sender is not paired yet; the earlier request is still open.",
      });
    } else {
      try {
        await this.#outcomes.finish(handle, stored, decision, { state: asked.changes });
      } catch (error) {
        asked.undo();
        throw error;
      }
      await asked.kept();
    }
    desk.serve(handle);
  }

  async #answer(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    verdict: Verdict,
  ): Promise<WorkResult> {
    const { store, durably, agent, clock, limits, signal, admission } = this.#options;
    const { decision } = verdict;
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
          : store.history(handle.owner.identity, sessionNow(handle, stored), {
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
      const now = await admission.again(handle, event, verdict);
      if (now.decision.fate !== "admitted") {
        this.#failingSince.delete(seq);
        await this.#outcomes.finish(handle, stored, withdrawn(now.decision), { attempt });
        return undefined;
      }
      const fate: Decision =
        answer.operations.length > 0
          ? { ...decision, fate: "answered" }
          : { ...decision, fate: "silent", reason: answer.silence ?? "The agent gave no answer." };
      const { operations } = answer;
      await this.#outcomes.finish(handle, stored, fate, {
        operations,
        attempt,
        policyRevision: now.revision,
      });
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
    if (dueAt - failingSince > limits.turnRetryMaxMs) {
      this.#failingSince.delete(stored.seq);
      handle.log.error(
        { err: error, event: stored.seq, attempt },
        "a turn failed for too long and is a dead letter now",
      );
      const fate: Decision = { ...decision, fate: "dead", reason, rule: "turn.failed" };
      await this.#outcomes.finish(handle, stored, fate, { attempt });
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

/** The answer was made for somebody who is not let in any more. */
function withdrawn(decision: Decision): Decision {
  const reason = `The policy was tightened while the agent worked, and its answer was not used. ${decision.reason}`;
  return { ...decision, reason, rule: `${decision.rule}.tightened` };
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
