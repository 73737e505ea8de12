import type { Tell } from "../agent/notices.js";
import type { Deciders } from "../approvals/deciders.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent } from "../contract/agent.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import type { SendOperation } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import type { AccountStatus } from "../runtime-types.js";
import type { IsOwner } from "../session/people.js";
import { COMMAND_RULE_PREFIX, NEW_SESSION_RULE } from "../store/history.js";
import type { Store, StoredEvent } from "../store/port.js";
import { help } from "./help.js";
import { readCommand } from "./read.js";
import type { CommandName } from "./registry.js";
import { status } from "./status.js";
import { why } from "./why.js";

export interface CommandsOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly agent: Agent;
  readonly tell: Tell;
  readonly isOwner: IsOwner;
  readonly deciders: Deciders;
  readonly overview: Overview;
  readonly redact: (text: string) => string;
}

/** What owners are told of the whole runtime. */
export interface Overview {
  accounts(): readonly AccountStatus[];
  pairingRequests(): Promise<number>;
}

/** One command as somebody gave it. */
export interface CommandCall {
  readonly handle: AccountHandle;
  readonly stored: StoredEvent;
  readonly event: InboundEvent;
  /** What was written after the name, trimmed. */
  readonly rest: string;
  readonly isOwner: boolean;
  readonly isApprover: boolean;
}

export interface CommandReply {
  readonly decision: Decision;
  readonly operations: readonly SendOperation[];
}

/** Decisions about approvals are not answered here, and are there also where all commands are the agent's. */
type OwnCommand = Exclude<CommandName, "approve" | "deny">;

function isDecision(name: CommandName): name is "approve" | "deny" {
  return name === "approve" || name === "deny";
}

/** The commands that the runtime answers itself, on every platform. Only what policy has admitted comes here. */
export class Commands {
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Undefined for whatever is for the agent. */
  async answer(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
  ): Promise<CommandReply | undefined> {
    const command = readCommand(event, handle.owner.identity);
    if (command === undefined) return undefined;
    const { name } = command;
    if (isDecision(name)) return undefined;
    const connector = handle.connector.manifest.id;
    const isOwner = this.#options.isOwner(connector, event.sender, (id) => handle.current(id));
    const { rest } = command;
    const isApprover = this.#options.deciders.isOne(handle, event.sender);
    const call = { handle, stored, event, rest, isOwner, isApprover };
    const text = await this.#options.durably.do(() => this.#run(name, call));
    const { message: _, ...to } = stored.event.address;
    return {
      decision: {
        fate: "answered",
        reason: `The runtime answered /${name} itself.`,
        rule: name === "new" ? NEW_SESSION_RULE : `${COMMAND_RULE_PREFIX}${name}`,
      },
      // Plain, so that nothing that comes from outside, such as a name or an error, is taken for markup.
      operations: [{ kind: "send", to, text: this.#options.redact(text), format: "plain" }],
    };
  }

  #run(name: OwnCommand, call: CommandCall): Promise<string> {
    switch (name) {
      case "help":
        return Promise.resolve(help(call, this.#options));
      case "status":
        return status(call, this.#options);
      case "new":
        return this.#startAfresh(call);
      case "why":
        return why(call, this.#options);
    }
  }

  /** The session begins after this event, by the rule that is stored with it. */
  async #startAfresh({ handle, stored: { session } }: CommandCall): Promise<string> {
    await this.#options.tell(handle, { type: "reset", identity: handle.owner.identity, session });
    return "Starting afresh.";
  }
}
