import { setTimeout as pause } from "node:timers/promises";
import { UserError } from "../user-error.js";
import { type Outcome, outcomeOf } from "./outcome.js";
import type { Deed, Person, Said, Where } from "./platform.js";
import type { Site } from "./site.js";

/** How often one looks for what the bot says when nobody writes, in ms. */
const HEAR_MS = 1_000;
/** What somebody else brought about, such as a request for approval, may be on its way for so long, in ms. */
const BUTTON_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 50;
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
  readonly message: Said;
  /** It was heard before, and reads like this now. */
  readonly edited: boolean;
}

/** Somebody at a place of the simulated platform, in conversation with the bot. */
export class Scene {
  readonly site: Site;
  mention: boolean;
  #person: Person;
  #where: Where = { kind: "private" };
  #placeName = "in private";
  /** As they read when they were heard. */
  readonly #heard = new Map<string, Said>();

  private constructor(site: Site, person: Person, mention: boolean) {
    this.site = site;
    this.mention = mention;
    this.#person = person;
  }

  static async open(
    site: Site,
    { as, username, group, topic, mention = false }: SceneOptions,
  ): Promise<Scene> {
    const scene = new Scene(site, await findPerson(site, as, username), mention);
    if (group !== undefined) await scene.enterGroup(group, topic);
    return scene;
  }

  get person(): Person {
    return this.#person;
  }

  /** Where the person writes, for people to read. */
  get placeName(): string {
    return this.#placeName;
  }

  get isPrivate(): boolean {
    return this.#where.kind === "private";
  }

  /** Somebody else writes from now on, in the same place. */
  async become(as: string): Promise<void> {
    this.#person = await findPerson(this.site, as, undefined);
    if (this.#where.kind === "group") await this.site.door.join(this.#person, this.#where.chat);
  }

  enterPrivate(): void {
    this.#where = { kind: "private" };
    this.#placeName = "in private";
  }

  /** Goes to a group, which is made if it is not there, and to a topic of it. */
  async enterGroup(wanted: string, topic?: string): Promise<void> {
    const { door, platform } = this.site;
    const group = await door.enterGroup(this.#person, wanted);
    const inside = topic ?? group.topic;
    this.#where = { kind: "group", chat: group.chat, ...(inside === undefined ? {} : { topic: inside }) };
    this.#placeName = `in ${group.name}${topic === undefined ? "" : `, ${platform.topic} ${topic}`}`;
  }

  async enterTopic(topic: string): Promise<void> {
    if (this.#where.kind === "private")
      throw new UserError(`only groups have ${this.site.platform.topic}s: go to one with :group first`);
    await this.enterGroup(this.#where.chat, topic);
  }

  /** Writes a line, and resolves when it is known what became of it; undefined when the signal was aborted first. */
  async say(text: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const { door } = this.site;
    const line = this.mention && !this.isPrivate ? door.addressed(text) : text;
    return await this.#does(signal, () => door.say(this.#person, this.#where, line));
  }

  /** Presses a button, of the newest message that has it; waits a moment for one. */
  async press(button: string, signal: AbortSignal): Promise<Outcome | undefined> {
    const message = await this.#withButton(button, signal);
    return await this.#does(signal, () => this.site.door.press(this.#person, this.#where, message, button));
  }

  async #withButton(button: string, signal: AbortSignal): Promise<Said> {
    const until = performance.now() + BUTTON_WITHIN_MS;
    for (;;) {
      const messages = await this.site.door.messages(this.#person, this.#where);
      const found = messages.findLast(({ buttons }) => buttons.includes(button));
      if (found !== undefined) return found;
      if (signal.aborted || performance.now() > until) {
        const known = [...new Set(messages.flatMap(({ buttons }) => buttons))].join(", ");
        throw new UserError(`there is no button ${button} here; there are: ${known || "none"}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  }

  async #does(signal: AbortSignal, act: () => Promise<Deed>): Promise<Outcome | undefined> {
    const { door, operator, platform, account } = this.site;
    const connector = platform.id;
    const { events } = await operator.events({ connector, account, limit: 1 });
    const after = events[0]?.event ?? 0;
    const by = this.#person;
    const deed = await act();
    return await outcomeOf(deed, { operator, door, connector, account, by, after, signal });
  }

  /** What the bot has said here and nobody heard yet; waits a moment for it when `wait` is set. */
  async hear({ wait }: { readonly wait: boolean }): Promise<readonly Heard[]> {
    const { door } = this.site;
    const person = this.#person;
    const where = this.#where;
    const heard: Heard[] = [];
    for (;;) {
      const message = await door.hear(person, where, wait && heard.length === 0 ? HEAR_MS : 0);
      if (message === undefined) return heard;
      this.#remember(message);
      heard.push({ message, edited: false });
    }
  }

  /** Answers that read differently than when they were heard. */
  async edits(): Promise<readonly Heard[]> {
    const messages = await this.site.door.messages(this.#person, this.#where);
    const changed = messages.filter((message) => {
      const before = this.#heard.get(keyOf(message));
      return before !== undefined && readsOtherwise(before, message);
    });
    for (const message of changed) this.#remember(message);
    return changed.map((message) => ({ message, edited: true }));
  }

  /** Lets the person in, or refuses. The result says what was done. */
  async decide(verdict: "approve" | "deny"): Promise<string> {
    const { operator, account, platform } = this.site;
    const request = (await this.openRequests()).at(-1);
    if (request === undefined)
      throw new UserError(`${this.#person.name} has no open pairing request; write in private first`);
    await operator[verdict]({ connector: platform.id, code: request.id, account });
    return verdict === "approve"
      ? `${this.#person.name} is approved. Write again: what a stranger wrote is not delivered.`
      : "Refused. Write again to get a new code.";
  }

  /** Pairing requests of the person. */
  async openRequests() {
    const { operator, platform, account } = this.site;
    const { requests } = await operator.pairing();
    return requests.filter(
      (each) => each.connector === platform.id && each.account === account && each.sender === this.#person.id,
    );
  }

  #remember(message: Said): void {
    this.#heard.set(keyOf(message), message);
    const oldest = this.#heard.keys().next().value;
    if (this.#heard.size > KEPT_HEARD && oldest !== undefined) this.#heard.delete(oldest);
  }
}

async function findPerson({ door }: Site, as: string, username: string | undefined): Promise<Person> {
  const wanted = as.replace(/^@/, "").trim();
  if (wanted === "") throw new UserError("say who writes: an id or a name");
  const known = (await door.people()).find((person) =>
    [person.id, person.name.toLowerCase(), person.username?.toLowerCase()].includes(wanted.toLowerCase()),
  );
  if (known !== undefined) return known;
  const isId = /^\d+$/.test(wanted);
  return await door.addPerson({
    name: isId ? `Person ${wanted}` : wanted,
    ...(isId ? { id: wanted } : {}),
    ...(username === undefined ? {} : { username: username.replace(/^@/, "") }),
  });
}

function readsOtherwise(before: Said, now: Said): boolean {
  return before.text !== now.text || before.buttons.join("\n") !== now.buttons.join("\n");
}

function keyOf({ chat, thread, id }: Said): string {
  return `${chat}/${thread ?? ""}/${id}`;
}
