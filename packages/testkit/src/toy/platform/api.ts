import {
  type Fault,
  Journal,
  type SimulatorContext,
  type SimulatorServer,
} from "@elizaos/connector-simulators/kit";
import { z } from "zod";
import type { WireError, WireMe } from "../wire.js";
import { buttonsSchema } from "./buttons.js";
import type { Feed } from "./feed.js";
import { type AccountRecord, Refusal } from "./records.js";
import { wireMessage } from "./render.js";
import type { World } from "./world.js";

/** One call of an account. `status` 0 until it is answered. */
export interface ToyCall {
  readonly method: string;
  readonly account: string | undefined;
  readonly body: unknown;
  status: number;
}

const target = { chat: z.string(), message: z.string() };
const bodies = {
  send: z.strictObject({
    chat: z.string(),
    thread: z.string().optional(),
    text: z.string(),
    files: z.array(z.string()).max(10).optional(),
    quote: z.string().optional(),
    ticket: z.string().optional(),
    key: z.string().min(1).max(64).optional(),
    note: z.string().max(64).optional(),
    buttons: buttonsSchema.optional(),
  }),
  edit: z.strictObject({ ...target, text: z.string(), buttons: buttonsSchema.optional() }),
  took: z.strictObject({ press: z.string() }),
  delete: z.strictObject(target),
  react: z.strictObject({ ...target, emoji: z.string().nullable() }),
  typing: z.strictObject({ chat: z.string(), thread: z.string().optional() }),
};
const queries = {
  me: z.strictObject({}),
  log: z.strictObject({
    after: z.coerce.number().int().min(0),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  }),
  message: z.strictObject(target),
  file: z.strictObject({ id: z.string() }),
  upload: z.strictObject({ name: z.string().min(1).max(200), type: z.string().max(100) }),
  own: z.strictObject({ chat: z.string(), since: z.coerce.number() }),
};

export interface ApiOptions {
  readonly server: SimulatorServer;
  readonly world: World;
  readonly feed: Feed;
  /** Resolves when a send may be answered. */
  readonly settled: () => Promise<void>;
}

const CALLS_KEPT = 10_000;
const OWN_MAX = 100;

/** The platform's HTTP API for accounts: `POST /api/<method>` with JSON, `GET /api/me`, `/api/log`, `/api/own`, `/api/stream`; files as they are. */
export class Api {
  readonly calls: Journal<ToyCall>;
  readonly #server: SimulatorServer;
  readonly #world: World;
  readonly #feed: Feed;

  constructor({ server, world, feed, settled }: ApiOptions) {
    this.#server = server;
    this.#world = world;
    this.#feed = feed;
    this.calls = new Journal({
      watch: server.watch,
      limit: CALLS_KEPT,
      describe: ({ method, account, status, body }) =>
        `${method} by ${account ?? "nobody"}: ${status} ${JSON.stringify(body)}`,
    });
    this.#post("send", bodies.send, async (account, input) => {
      const { message, ticket } = world.send(account, input);
      await settled();
      return { message: message.id, ticket };
    });
    this.#post("edit", bodies.edit, (account, input) => {
      world.checkText(input.text);
      world.rewrite(this.#own(account, input), input.text, input.buttons);
    });
    this.#post("took", bodies.took, (account, { press }) => {
      if (!world.presses.take(account, press)) throw new Refusal(404, "unknown-press", press);
    });
    this.#post("delete", bodies.delete, (account, input) => world.remove(this.#own(account, input), account));
    this.#post("react", bodies.react, (account, { chat, message, emoji }) => {
      world.react(world.messageIn(world.chatFor(account, chat), message), account, emoji);
    });
    this.#post("typing", bodies.typing, (account, { chat }) => void world.chatFor(account, chat));
    this.#get(
      "me",
      queries.me,
      (account): WireMe => ({ id: account.id, name: account.name, ...pick(world) }),
    );
    this.#get("log", queries.log, (account, { after, limit }) => feed.read(account, after, limit));
    this.#get("message", queries.message, (account, { chat, message }) =>
      wireMessage(world.messageIn(world.chatFor(account, chat), message)),
    );
    this.#get("own", queries.own, (account, { chat, since }) => {
      const messages = [...world.chatFor(account, chat).messages.values()].filter(
        (each) => each.author === account && each.at >= since && !each.deleted,
      );
      return {
        messages: messages
          .toReversed()
          .slice(0, OWN_MAX)
          .map(({ id, note }) => ({ message: id, ...(note !== undefined && { note }) })),
      };
    });
    this.#get("file", queries.file, (_account, { id }) => {
      const { bytes } = world.files.get(id);
      return new Response(Buffer.from(bytes), { headers: { "content-type": "application/octet-stream" } });
    });
    this.#upload();
    this.#stream();
  }

  /** The name stands in the query, the body is the file. */
  #upload(): void {
    this.#server.app.post("/api/upload", async (c) => {
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      return this.#call(c, "upload", c.req.query(), queries.upload, (account, { name, type }) => ({
        file: this.#world.files.add({ owner: account, name, mediaType: type, bytes, size: bytes.length }).id,
      }));
    });
  }

  #own(account: AccountRecord, { chat, message }: { readonly chat: string; readonly message: string }) {
    const found = this.#world.messageIn(this.#world.chatFor(account, chat), message);
    if (found.author !== account)
      throw new Refusal(403, "not-yours", `${message} was written by ${found.author.name}`);
    return found;
  }

  #post<S extends z.ZodType>(
    method: string,
    schema: S,
    work: (account: AccountRecord, input: z.output<S>) => unknown,
  ): void {
    this.#server.app.post(`/api/${method}`, async (c) => {
      const text = await c.req.text();
      return this.#call(c, method, parseJson(text), schema, work);
    });
  }

  #get<S extends z.ZodType>(
    method: string,
    schema: S,
    work: (account: AccountRecord, input: z.output<S>) => unknown,
  ): void {
    this.#server.app.get(`/api/${method}`, (c) => this.#call(c, method, c.req.query(), schema, work));
  }

  async #call<S extends z.ZodType>(
    c: SimulatorContext,
    method: string,
    body: unknown,
    schema: S,
    work: (account: AccountRecord, input: z.output<S>) => unknown,
  ): Promise<Response> {
    const account = this.#account(c);
    const call: ToyCall = { method, account: account?.name, body, status: 0 };
    this.calls.add(call);
    const chat = z.object({ chat: z.string() }).safeParse(body);
    let hit: Fault | undefined;
    const response = await this.#server.answer(c, {
      target: {
        method,
        ...(chat.success && { chat: chat.data.chat }),
        ...(account !== undefined && { account: account.name }),
      },
      onFault: (fault) => {
        hit = fault;
      },
      refuse: (refusal) => refusedByFault(refusal, scopeOf(hit)),
      work: () => this.#do(account, body, schema, work),
    });
    call.status = response.status;
    this.calls.changed();
    return response;
  }

  async #do<S extends z.ZodType>(
    account: AccountRecord | undefined,
    body: unknown,
    schema: S,
    work: (account: AccountRecord, input: z.output<S>) => unknown,
  ): Promise<Response> {
    try {
      if (account === undefined) throw new Refusal(401, "bad-token", "the token is unknown or revoked");
      const input = schema.safeParse(body);
      if (!input.success) throw fieldRefusal(input.error);
      const answer = (await work(account, input.data)) ?? {};
      return answer instanceof Response ? answer : Response.json(answer);
    } catch (error) {
      if (error instanceof Refusal) return refused(error.status, error.body);
      throw error;
    } finally {
      this.#server.watch.poke();
    }
  }

  #stream(): void {
    this.#server.app.get("/api/stream", async (c) => {
      const account = this.#account(c);
      const call: ToyCall = { method: "stream", account: account?.name, body: {}, status: 0 };
      this.calls.add(call);
      const response = await this.#server.answer(c, {
        target: { method: "stream", ...(account !== undefined && { account: account.name }) },
        refuse: (refusal) => refusedByFault(refusal, "account"),
        work: async () => {
          if (account === undefined)
            return refused(401, { error: "bad-token", detail: "the token is unknown or revoked" });
          const gone = new AbortController();
          const { socket } = c.env.incoming;
          socket.once("close", () => gone.abort());
          const stream = this.#feed.subscribe(account, gone.signal, () => socket.resetAndDestroy());
          return new Response(stream, { headers: { "content-type": "application/x-ndjson" } });
        },
      });
      call.status = response.status;
      this.calls.changed();
      return response;
    });
  }

  #account(c: SimulatorContext): AccountRecord | undefined {
    const token = /^Bearer (.+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    return this.#world.accounts.find((account) => account.token === token && !account.revoked);
  }
}

function pick({ rules }: World): Omit<WireMe, "id" | "name"> {
  const { textBytes, fileBytes, tickets, idempotency, keyWindowMs } = rules;
  return { textBytes, fileBytes, tickets, idempotency, keyWindowMs };
}

function refused(status: number, error: WireError): Response {
  return Response.json(error, { status });
}

interface FaultRefusal {
  readonly status: number;
  readonly description?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

function refusedByFault(
  { status, description, retryAfterSeconds }: FaultRefusal,
  scope: "chat" | "method" | "account",
): Response {
  return refused(status, {
    error: status === 429 ? "slow-down" : "trouble",
    detail: description ?? "",
    ...(retryAfterSeconds === undefined ? {} : { wait: retryAfterSeconds, scope }),
  });
}

/** A flood is told for as much as its rule covers. */
function scopeOf(fault: Fault | undefined): "chat" | "method" | "account" {
  if (fault?.rule.chat !== undefined) return "chat";
  return fault?.rule.method === undefined ? "account" : "method";
}

function fieldRefusal(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  if (issue?.code === "unrecognized_keys") return new Refusal(400, "unknown-field", issue.keys.join(", "));
  return new Refusal(
    400,
    "bad-request",
    issue === undefined ? "" : `${issue.path.join(".")}: ${issue.message}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Undefined fits no schema, so the call is refused as a bad request.
    return undefined;
  }
}
