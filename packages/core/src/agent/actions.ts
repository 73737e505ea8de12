import { z } from "zod";
import { childOf, untilAborted } from "../abort.js";
import { toConfigIssues } from "../config/issues.js";
import { describeIssues } from "../config/messages.js";
import { nearest } from "../config/nearest.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Action, ActionInfo, ActOptions } from "../contract/actions.js";
import { type ConnectorError, Rejected, Unknown } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { Json } from "../contract/json.js";
import { toCallError } from "../outbox/verdict.js";
import { decideTool, type ToolDecision } from "../policy/tools.js";
import { ActionJournal, type JournalOptions, MAX_CALLS } from "./action-journal.js";

/** Actions of core itself; no connector's may be called so. */
const CORE_PREFIX = "config.";

/** UTF-16 units as JSON. */
const LONGEST = 64 * 1024;

export interface ActionsOptions extends JournalOptions {
  /** What core itself offers in a turn that this event began. */
  readonly coreActions: (handle: AccountHandle, event: InboundEvent) => readonly Action[];
}

export interface ActionsPlace {
  readonly handle: AccountHandle;
  /** Number of the turn's event. */
  readonly turn: number;
  readonly event: InboundEvent;
  readonly isRepeated: boolean;
  /** The turn's. */
  readonly signal: AbortSignal;
  /** Rejects when the policy lets the event in no more. */
  readonly admit: () => Promise<unknown>;
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
    const { handle, turn, isRepeated } = place;
    return new TurnActions(options, place, await ActionJournal.open(options, handle, turn, isRepeated));
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
  async act(name: string, input: Json, { signal }: ActOptions = {}): Promise<Json> {
    if (this.#isOver || this.#place.signal.aborted)
      throw new Rejected(`The turn is over; ${name} was not done.`, { where: name });
    signal?.throwIfAborted();
    const action = this.#find(name);
    const written = asWritten(name, input);
    const checked = check(action, written);
    const earlier = this.#journal.earlier(name, written);
    switch (earlier?.state) {
      case "done":
        return earlier.result;
      case "refused":
        throw new Rejected(earlier.reason, { where: name });
      case "attempting":
        throw new Unknown(
          `An earlier attempt of this turn called ${name} and never learnt what came of it. It is not called again.`,
          { where: name },
        );
    }
    const index = this.#journal.take();
    if (index === undefined)
      throw new Rejected(`This turn has made ${MAX_CALLS} calls of actions; no more are made.`, {
        where: name,
      });
    await this.#place.admit();
    await this.#journal.note(index, name, written, { state: "attempting" });
    return this.#call(index, action, written, checked, signal);
  }

  /** Nothing is done any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Goes with the commit that ends the turn. */
  ending(): ReturnType<ActionJournal["ending"]> {
    return this.#journal.ending();
  }

  async #call(
    index: number,
    action: Action,
    written: Json,
    input: unknown,
    given: AbortSignal | undefined,
  ): Promise<Json> {
    const { handle, event, signal } = this.#place;
    const { name } = action;
    const until = childOf(signal);
    const giveUp = () => until.abort(given?.reason);
    given?.addEventListener("abort", giveUp, { once: true });
    const error = () => new Unknown(`${name} was given up before it was answered.`, { where: name });
    try {
      const context = { to: handle.currentAddress(event.address), event, signal: until.signal };
      const running = Promise.resolve().then(() => action.run(input, context));
      const result = toJson(await untilAborted(running, until.signal, { error }));
      // One that is too long to keep is given to this attempt alone.
      if (JSON.stringify(result).length <= LONGEST)
        await this.#journal.note(index, name, written, { state: "done", result });
      return result;
    } catch (thrown) {
      throw await this.#failed(index, name, written, toCallError(thrown));
    } finally {
      given?.removeEventListener("abort", giveUp);
      until.release();
    }
  }

  async #failed(
    index: number,
    name: string,
    written: Json,
    failure: ConnectorError,
  ): Promise<ConnectorError> {
    this.#place.handle.log.warn({ err: failure, action: name }, "an action failed");
    if (failure.code === "transient" || failure.code === "rate-limited") await this.#journal.forget(index);
    else if (failure.code !== "unknown" && failure.code !== "store")
      await this.#journal.note(index, name, written, { state: "refused", reason: failure.message });
    return failure;
  }

  #find(name: string): Action {
    const action = this.#existing().find((each) => each.name === name);
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
    return this.#existing().filter(({ name }) => judge(name).isAllowed);
  }

  #existing(): readonly Action[] {
    const { handle, event } = this.#place;
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
