import { UserError } from "../user-error.js";
import type { SimMessage, SimPerson, Where } from "./door.js";
import { type Outcome, outcomeOf } from "./outcome.js";
import type { Site } from "./site.js";

/** How often one looks for what the bot says when nobody writes, in ms. */
const HEAR_MS = 1_000;
/** Answers that are looked at again for edits. */
const KEPT_HEARD = 50;

export interface SceneOptions {
  /** An id or a name. */
  readonly as: string;
  readonly username?: string;
  readonly group?: string;
  readonly topic?: string;
  /** Begin every line with the bot's name. */
  readonly mention?: boolean;
}

/** What the bot said, where. */
export interface Heard {
  readonly message: SimMessage;
  /** It was heard before, and reads like this now. */
  readonly edited: boolean;
}

/** Somebody at a place of the simulated platform, in conversation with the bot. */
export class Scene {
  readonly site: Site;
  mention: boolean;
  #person: SimPerson;
  #where: Where;
  #placeName = "in private";
  readonly #heard = new Map<string, string>();

  private constructor(site: Site, person: SimPerson, mention: boolean) {
    this.site = site;
    this.mention = mention;
    this.#person = person;
    this.#where = { bot: site.bot };
  }

  static async open(
    site: Site,
    { as, username, group, topic, mention = false }: SceneOptions,
  ): Promise<Scene> {
    if (topic !== undefined && group === undefined)
      throw new UserError("--topic needs --group: only groups have topics");
    const scene = new Scene(site, await findPerson(site, as, username), mention);
    if (group !== undefined) await scene.enterGroup(group, topic);
    return scene;
  }

  get person(): SimPerson {
    return this.#person;
  }

  /** Where the person writes, for people to read. */
  get placeName(): string {
    return this.#placeName;
  }

  get isPrivate(): boolean {
    return "bot" in this.#where;
  }

  /** Somebody else writes from now on, in the same place. */
  async become(as: string): Promise<void> {
    this.#person = await findPerson(this.site, as, undefined);
    if ("chat" in this.#where) await this.site.door.join(this.#person.id, this.#where.chat);
  }

  enterPrivate(): void {
    this.#where = { bot: this.site.bot };
    this.#placeName = "in private";
  }

  /** Goes to a group, which is made if it is not there, and to a topic of it. */
  async enterGroup(wanted: string, topic?: string): Promise<void> {
    const { door } = this.site;
    const { chats } = await door.state();
    const known = chats.find(
      ({ id, type, title }) =>
        (type === "group" || type === "supergroup") &&
        (String(id) === wanted || title.toLowerCase() === wanted.toLowerCase()),
    );
    const id = known?.id ?? (await this.#makeGroup(wanted));
    await door.join(this.#person.id, id);
    this.#where = { chat: id, ...(topic === undefined ? {} : { topic }) };
    const title = known?.title ?? titleOf(wanted);
    this.#placeName = `in the group ${title} (id ${id})${topic === undefined ? "" : `, topic ${topic}`}`;
  }

  async enterTopic(topic: string): Promise<void> {
    if (!("chat" in this.#where)) throw new UserError("only groups have topics: go to one with :group first");
    await this.enterGroup(String(this.#where.chat), topic);
  }

  /** Writes a line, and resolves when it is known what became of it; undefined when the signal was aborted first. */
  async say(
    text: string,
    signal: AbortSignal,
  ): Promise<{ readonly message: SimMessage; readonly outcome: Outcome } | undefined> {
    const { door, operator, bot, account } = this.site;
    const line = this.mention && !this.isPrivate ? `@${bot} ${text}` : text;
    const message = await door.say(this.#person.id, this.#where, line);
    const outcome = await outcomeOf(message, { operator, door, bot, account, signal });
    return outcome === undefined ? undefined : { message, outcome };
  }

  /** What the bot has said here and nobody heard yet; waits a moment for it when `wait` is set. */
  async hear({ wait }: { readonly wait: boolean }): Promise<readonly Heard[]> {
    const { door } = this.site;
    const { id } = this.#person;
    const where = this.#where;
    const heard: Heard[] = [];
    for (;;) {
      const message = await door.hear(id, where, wait && heard.length === 0 ? HEAR_MS : 0);
      if (message === undefined) return heard;
      this.#remember(message);
      heard.push({ message, edited: false });
    }
  }

  /** Answers that read differently than when they were heard. */
  async edits(): Promise<readonly Heard[]> {
    const messages = await this.site.door.messages(this.#person.id, this.#where);
    const changed = messages.filter((message) => {
      const before = this.#heard.get(keyOf(message));
      return before !== undefined && before !== (message.text ?? "");
    });
    for (const message of changed) this.#remember(message);
    return changed.map((message) => ({ message, edited: true }));
  }

  /** Lets the person in, or refuses. The result says what was done. */
  async decide(verdict: "approve" | "deny"): Promise<string> {
    const { operator, account } = this.site;
    const request = (await this.openRequests()).at(-1);
    if (request === undefined)
      throw new UserError(`${this.#person.first_name} has no open pairing request; write in private first`);
    await operator[verdict]({ connector: "telegram", code: request.id, account });
    return verdict === "approve"
      ? `${this.#person.first_name} is approved. Write again: what a stranger wrote is not delivered.`
      : "Refused. Write again to get a new code.";
  }

  /** Pairing requests of the person. */
  async openRequests() {
    const { requests } = await this.site.operator.pairing();
    const sender = String(this.#person.id);
    return requests.filter(
      (each) => each.connector === "telegram" && each.account === this.site.account && each.sender === sender,
    );
  }

  async #makeGroup(wanted: string): Promise<number> {
    const isId = /^-\d+$/.test(wanted);
    // Ids of supergroups begin with -100 (Bot API: chat ids as bots see them); a supergroup with topics is one for all uses.
    const isSupergroup = !isId || wanted.startsWith("-100");
    return await this.site.door.addGroup({
      title: titleOf(wanted),
      members: [this.#person.id],
      supergroup: isSupergroup,
      forum: isSupergroup,
      ...(isId ? { id: Number(wanted) } : {}),
    });
  }

  #remember(message: SimMessage): void {
    this.#heard.set(keyOf(message), message.text ?? "");
    const oldest = this.#heard.keys().next().value;
    if (this.#heard.size > KEPT_HEARD && oldest !== undefined) this.#heard.delete(oldest);
  }
}

async function findPerson({ door }: Site, as: string, username: string | undefined): Promise<SimPerson> {
  const wanted = as.replace(/^@/, "").trim();
  if (wanted === "") throw new UserError("say who writes: an id or a name");
  const { users } = await door.state();
  const known = users.find(({ id, first_name, username: own }) =>
    [String(id), first_name.toLowerCase(), own?.toLowerCase()].includes(wanted.toLowerCase()),
  );
  if (known !== undefined) return known;
  const isId = /^\d+$/.test(wanted);
  return await door.addPerson({
    name: isId ? `Person ${wanted}` : wanted,
    ...(isId ? { id: Number(wanted) } : {}),
    ...(username === undefined ? {} : { username: username.replace(/^@/, "") }),
  });
}

function titleOf(wanted: string): string {
  return /^-\d+$/.test(wanted) ? `Group ${wanted}` : wanted;
}

function keyOf({ chat, message_id }: SimMessage): string {
  return `${chat.id}/${message_id}`;
}
