import { z } from "zod";
import { UserError } from "../user-error.js";

/** A simulator that does not answer for this long, in ms, is not one. */
const ANSWER_TIMEOUT_MS = 5_000;

const failure = z.object({ error: z.string() });

export type Query = Readonly<Record<string, string | number>>;

/** Speaks to the admin door of a simulator, in this process or another one on this machine. */
export class AdminClient {
  readonly #root: string;

  /** @param apiRoot as the connector's config has it */
  constructor(apiRoot: string) {
    this.#root = `${new URL(apiRoot).origin}/_sim`;
  }

  /** Whether our simulator answers there. Only asked of this machine: nobody else's server is sent anything. */
  static async isAt(apiRoot: string): Promise<boolean> {
    const { hostname, origin } = new URL(apiRoot);
    if (hostname !== "127.0.0.1" && hostname !== "localhost") return false;
    try {
      const response = await fetch(`${origin}/_sim`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      return z.object({ routes: z.array(z.unknown()) }).safeParse(await response.json()).success;
    } catch (error) {
      // Nobody listens, or whoever does speaks no JSON.
      if (error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException)
        return false;
      throw error;
    }
  }

  get<T>(schema: z.ZodType<T>, path: string, query: Query = {}): Promise<T> {
    const text = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
    );
    return this.#call(schema, `${path}?${text}`, {});
  }

  post<T>(schema: z.ZodType<T>, path: string, body: object): Promise<T> {
    return this.#call(schema, path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  async #call<T>(schema: z.ZodType<T>, path: string, init: RequestInit): Promise<T> {
    let response: Response;
    try {
      response = await fetch(`${this.#root}${path}`, init);
    } catch (error) {
      throw new UserError(`the simulator at ${this.#root} cannot be reached any more`, { cause: error });
    }
    const value: unknown = await response.json();
    if (response.ok) return schema.parse(value);
    const refused = failure.safeParse(value);
    throw new UserError(`the simulator refuses: ${refused.success ? refused.data.error : response.status}`);
  }
}
