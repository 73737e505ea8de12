import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../../user-error.js";
import type { AdminClient } from "../admin-client.js";
import type { Deed, Door, Group, NewPerson, Person, Said, Where } from "../platform.js";
import { isId, type NamedServer, Places } from "./places.js";
import { type Bot, type Channel, command, message, person, state } from "./shapes.js";
import { type Call, callIn, isSlash } from "./slash.js";

/** A bot registers its commands soon after it came online; whoever comes as early waits for them so long, in ms. */
const COMMANDS_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;

/** People on a simulated Discord. */
export class DiscordDoor implements Door {
  readonly bot: string;
  readonly #mention: string;
  readonly #client: AdminClient;
  readonly #places: Places;
  readonly #openedAt = performance.now();

  constructor(client: AdminClient, { id, username }: Bot, named: readonly NamedServer[]) {
    this.#client = client;
    this.#places = new Places(client, named);
    this.#mention = `<@${id}>`;
    this.bot = username;
  }

  /** Slash commands are for one bot anyway. */
  addressed(text: string): string {
    return isSlash(text) ? text : `${this.#mention} ${text}`;
  }

  async people(): Promise<readonly Person[]> {
    return (await this.#client.get(state, "/state")).users;
  }

  async addPerson(facts: NewPerson): Promise<Person> {
    if (facts.id !== undefined && !isId(facts.id))
      throw new UserError(`${facts.id} is no id of Discord: those have 17 to 20 digits`);
    return (await this.#client.post(z.object({ user: person }), "/users", facts)).user;
  }

  enterGroup(member: Person, wanted: string): Promise<Group> {
    return this.#places.enter(member, wanted);
  }

  join(member: Person, chat: string): Promise<void> {
    return this.#places.join(member, chat);
  }

  /** As Discord's own program: a line that begins with a command that it offers runs it. */
  async say(by: Person, where: Where, text: string): Promise<Deed> {
    const call = isSlash(text) ? await this.#call(by, where, text) : undefined;
    const place = this.#place(by, where);
    if (call !== undefined) {
      await this.#client.post(z.unknown(), "/run", { ...place, ...call });
      return { kind: "command" };
    }
    const said = await this.#client.post(z.object({ message }), "/say", { ...place, text });
    return { kind: "message", message: said.message.id };
  }

  async press(by: Person, where: Where, { id, thread }: Said, button: string): Promise<Deed> {
    const place = { ...this.#place(by, where), ...(thread === null ? {} : { thread }) };
    await this.#client.post(z.unknown(), "/press", { ...place, message: id, button });
    return { kind: "button", message: id };
  }

  /** A bot may answer in a thread that it opens itself: in a channel its threads are heard as well. */
  async hear(by: Person, where: Where, timeoutMs: number): Promise<Said | undefined> {
    for (const thread of await this.#threadsIn(where)) {
      const found = await this.#hear({ ...this.#place(by, where), thread: thread.id }, 0);
      if (found !== undefined) return inThread(found, where, thread);
    }
    const found = await this.#hear(this.#place(by, where), timeoutMs);
    return found === undefined ? undefined : placed(found, where);
  }

  async messages(by: Person, where: Where): Promise<readonly Said[]> {
    const place = this.#place(by, where);
    const here = await this.#messages(place);
    const below = await Promise.all(
      (await this.#threadsIn(where)).map(async (thread) =>
        (await this.#messages({ ...place, thread: thread.id })).map((said) => inThread(said, where, thread)),
      ),
    );
    return [...here.map((said) => placed(said, where)), ...below.flat()];
  }

  async isCaughtUp(): Promise<boolean> {
    const bot = await this.#self();
    return bot?.online === true && bot.pendingEvents === 0;
  }

  async #self(): Promise<Bot | undefined> {
    return (await this.#client.get(state, "/state")).bots.find(({ username }) => username === this.bot);
  }

  async #call(by: Person, where: Where, line: string): Promise<Call | undefined> {
    while ((await this.#self())?.commands === 0 && performance.now() - this.#openedAt < COMMANDS_WITHIN_MS)
      await pause(LOOK_EVERY_MS);
    const offered = z.object({ commands: z.array(command) });
    return callIn(line, (await this.#client.get(offered, "/commands", this.#place(by, where))).commands);
  }

  async #hear(place: Place, timeoutMs: number): Promise<Said | undefined> {
    const heard = z.object({ message: message.nullable() });
    return (await this.#client.get(heard, "/hear", { ...place, timeoutMs })).message ?? undefined;
  }

  async #messages(place: Place): Promise<readonly Said[]> {
    return (await this.#client.get(z.object({ messages: z.array(message) }), "/messages", place)).messages;
  }

  async #threadsIn(where: Where): Promise<readonly Channel[]> {
    if (where.kind === "private" || where.topic !== undefined) return [];
    return await this.#places.threadsOf(where.chat);
  }

  #place({ id: user }: Person, where: Where): Place {
    if (where.kind === "private") return { user, bot: this.bot };
    return { user, channel: where.chat, ...(where.topic === undefined ? {} : { thread: where.topic }) };
  }
}

/** As the admin door's routes take it. */
type Place = { readonly user: string } & Readonly<Record<string, string>>;

/** What Discord calls the channel of a message is the thread, where it stands in one. */
function placed(said: Said, where: Where): Said {
  if (where.kind === "private" || said.chat === where.chat) return said;
  return { ...said, chat: where.chat, thread: said.chat };
}

function inThread(said: Said, where: Where, { id, name }: Channel): Said {
  return { ...placed(said, where), elsewhere: `in the thread ${name}; :topic ${id} goes there` };
}
