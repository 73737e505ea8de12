import { DECISION_MARK } from "../buttons/kept.js";
import { readCommand } from "../commands/read.js";
import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent, Sender } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";

/** What somebody wants to decide: a request by its token or code. */
export interface Ruling {
  readonly status: "approved" | "denied";
  readonly door: "button" | "command";
  /** The token of a button, or the code that was written. */
  readonly secret: string;
}

/** Who decides about approvals, and what in an event is a decision. */
export class Deciders {
  readonly #owners: (connector: string) => readonly string[];

  /** @param owners sender ids of those who own the agent on a connector */
  constructor(owners: (connector: string) => readonly string[]) {
    this.#owners = owners;
  }

  /** Sender ids as they are today. */
  of(handle: AccountHandle): readonly string[] {
    const { id } = handle.connector.manifest;
    const listed = handle.config.execApprovals?.approvers ?? [];
    const prefix = `${id}:`;
    const named = listed.map((each) => (each.startsWith(prefix) ? each.slice(prefix.length) : each));
    const ids = named.length > 0 ? named : this.#owners(id);
    return [...new Set(ids.map((each) => handle.current(each)))];
  }

  /** Nobody where nothing is asked. */
  whereAsked(handle: AccountHandle): readonly string[] {
    return handle.config.execApprovals?.enabled === true ? this.of(handle) : [];
  }

  isOne(handle: AccountHandle, { id, aliases = [], isBot, isSelf }: Sender): boolean {
    if (isBot === true || isSelf === true || handle.config.execApprovals?.enabled !== true) return false;
    const ids = [id, ...aliases].map((each) => handle.current(each));
    return this.of(handle).some((each) => ids.includes(each));
  }

  /** Where the config says who decides. */
  pathOf(handle: AccountHandle): string {
    const isListed = (handle.config.execApprovals?.approvers ?? []).length > 0;
    return isListed ? handle.locate("execApprovals.approvers") : "owners";
  }

  /** The decision in an event; undefined for all others, and where nothing is asked. */
  read(handle: AccountHandle, event: InboundEvent): Ruling | undefined {
    if (handle.config.execApprovals?.enabled !== true) return undefined;
    if (event.kind === "button") {
      if (event.isDecision !== true) return undefined;
      const [sign, secret] = [
        event.data.charAt(DECISION_MARK.length),
        event.data.slice(DECISION_MARK.length + 1),
      ];
      return { status: sign === "+" ? "approved" : "denied", door: "button", secret };
    }
    const command = readCommand(event, handle.owner.identity);
    if (command?.name !== "approve" && command?.name !== "deny") return undefined;
    const status = command.name === "approve" ? "approved" : "denied";
    return { status, door: "command", secret: command.rest.toUpperCase() };
  }

  /** Lets in those who decide, for that and nothing else, whatever the policy says of them. */
  admit(handle: AccountHandle, event: InboundEvent): Decision | undefined {
    if (this.read(handle, event) === undefined || !this.isOne(handle, event.sender)) return undefined;
    return {
      fate: "admitted",
      reason: "The sender decides about approvals.",
      rule: "approval.approver",
      path: this.pathOf(handle),
    };
  }
}

/** What a button sends that decides. */
export function decisionData(status: "approved" | "denied", token: string): string {
  return `${DECISION_MARK}${status === "approved" ? "+" : "-"}${token}`;
}
