import type { InboundEvent } from "@elizaos/connector-core";
import type { Directory } from "../directory.js";
import type { Acknowledgement } from "../interactions/acknowledger.js";

/** What something that the gateway said is to us. */
export type Reading =
  | {
      readonly type: "event";
      readonly event: InboundEvent;
      /** What Discord waits for, once the event is stored. */
      readonly acknowledgement?: Acknowledgement;
    }
  | { readonly type: "dropped"; readonly reason: string; readonly malformed: boolean }
  /** Nothing that an agent would want to know. */
  | { readonly type: "none" };

export const NONE: Reading = { type: "none" };

export interface ReadContext {
  readonly directory: Directory;
  /** The bot's user id. */
  readonly self: string;
  /** Unix time in ms by this host's clock, for events that bear none. */
  readonly now: number;
  /** Names this dispatch among all, for events that have no id. */
  readonly delivery: string;
  /** Id of the bot's application, which answers to interactions go by. */
  readonly application: string;
  /** In a server, the answer to this command is shown to whoever gave it alone. */
  readonly isPrivate: (command: string) => boolean;
}
