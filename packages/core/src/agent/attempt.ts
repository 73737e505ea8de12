import { readNotice, withOutcome } from "../approvals/notice.js";
import { backoffDelay } from "../backoff.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { ConnectorError, Rejected, StoreError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import { shownAnswer } from "../heartbeat/shown.js";
import type { WorkResult } from "../lanes/lanes.js";
import { Downloads } from "../media/downloads.js";
import { OutgoingMedia, type OutgoingOptions } from "../media/outgoing.js";
import type { Admission } from "../policy/admission.js";
import type { RuntimeLimits } from "../runtime-types.js";
import { OPERATOR_RULE } from "../store/port.js";
import { acknowledge } from "./ack.js";
import { type ActionsOptions, TurnActions } from "./actions.js";
import { type Admitted, alsoOf, attemptsOf, newestOf, originOf } from "./admitted.js";
import { type Answer, collectAnswer } from "./answer.js";
import { Beginning } from "./begin.js";
import { failureLine, isFinal } from "./failure.js";
import type { Tell } from "./notices.js";
import { mayReact } from "./reactions.js";
import { type AnswerStream, openStream, type StreamsOptions } from "./streams.js";
import { TurnTime } from "./time.js";
import { type Begun, turnOf } from "./turn.js";
import { showTyping } from "./typing.js";

const RETRY = { minMs: 1_000, maxMs: 60_000 };

/**
 * A turn that ends the process leaves no failure behind, only its attempts: after so many it waits for the operator. Far more than
 * back-off makes in `turnRetryMaxMs`.
 */
const MAX_ATTEMPTS = 50;

export interface AttemptsOptions extends StreamsOptions, ActionsOptions {
  readonly admission: Admission;
  readonly agent: Agent;
  readonly tell: Tell;
  readonly clock: Clock;
  readonly limits: RuntimeLimits;
  readonly random: () => number;
  readonly outgoing: OutgoingOptions;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  /** Takes secrets out of texts that are stored or shown. */
  readonly redact: (text: string) => string;
}

/** One attempt under way. */
interface Attempt extends Begun {
  /** Unix time in ms. */
  readonly startedAt: number;
  readonly time: TurnTime;
  readonly media: OutgoingMedia;
}

/** Gives an admitted event to the agent, and again when that fails. */
export class Attempts {
  readonly #options: AttemptsOptions;
  /** Since when a turn fails in this run, Unix ms; at most one per lane. A night in which the host was off does not count. */
  readonly #failingSince = new Map<number, number>();

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  async run(admitted: Admitted): Promise<WorkResult> {
    const { store, durably, outcomes, clock, limits, signal } = this.#options;
    const { handle, stored, isFresh } = admitted;
    const { decision } = admitted.verdict;
    const { seq } = stored;
    const attempts = attemptsOf(admitted);
    if (attempts >= MAX_ATTEMPTS && stored.decision.rule !== OPERATOR_RULE) {
      const reason = `It was tried ${attempts} times without an end; perhaps it brings the process down each time.`;
      handle.log.error({ event: seq, attempts }, "a turn was tried too often and is a dead letter now");
      const fate: Decision = { ...decision, fate: "dead", reason, rule: "turn.attempts" };
      await outcomes.finish(handle, stored, fate, { attempt: attempts, also: alsoOf(admitted) });
      return undefined;
    }
    const startedAt = stored.startedAt ?? clock.now();
    const note = () =>
      durably.do(() =>
        store.begin(handle.owner.lease, { events: [seq, ...alsoOf(admitted)], decision, at: startedAt }),
      );
    // What was tried before may have ended the process: this time it is counted before it can do so again.
    if (!isFresh) await note();
    if (attempts === 0) acknowledge(this.#options, handle, admitted.event);
    const time = new TurnTime(clock, limits.turnTimeoutMs, signal);
    const { address } = newestOf(admitted);
    const downloads = new Downloads({ handle, from: address, clock, signal: time.signal });
    const media = new OutgoingMedia(this.#options.outgoing, { handle, to: address, signal: time.signal });
    try {
      const isRepeated = !isFresh || attempts > 0;
      const place = { isRepeated, signal: time.signal, admit: () => this.#admitAgain(admitted) };
      const [shown, actions] = await Promise.all([
        openStream(this.#options, handle, stored, place),
        TurnActions.open(this.#options, {
          ...place,
          handle,
          stored,
          event: admitted.event,
          origin: originOf(admitted),
        }),
      ]);
      const stream = { ...shown, ending: () => [...shown.ending(), ...actions.ending()] };
      const attempt = {
        ...admitted,
        first: await this.#carriedOut(handle, admitted.first, actions),
        number: attempts + 1,
        startedAt,
        time,
        stream,
        actions,
        downloads,
        media,
      };
      return await this.#try(attempt, isFresh ? new Beginning(note) : undefined);
    } finally {
      downloads.end();
      media.end();
      time.end();
    }
  }

  async #try(attempt: Attempt, beginning: Beginning | undefined): Promise<WorkResult> {
    const { outcomes, agent, clock, signal, tell } = this.#options;
    const { handle, stored, event, number, startedAt, time, stream, media } = attempt;
    const { decision } = attempt.verdict;
    const turn = turnOf(this.#options, attempt);
    const stopTyping = showTyping(handle, event, clock, time.signal);
    try {
      const { address } = newestOf(attempt);
      const whole = await time.run(() =>
        collectAnswer(agent.run(turn, { signal: time.signal, deadline: time.deadline }), {
          ...stream,
          to: address,
          mayReact: mayReact(handle),
          signal: time.signal,
          take: (attachments) => media.take(attachments),
        }),
      );
      attempt.actions.end();
      const answer = shownAnswer(handle, event, whole);
      await beginning?.settled();
      const policyRevision = await this.#admitAgain(attempt);
      const fate = fateOf(answer, decision, stream);
      await outcomes.finish(handle, stored, fate, {
        operations: answer.operations,
        attempt: number,
        also: alsoOf(attempt),
        startedAt,
        state: stream.ending(),
        policyRevision,
      });
      this.#failingSince.delete(stored.seq);
      await tell(handle, { type: "committed", turn: turn.id, attempt: number, decision: fate });
      return undefined;
    } catch (error) {
      attempt.actions.end();
      await beginning?.noted();
      if (signal.aborted || error instanceof StoreError) throw error;
      if (error instanceof Withdrawn) return this.#withdraw(attempt, error.decision);
      if (ConnectorError.isInstance(error) && error.code === "approval-pending")
        return this.#waits(attempt, error.message);
      return this.#failed(attempt, error);
    } finally {
      stopTyping();
    }
  }

  /** What people have approved is done before the agent is told, which reads what came of it. */
  async #carriedOut(handle: AccountHandle, event: InboundEvent, actions: TurnActions): Promise<InboundEvent> {
    const notice = readNotice(event);
    if (notice === undefined || !notice.isToBeDone) return event;
    const [asked] = await this.#options.store.events([notice.origin]);
    try {
      if (asked === undefined) throw new Rejected("The message that began it is gone.");
      const event = { ...asked.event, address: handle.currentAddress(asked.event.address) };
      return withOutcome(notice, { result: await actions.carryOut(notice.action, notice.input, event) });
    } catch (error) {
      if (error instanceof Withdrawn || error instanceof StoreError) throw error;
      if (this.#options.signal.aborted) throw error;
      return withOutcome(notice, {
        error: this.#options.redact(error instanceof Error ? error.message : String(error)),
      });
    }
  }

  /** The revision of the policy that lets it in. Throws `Withdrawn` when none does any more. */
  async #admitAgain({ handle, event, verdict }: Admitted): Promise<number> {
    const now = await this.#options.admission.again(handle, event, verdict);
    if (now.decision.fate !== "admitted") throw new Withdrawn(now.decision);
    return now.revision;
  }

  /** An agent that has nothing to say until it is told. */
  async #waits(attempt: Attempt, reason: string): Promise<WorkResult> {
    const { handle, stored, number, stream, startedAt, verdict } = attempt;
    this.#failingSince.delete(stored.seq);
    const fate = stream.isBegun() ? "answered" : "silent";
    await this.#options.outcomes.finish(
      handle,
      stored,
      { ...verdict.decision, fate, reason },
      {
        attempt: number,
        also: alsoOf(attempt),
        startedAt,
        operations: stream.removal(),
        state: stream.ending(),
        isRemembered: false,
        policyRevision: verdict.revision,
        hasSequel: true,
      },
    );
    return undefined;
  }

  /** The answer was made for somebody who is not let in any more. */
  async #withdraw(attempt: Attempt, decision: Decision): Promise<WorkResult> {
    const { handle, stored, number, stream } = attempt;
    this.#failingSince.delete(stored.seq);
    const reason = `The policy was tightened while the agent worked, and its answer was not used. ${decision.reason}`;
    const fate = { ...decision, reason, rule: `${decision.rule}.tightened` };
    await this.#options.outcomes.finish(handle, stored, fate, {
      attempt: number,
      also: alsoOf(attempt),
      operations: stream.removal(),
      state: stream.ending(),
      isRemembered: false,
      policyRevision: handle.policyRevision,
    });
    return undefined;
  }

  /** The lane waits for the next attempt, so that answers keep their order; after long enough the turn is given up. */
  async #failed(attempt: Attempt, error: unknown): Promise<WorkResult> {
    const { store, durably, outcomes, clock, limits, random, redact } = this.#options;
    const { handle, stored, number, stream } = attempt;
    const { decision, revision: policyRevision } = attempt.verdict;
    const { seq } = stored;
    const now = clock.now();
    const reason = redact(`The agent failed: ${error instanceof Error ? error.message : String(error)}`);
    const dueAt = now + backoffDelay(number, random, RETRY);
    const failingSince = this.#failingSince.get(seq) ?? now;
    this.#failingSince.set(seq, failingSince);
    const isGivenUp = isFinal(error) || dueAt - failingSince > limits.turnRetryMaxMs;
    const line = failureLine(handle, stored, { attempt: number, isGivenUp });
    if (isGivenUp) {
      this.#failingSince.delete(seq);
      handle.log.error(
        { err: error, event: seq, attempt: number },
        isFinal(error)
          ? "a turn failed in a way that another try does not mend and is a dead letter now"
          : "a turn failed for too long and is a dead letter now",
      );
      const fate: Decision = { ...decision, fate: "dead", reason, rule: "turn.failed" };
      await outcomes.finish(handle, stored, fate, {
        attempt: number,
        also: alsoOf(attempt),
        operations: [...stream.removal(), ...line],
        state: stream.ending(),
        isRemembered: false,
        policyRevision,
      });
      return undefined;
    }
    if (line.length > 0) await outcomes.say(handle, stored, line, { isRemembered: false, policyRevision });
    handle.log.warn(
      { err: error, event: seq, attempt: number, retryInMs: dueAt - now },
      "a turn failed and will be tried again",
    );
    await durably.do(() =>
      store.postpone(handle.owner.lease, { events: [seq, ...alsoOf(attempt)], dueAt, reason }),
    );
    return { retryAt: dueAt };
  }
}

/** The policy was tightened while the agent worked. */
class Withdrawn extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super("the policy was tightened");
    this.decision = decision;
  }
}

function fateOf(answer: Answer, decision: Decision, stream: AnswerStream): Decision {
  return answer.operations.length > 0 || stream.isBegun()
    ? { ...decision, fate: "answered" }
    : { ...decision, fate: "silent", reason: answer.silence ?? "The agent gave no answer." };
}
