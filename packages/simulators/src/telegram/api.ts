import type { FaultKind } from "../kit/faults.js";
import type { Journal } from "../kit/journal.js";
import type { SimulatorContext, SimulatorServer } from "../kit/server.js";
import { type BotAccount, botIdOf } from "./bot.js";
import { ApiError, defaultDescription, simulatorRefusal } from "./errors.js";
import { findMethod } from "./methods/index.js";
import { Described } from "./methods/method.js";
import { type ParamValues, type RequestParams, readParams } from "./request.js";
import type { World } from "./world.js";

/** One call of the Bot API, as the journal keeps it. Bot tokens and webhook secrets are not kept. */
export interface ApiCall {
  /** Rises by one with every call. */
  readonly number: number;
  /** When it came, in ms of the clock. */
  readonly at: number;
  /** Username of the bot; undefined for an unknown token. */
  readonly bot: string | undefined;
  /** As in the documentation, `sendMessage`, however the caller wrote it. */
  readonly method: string;
  readonly params: Readonly<ParamValues>;
  /** Names and sizes of uploaded files. */
  readonly files: readonly { name: string; bytes: number }[];
  /** The fault that took the call. */
  fault?: FaultKind;
  /** Parameters that the method does not have. */
  unknownParameters?: readonly string[];
  /** HTTP status of the answer; undefined while there is none. */
  status?: number;
  /** `description` of an error. */
  error?: string;
  /** `result` of a success. */
  result?: unknown;
  /** The caller closed the connection before the answer. */
  hungUp?: boolean;
}

export interface ApiOptions {
  world: World;
  server: SimulatorServer;
  journal: Journal<ApiCall>;
  strict: boolean;
}

const METHOD_PATH = /^\/bot([^/]*)\/(?:test\/)?([^/]*)\/?$/;
const FILE_PATH = /^\/file\/bot([^/]*)\/(.+)$/;

/** The HTTP side of the Bot API. */
export class BotApi {
  readonly #options: ApiOptions;
  #calls = 0;

  constructor(options: ApiOptions) {
    this.#options = options;
    options.server.app.all("*", (c) => this.#route(c));
  }

  async #route(c: SimulatorContext): Promise<Response> {
    const path = new URL(c.req.url).pathname;
    const [, token, method] = METHOD_PATH.exec(path) ?? [];
    if (token !== undefined && method !== undefined) return await this.#call(c, token, method);
    const [, fileToken, filePath] = FILE_PATH.exec(path) ?? [];
    if (fileToken !== undefined && filePath !== undefined)
      return await this.#file(c, fileToken, decodeURIComponent(filePath));
    return failure(new ApiError(404, "Not Found"));
  }

  async #call(c: SimulatorContext, token: string, path: string): Promise<Response> {
    const { world, server, journal } = this.#options;
    let params: RequestParams = { values: {}, files: new Map() };
    let unreadable: unknown;
    try {
      params = await readParams(c.req.raw);
    } catch (error) {
      unreadable = error;
    }
    const name = path === "" ? String(params.values.method ?? "") : path;
    const bot = world.bots.get(token);
    const call: ApiCall = {
      number: ++this.#calls,
      at: world.clock.now(),
      bot: bot?.user.username,
      method: findMethod(name)?.name ?? name,
      params: withoutSecrets(params.values),
      files: [...params.files.values()].map((file) => ({ name: file.name, bytes: file.bytes.length })),
    };
    journal.add(call);
    const chat = call.params.chat_id;
    const done = (response: Response, outcome: Pick<ApiCall, "error" | "result">) => {
      Object.assign(call, { status: response.status, ...outcome });
      journal.changed();
      return response;
    };
    const refuse = (error: ApiError) => done(failure(error), { error: error.message });
    return await server.answer(c, {
      target: {
        method: call.method,
        ...(chat === undefined ? {} : { chat: String(chat) }),
        ...(call.bot === undefined ? {} : { account: call.bot }),
      },
      onFault: (fault) => {
        call.fault = fault.rule.kind;
        journal.changed();
      },
      refuse: ({ status, description, retryAfterSeconds }) => {
        const text = description ?? defaultDescription(status, retryAfterSeconds);
        return refuse(
          new ApiError(
            status,
            text,
            retryAfterSeconds === undefined ? undefined : { retry_after: retryAfterSeconds },
          ),
        );
      },
      work: async (gone) => {
        try {
          if (unreadable !== undefined) throw unreadable;
          const value = await this.#run(call, token, name, params, gone);
          if (gone.aborted) call.hungUp = true;
          const { result, description } =
            value instanceof Described ? value : { result: value, description: undefined };
          const body = { ok: true, result, ...(description === undefined ? {} : { description }) };
          return done(Response.json(body), { result });
        } catch (error) {
          if (error instanceof ApiError) return refuse(error);
          const reason = error instanceof Error ? error.message : String(error);
          return refuse(new ApiError(500, `Internal Server Error: [simulator] ${reason}`));
        }
      },
    });
  }

  #run(
    call: ApiCall,
    token: string,
    name: string,
    { values, files }: RequestParams,
    gone: AbortSignal,
  ): unknown {
    const { world, strict } = this.#options;
    const bot = this.#authorize(token);
    const method = findMethod(name);
    if (method === undefined) throw new ApiError(404, "Not Found: method not found");
    // An empty parameter is one that was not given.
    const given = Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== null && value !== ""),
    );
    const unknown = Object.keys(given).filter(
      (key) => !method.parameters.has(key) && !files.has(key) && key !== "method",
    );
    if (unknown.length > 0) {
      call.unknownParameters = unknown;
      if (strict) {
        throw simulatorRefusal(
          `${method.name} has no parameter ${unknown.map((key) => `"${key}"`).join(", ")} here (Telegram ignores what it ` +
            `does not know). Known: ${[...method.parameters].join(", ")}. To let it pass, start with strict: false.`,
        );
      }
    }
    return method.run(
      { world, bot, files, gone, call: (name, more) => this.#answerWith(token, name, more) },
      given,
    );
  }

  /** Stands in the journal like every other call. */
  #answerWith(token: string, name: string, values: ParamValues): void {
    const { world, journal } = this.#options;
    const call: ApiCall = {
      number: ++this.#calls,
      at: world.clock.now(),
      bot: world.bots.get(token)?.user.username,
      method: findMethod(name)?.name ?? name,
      params: withoutSecrets(values),
      files: [],
    };
    journal.add(call);
    try {
      call.result = this.#run(call, token, name, { values, files: new Map() }, new AbortController().signal);
      call.status = 200;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      call.status = error.status;
      call.error = error.message;
    }
    journal.changed();
  }

  /** @throws ApiError 404 for what cannot be a token, 401 for one that is unknown or was revoked */
  #authorize(token: string): BotAccount {
    const bot = this.#options.world.bots.get(token);
    if (bot !== undefined && !bot.revoked) return bot;
    throw botIdOf(token) === undefined ? new ApiError(404, "Not Found") : new ApiError(401, "Unauthorized");
  }

  /** Downloads stand in the journal as calls of `file`. */
  async #file(c: SimulatorContext, token: string, path: string): Promise<Response> {
    const { world, server, journal } = this.#options;
    const bot = world.bots.get(token)?.user.username;
    const call: ApiCall = {
      number: ++this.#calls,
      at: world.clock.now(),
      bot,
      method: "file",
      params: { file_path: path },
      files: [],
    };
    journal.add(call);
    const response = await server.answer(c, {
      target: { method: "file", ...(bot === undefined ? {} : { account: bot }) },
      onFault: (fault) => {
        call.fault = fault.rule.kind;
      },
      refuse: ({ status, description }) =>
        failure(new ApiError(status, description ?? defaultDescription(status, undefined))),
      work: async () => this.#bytesOf(token, path),
    });
    call.status = response.status;
    journal.changed();
    return response;
  }

  #bytesOf(token: string, path: string): Response {
    try {
      this.#authorize(token);
    } catch (error) {
      if (error instanceof ApiError) return failure(error);
      throw error;
    }
    const { files } = this.#options.world;
    const file = files.localFolder === undefined ? files.byPath(path) : undefined;
    if (file === undefined) return failure(new ApiError(404, "Not Found: file not found"));
    return new Response(Buffer.from(file.bytes), { headers: { "content-type": "application/octet-stream" } });
  }
}

function withoutSecrets(values: ParamValues): ParamValues {
  return "secret_token" in values ? { ...values, secret_token: "[redacted]" } : values;
}

/** One line about a call, for errors of waits. */
export function describeCall(call: ApiCall): string {
  const time = new Date(call.at).toISOString().slice(11, 23);
  const params = JSON.stringify(call.params);
  const shown = params.length > 200 ? `${params.slice(0, 200)}…` : params;
  const outcome = call.status === undefined ? "no answer yet" : `${call.status} ${call.error ?? "ok"}`;
  const fault = call.fault === undefined ? "" : ` [fault: ${call.fault}]`;
  return `${time} ${call.bot ?? "unknown token"} ${call.method} ${shown} -> ${outcome}${fault}`;
}

function failure({ status, message, parameters }: ApiError): Response {
  const body = {
    ok: false,
    error_code: status,
    description: message,
    ...(parameters === undefined ? {} : { parameters }),
  };
  const retryAfter = parameters?.retry_after;
  return Response.json(body, {
    status,
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": String(retryAfter) } }),
  });
}
