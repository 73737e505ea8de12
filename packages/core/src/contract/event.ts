import type { Address, ChatInfo } from "./address.js";
import type { Json } from "./json.js";

/** Who did something. Policy matches `id` and `aliases`, never names. */
export interface Sender {
  readonly id: string;
  /** Further ids of the same sender which the platform vouches for (LID and number, guid and e-mail). */
  readonly aliases?: readonly string[];
  /** For people to read; anybody can call themselves anything. */
  readonly name?: string;
  readonly username?: string;
  readonly roles?: readonly string[];
  /** The account this event arrived on. */
  readonly isSelf?: boolean;
  readonly isBot?: boolean;
  /** Id of what relayed the message: an inline bot, a proxy, a business connection. */
  readonly via?: string;
}

/** A marked range of a message's text. `offset` and `length` count UTF-16 units. */
export interface TextRange {
  readonly type:
    | "mention"
    | "link"
    | "command"
    | "code"
    | "pre"
    | "bold"
    | "italic"
    | "strike"
    | "underline"
    | "quote"
    | "spoiler"
    | "emoji";
  readonly offset: number;
  readonly length: number;
  /** Target of a link. */
  readonly url?: string;
  /** Id of the mentioned sender, where the platform gives one. */
  readonly user?: string;
  /** Language of a `pre` range. */
  readonly language?: string;
}

/** What a file is to people. `voice` is something spoken for this chat, `animation` a silent film that plays by itself. */
export type MediaType = "image" | "video" | "animation" | "audio" | "voice" | "sticker" | "file";

/** An inbound attachment: what is needed to fetch it later, also after a restart. Bytes are not here. */
export interface AttachmentRef {
  /** A location or contact has no bytes: it stands in `ref`. */
  readonly type: MediaType | "location" | "contact";
  /** The connector's own pointer (file id, URL, key material), handed back to `Connection.download`. */
  readonly ref: Json;
  readonly name?: string;
  /** Media type as the platform states it; not verified. */
  readonly mediaType?: string;
  /** Size in bytes as the platform states it. */
  readonly size?: number;
  /** Unix time in ms after which `ref` no longer works. */
  readonly expiresAt?: number;
  /** Why its bytes are not to be had, for people and agents to read. Set by core in turns, never by connectors. */
  readonly refused?: string;
}

/** The message that a message answers. */
export interface ReplyReference {
  readonly message: string;
  readonly sender?: Sender;
  readonly text?: string;
}

/** Why a message counts as said to the account. */
export type MentionKind = "mention" | "reply" | "command";

export interface MessageContent {
  /** Plain text; positions in `ranges` refer to it. Empty for a message of attachments only. */
  readonly text: string;
  readonly ranges?: readonly TextRange[];
  readonly attachments?: readonly AttachmentRef[];
  readonly replyTo?: ReplyReference;
  /** Set when the account itself is meant. */
  readonly mentionsSelf?: MentionKind;
  /** Messages with the same album key were sent as one. */
  readonly album?: string;
  readonly forwardedFrom?: string;
  /** The platform put it there by itself, such as a channel's post into its discussion group: no turn unless the account is meant. */
  readonly isAutomatic?: boolean;
}

interface EventBase {
  /**
   * Names of this event inside its identity: the object's key and, where the platform gives one, the delivery's.
   * All are stored together; an event any of whose keys is known is a duplicate.
   */
  readonly keys: readonly [string, ...string[]];
  /** When it happened by the platform's clock, Unix time in ms. */
  readonly sentAt: number;
  /** The platform's order inside its chat (message id, sequence, timestamp). Absent: order of arrival. */
  readonly order?: number;
  readonly address: Address;
  readonly chat: ChatInfo;
  readonly sender: Sender;
  /** The connector's `hydrate` must complete this event before policy sees it. */
  readonly needsHydration?: boolean;
  /** The platform's envelope, kept only until `hydrate` is done. At most 64 KiB as JSON. */
  readonly raw?: Json;
}

export interface MessageEvent extends EventBase {
  readonly kind: "message";
  readonly content: MessageContent;
}

/** A message was changed; `address.message` names it, `content` is all of it. */
export interface EditedEvent extends EventBase {
  readonly kind: "edited";
  readonly content: MessageContent;
}

export interface DeletedEvent extends EventBase {
  readonly kind: "deleted";
  readonly messages: readonly string[];
}

export interface ReactionEvent extends EventBase {
  readonly kind: "reaction";
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * A command that the platform itself recognised (slash command, bot menu). Asks for an answer as a message does, and begins a turn of its
 * own. `content` is all that was written, the name included where it stands there.
 */
export interface CommandEvent extends EventBase {
  readonly kind: "command";
  /** Without the leading slash, lower case. */
  readonly name: string;
  readonly content: MessageContent;
}

export interface ButtonEvent extends EventBase {
  readonly kind: "button";
  /** As the button had it; see `OutboundButton`. `address.message` is the message that it hangs on. */
  readonly data: string;
  /** The platform could not hold the data, and core does not have it any more. Set by core, never by connectors. */
  readonly isExpired?: boolean;
  /** One of core's own buttons, which decide about approvals. Set by core, never by connectors. */
  readonly isDecision?: boolean;
}

export interface VoteEvent extends EventBase {
  readonly kind: "vote";
  readonly poll: string;
  readonly options: readonly number[];
}

export interface MemberEvent extends EventBase {
  readonly kind: "member";
  readonly change: "joined" | "left" | "updated";
  readonly member: Sender;
}

/** Something happened to the account in this chat. */
export interface LifecycleEvent extends EventBase {
  readonly kind: "lifecycle";
  readonly change: "added" | "removed" | "blocked" | "unblocked";
}

/** Anything else that an agent may want to know: a push, a mail label, a stream going live. */
export interface NoticeEvent extends EventBase {
  readonly kind: "notice";
  readonly name: string;
  readonly text: string;
  readonly data?: Json;
}

/** What a platform said, in the one form that core, policy and agents know. JSON throughout. */
export type InboundEvent =
  | MessageEvent
  | EditedEvent
  | DeletedEvent
  | ReactionEvent
  | CommandEvent
  | ButtonEvent
  | VoteEvent
  | MemberEvent
  | LifecycleEvent
  | NoticeEvent;

export type EventKind = InboundEvent["kind"];
