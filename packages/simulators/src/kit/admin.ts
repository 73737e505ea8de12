import { z } from "zod";
import { SimulatorError } from "./errors.js";
import { faultRuleSchema } from "./faults.js";
import type { SimulatorServer } from "./server.js";

export const ADMIN_PATH = "/_sim";

interface Route {
  summary: string;
  run: (request: Request) => Promise<Response>;
}

/**
 * The admin door of a simulator: JSON over HTTP under `/_sim`, for a person or another process. It answers requests
 * to a loopback name only, and bodies must be `application/json`, so that no web page can drive it.
 */
export class AdminDoor {
  readonly #routes = new Map<string, Route>();

  constructor(server: SimulatorServer) {
    this.#common(server);
    this.get("", "Lists the routes", z.strictObject({}), () => ({ routes: this.#list() }));
    server.app.all(`${ADMIN_PATH}/*`, (c) => this.#answer(c.req.raw));
  }

  get<S extends z.ZodType>(
    path: string,
    summary: string,
    query: S,
    handler: (input: z.output<S>) => unknown,
  ): void {
    this.#routes.set(`GET ${ADMIN_PATH}${path}`, {
      summary,
      run: (request) => respond(query, Object.fromEntries(new URL(request.url).searchParams), handler),
    });
  }

  post<S extends z.ZodType>(
    path: string,
    summary: string,
    body: S,
    handler: (input: z.output<S>) => unknown,
  ): void {
    this.#routes.set(`POST ${ADMIN_PATH}${path}`, {
      summary,
      run: async (request) => {
        if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
          return refuse(415, 'Send the body as JSON, with "content-type: application/json".');
        }
        let parsed: unknown;
        try {
          parsed = await request.json();
        } catch (error) {
          return refuse(400, `The body is not JSON: ${String(error)}`);
        }
        return await respond(body, parsed, handler);
      },
    });
  }

  delete(path: string, summary: string, handler: () => unknown): void {
    this.#routes.set(`DELETE ${ADMIN_PATH}${path}`, {
      summary,
      run: () => respond(z.unknown(), undefined, handler),
    });
  }

  async #answer(request: Request): Promise<Response> {
    const { hostname, pathname } = new URL(request.url);
    if (hostname !== "127.0.0.1" && hostname !== "localhost") {
      return refuse(403, `The admin door answers on 127.0.0.1 and localhost only, not on "${hostname}".`);
    }
    const route = this.#routes.get(`${request.method} ${pathname}`);
    if (route !== undefined) return await route.run(request);
    return refuse(404, `There is no ${request.method} ${pathname}. GET ${ADMIN_PATH} lists the routes.`);
  }

  #list() {
    return [...this.#routes].map(([key, { summary }]) => {
      const [method, path] = key.split(" ");
      return { method, path, summary };
    });
  }

  #common(server: SimulatorServer): void {
    const nothing = z.strictObject({});
    const list = () =>
      server.faults.active(server.clock.now()).map(({ id, rule, hits, early }) => ({
        id,
        rule,
        hits,
        ...(rule.kind === "flood" ? { early } : {}),
      }));
    this.get("/faults", "The fault rules that can still hit calls", nothing, () => ({ faults: list() }));
    this.post(
      "/faults",
      "Adds a fault rule: {kind, method?, chat?, account?, times?, ...}",
      faultRuleSchema,
      (rule) => {
        const { id } = server.faults.add(rule);
        return { id };
      },
    );
    this.delete("/faults", "Removes all fault rules", () => {
      server.faults.clear();
      return { faults: list() };
    });
    this.post("/disconnect", "Breaks every open connection, this one included", nothing, () => {
      setImmediate(() => server.disconnect());
      return { ok: true };
    });
    this.post("/half-open", "Open calls are never answered any more", nothing, () => {
      server.halfOpen();
      return { ok: true };
    });
  }
}

async function respond<S extends z.ZodType>(
  schema: S,
  input: unknown,
  handler: (input: z.output<S>) => unknown,
): Promise<Response> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) return refuse(400, z.prettifyError(parsed.error));
  try {
    return Response.json((await handler(parsed.data)) ?? { ok: true });
  } catch (error) {
    if (error instanceof SimulatorError) return refuse(400, error.message);
    throw error;
  }
}

function refuse(status: number, error: string): Response {
  return Response.json({ error }, { status });
}

/**
 * Finds what a request names.
 * @param names all that it can be called by; case and a leading `@` do not matter
 * @param missing what the error says there is none of
 */
export function pick<T>(
  items: readonly T[],
  names: (item: T) => readonly unknown[],
  wanted: string | number,
  missing: string,
): T {
  const text = String(wanted).replace(/^@/, "").toLowerCase();
  const found = items.find((item) => names(item).some((name) => String(name).toLowerCase() === text));
  if (found === undefined) throw new SimulatorError(`There is no ${missing}.`);
  return found;
}
