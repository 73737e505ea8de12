import type { HistoryEntry, InboundEvent, Turn } from "@elizaos/connector-core";
import { oneLine, shorten } from "../text.js";

/** UTF-16 units of earlier messages that are sent along at most, the newest first: some 12,000 tokens. */
const MAX_HISTORY_LENGTH = 48_000;
const LONGEST_NAME = 64;
const LONGEST_QUOTE = 300;
/** Some models refuse a conversation that ends with what they said themselves. */
const GO_ON = "[You were interrupted there. Go on exactly where you stopped, and repeat nothing.]";
const NOTHING_NEW =
  "[Nobody wrote this: it comes by schedule. If there is nothing to report, answer only HEARTBEAT_OK.]";
const START = /^\/start(?:@\w+)?(?:\s+(\S+))?\s*$/i;
const OWN_REQUEST = "[Nobody wrote this: it is what became of an approval that you asked for.]";
const NO_TEXT = "[a message without text]";

/** A message as every provider takes it: never empty, never two of one role after another, the first one a user's. */
export interface Message {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** The session so far and the turn's own text. */
export function messagesOf(turn: Turn, history: readonly HistoryEntry[]): Message[] {
  const isDirect = turn.events[0].chat.kind === "dm";
  const earlier = newestWithin(
    MAX_HISTORY_LENGTH,
    history.map(({ role, text, name, sender, attachments = [] }): Message => {
      const said = role === "user" ? inWords(text) : text;
      const content = withNotes(attachments.map(attachmentNote), said);
      return {
        role,
        content: role === "user" && !isDirect ? spokenBy(name ?? sender, content) : content,
      };
    }),
  );
  const now = turn.events.map((event): Message => {
    const content = textOf(event);
    return { role: "user", content: isDirect ? content : spokenBy(nameOf(event), content) };
  });
  const all = [...earlier, ...now, ...alreadySaid(turn)];
  // Some providers refuse a conversation that the assistant opens.
  return alternating(all.slice(all.findIndex(({ role }) => role === "user")));
}

/** An answer that was cut off half-way and cannot be taken back: the model goes on from there. */
function alreadySaid({ said }: Turn): readonly Message[] {
  if (said.length === 0) return [];
  return [
    { role: "assistant", content: said.join("") },
    { role: "user", content: GO_ON },
  ];
}

/** What the person on the other side of a DM is called; undefined in groups. */
export function personIn(turn: Turn): string | undefined {
  const [event] = turn.events;
  const name = event.chat.kind === "dm" ? event.sender.name : undefined;
  return name === undefined ? undefined : shortName(name);
}

function newestWithin(length: number, messages: readonly Message[]): readonly Message[] {
  let left = length;
  const first = messages.findLastIndex(({ content }) => {
    left -= content.length;
    return left < 0;
  });
  return messages.slice(first + 1);
}

function alternating(messages: readonly Message[]): Message[] {
  const merged: Message[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role === message.role)
      merged[merged.length - 1] = { role: last.role, content: `${last.content}\n\n${message.content}` };
    else merged.push(message);
  }
  return merged;
}

/** Anybody can call themselves anything: a name of several lines could pass for further messages. */
function spokenBy(name: string | undefined, text: string): string {
  return `${name === undefined ? "somebody" : shortName(name)}: ${text}`;
}

function shortName(name: string): string {
  return shorten(oneLine(name).trim(), LONGEST_NAME);
}

function nameOf({ sender }: InboundEvent): string {
  return sender.name ?? sender.username ?? sender.id;
}

function textOf(event: InboundEvent): string {
  switch (event.kind) {
    case "message":
    case "edited":
    case "command": {
      const { text, attachments = [], replyTo, forwardedFrom } = event.content;
      const notes = [
        ...(replyTo?.text === undefined ? [] : [`in answer to “${quoted(replyTo.text)}”`]),
        ...(forwardedFrom === undefined ? [] : [`forwarded from ${shortName(forwardedFrom)}`]),
        ...attachments.map(attachmentNote),
      ];
      return withNotes(notes, inWords(text));
    }
    case "button":
      return `[pressed the button “${quoted(event.data)}”]`;
    case "notice":
      if (event.name === "approval") return `${OWN_REQUEST}\n${event.text}`;
      return event.name === "heartbeat" ? `${event.text}\n${NOTHING_NEW}` : event.text || `[${event.name}]`;
    case "reaction":
      return `[reacted with ${event.added.join(" ")}]`;
    default:
      return `[${event.kind}]`;
  }
}

/**
 * What Telegram's clients write when a person opens a chat with a bot says nothing to a model; behind it stands what the link that led
 * there wanted to say.
 */
function inWords(text: string): string {
  const [start, payload] = START.exec(text) ?? [];
  if (start === undefined) return text;
  return payload === undefined
    ? "[opened this chat and pressed Start]"
    : `[opened this chat by a link that says “${quoted(payload)}”, and pressed Start]`;
}

function withNotes(notes: readonly string[], text: string): string {
  const parts = [...notes.map((note) => `[${note}]`), text];
  return parts.filter((part) => part.trim() !== "").join("\n") || NO_TEXT;
}

function attachmentNote({ type, name }: { readonly type: string; readonly name?: string }): string {
  return name === undefined ? type : `${type} “${quoted(name)}”`;
}

function quoted(text: string): string {
  return shorten(oneLine(text).trim(), LONGEST_QUOTE);
}
