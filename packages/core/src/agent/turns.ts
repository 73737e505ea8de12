import { readNotice, VOID_RULE } from "../approvals/notice.js";
import type { Buttons } from "../buttons/buttons.js";
import type { Commands } from "../commands/commands.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import { type Decision, isOpen } from "../contract/fate.js";
import type { Durably } from "../durable.js";
import type { Fresh } from "../fresh.js";
import type { LaneItem, WorkResult } from "../lanes/lanes.js";
import type { OutgoingOptions } from "../media/outgoing.js";
import type { Spool } from "../media/spool.js";
import type { Outbox } from "../outbox/outbox.js";
import type { PaceBook } from "../outbox/paces.js";
import type { Admission, Verdict } from "../policy/admission.js";
import { withoutBotLoop } from "../policy/bot-loop.js";
import { BUTTON_EXPIRED_RULE } from "../policy/decide.js";
import { askForPairing } from "../policy/pairing/asking.js";
import { type PairingDesk, pairingAccount } from "../policy/pairing/desk.js";
import type { Registry } from "../policy/pairing/registry.js";
import type { RuntimeLimits } from "../runtime-types.js";
import { type Aside, TurnTaking } from "../session/turn-taking.js";
import { OPERATOR_RULE, type Store, type StoredEvent } from "../store/port.js";
import type { ActionsOptions } from "./actions.js";
import type { Admitted, TurnPart } from "./admitted.js";
import { Attempts } from "./attempt.js";
import { Hydration } from "./hydrate.js";
import { isSameAlbum, Joining } from "./joining.js";
import type { Tell } from "./notices.js";
import { Outcomes, sessionNow } from "./outcomes.js";
import { unwantedReaction } from "./reactions.js";

/** After a fault of this program or the store, which says nothing about when it will be over. */
const FAULT_RETRY_MS = 60_000;
const EXPIRED = "This button is too old to be used. Please ask again.";

export interface TurnOptions extends Pick<ActionsOptions, "coreActions" | "isOwner" | "approvals"> {
  /** Events that were stored a moment ago. */
  readonly fresh: Fresh<StoredEvent>;
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly buttons: Buttons;
  readonly paces: PaceBook;
  readonly admission: Admission;
  readonly registry: Registry;
  readonly desk: PairingDesk;
  /** Undefined where all commands are the agent's. */
  readonly commands: Commands | undefined;
  readonly agent: Agent;
  readonly tell: Tell;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
  readonly random: () => number;
  readonly outgoing: OutgoingOptions;
  readonly spool: Spool;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  /** Takes secrets out of texts that are stored or shown. */
  readonly redact: (text: string) => string;
}

/** An event that policy has looked at. */
interface Judged extends TurnPart {
  readonly verdict: Verdict;
}

/** Takes one stored event to its fate: age, look-ups, policy, agent, answer. */
export class Turns {
  readonly #options: TurnOptions;
  readonly #hydration: Hydration;
  readonly #outcomes: Outcomes;
  readonly #attempts: Attempts;
  readonly #turnTaking = new TurnTaking();
  readonly #joining: Joining;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options);
    this.#joining = new Joining(options);
    this.#attempts = new Attempts({ ...options, outcomes: this.#outcomes });
    this.#hydration = new Hydration({ ...options, retryMaxMs: options.limits.turnRetryMaxMs });
  }

  /** Never rejects, as lanes ask. */
  async work(
    handle: AccountHandle,
    item: LaneItem,
    aside: Aside,
    following: () => readonly LaneItem[],
  ): Promise<WorkResult> {
    try {
      return await this.#work(handle, item.seq, aside, following);
    } catch (error) {
      if (this.#options.signal.aborted) return undefined;
      // Not the agent's fault: that is handled below. The store or this program failed; the event stays in the store.
      handle.log.error(
        { err: error, event: item.seq },
        "an event could not be handled; it will be tried again",
      );
      return { retryAt: this.#options.clock.now() + FAULT_RETRY_MS };
    }
  }

  async #work(
    handle: AccountHandle,
    seq: number,
    aside: Aside,
    following: () => readonly LaneItem[],
  ): Promise<WorkResult> {
    const { fresh, store, durably, signal } = this.#options;
    const arrived = fresh.take(seq);
    const stored = arrived ?? (await durably.do(() => store.events([seq])))[0];
    if (stored === undefined || !isOpen(stored.decision.fate)) return undefined;
    const gathered = await this.#joining.gather(handle, stored, following);
    if ("retryAt" in gathered) return gathered;
    const first = await this.#judge(handle, stored);
    if (first === undefined || "retryAt" in first) return first;
    const rest = await this.#judgeAll(handle, gathered.rest);
    if ("retryAt" in rest) return rest;
    const lead = [first, ...rest].find(isAdmitted);
    const isTogether = (part: Judged) => isAdmitted(part) || isContextOf(part, first);
    const also = gathered.rest.length === 0 ? undefined : { also: gathered.rest.map((each) => each.seq) };
    if (lead === undefined) {
      for (const part of [first, ...rest]) await this.#settle(handle, part);
      return also;
    }
    // What does not begin a turn is dealt with by itself; the next one begins its own.
    if (!isTogether(first)) {
      await this.#settle(handle, first);
      return undefined;
    }
    for (const part of rest) if (!isTogether(part)) await this.#settle(handle, part);
    const { event, verdict } = lead;
    const parts = rest.filter(isTogether);
    const isFresh = arrived !== undefined && rest.length === 0;
    const result = await this.#turnTaking.run(stored.session, aside, signal, () =>
      this.#admitted({ handle, stored, event, verdict, isFresh, first: first.event, rest: parts }),
    );
    return result ?? also;
  }

  async #judgeAll(
    handle: AccountHandle,
    events: readonly StoredEvent[],
  ): Promise<readonly Judged[] | { readonly retryAt: number }> {
    const judged: Judged[] = [];
    for (const stored of events) {
      const part = await this.#judge(handle, stored);
      if (part === undefined) continue;
      if ("retryAt" in part) return part;
      judged.push(part);
    }
    return judged;
  }

  /** Age, look-ups, policy. Undefined when it has come to its end by that. */
  async #judge(
    handle: AccountHandle,
    stored: StoredEvent,
  ): Promise<Judged | { readonly retryAt: number } | undefined> {
    const { admission, clock, limits, store } = this.#options;
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
    const { decision, revision } = await admission.judge(handle, event);
    const verdict = { decision: await withoutBotLoop(store, { handle, stored, event, decision }), revision };
    return { stored, event, verdict };
  }

  /** Ends what is not for the agent. What is admitted after all keeps its place. */
  async #settle(handle: AccountHandle, { stored, event, verdict: { decision } }: Judged): Promise<void> {
    if (decision.fate === "held") await this.#hold(handle, stored, event, decision);
    else if (decision.fate === "context") await this.#keep(handle, stored, event, decision);
    else if (decision.fate !== "admitted") await this.#leave(handle, stored, decision);
  }

  /** Whoever pressed a button that stands for nothing any more is told. */
  async #leave(handle: AccountHandle, stored: StoredEvent, decision: Decision): Promise<void> {
    const notice = decision.rule === VOID_RULE ? readNotice(stored.event) : undefined;
    if (notice !== undefined) await this.#options.approvals.voided(handle, notice.id, decision.reason);
    if (decision.rule !== BUTTON_EXPIRED_RULE) return this.#outcomes.finish(handle, stored, decision);
    const { message: _, ...to } = stored.event.address;
    const operations = [{ kind: "send", to, text: EXPIRED, format: "plain" } as const];
    return this.#outcomes.finish(handle, stored, decision, { operations, isRemembered: false });
  }

  async #admitted(admitted: Admitted): Promise<WorkResult> {
    const { handle, stored, event } = admitted;
    // Stopped while the event was read: no agent is begun any more.
    this.#options.signal.throwIfAborted();
    const isAlone = admitted.rest.length === 0;
    const { approvals, commands } = this.#options;
    const reply = isAlone
      ? ((await approvals.answer(handle, stored, event)) ?? (await commands?.answer(handle, stored, event)))
      : undefined;
    if (reply === undefined) return this.#attempts.run(admitted);
    const { operations } = reply;
    const policyRevision = admitted.verdict.revision;
    await this.#outcomes.finish(handle, stored, reply.decision, {
      operations,
      isRemembered: false,
      policyRevision,
    });
    return undefined;
  }

  async #keep(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
    decision: Decision,
  ): Promise<void> {
    const unwanted = await unwantedReaction(this.#options.store, handle, event);
    if (unwanted !== undefined) return this.#outcomes.finish(handle, stored, unwanted);
    await this.#options.tell(handle, {
      type: "context",
      connector: handle.connector.manifest.id,
      account: handle.id,
      identity: handle.owner.identity,
      session: sessionNow(handle, stored),
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
        await this.#outcomes.finish(handle, stored, decision, { state: asked.changes, hasSequel: true });
      } catch (error) {
        asked.undo();
        throw error;
      }
      await asked.kept();
    }
    desk.serve(handle);
  }
}

function isAdmitted({ verdict }: Judged): boolean {
  return verdict.decision.fate === "admitted";
}

/** A part without a mention belongs to its album all the same. */
function isContextOf(part: Judged, first: Judged): boolean {
  return part.verdict.decision.fate === "context" && isSameAlbum(part.stored, first.stored);
}

/**
 * A message may have waited on the platform before it came here. One that was tried was young enough then, and what the
 * operator retries is as new as that: both are as old as their `receivedAt`.
 */
function happenedAt({ decision, attempts, event, receivedAt }: StoredEvent): number {
  return decision.rule === OPERATOR_RULE || attempts > 0 ? receivedAt : Math.min(event.sentAt, receivedAt);
}
