import type {
  APIAttachment,
  APIMessage,
  APIMessageSnapshotFields,
  APIPoll,
  APIReaction,
  APIUser,
} from "discord-api-types/v10";
import type { Bot } from "./bot.js";
import type { Cdn } from "./cdn.js";
import type { Component } from "./components.js";

/** A message as this simulator sends it; components are kept as they came. */
export interface Message
  extends Omit<
    APIMessage,
    "components" | "referenced_message" | "message_snapshots" | "thread" | "interaction_metadata"
  > {
  /** Of an answer to an interaction. */
  interaction_metadata?: InteractionMetadata;
  components: Component[];
  referenced_message?: Message | null;
  message_snapshots?: { message: Snapshot }[];
  thread?: object;
  mentions: APIUser[];
}

export interface InteractionMetadata {
  id: string;
  type: number;
  user: APIUser;
  authorizing_integration_owners: Readonly<Record<string, string>>;
  /** Of a command. */
  name?: string;
  /** The message whose button was pressed. */
  interacted_message_id?: string;
}

/** What a forward holds of the original. */
export type Snapshot = Omit<APIMessageSnapshotFields, "components" | "mentions"> & {
  components: Component[];
  mentions: APIUser[];
};

/** An emoji of the standard set has no id. */
export interface Emoji {
  id: string | null;
  name: string;
  animated?: boolean;
}

export interface Reaction {
  emoji: Emoji;
  /** Ids, in the order in which they reacted. */
  users: Set<string>;
}

/** A message with what its viewers see in different ways. */
export interface StoredMessage {
  /** Without reactions, poll results and signed addresses. */
  message: Message;
  /** The bot that wrote it, also as an answer to an interaction. */
  bot?: Bot;
  /** Only this person sees it. */
  ephemeralFor?: string;
  reactions: Map<string, Reaction>;
  /** Voters by answer id. */
  votes: Map<number, Set<string>>;
  /** The answer to an interaction that is still being made. */
  loading?: boolean;
}

export function emojiKey({ id, name }: Pick<Emoji, "id" | "name">): string {
  return id ?? name;
}

export interface Viewer {
  id: string;
  /** Whether content is shown that does not concern the viewer. */
  readsContent: boolean;
}

/** The message as one bot sees it. */
export function viewOf(stored: StoredMessage, viewer: Viewer, cdn: Cdn): Message {
  // A nonce comes back to its sender and with the event, and is not kept (Discord, "Create Message").
  const { nonce: _, ...message } = stored.message;
  const reactions = reactionsOf(stored, viewer.id);
  const shown: Message = {
    ...message,
    attachments: message.attachments.map((attachment) => signed(attachment, cdn)),
    ...(message.message_snapshots !== undefined && {
      message_snapshots: message.message_snapshots.map(({ message: snapshot }) => ({
        message: { ...snapshot, attachments: snapshot.attachments.map((item) => signed(item, cdn)) },
      })),
    }),
    ...(reactions.length > 0 && { reactions }),
    ...(message.poll !== undefined && { poll: pollOf(message.poll, stored, viewer.id) }),
  };
  return viewer.readsContent || concerns(message, viewer.id) ? shown : withoutContent(shown);
}

/** Content comes without the privileged intent too: own messages, private ones and those with a mention. */
function concerns(message: Message, viewerId: string): boolean {
  return message.author.id === viewerId || message.mentions.some(({ id }) => id === viewerId);
}

function withoutContent({ poll: _, ...message }: Message): Message {
  return { ...message, content: "", embeds: [], attachments: [], components: [] };
}

function signed(attachment: APIAttachment, cdn: Cdn): APIAttachment {
  const url = cdn.sign(attachment.url);
  return { ...attachment, url, proxy_url: url };
}

function reactionsOf({ reactions }: StoredMessage, viewerId: string): APIReaction[] {
  return [...reactions.values()].map(({ emoji, users }) => ({
    emoji,
    count: users.size,
    count_details: { burst: 0, normal: users.size },
    me: users.has(viewerId),
    me_burst: false,
    burst_colors: [],
  }));
}

function pollOf(poll: APIPoll, { votes }: StoredMessage, viewerId: string): APIPoll {
  return {
    ...poll,
    results: {
      is_finalized: poll.results?.is_finalized ?? false,
      answer_counts: [...votes].map(([id, voters]) => ({
        id,
        count: voters.size,
        me_voted: voters.has(viewerId),
      })),
    },
  };
}
