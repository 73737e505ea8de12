import { z } from "zod";
import type { AdminClient } from "../admin-client.js";
import type { Deed, Door, Group, NewPerson, Person, Said, Where } from "../platform.js";
import { message, person, state } from "./shapes.js";

const COMMAND = /^\/\w+(?=\s|$)/;

/** People on a simulated Telegram. */
export class TelegramDoor implements Door {
  readonly bot: string;
  readonly #client: AdminClient;

  constructor(client: AdminClient, bot: string) {
    this.#client = client;
    this.bot = bot;
  }

  /** In a group a command may be for any bot that does not stand behind it. */
  addressed(text: string): string {
    return COMMAND.test(text) ? text.replace(COMMAND, `$&@${this.bot}`) : `@${this.bot} ${text}`;
  }

  async people(): Promise<readonly Person[]> {
    return (await this.#state()).users;
  }

  async addPerson({ id, ...facts }: NewPerson): Promise<Person> {
    const body = { ...facts, ...(id === undefined ? {} : { id: Number(id) }) };
    return (await this.#client.post(z.object({ user: person }), "/users", body)).user;
  }

  async enterGroup(member: Person, wanted: string): Promise<Group> {
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

  async say(by: Person, where: Where, text: string): Promise<Deed> {
    const body = { ...this.#place(by, where), text };
    const said = await this.#client.post(z.object({ message }), "/say", body);
    return { kind: "message", message: said.message.id };
  }

  async press(by: Person, where: Where, { id }: Said, button: string): Promise<Deed> {
    const body = { ...this.#place(by, where), message: Number(id), button };
    await this.#client.post(z.unknown(), "/press", body);
    return { kind: "button", message: id };
  }

  async hear(by: Person, where: Where, timeoutMs: number): Promise<Said | undefined> {
    const query = { ...this.#seen(by, where), timeoutMs };
    const heard = await this.#client.get(z.object({ message: message.nullable() }), "/hear", query);
    return heard.message ?? undefined;
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
