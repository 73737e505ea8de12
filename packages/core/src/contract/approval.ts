import type { Json } from "./json.js";

/** Something that the agent wants to do itself once a person has agreed, such as running a command. */
export interface ApprovalAsk {
  /** Its name, at most 100 characters; what `agentFilter`, `tools` and people know it by. */
  readonly action: string;
  /** With what, at most 64 KiB as JSON. Approvers see the first 1,500 characters. */
  readonly input: Json;
  /** Why, in a sentence, for the approvers. */
  readonly summary?: string;
}

export interface ApprovalState {
  /** Names the request; empty where none was made. */
  readonly id: string;
  readonly status: "pending" | "approved" | "denied" | "expired";
  /** Who decided: a sender id, or an operator's name. */
  readonly by?: string;
  /** When, Unix ms. */
  readonly at?: number;
  /** Why nobody was asked, with what would mend it. */
  readonly reason?: string;
}
