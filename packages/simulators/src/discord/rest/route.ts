import { z } from "zod";
import type { Bot } from "../bot.js";
import { unauthorized } from "../errors.js";
import { readForm } from "../form.js";
import type { Gateway } from "../gateway/gateway.js";
import type { World } from "../world.js";
import type { RequestBody } from "./request.js";

/** One call, before its route reads it. */
export interface Call {
  world: World;
  gateway: Gateway;
  /** Undefined without a valid token. */
  caller: Bot | undefined;
  params: ReadonlyMap<string, string>;
  query: URLSearchParams;
  body: RequestBody;
  /** `X-Audit-Log-Reason` */
  reason: string | undefined;
  /** Told of fields that the route does not have. */
  onUnknown: (fields: readonly string[]) => void;
}

/** A call as a route works on it: by a bot, with what it sent. */
export interface Context<B = unknown, Q = unknown> extends Call {
  bot: Bot;
  input: B;
  search: Q;
}

export interface Route {
  /** The title in Discord's documentation, in camel case; what the journal and faults call it. */
  name: string;
  verb: string;
  path: RegExp;
  keys: readonly string[];
  run: (call: Call) => unknown;
}

/** An answer with a status of its own; what a route returns otherwise is 200 with JSON, or 204 for undefined. */
export class Answer {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    this.status = status;
    this.body = body;
  }
}

type Pattern = `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`;

interface Inputs<B extends z.ZodType, Q extends z.ZodObject> {
  /** Of a JSON body. */
  body: B;
  query: Q;
}

const NOTHING = z.object({});
/** Of a route that takes neither a body nor a query. */
export const nothing = { body: NOTHING, query: NOTHING };

/**
 * A route of the API that a bot calls with its token.
 * @param pattern such as `POST /channels/:channel/messages`
 * @param inputs what it takes; fields of the real API that are missing here are not simulated
 */
export function route<B extends z.ZodType, Q extends z.ZodObject>(
  name: string,
  pattern: Pattern,
  inputs: Inputs<B, Q>,
  run: (context: Context<z.output<B>, z.output<Q>>) => unknown,
): Route {
  return openRoute(name, pattern, inputs, (context) => {
    if (context.caller === undefined) throw unauthorized();
    return run({ ...context, bot: context.caller });
  });
}

/** A route that needs no token: those of interactions and webhooks carry one in their path. */
export function openRoute<B extends z.ZodType, Q extends z.ZodObject>(
  name: string,
  pattern: Pattern,
  { body, query }: Inputs<B, Q>,
  run: (context: Omit<Context<z.output<B>, z.output<Q>>, "bot">) => unknown,
): Route {
  const [verb = "", path = ""] = pattern.split(" ");
  const keys = [...path.matchAll(/:(\w+)/g)].flatMap(([, key]) => key ?? []);
  return {
    name,
    verb,
    keys,
    path: new RegExp(`^${path.replaceAll(/:\w+/g, "([^/]+)")}/?$`),
    run(call) {
      const json = call.body.json ?? (body instanceof z.ZodObject ? {} : undefined);
      const search = searchOf(call.query);
      const strange = [...strangeTo(body, json), ...strangeTo(query, search)];
      if (strange.length > 0) call.onUnknown(strange);
      return run({ ...call, input: readForm(body, json), search: readForm(query, search) });
    },
  };
}

/** A query; what stands there several times is an array. */
function searchOf(query: URLSearchParams): Record<string, string | string[]> {
  const keys = [...new Set(query.keys())];
  return Object.fromEntries(
    keys.map((key) => {
      const values = query.getAll(key);
      return [key, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}

function strangeTo(schema: z.ZodType, value: unknown): string[] {
  if (!(schema instanceof z.ZodObject) || typeof value !== "object" || value === null) return [];
  return Object.keys(value).filter((field) => !(field in schema.shape));
}
