import { z } from "zod";
import { childOf, untilAborted } from "../abort.js";
import type { ApprovalDesk, Asked } from "../approvals/desk.js";
import { pendingError } from "../approvals/pending.js";
import { toConfigIssues } from "../config/issues.js";
import { describeIssues } from "../config/messages.js";
import { nearest } from "../config/nearest.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Action, ActionContext, ActionInfo, ActOptions } from "../contract/actions.js";
import type { ApprovalAsk, ApprovalState } from "../contract/approval.js";
import { type ConnectorError, Rejected, Unknown } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { Json } from "../contract/json.js";
import { toCallError, toldOf } from "../outbox/verdict.js";
import { decideTool, type ToolDecision } from "../policy/tools.js";
import type { StoredEvent } from "../store/port.js";
import { ActionJournal, type Call, type JournalOptions, MAX_CALLS } from "./action-journal.js";
import { sessionNow } from "./outcomes.js";
import { Performing, type PerformingOptions } from "./performing.js";

/** Actions of core itself; no connector's may be called so. */
const CORE_PREFIX = "config.";

/** UTF-16 units as JSON. */
const LONGEST = 64 * 1024;

export interface ActionsOptions extends JournalOptions, PerformingOptions {
  /** What core itself offers in a turn that this event began. */
  readonly coreActions: (handle: AccountHandle, event: InboundEvent) => readonly Action[];
  /** Whether an owner's message began the turn. */
  readonly isOwner: (handle: AccountHandle, event: InboundEvent) => boolean;
  readonly approvals: ApprovalDesk;
}

export interface ActionsPlace {
  readonly handle: AccountHandle;
  /** The turn's first event, which names it. */
  readonly stored: StoredEvent;
  /** The event for which it was let in. */
  readonly event: InboundEvent;
  /** Number of the event whose sender must be let in for what is done. */
  readonly origin: number;
  readonly isRepeated: boolean;
  /** The turn's. */
  readonly signal: AbortSignal;
  /** The revision of the policy that lets the event in. Rejects when none does any more. */
  readonly admit: () => Promise<number>;
}

/** How an action is asked for. */
interface Acting {
  /** Where and for whom it is done. */
  readonly event: InboundEvent;
  /** Gives the call up. */
  readonly signal: AbortSignal | undefined;
  readonly isApproved: boolean;
}

/** A call as it is made now. */
interface Made extends Call, Pick<Acting, "event" | "signal"> {
  readonly action: Action;
  /** What the schema made of the input. */
  readonly checked: unknown;
  readonly performing: Performing;
}

/** What one attempt of a turn may do, and what it has done. */
export class TurnActions {
  readonly #options: ActionsOptions;
  readonly #place: ActionsPlace;
  readonly #journal: ActionJournal;
  #isOver = false;

  private constructor(options: ActionsOptions, place: ActionsPlace, journal: ActionJournal) {
    this.#options = options;
    this.#place = place;
    this.#journal = journal;
  }

  static async open(options: ActionsOptions, place: ActionsPlace): Promise<TurnActions> {
    const { handle, stored, isRepeated } = place;
    const journal = await ActionJournal.open(options, handle, stored.seq, isRepeated);
    return new TurnActions(options, place, journal);
  }

  /** See `Turn.allowsTool`. */
  allows(name: string): boolean {
    return this.#judging()(name).isAllowed;
  }

  /** See `Turn.actions`. */
  list(): readonly ActionInfo[] {
    return this.#offered().map(({ name, description, input }) => ({
      name,
      description,
      input: jsonSchemaOf(input),
    }));
  }

  /** See `Turn.act`. */
  act(name: string, input: Json, { signal }: ActOptions = {}): Promise<Json> {
    return this.#act(name, input, { event: this.#place.event, signal, isApproved: false });
  }

  /** Does what people have approved, in the place where it was asked for. */
  carryOut(name: string, input: Json, event: InboundEvent): Promise<Json> {
    return this.#act(name, input, { event, signal: undefined, isApproved: true });
  }

  /** See `Turn.requestApproval`. */
  async requestApproval({ action, input, summary }: ApprovalAsk): Promise<ApprovalState> {
    const name = String(action);
    this.#checkOpen(name);
    if (!this.allows(name))
      return { id: "", status: "denied", reason: `The config does not let ${name} be used here.` };
    return this.#ask({ action: name, input: asWritten(name, input), summary, isOwn: true });
  }

  #checkOpen(name: string): void {
    if (this.#isOver || this.#place.signal.aborted)
      throw new Rejected(`The turn is over; ${name} was not done.`, { where: name });
  }

  async #ask(asked: Asked): Promise<ApprovalState> {
    const { handle, stored, event, origin, admit } = this.#place;
    const policyRevision = await admit();
    const session = sessionNow(handle, stored);
    return this.#options.approvals.ask({ handle, stored, session, event, origin, policyRevision }, asked);
  }

  /** What is thrown instead of doing it. */
  async #pending(name: string, input: Json): Promise<ConnectorError> {
    const state = await this.#ask({ action: name, input, isOwn: false });
    return pendingError(name, state, this.#options.approvals.terms(this.#place.handle));
  }

  async #act(name: string, input: Json, { event, signal, isApproved }: Acting): Promise<Json> {
    this.#checkOpen(name);
    signal?.throwIfAborted();
    const action = this.#find(name, event);
    const written = asWritten(name, input);
    const checked = check(action, written);
    const earlier = this.#journal.earlier(name, written);
    switch (earlier?.outcome.state) {
      case "done":
        return earlier.outcome.result;
      case "refused":
        throw new Rejected(earlier.outcome.reason, { where: name });
      case "attempting": {
        const { operation } = earlier.outcome;
        if (operation === undefined)
          throw new Unknown(
            `An earlier attempt of this turn called ${name} and never learnt what came of it. It is not called again.`,
            { where: name },
          );
        return this.#call({
          ...earlier,
          action,
          checked,
          event,
          signal,
          performing: this.#performing(earlier, operation),
        });
      }
    }
    if (!isApproved && this.#options.approvals.isNeededFor(this.#place.handle, name))
      throw await this.#pending(name, written);
    const index = this.#journal.take();
    if (index === undefined)
      throw new Rejected(`This turn has made ${MAX_CALLS} calls of actions; no more are made.`, {
        where: name,
      });
    await this.#place.admit();
    const call = { index, name, input: written };
    await this.#journal.note(call, { state: "attempting" });
    return this.#call({ ...call, action, checked, event, signal, performing: this.#performing(call) });
  }

  /** @param earlier key of the operation that an earlier attempt's call came to */
  #performing(call: Call, earlier?: string): Performing {
    const noted = (operation: string) => [this.#journal.change(call, { state: "attempting", operation })];
    return new Performing(this.#options, { ...this.#place, name: call.name, earlier, noted });
  }

  /** Nothing is done any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Goes with the commit that ends the turn. */
  ending(): ReturnType<ActionJournal["ending"]> {
    return this.#journal.ending();
  }

  async #call({ action, checked, event, signal: given, performing, ...call }: Made): Promise<Json> {
    const { handle, signal } = this.#place;
    const { name } = call;
    const until = childOf(signal);
    const giveUp = () => until.abort(given?.reason);
    given?.addEventListener("abort", giveUp, { once: true });
    const error = () => new Unknown(`${name} was given up before it was answered.`, { where: name });
    try {
      const context: ActionContext = {
        to: handle.currentAddress(event.address),
        event,
        isOwner: this.#options.isOwner(handle, event),
        signal: until.signal,
        perform: (request) => performing.perform(request, until.signal),
      };
      const running = Promise.resolve().then(() => action.run(checked, context));
      const result = toJson(await untilAborted(running, until.signal, { error }));
      // One that is too long to keep is given to this attempt alone.
      if (JSON.stringify(result).length <= LONGEST) await this.#journal.note(call, { state: "done", result });
      return result;
    } catch (thrown) {
      throw await this.#failed(call, toCallError(thrown), performing);
    } finally {
      given?.removeEventListener("abort", giveUp);
      until.release();
    }
  }

  async #failed(call: Call, failure: ConnectorError, { isBegun }: Performing): Promise<ConnectorError> {
    this.#place.handle.log.warn({ err: failure, action: call.name }, "an action failed");
    const isUndone = !isBegun && (failure.code === "transient" || failure.code === "rate-limited");
    if (isUndone) await this.#journal.forget(call);
    else if (!failure.retryable && failure.code !== "store")
      await this.#journal.note(call, { state: "refused", reason: toldOf(failure) });
    return failure;
  }

  #find(name: string, event: InboundEvent): Action {
    const action = this.#existing(event).find((each) => each.name === name);
    if (action !== undefined) return this.#permitted(action);
    const names = this.#offered().map((each) => each.name);
    const guess = nearest(name, names);
    const known = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
    const hint = guess === undefined ? known : `did you mean "${guess}"?`;
    throw new Rejected(`There is no action "${name}" here; ${hint}`, { where: name });
  }

  #permitted(action: Action): Action {
    const { isAllowed, reason, rule, path } = this.#judging()(action.name);
    if (isAllowed) return action;
    const why = [rule, path].filter((each) => each !== undefined).join(", ");
    throw new Rejected(`${action.name} may not be used here, and nothing was done. ${reason} (${why})`, {
      where: path ?? action.name,
    });
  }

  /** What holds now: an id may be renamed while the turn runs. */
  #judging(): (tool: string) => ToolDecision {
    const { handle, event } = this.#place;
    const group = handle.groupSettings(event);
    const current = (id: string) => handle.current(id);
    const locate = (path: string) => handle.locate(path);
    return (tool) => decideTool({ tool, sender: event.sender, group, current, locate });
  }

  #offered(): readonly Action[] {
    const judge = this.#judging();
    return this.#existing(this.#place.event).filter(({ name }) => judge(name).isAllowed);
  }

  #existing(event: InboundEvent): readonly Action[] {
    const { handle } = this.#place;
    const own = handle.connection?.actions?.(handle.currentAddress(event.address)) ?? [];
    return [
      ...own.filter(({ name }) => !name.startsWith(CORE_PREFIX)),
      ...this.#options.coreActions(handle, event),
    ].filter(({ capability }) => capability === undefined || handle.allows(capability));
  }
}

const schemas = new WeakMap<z.ZodType, ActionInfo["input"]>();

/** Made once for each schema: it takes as long as a short turn. */
function jsonSchemaOf(schema: z.ZodType): ActionInfo["input"] {
  const known = schemas.get(schema);
  if (known !== undefined) return known;
  const made = { ...z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" }) };
  schemas.set(schema, made);
  return made;
}

/** The input as the journal keeps it. */
function asWritten(name: string, input: unknown): Json {
  const text = JSON.stringify(input ?? {});
  if (text === undefined || text.length > LONGEST)
    throw new Rejected(`The input of ${name} must be JSON of at most ${LONGEST} characters.`, {
      where: name,
    });
  return JSON.parse(text);
}

function check({ name, input }: Action, written: Json): unknown {
  const parsed = input.safeParse(written, { error: describeIssues(() => false) });
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues
    .flatMap((issue) => toConfigIssues(input, issue))
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  throw new Rejected(`The input of ${name} is wrong, and nothing was done. ${wrong.join("; ")}`, {
    where: name,
  });
}

function toJson(result: Json | undefined): Json {
  const text = JSON.stringify(result);
  return text === undefined ? null : JSON.parse(text);
}
