import type { ActionInfo, ActOptions } from "./actions.js";
import type { ApprovalAsk, ApprovalState } from "./approval.js";
import type { ButtonRows } from "./button.js";
import type { AttachmentRef, InboundEvent, MediaType } from "./event.js";
import type { Decision } from "./fate.js";
import type { Json } from "./json.js";

/** One line of a session: what a sender wrote, or what the agent answered. */
export interface HistoryEntry {
  readonly role: "user" | "assistant";
  readonly text: string;
  /** Sender id; absent for the agent's own lines. */
  readonly sender?: string;
  readonly name?: string;
  /** Unix time in ms. */
  readonly at: number;
  /** Platform message id, where there is one. */
  readonly message?: string;
  /** What came or went with the text. */
  readonly attachments?: readonly { readonly type: AttachmentRef["type"]; readonly name?: string }[];
}

/** The bytes of an inbound attachment, while they come in. */
export interface DownloadedFile {
  readonly name?: string;
  /** By content where that tells, else as the platform states it, else `application/octet-stream`. */
  readonly mediaType: string;
  /** Fails with `Rejected` where the file turns out larger than it may be. To be read once, and before the turn ends. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Reads all of `stream` into memory; at most the account's `mediaMaxMb`. */
  bytes(): Promise<Uint8Array>;
}

/** What an agent is asked to answer. */
export interface Turn {
  /**
   * Names the turn for ever: its identity and its first event's object key. The same for every attempt; each gets fresh copies
   * of the events.
   */
  readonly id: string;
  /** 1 for the first try; more after a failure or a crash. */
  readonly attempt: number;
  readonly connector: string;
  readonly account: string;
  /** The platform's own id of the account, as `<connector>:<id>`. */
  readonly identity: string;
  /**
   * The session's key: one per DM user, group or thread, or one that several private chats share. It changes when the platform
   * renames a chat: see `AgentNotice`.
   */
  readonly session: string;
  /** What belongs to this turn, oldest first; at least one. */
  readonly events: readonly [InboundEvent, ...InboundEvent[]];
  /** The text of the events, joined by newlines. */
  readonly text: string;
  /** Why policy let it in: a DM, a mention, a reply, an open group. */
  readonly admitted: Decision;
  /**
   * What earlier attempts already said in answer, oldest first: messages that cannot be taken back. An agent may go on from there;
   * one that says everything again is heard from where that ends. Empty unless an attempt failed half-way while streaming in blocks.
   */
  readonly said: readonly string[];
  /** When the newest event was stored, Unix ms by this host's clock. Unlike `sentAt` it only rises within a session. */
  readonly receivedAt: number;
  /**
   * What was said in this session before, oldest first, without the turn's own events and within the configured
   * limits. Read from the store when asked for; empty for an agent that keeps its own history.
   */
  history(): Promise<readonly HistoryEntry[]>;
  /** Instructions that the account's config has for this group or thread, besides the agent's own. */
  readonly systemPrompt?: string | undefined;
  /** Names of the agent's skills that it has in this group or thread. Undefined: all. */
  readonly skills?: readonly string[] | undefined;
  /**
   * Whether the account's config lets a tool of the agent's own be used here, for whoever began the turn. Actions need not be asked about:
   * `actions` has those that may be used.
   */
  allowsTool(name: string): boolean;
  /** What the agent may do besides answering, here and now. */
  readonly actions: readonly ActionInfo[];
  /**
   * Does one of them. Each call is on record before it is made: an attempt that makes the same calls again is given what came of
   * them, and no call is made twice. At most 64 calls per turn.
   *
   * @returns what the action gave back
   * @throws Rejected for an unknown name, one that the config denies here, input that the action's schema refuses (then nothing was done),
   * or the platform's no
   * @throws Unknown when nobody can tell whether it was done
   * @throws ApprovalPending when people are asked first: nothing was done yet. The decision begins a turn of its own, with a `notice` event
   * named `approval`; an action that was approved is done by then, and its result in the notice. An agent that lets the error through ends
   * its turn in silence.
   */
  act(name: string, input: Json, options?: ActOptions): Promise<Json>;
  /**
   * Asks people about something that the agent would do itself. Resolves at once; what they decide comes as a `notice` event named `approval`
   * in a turn of its own, which has the request's id, action and input in its `data`. The same action and input in the same turn are the
   * same request, over attempts and restarts. Throws `Rejected` when 100 requests of the account wait already.
   */
  requestApproval(ask: ApprovalAsk): Promise<ApprovalState>;
  /**
   * Fetches an attachment from the platform; nothing is fetched unless this is called. Throws `Rejected` for what is larger than
   * the account's `mediaMaxMb` or than the platform gives, `Gone` when the attachment has expired, `Transient` when it may work later.
   */
  download(attachment: AttachmentRef, options?: { readonly signal?: AbortSignal }): Promise<DownloadedFile>;
}

/** A piece of the answer's text; pieces are joined as they are. */
export interface Delta {
  readonly type: "delta";
  readonly text: string;
}

/**
 * A file to send. It is copied before the answer is committed, so that it may be deleted or changed afterwards. What cannot be had
 * (no such file, not found, too large) becomes a dead letter with the reason, and the message's text is sent all the same.
 */
export type OutgoingAttachment = {
  /** Default: by media type. Where the platform has no such type, the closest that it has. */
  readonly type?: MediaType;
  /** As people see it. Default: the last part of the path or URL. */
  readonly name?: string;
  /** Default: by content. */
  readonly mediaType?: string;
} & (
  | { readonly path: string }
  /** http or https, on a public address; redirects are followed to such addresses only. */
  | { readonly url: string }
  | { readonly bytes: Uint8Array }
);

/** A message of its own. Text given as deltas before it becomes a message before it. */
export interface OutgoingMessage {
  readonly type: "message";
  /** With attachments: their caption, which may be empty. Longer ones follow as messages. */
  readonly text: string;
  readonly attachments?: readonly OutgoingAttachment[];
  /** At most 100. Where a chat has none, the text lists them, so that people can type their choice. */
  readonly buttons?: ButtonRows;
  readonly format?: "markdown" | "plain";
  /** Quote the message that is being answered. */
  readonly quote?: boolean;
}

/** A reaction to the newest message of the turn. */
export interface React {
  readonly type: "react";
  readonly emoji: string;
}

/** Deliberately no answer; the reason is kept with the event. */
export interface Silent {
  readonly type: "silent";
  readonly reason?: string;
}

export type AgentOutput = string | Delta | OutgoingMessage | React | Silent;

/** What `run` may give back. An empty string and an empty stream mean silence. */
export type AgentAnswer =
  | AgentOutput
  | AsyncIterable<AgentOutput>
  | Promise<AgentOutput | AsyncIterable<AgentOutput>>;

export interface RunOptions {
  /** Aborted when the host stops or the turn's time is over; output after that is dropped. */
  readonly signal: AbortSignal;
  /** When the turn's time is over, Unix ms; for agents that must be told beforehand. */
  readonly deadline: number;
}

/** What an agent with a memory of its own learns besides its turns. */
export type AgentNotice =
  /** Kept for the session and no turn: a group message without a mention, an edit, a deletion, a reaction. */
  | {
      readonly type: "context";
      readonly connector: string;
      readonly account: string;
      readonly identity: string;
      readonly session: string;
      readonly event: InboundEvent;
      readonly decision: Decision;
    }
  /** A turn's outcome is in the store. Output of an attempt for which this never comes was not used. */
  | {
      readonly type: "committed";
      readonly turn: string;
      readonly attempt: number;
      readonly decision: Decision;
    }
  /** Somebody asked to start afresh: what was said in the session before counts no more. */
  | { readonly type: "reset"; readonly identity: string; readonly session: string }
  /**
   * A chat or sender has another id now; session keys that hold `from` as the segment of their chat or sender hold `to` from now
   * on. Of a session that identities share, only what this identity has in it moves.
   */
  | { readonly type: "renamed"; readonly identity: string; readonly from: string; readonly to: string };

/** Something that an agent can do and that people may ask for by a command. */
export interface Skill {
  /** Of the command as well: `a-z`, `0-9` and `_`, at most 32 characters; others are in no menu, and the log says so. */
  readonly name: string;
  /** For people, one line. */
  readonly description: string;
}

/** The brain, whoever provides it. */
export interface Agent {
  /** `ours`: `Turn.history` reads the session. `own`: the agent remembers by itself; `Turn.history` is empty. */
  readonly history: "ours" | "own";
  /** For settings that name agents, such as `execApprovals.agentFilter`. */
  readonly name?: string;
  run(turn: Turn, options: RunOptions): AgentAnswer;
  /**
   * What platforms show in their menus of commands where `commands.nativeSkills` lets them, the most important first: what
   * finds no room is left out. Whoever picks one brings a `command` event of its name. Read whenever an account connects.
   */
  readonly skills?: readonly Skill[];
  /**
   * Told in the order of the session. A `context` or `reset` comes before its event is done with, and so at least once; the
   * others come after the fact and are lost when the process dies just then. A failure is logged and holds nothing up.
   */
  observe?(notice: AgentNotice): void | Promise<void>;
}

/** An agent, or just its `run` with `history: "ours"`. */
export type AgentLike = Agent | Agent["run"];
