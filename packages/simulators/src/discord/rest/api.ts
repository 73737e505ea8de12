import type { FaultKind } from "../../kit/faults.js";
import type { Journal } from "../../kit/journal.js";
import type { SimulatorContext, SimulatorServer } from "../../kit/server.js";
import type { Bot } from "../bot.js";
import {
  ApiError,
  faultError,
  type RateLimit,
  simulatorRefusal,
  tooManyRequests,
  unauthorized,
} from "../errors.js";
import type { Gateway } from "../gateway/gateway.js";
import type { World } from "../world.js";
import { type RateLimits, refusalHeaders } from "./limits.js";
import { type RequestBody, readBody } from "./request.js";
import { Answer, type Route } from "./route.js";
import { findRoute } from "./routes/index.js";

/** One call of the REST API, as the journal keeps it. Tokens are not kept. */
export interface ApiCall {
  /** Rises by one with every call. */
  readonly number: number;
  /** When it came, in ms of the clock. */
  readonly at: number;
  /** Username of the bot; undefined for an unknown token, or none. */
  readonly bot: string | undefined;
  /** The route's title in the documentation, such as `createMessage`; for an unknown one the verb and the path. */
  readonly method: string;
  /** The ids in the path, by what they name; without tokens. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Names and sizes of uploaded files. */
  readonly files: readonly { name: string; bytes: number }[];
  /** The fault that took the call. */
  fault?: FaultKind;
  /** Fields that the route does not have. */
  unknownFields?: readonly string[];
  /** HTTP status of the answer; undefined while there is none. */
  status?: number;
  /** Discord's code and message of an error. */
  error?: string;
  /** The JSON of a success. */
  result?: unknown;
}

export interface ApiOptions {
  world: World;
  gateway: Gateway;
  server: SimulatorServer;
  journal: Journal<ApiCall>;
  limits: RateLimits;
  strict: boolean;
}

const API_PATH = /^\/api\/v(\d+)(\/.*)$/;
/** Path parts that are secrets. */
const SECRET_KEYS = new Set(["token"]);

interface Incoming {
  c: SimulatorContext;
  route: Route | undefined;
  path: string;
  bot: Bot | undefined;
  params: Map<string, string>;
  query: URLSearchParams;
  call: ApiCall;
  body: RequestBody;
  unreadable: unknown;
}

/** The REST API, version 10, and the place where attachments are fetched. */
export class RestApi {
  readonly #options: ApiOptions;
  #calls = 0;

  constructor(options: ApiOptions) {
    this.#options = options;
    options.server.app.get("/attachments/*", (c) => this.#attachment(c));
    options.server.app.all("*", (c) => this.#route(c));
  }

  /** A handshake of the gateway stands in the journal as a call of `gateway`. */
  noteHandshake(status: number, fault: FaultKind | undefined): void {
    const call = this.#newCall("gateway", { status, ...(fault !== undefined && { fault }) });
    this.#options.journal.add(call);
  }

  async #route(c: SimulatorContext): Promise<Response> {
    const url = new URL(c.req.url);
    const [, version, path] = API_PATH.exec(url.pathname) ?? [];
    if (path === undefined) return failure(notFound());
    if (version !== "10") return failure(new ApiError(400, 50041, "Invalid API version"));
    const { world, server, journal } = this.#options;
    const found = findRoute(c.req.method, path);
    const bot = this.#caller(c.req.header("authorization"));
    const incoming = await this.#read(
      c,
      found?.route,
      path,
      bot,
      found?.params ?? new Map(),
      url.searchParams,
    );
    const { call } = incoming;
    journal.add(call);
    const chat = incoming.params.get("channel") ?? incoming.params.get("guild");
    // A rule that names no method stands for the limit over all of them.
    let isGlobal = false;
    return await server.answer(c, {
      target: {
        method: call.method,
        ...(chat !== undefined && { chat }),
        ...(call.bot !== undefined && { account: call.bot }),
      },
      onFault: (fault) => {
        call.fault = fault.rule.kind;
        isGlobal = fault.rule.method === undefined;
        journal.changed();
      },
      refuse: ({ status, description, retryAfterSeconds = 1 }) => {
        const limit: RateLimit = { retryAfterSeconds, scope: isGlobal ? "global" : "user" };
        return this.#refuse(call, faultError(status, description, limit), {});
      },
      work: async () => await this.#work(incoming, world.clock.now()),
    });
  }

  async #work(incoming: Incoming, now: number): Promise<Response> {
    const { call, bot, params } = incoming;
    const { limits } = this.#options;
    if (limits.isShutOut(now)) return shutOut();
    const major = params.get("channel") ?? params.get("guild") ?? params.get("webhook") ?? "";
    const { headers, exceeded } = limits.take(bot?.id ?? "", call.method, major, now);
    try {
      if (exceeded !== undefined) throw tooManyRequests(exceeded);
      if (incoming.unreadable !== undefined) throw incoming.unreadable;
      const value = await this.#run(incoming);
      const { status, body } =
        value instanceof Answer ? value : { status: value === undefined ? 204 : 200, body: value };
      Object.assign(call, { status, result: body });
      this.#options.journal.changed();
      return body === undefined
        ? new Response(null, { status, headers })
        : Response.json(body, { status, headers });
    } catch (error) {
      if (error instanceof ApiError) return this.#refuse(call, error, headers);
      const reason = error instanceof Error ? error.message : String(error);
      return this.#refuse(
        call,
        new ApiError(500, 0, `500: Internal Server Error [simulator] ${reason}`),
        headers,
      );
    }
  }

  #run({ route, bot, c, params, query, body, call }: Incoming): unknown {
    const { world, gateway, strict } = this.#options;
    if (c.req.header("authorization") !== undefined && bot === undefined) throw unauthorized();
    if (route === undefined) throw notFound();
    const onUnknown = (fields: readonly string[]) => {
      call.unknownFields = fields;
      if (!strict) return;
      throw simulatorRefusal(
        `${route.name} has no field ${fields.map((field) => `"${field}"`).join(", ")} here (Discord ignores what it does not know). ` +
          "To let it pass, start with strict: false.",
      );
    };
    const header = c.req.header("x-audit-log-reason");
    const reason = header === undefined ? undefined : decodeURIComponent(header);
    return route.run({ world, gateway, caller: bot, params, query, body, reason, onUnknown });
  }

  async #read(
    c: SimulatorContext,
    route: Route | undefined,
    path: string,
    bot: Bot | undefined,
    params: Map<string, string>,
    query: URLSearchParams,
  ): Promise<Incoming> {
    let body: RequestBody = { json: undefined, files: new Map(), fields: new Map() };
    let unreadable: unknown;
    try {
      body = await readBody(c.req.raw);
    } catch (error) {
      unreadable = error;
    }
    const call = this.#newCall(route?.name ?? `${c.req.method} ${path}`, {
      bot: bot?.user.username,
      path: Object.fromEntries([...params].filter(([key]) => !SECRET_KEYS.has(key))),
      query: Object.fromEntries(query),
      body: body.json,
      files: [...body.files.values()].map(({ name, bytes }) => ({ name, bytes: bytes.length })),
    });
    return { c, route, path, bot, params, query, call, body, unreadable };
  }

  #newCall(method: string, more: Partial<ApiCall>): ApiCall {
    this.#calls += 1;
    const at = this.#options.world.clock.now();
    return {
      number: this.#calls,
      at,
      method,
      bot: undefined,
      path: {},
      query: {},
      body: undefined,
      files: [],
      ...more,
    };
  }

  #caller(authorization: string | undefined): Bot | undefined {
    const token = /^Bot (\S+)$/.exec(authorization ?? "")?.[1];
    const bot = token === undefined ? undefined : this.#options.world.bots.get(token);
    return bot?.revoked === false ? bot : undefined;
  }

  #refuse(call: ApiCall, error: ApiError, headers: Record<string, string>): Response {
    const { world, limits, journal } = this.#options;
    if (error.status === 401 || error.status === 403 || error.status === 429)
      limits.countInvalid(world.clock.now());
    Object.assign(call, { status: error.status, error: `${error.code} ${error.message}` });
    journal.changed();
    return failure(error, headers);
  }

  /** Downloads stand in the journal as calls of `attachment`. */
  async #attachment(c: SimulatorContext): Promise<Response> {
    const { world, server, journal } = this.#options;
    const url = new URL(c.req.url);
    const [, , channel = "", attachment = ""] = url.pathname.split("/");
    const call = this.#newCall("attachment", { path: { channel, attachment } });
    journal.add(call);
    const response = await server.answer(c, {
      target: { method: "attachment", chat: channel },
      onFault: (fault) => {
        call.fault = fault.rule.kind;
      },
      refuse: ({ status, description }) => new Response(description ?? null, { status }),
      work: async () => {
        const file = world.cdn.fetch(url);
        if (file === undefined) return new Response("This content is no longer available.", { status: 404 });
        return new Response(Buffer.from(file.bytes), { headers: { "content-type": file.mediaType } });
      },
    });
    call.status = response.status;
    journal.changed();
    return response;
  }
}

function notFound(): ApiError {
  return new ApiError(404, 0, "404: Not Found");
}

/** One line about a call, for errors of waits. */
export function describeCall(call: ApiCall): string {
  const time = new Date(call.at).toISOString().slice(11, 23);
  const body = JSON.stringify({ ...call.path, ...(call.body === undefined ? {} : { body: call.body }) });
  const shown = body.length > 200 ? `${body.slice(0, 200)}…` : body;
  const outcome = call.status === undefined ? "no answer yet" : `${call.status} ${call.error ?? "ok"}`;
  const fault = call.fault === undefined ? "" : ` [fault: ${call.fault}]`;
  return `${time} ${call.bot ?? "nobody"} ${call.method} ${shown} -> ${outcome}${fault}`;
}

function failure(
  { status, code, message, errors, limit }: ApiError,
  headers: Record<string, string> = {},
): Response {
  if (limit !== undefined) {
    const body = { message, retry_after: limit.retryAfterSeconds, global: limit.scope === "global" };
    return Response.json(body, { status, headers: { ...headers, ...refusalHeaders(limit) } });
  }
  return Response.json({ message, code, ...(errors !== undefined && { errors }) }, { status, headers });
}

/** What Cloudflare answers in Discord's place: no JSON, and no word of when it ends. */
function shutOut(): Response {
  return new Response("error code: 1015", {
    status: 429,
    headers: { "content-type": "text/html", "retry-after": "600" },
  });
}
