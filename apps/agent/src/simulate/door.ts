import { z } from "zod";
import { UserError } from "../user-error.js";

const sent = z.object({
  message_id: z.number(),
  message_thread_id: z.number().optional(),
  chat: z.object({ id: z.number() }),
  text: z.string().optional(),
});
const person = z.object({ id: z.number(), first_name: z.string(), username: z.string().optional() });
const state = z.object({
  bots: z.array(z.object({ id: z.number(), username: z.string(), pendingUpdates: z.number() })),
  users: z.array(person),
  chats: z.array(z.object({ id: z.number(), type: z.string(), title: z.string() })),
});
const failure = z.object({ error: z.string() });

export type SimMessage = z.infer<typeof sent>;
export type SimPerson = z.infer<typeof person>;
export type SimState = z.infer<typeof state>;

/** Where somebody writes: the private chat with the bot, or a group, or a topic of it. */
export type Where = { readonly bot: string } | { readonly chat: number; readonly topic?: string };

/** A simulator that does not answer for this long, in ms, is not one. */
const ANSWER_TIMEOUT_MS = 5_000;

/** The admin door of a Telegram simulator, in this process or another one on this machine. */
export class SimulatorDoor {
  readonly #root: string;

  constructor(apiRoot: string) {
    this.#root = `${apiRoot}/_sim`;
  }

  /** Whether our simulator answers there. Only asked of this machine: nobody else's server is sent anything. */
  static async isAt(apiRoot: string): Promise<boolean> {
    const { hostname } = new URL(apiRoot);
    if (hostname !== "127.0.0.1" && hostname !== "localhost") return false;
    try {
      const response = await fetch(`${apiRoot}/_sim`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      return z.object({ routes: z.array(z.unknown()) }).safeParse(await response.json()).success;
    } catch (error) {
      // Nobody listens, or whoever does speaks no JSON.
      if (error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)
        return false;
      throw error;
    }
  }

  state(): Promise<SimState> {
    return this.#call(state, "GET", "/state");
  }

  async addPerson(facts: { readonly name: string; readonly username?: string; readonly id?: number }) {
    return (await this.#call(z.object({ user: person }), "POST", "/users", facts)).user;
  }

  async addGroup(facts: {
    readonly title: string;
    readonly members: readonly number[];
    readonly supergroup: boolean;
    readonly forum: boolean;
    readonly id?: number;
  }): Promise<number> {
    return (await this.#call(z.object({ id: z.number() }), "POST", "/groups", facts)).id;
  }

  /** Does nothing for a member. */
  async join(user: number, chat: number): Promise<void> {
    await this.#call(z.unknown(), "POST", "/join", { user, chat });
  }

  async say(user: number, where: Where, text: string): Promise<SimMessage> {
    return (await this.#call(z.object({ message: sent }), "POST", "/say", { user, ...where, text })).message;
  }

  /** The bot's next message there, each once; undefined when none comes within `timeoutMs`. */
  async hear(user: number, where: Where, timeoutMs: number): Promise<SimMessage | undefined> {
    const { message } = await this.#call(
      z.object({ message: sent.nullable() }),
      "GET",
      `/hear?${query({ ...place(user, where), timeoutMs })}`,
    );
    return message ?? undefined;
  }

  async messages(user: number, where: Where): Promise<readonly SimMessage[]> {
    return (
      await this.#call(z.object({ messages: z.array(sent) }), "GET", `/messages?${query(place(user, where))}`)
    ).messages;
  }

  async #call<T>(schema: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.#root}${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw new UserError(`the simulator at ${this.#root} cannot be reached any more`, { cause: error });
    }
    const value: unknown = await response.json();
    if (response.ok) return schema.parse(value);
    const refused = failure.safeParse(value);
    throw new UserError(`the simulator refuses: ${refused.success ? refused.data.error : response.status}`);
  }
}

function place(user: number, where: Where) {
  return "bot" in where ? { user, bot: where.bot } : where;
}

function query(values: Readonly<Record<string, string | number>>): string {
  return String(
    new URLSearchParams(Object.entries(values).map(([key, value]): [string, string] => [key, String(value)])),
  );
}
