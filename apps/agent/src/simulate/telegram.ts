import { z } from "zod";
import type { AdminClient } from "./admin-client.js";
import type { Door, NewPerson, Person, PlatformSimulation, Said, Where } from "./platform.js";

/** Only the simulator knows it. */
const BOT = { token: "100001:TOKEN-OF-THE-SIMULATED-BOT", username: "simulated_bot" };

const message = z
  .object({
    message_id: z.number(),
    message_thread_id: z.number().optional(),
    chat: z.object({ id: z.number() }),
    text: z.string().default(""),
    reply_markup: z
      .object({ inline_keyboard: z.array(z.array(z.object({ text: z.string() }))).default([]) })
      .optional(),
  })
  .transform(
    ({ message_id, message_thread_id: thread, chat, text, reply_markup }): Said => ({
      id: String(message_id),
      chat: String(chat.id),
      thread: thread === undefined ? null : String(thread),
      text,
      buttons: (reply_markup?.inline_keyboard ?? []).flat().map((button) => button.text),
    }),
  );
const person = z
  .object({ id: z.number(), first_name: z.string(), username: z.string().optional() })
  .transform(({ id, first_name: name, username }): Person => ({ id: String(id), name, username }));
const state = z.object({
  bots: z.array(z.object({ username: z.string(), pendingUpdates: z.number() })),
  users: z.array(person),
  chats: z.array(z.object({ id: z.number(), type: z.string(), title: z.string() })),
});

export const telegram: PlatformSimulation = {
  id: "telegram",
  name: "Telegram",
  outward: /^(?:botToken|tokenFile|apiRoot|webhook\w*|proxy|network|enabled)$/,
  places: [
    [":group Team", "write in a group, by id or title; :topic News for a topic of it"],
    [":dm", "write in private again"],
  ],
  topic: "topic",
  hasPrivacyMode: true,
  unseen: (isPrivate, bot) =>
    isPrivate
      ? "The connector dropped it: private messages are switched off."
      : `The bot did not get it, or dropped it: groups are switched off, or its privacy mode shows it only commands, replies and lines with @${bot} (:mention; --sees-all turns privacy mode off).`,
  async start({ seesAll }) {
    const { startTelegramSimulator } = await import("@elizaos/connector-simulators/telegram");
    const sim = await startTelegramSimulator();
    const { token, username } = sim.bot({ ...BOT, name: "Bot", privacyMode: !seesAll });
    return {
      keys: { botToken: token, apiRoot: sim.apiRoot },
      bot: username,
      close: () => sim.close(),
    };
  },
  openDoor: async (client, bot) => new TelegramDoor(client, bot),
};

class TelegramDoor implements Door {
  readonly bot: string;
  readonly mention: string;
  readonly #client: AdminClient;

  constructor(client: AdminClient, bot: string) {
    this.#client = client;
    this.bot = bot;
    this.mention = `@${bot}`;
  }

  async people(): Promise<readonly Person[]> {
    return (await this.#state()).users;
  }

  async addPerson({ id, ...facts }: NewPerson): Promise<Person> {
    const body = { ...facts, ...(id === undefined ? {} : { id: Number(id) }) };
    return (await this.#client.post(z.object({ user: person }), "/users", body)).user;
  }

  async enterGroup(member: Person, wanted: string) {
    const known = (await this.#state()).chats.find(
      ({ id, type, title }) =>
        (type === "group" || type === "supergroup") &&
        (String(id) === wanted || title.toLowerCase() === wanted.toLowerCase()),
    );
    const title = known?.title ?? (isId(wanted) ? `Group ${wanted}` : wanted);
    const chat = String(known?.id ?? (await this.#makeGroup(member, wanted, title)));
    await this.join(member, chat);
    return { chat, name: `the group ${title} (id ${chat})` };
  }

  async join(member: Person, chat: string): Promise<void> {
    await this.#client.post(z.unknown(), "/join", { user: Number(member.id), chat: Number(chat) });
  }

  async say(by: Person, where: Where, text: string): Promise<void> {
    await this.#client.post(z.unknown(), "/say", { ...this.#place(by, where), text });
  }

  async press(by: Person, where: Where, { id }: Said, button: string): Promise<void> {
    await this.#client.post(z.unknown(), "/press", {
      ...this.#place(by, where),
      message: Number(id),
      button,
    });
  }

  async hear(by: Person, where: Where, timeoutMs: number): Promise<Said | undefined> {
    const heard = z.object({ message: message.nullable() });
    const query = { ...this.#seen(by, where), timeoutMs };
    return (await this.#client.get(heard, "/hear", query)).message ?? undefined;
  }

  async messages(by: Person, where: Where): Promise<readonly Said[]> {
    const all = z.object({ messages: z.array(message) });
    return (await this.#client.get(all, "/messages", this.#seen(by, where))).messages;
  }

  async isCaughtUp(): Promise<boolean> {
    const bot = (await this.#state()).bots.find(({ username }) => username === this.bot);
    return (bot?.pendingUpdates ?? 0) === 0;
  }

  #state() {
    return this.#client.get(state, "/state");
  }

  async #makeGroup(member: Person, wanted: string, title: string): Promise<number> {
    // Ids of supergroups begin with -100 (Bot API: chat ids as bots see them); a supergroup with topics is one for all uses.
    const isSupergroup = !isId(wanted) || wanted.startsWith("-100");
    const made = await this.#client.post(z.object({ id: z.number() }), "/groups", {
      title,
      members: [Number(member.id)],
      supergroup: isSupergroup,
      forum: isSupergroup,
      ...(isId(wanted) ? { id: Number(wanted) } : {}),
    });
    return made.id;
  }

  #place({ id }: Person, where: Where) {
    return { user: Number(id), ...this.#chat(where) };
  }

  /** A group looks the same to all of its members. */
  #seen({ id }: Person, where: Where) {
    return where.kind === "private" ? { user: Number(id), bot: this.bot } : this.#chat(where);
  }

  #chat(where: Where) {
    if (where.kind === "private") return { bot: this.bot };
    return { chat: Number(where.chat), ...(where.topic === undefined ? {} : { topic: where.topic }) };
  }
}

function isId(wanted: string): boolean {
  return /^-\d+$/.test(wanted);
}
