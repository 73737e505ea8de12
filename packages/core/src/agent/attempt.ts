import { backoffDelay } from "../backoff.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent, Turn } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { StoreError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import { shownAnswer } from "../heartbeat/shown.js";
import type { WorkResult } from "../lanes/lanes.js";
import type { Admission, Verdict } from "../policy/admission.js";
import type { RuntimeLimits } from "../runtime-types.js";
import { historyLimit } from "../session/limits.js";
import { OPERATOR_RULE, type StoredEvent } from "../store/port.js";
import { type ActionsOptions, TurnActions } from "./actions.js";
import { type Answer, collectAnswer } from "./answer.js";
import { Beginning } from "./begin.js";
import { failureLine, isFinal } from "./failure.js";
import type { Tell } from "./notices.js";
import { sessionNow } from "./outcomes.js";
import { type AnswerStream, openStream, type StreamsOptions } from "./streams.js";
import { TurnTime } from "./time.js";
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
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
  /** Takes secrets out of texts that are stored or shown. */
  readonly redact: (text: string) => string;
}

/** An event that policy let in. */
export interface Admitted {
  readonly handle: AccountHandle;
  readonly stored: StoredEvent;
  /** As `hydrate` completed it. */
  readonly event: InboundEvent;
  readonly verdict: Verdict;
  /** It came a moment ago, and no earlier life of the program can have begun it. */
  readonly isFresh: boolean;
}

/** One attempt under way. */
interface Attempt extends Admitted {
  readonly number: number;
  /** Unix time in ms. */
  readonly startedAt: number;
  readonly time: TurnTime;
  readonly stream: AnswerStream;
  readonly actions: TurnActions;
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
    const { seq, attempts } = stored;
    if (attempts >= MAX_ATTEMPTS && stored.decision.rule !== OPERATOR_RULE) {
      const reason = `It was tried ${attempts} times without an end; perhaps it brings the process down each time.`;
      handle.log.error({ event: seq, attempts }, "a turn was tried too often and is a dead letter now");
      await outcomes.finish(handle, stored, { ...decision, fate: "dead", reason, rule: "turn.attempts" });
      return undefined;
    }
    const startedAt = stored.startedAt ?? clock.now();
    const note = () =>
      durably.do(() => store.begin(handle.owner.lease, { events: [seq], decision, at: startedAt }));
    // What was tried before may have ended the process: this time it is counted before it can do so again.
    if (!isFresh) await note();
    const time = new TurnTime(clock, limits.turnTimeoutMs, signal);
    try {
      const isRepeated = !isFresh || attempts > 0;
      const place = { isRepeated, signal: time.signal, admit: () => this.#admitAgain(admitted) };
      const [shown, actions] = await Promise.all([
        openStream(this.#options, handle, stored, place),
        TurnActions.open(this.#options, { ...place, handle, turn: seq, event: admitted.event }),
      ]);
      const stream = { ...shown, ending: () => [...shown.ending(), ...actions.ending()] };
      const attempt = { ...admitted, number: attempts + 1, startedAt, time, stream, actions };
      return await this.#try(attempt, isFresh ? new Beginning(note) : undefined);
    } finally {
      time.end();
    }
  }

  async #try(attempt: Attempt, beginning: Beginning | undefined): Promise<WorkResult> {
    const { outcomes, agent, clock, signal, tell } = this.#options;
    const { handle, stored, event, number, startedAt, time, stream } = attempt;
    const { decision } = attempt.verdict;
    const turn = this.#turnOf(attempt);
    const stopTyping = showTyping(handle, event, clock, time.signal);
    try {
      const { address } = stored.event;
      const whole = await time.run(() =>
        collectAnswer(agent.run(turn, { signal: time.signal, deadline: time.deadline }), {
          ...stream,
          to: address,
          signal: time.signal,
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
      return this.#failed(attempt, error);
    } finally {
      stopTyping();
    }
  }

  /** The revision of the policy that lets it in. Throws `Withdrawn` when none does any more. */
  async #admitAgain({ handle, event, verdict }: Admitted): Promise<number> {
    const now = await this.#options.admission.again(handle, event, verdict);
    if (now.decision.fate !== "admitted") throw new Withdrawn(now.decision);
    return now.revision;
  }

  /** The answer was made for somebody who is not let in any more. */
  async #withdraw({ handle, stored, number, stream }: Attempt, decision: Decision): Promise<WorkResult> {
    this.#failingSince.delete(stored.seq);
    const reason = `The policy was tightened while the agent worked, and its answer was not used. ${decision.reason}`;
    const fate = { ...decision, reason, rule: `${decision.rule}.tightened` };
    await this.#options.outcomes.finish(handle, stored, fate, {
      attempt: number,
      operations: stream.removal(),
      state: stream.ending(),
      isRemembered: false,
      policyRevision: handle.policyRevision,
    });
    return undefined;
  }

  #turnOf({ handle, stored, event, verdict: { decision }, number, stream, actions }: Attempt): Turn {
    const { agent, store } = this.#options;
    let events: Turn["events"] | undefined;
    return {
      id: `${handle.owner.identity}/${event.keys[0]}`,
      attempt: number,
      connector: handle.connector.manifest.id,
      account: handle.id,
      identity: handle.owner.identity,
      session: sessionNow(handle, stored),
      // A copy costs more than most of what is done for a message, and many agents read the text alone.
      get events() {
        events ??= [structuredClone(event)];
        return events;
      },
      text: textOf(event),
      admitted: decision,
      said: stream.said,
      receivedAt: stored.receivedAt,
      history: async () =>
        agent.history === "own"
          ? []
          : store.history(sessionNow(handle, stored), {
              before: stored.seq,
              limit: historyLimit(handle, event),
            }),
      get actions() {
        return actions.list();
      },
      act: (name, input, options) => actions.act(name, input, options),
    };
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
    await durably.do(() => store.postpone(handle.owner.lease, { events: [seq], dueAt, reason }));
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
