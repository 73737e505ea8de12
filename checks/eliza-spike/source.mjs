/**
 * The platform that the spike is driven by, and the only file to change when another one takes its place.
 *
 * @typedef {object} Event           what a person wrote
 * @property {string} key            the message's id on the platform, unique within the bot's identity
 * @property {string} identity       the platform's own id of the bot
 * @property {{ id: string, kind: "dm" | "group", title?: string, space?: string }} chat
 * @property {{ id: string, name: string }} sender
 * @property {string} text
 * @property {number} at             ms since the epoch, by the platform's clock
 * @property {{ mentioned: boolean, replyToSelf: boolean }} mention
 *
 * @typedef {object} Turn            one run of the agent
 * @property {Event[]} events        at least one, all of one session, oldest first
 *
 * @typedef {object} Agent
 * @property {(turn: Turn, opts: { signal: AbortSignal }) => AsyncIterable<{ text: string }>} run
 *   Asking for the next message says that the one before was taken over.
 *
 * @typedef {object} Source
 * @property {string} id                                                  the connector's id
 * @property {(opts: { agent: Agent, signal: AbortSignal }) => Promise<{ close(): Promise<void> }>} open
 * @property {(event: { chat: string, sender: string, text: string }) => Promise<void>} says
 *   A person writes a direct message; settles with the agent's turn, rejects where the turn failed.
 * @property {{ chat: string, text: string }[]} delivered                 what people got to see, in order
 */

/** @returns {Source} */
export function createSource() {
  const delivered = [];
  let live;
  let lastKey = 0;
  return {
    id: "fake",
    delivered,
    async open({ agent, signal }) {
      live = { agent, signal };
      return {
        async close() {
          live = undefined;
        },
      };
    },
    async says({ chat, sender, text }) {
      if (!live) throw new Error("Nobody opened the source: the service did not start.");
      lastKey += 1;
      const event = {
        key: String(lastKey),
        identity: "bot-1",
        chat: { id: chat, kind: "dm" },
        sender: { id: `id-of-${sender}`, name: sender },
        text,
        at: Date.now(),
        mention: { mentioned: false, replyToSelf: false },
      };
      for await (const message of live.agent.run({ events: [event] }, { signal: live.signal })) {
        delivered.push({ chat, text: message.text });
      }
    },
  };
}
