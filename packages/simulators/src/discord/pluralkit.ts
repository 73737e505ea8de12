import type { SimulatorServer } from "../kit/server.js";
import type { Message } from "./message.js";

/** PluralKit's own API, under this path of the simulator; `https://api.pluralkit.me` otherwise. */
export const PLURALKIT_PATH = "/pluralkit";

/** A message that PluralKit wrote in somebody's place. */
export interface ProxiedMessage {
  /** Of the message of the webhook. */
  id: string;
  /** Of the message that was deleted. */
  original: string;
  /** Of the account that wrote it. */
  sender: string;
  channel: string;
  guild: string;
  member: string;
  at: number;
}

/** Knows who stands behind the webhook messages of plural people. */
export class PluralKit {
  readonly #proxied: ProxiedMessage[] = [];

  constructor(server: SimulatorServer) {
    server.app.get(`${PLURALKIT_PATH}/v2/messages/:id`, (c) => {
      const id = c.req.param("id");
      const found = this.#proxied.find((each) => each.id === id || each.original === id);
      if (found === undefined)
        return c.json({ message: "Message not found.", code: 20006, retry_after: null }, 404);
      const { at, member, ...ids } = found;
      return c.json({
        timestamp: new Date(at).toISOString(),
        ...ids,
        system: { id: `s${found.sender.slice(-5)}`, uuid: uuidOf(found.sender), name: null },
        member: {
          id: `m${found.sender.slice(-5)}`,
          uuid: uuidOf(found.id),
          name: member,
          display_name: null,
        },
      });
    });
  }

  add(message: Message, original: Message, guild: string): void {
    this.#proxied.push({
      id: message.id,
      original: original.id,
      sender: original.author.id,
      channel: message.channel_id,
      guild,
      member: message.author.username,
      at: Date.parse(message.timestamp),
    });
  }
}

function uuidOf(id: string): string {
  const digits = id.padStart(32, "0");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join("-");
}
