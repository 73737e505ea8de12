import type { Clock } from "./clock.js";
import type { Simulator } from "./server.js";
import type { Watch } from "./watch.js";

/** What a connector's config takes. */
export type ConfigBlock = Readonly<Record<string, unknown>>;

/** A file that a person sends. */
export interface SimulatedFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** A part of a message that is shown in another way than the rest. */
export interface SimulatedMark {
  readonly type:
    | "bold"
    | "italic"
    | "strike"
    | "code"
    | "pre"
    | "link"
    | "quote"
    | "spoiler"
    | "underline"
    | "mention";
  /** The words that are shown so. */
  readonly text: string;
  readonly url?: string;
}

/** A button under a message. */
export interface SimulatedButton {
  /** What people read on it. */
  readonly text: string;
  /** Where it leads. Absent: a press of it is brought to the account. */
  readonly url?: string;
}

/** A button that somebody pressed. */
export interface SimulatedPress {
  /** Resolves when the account told the platform that it arrived. Absent where people are shown nothing until then. */
  answered?(): Promise<void>;
  /** Brings the press once more as the platform would, after the account acknowledged it. Absent: the platform never does. */
  redelivered?(): Promise<void>;
}

/** A message as people see it now. */
export interface SimulatedMessage {
  /** As the connector's events and results name it. */
  readonly id: string;
  /** Name of the person, or of the account, that wrote it. */
  readonly author: string;
  /** What people read: without markup. */
  readonly text: string;
  /** Absent on a platform that shows plain text only. */
  readonly marks?: readonly SimulatedMark[];
  /** Id of the thread it stands in. */
  readonly thread?: string;
  /** Text of the message that it quotes. */
  readonly quote?: string;
  /** Emoji that are on it. */
  readonly reactions: readonly string[];
  /** Files that an account sent with it. */
  readonly files?: readonly SimulatedFile[];
  /** Rows of buttons under it. Absent: none. */
  readonly buttons?: readonly (readonly SimulatedButton[])[];
  /** How often it was changed since it was written. */
  readonly edits: number;
}

/** One set of credentials on the platform. */
export interface SimulatedAccount {
  /** The platform's id of the account, as in `Identity.id`. */
  readonly id: string;
  /** As in `FaultRule.account`. */
  readonly name: string;
  /** What a person writes to mention it. */
  readonly mention: string;
  /** What people read there, as in the event's text. Default: as it was written. */
  readonly mentionShown?: string;
  /** The connector's config that leads this account to this simulator: credentials and address, nothing else. */
  readonly config: ConfigBlock;
  /** The platform refuses its credentials from now on. */
  revoke(): void;
  /** Brings the newest event, which the connector has acknowledged, once more as the platform would. */
  redeliver?(): void;
  /** The next events that wait together come in reverse order. Absent: the platform keeps their order. */
  reorder?(): void;
  /** Brings one event that is not well-formed and one of a kind that nobody knows; once something was said. */
  garble(): void;
}

export interface SimulatedPerson {
  /** As in `Sender.id`. */
  readonly id: string;
  readonly name: string;
}

/** What can be set for one group or thread in the connector's own map of groups. */
export interface GroupOverrides {
  readonly enabled?: boolean;
  readonly requireMention?: boolean;
  readonly allowFrom?: readonly string[];
  readonly systemPrompt?: string;
  readonly skills?: readonly string[];
  readonly tools?: ToolLists;
  readonly toolsBySender?: Readonly<Record<string, ToolLists>>;
}

export interface ToolLists {
  readonly allow?: readonly string[];
  readonly alsoAllow?: readonly string[];
  readonly deny?: readonly string[];
}

export interface SayOptions {
  /** The message that it answers. */
  readonly replyTo?: SimulatedMessage;
  readonly file?: SimulatedFile;
}

/** A private chat, a group, or a thread of a group. Messages that the people's verbs make are those of people. */
export interface SimulatedChat {
  /** As in `Address.chat`; another one after a rename. */
  readonly id: string;
  /** As in `Address.thread`. */
  readonly thread?: string;
  readonly kind: "dm" | "group";
  says(person: SimulatedPerson, text: string, options?: SayOptions): Promise<SimulatedMessage>;
  /** Gives an account a command, as the platform's clients do: `/name rest`; waits for a menu that is to show it. Absent where the platform knows none. */
  commands?(person: SimulatedPerson, account: SimulatedAccount, name: string, rest: string): Promise<void>;
  /** Several files as one, with a text on the first. Absent where every file is a message of its own. */
  sendsAlbum?(person: SimulatedPerson, text: string, files: readonly SimulatedFile[]): Promise<void>;
  /** Absent where people cannot change what they wrote. */
  edits?(person: SimulatedPerson, message: SimulatedMessage, text: string): Promise<void>;
  /** Absent where people cannot take back what they wrote. */
  deletes?(person: SimulatedPerson, message: SimulatedMessage): Promise<void>;
  /** Null takes the reaction back. Absent where the platform has no reactions. */
  reacts?(person: SimulatedPerson, message: SimulatedMessage, emoji: string | null): Promise<void>;
  /** Presses the button that reads so under an account's message. Absent where messages have no buttons. */
  presses?(person: SimulatedPerson, message: SimulatedMessage, button: string): Promise<SimulatedPress>;
  /** What accounts wrote here, oldest first, as it reads now; what they deleted is not in it. */
  answers(): readonly SimulatedMessage[];
  /** A message as it reads now; undefined when it is gone. */
  now(message: SimulatedMessage): SimulatedMessage | undefined;
  /** How often accounts showed here that they type. Absent where the platform has nothing of the kind. */
  typed?(): number;
  /** Config that says this of this group or thread, to be merged into an account's block. Only for groups and threads. */
  overrides?(settings: GroupOverrides): ConfigBlock;
  /** A thread of this group. Absent where the platform has none, and on whatever was not made with `threads`. */
  opensThread?(title: string): SimulatedChat;
  /** The platform gives the group another id and tells accounts so. Absent where ids last for ever. */
  renames?(): void;
  /** Accounts may write here no more. */
  shutsOut?(account: SimulatedAccount): void;
}

/** A call that an account made; the oldest are forgotten. */
export interface SimulatedCall {
  readonly method: string;
  /** `SimulatedAccount.name`; undefined for unknown credentials. */
  readonly account: string | undefined;
  /** HTTP status, 0 or absent while there is none. */
  readonly status?: number;
}

/** A webhook request as the platform makes it, or as somebody makes it who is not the platform. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path and query below the receiver's root. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type RequestFlaw =
  /** No signature or secret at all. */
  | "unsigned"
  /** Signed with another key. */
  | "forged"
  /** A valid signature over another body. */
  | "altered"
  /** Signed well, too long ago. */
  | "old"
  /** Signed well; the body is not the platform's. */
  | "malformed"
  /** Signed well, for an account that the receiver does not have. */
  | "stranger";

/** How the platform brings events over HTTP. */
export interface SimulatedWebhooks {
  /** Config, merged into the account's block, that makes events come to `url` (`http://127.0.0.1:PORT`). */
  config(account: SimulatedAccount, url: string): ConfigBlock;
  /** What an operator does in the platform's console, after the connector has started. Absent: the connector does it itself. */
  register?(account: SimulatedAccount, url: string): Promise<void>;
  /**
   * The request that would tell the account that a person says `text` in private. Undefined: the platform's requests
   * cannot have this flaw (a bare secret proves nothing of body and time).
   */
  request(account: SimulatedAccount, text: string, flaw?: RequestFlaw): SimulatedRequest | undefined;
  /** The handshake that the platform makes before it believes a URL, and the answer it wants. */
  challenge?(account: SimulatedAccount): { readonly request: SimulatedRequest; readonly answer: string };
  /** The platform waits this long for an answer, in ms. */
  readonly deadlineMs: number;
}

/**
 * A simulated platform as the conformance suite drives it: it makes accounts and people, lets people speak, and says what people
 * see. One adapter per platform; what is optional is left out where the platform has nothing of the kind, and the suite then
 * checks that the connector claims nothing of the kind either.
 */
export interface SimulatedPlatform extends Simulator {
  /** Looks again whenever something changed on the platform. */
  readonly watch: Watch;
  /** The platform's names of its calls, for faults: `send` makes a message, `identify` asks who the credentials are. */
  readonly methods: {
    readonly identify: string;
    readonly send: string;
    readonly edit?: string;
    readonly delete?: string;
    readonly react?: string;
    readonly typing?: string;
    /** Asks for the bytes of a file. */
    readonly fetch?: string;
    /** What brings events: the poll, the stream, the gateway. */
    readonly receive: string;
    /** What connectors call by themselves whenever they like, such as to keep a menu of commands. */
    readonly upkeep?: readonly string[];
  };
  /** The longest text that people can write, in UTF-16 units. Absent: longer than anybody writes. */
  readonly longestText?: number;
  /** Calls that are kept, oldest first. */
  calls(): readonly SimulatedCall[];
  account(name: string): SimulatedAccount;
  person(name: string): SimulatedPerson;
  /** A group in which accounts see every message. */
  group(
    title: string,
    options: {
      readonly people: readonly SimulatedPerson[];
      readonly accounts: readonly SimulatedAccount[];
      /** The group can have threads. */
      readonly threads?: boolean;
    },
  ): SimulatedChat;
  /** The private chat of two. */
  dm(person: SimulatedPerson, account: SimulatedAccount): SimulatedChat;
  /** Resolves when the account receives events: it polls, streams, or its webhook is set. */
  receives(account: SimulatedAccount): Promise<void>;
  /**
   * Breaks what brings the account its events; it may come again at once. Other calls go on.
   * @param quietly the connection stays open and brings nothing any more
   */
  cutOff(account: SimulatedAccount, quietly?: boolean): void;
  /** People can send these kinds of files. Absent: none. */
  readonly files?: readonly ("image" | "file" | "audio" | "video")[];
  /** The platform reports later that an account's message was not delivered. Absent: what was taken is delivered. */
  failsLater?(message: SimulatedMessage, chat: SimulatedChat, reason: string): void;
  /** Accounts learn another id of the person, and see only that from now on. Absent: people keep their ids. */
  renamesPerson?(person: SimulatedPerson): void;
  /** Every pointer to "answer here" that was handed out is refused from now on. Absent: the platform has none. */
  endRoutes?(): void;
  /** What accounts write is shown with markup, and none is ever refused. Default: what `refusesMarkup` says. */
  readonly markup?: boolean;
  /** The next message with markup is refused as one whose markup cannot be read. Absent: there is no markup, or it never is. */
  refusesMarkup?(): void;
  readonly webhooks?: SimulatedWebhooks;
}

export interface PlatformOptions {
  /** Default: real time. */
  readonly clock?: Clock;
}

/** Starts a platform of its own for each check. */
export type StartPlatform = (options: PlatformOptions) => Promise<SimulatedPlatform>;
