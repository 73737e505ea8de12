/**
 * Gmail: a mailbox with a history cursor, a push that only says "look again", a References chain as route, answers that
 * carry their own Message-ID so that they can be searched for.
 */
import { z } from "zod";
import { pause } from "../src/clock.js";
import { commonFields } from "../src/config/fields.js";
import type {
  Connection,
  ConnectionContext,
  Connector,
  EventBatch,
  Features,
  InboundEvent,
  Json,
  Limits,
  MessageEvent,
  Part,
  SendResult,
} from "../src/contract/index.js";
import {
  AuthError,
  ConnectorError,
  Gone,
  RateLimited,
  Rejected,
  Transient,
  Unknown,
} from "../src/contract/index.js";

const fields = z.strictObject({
  ...commonFields,
  account: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  refreshToken: z.string(),
  topic: z.string(),
  pushToken: z.string(),
  label: z.string().default("INBOX"),
  renewEveryMinutes: z.number().positive().default(720),
});
type Config = z.infer<typeof fields>;

interface Mail {
  readonly id: string;
  readonly threadId: string;
  readonly internalDate: string;
  readonly labelIds: readonly string[];
  readonly headers: {
    readonly from: string;
    readonly subject: string;
    readonly messageId: string;
    readonly references: readonly string[];
    readonly autoSubmitted?: string;
  };
  readonly text: string;
  readonly attachments: readonly {
    readonly id: string;
    readonly name: string;
    readonly mediaType: string;
    readonly size: number;
  }[];
}
interface History {
  readonly added: readonly {
    readonly id: string;
    readonly threadId: string;
    readonly labelIds: readonly string[];
  }[];
  readonly historyId: string;
  readonly nextPage?: string;
}
/** About eight HTTP calls; all throw `HttpError`, or a network error. */
interface Api {
  profile(signal?: AbortSignal): Promise<{ readonly emailAddress: string; readonly historyId: string }>;
  watch(topic: string, label: string): Promise<{ readonly expiration: number }>;
  history(since: string, page: string | undefined): Promise<History>;
  listSince(
    time: number,
  ): Promise<
    readonly { readonly id: string; readonly threadId: string; readonly labelIds: readonly string[] }[]
  >;
  mail(id: string, signal: AbortSignal): Promise<Mail>;
  attachment(mail: string, id: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  search(query: string): Promise<readonly { readonly id: string }[]>;
  send(raw: string, threadId: string | null): Promise<{ readonly id: string }>;
}
interface HttpError {
  readonly status: number;
  readonly reason: string;
}
declare function connect(config: Config): Api;
declare function isHttpError(error: unknown): error is HttpError;
declare function mime(parts: {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly references: readonly string[];
  readonly markdown: string;
}): string;
declare function sameInConstantTime(a: string, b: string): boolean;

const features: Features = {
  transport: { class: "replayable", windowMs: 7 * 86_400_000 },
  operations: { send: { idempotency: { mode: "detect" }, onUnknown: "hold" } },
  mentions: false,
  threads: true,
};
const limits: Limits = { text: { max: 5_000_000, unit: "bytes" } };

const CURSOR = "history";
const cursorSchema = z.object({ historyId: z.string(), at: z.number() });
/** Gmail forgets history after about a week; from then on only dates can be searched. */
const routeSchema = z.object({ to: z.string(), subject: z.string(), references: z.array(z.string()) });
const partSchema = z.object({ markdown: z.string() });
const pushSchema = z.object({ message: z.object({ data: z.string(), messageId: z.string() }) });

const messageIdOf = (key: string) => `<${key}@connector.invalid>`;

export const gmail: Connector<Config> = {
  manifest: {
    id: "gmail-watch",
    name: "Gmail",
    package: "@elizaos/plugin-gmail-watch",
    env: { refreshToken: ["GMAIL_REFRESH_TOKEN"] },
    secrets: ["clientSecret", "refreshToken", "pushToken"],
    credentials: [
      {
        keys: ["clientId", "clientSecret", "refreshToken"],
        where: "Create an OAuth client in the Google Cloud console.",
      },
    ],
  },
  config: { fields },
  features,
  limits,
  async identify({ config }, { signal }) {
    const { emailAddress } = await connect(config).profile(signal).catch(sorted);
    return { id: emailAddress, name: emailAddress };
  },

  async open({ config }, context) {
    const api = connect(config);
    const renewing = renew(api, config, context);
    const connection: Connection = {
      supports: () => ({ ...features, ...limits }),
      prepare(operation): readonly Part[] {
        if (operation.kind !== "send") throw new Rejected(`Mail cannot do "${operation.kind}"`);
        return [{ call: "messages.send", payload: { markdown: operation.text } }];
      },
      async dispatch(part, { key, to }): Promise<SendResult> {
        const { markdown } = partSchema.parse(part.payload);
        const fresh = { to: to.chat, subject: markdown.split("\n", 1)[0] ?? "", references: [] };
        const headers = to.route === undefined ? fresh : routeSchema.parse(to.route.data);
        const raw = mime({ ...headers, markdown, from: config.account, messageId: messageIdOf(key) });
        return { message: (await api.send(raw, to.thread ?? null).catch(sorted)).id };
      },
      async find(_part, { key }) {
        const [mail] = await api.search(`rfc822msgid:${messageIdOf(key)}`).catch(sorted);
        return mail === undefined ? "absent" : { message: mail.id };
      },
      async *catchUp(): AsyncIterable<EventBatch> {
        yield* readHistory(api, config, await context.cursor(CURSOR), context);
      },
      async hydrate(event, signal) {
        const id = event.address.message;
        if (id === undefined) throw new Rejected("A mail event without a mail");
        try {
          return complete(event, await api.mail(id, signal));
        } catch (error) {
          // Deleted since: there is nothing to answer.
          if (isHttpError(error) && error.status === 404) return undefined;
          return sorted(error);
        }
      },
      download(attachment, signal) {
        const { mail, id } = z.object({ mail: z.string(), id: z.string() }).parse(attachment.ref);
        return api.attachment(mail, id, signal);
      },
      async probe(signal) {
        try {
          await api.profile(signal).catch(sorted);
          return { status: "ok" };
        } catch (error) {
          return error instanceof AuthError
            ? { status: "unauthorised", reason: error.message }
            : { status: "unreachable", reason: String(error) };
        }
      },
      close: () => renewing,
    };
    context.status({ state: "online" });
    return connection;
  },

  webhook: {
    path: () => "/gmail-pubsub",
    verify(request, accounts) {
      const token = new URL(request.url, "http://localhost").searchParams.get("token") ?? "";
      const account = accounts.find(({ config }) => sameInConstantTime(config.pushToken, token));
      if (account === undefined) return { ok: false, response: { status: 401 }, reason: "wrong push token" };
      const push = pushSchema.safeParse(JSON.parse(new TextDecoder().decode(request.body)));
      if (!push.success) return { ok: false, response: { status: 400 }, reason: "not a Pub/Sub push" };
      return { ok: true, value: { account: account.id } };
    },
    // The push holds no mail, only a hint: the connection has to read its history.
    parse: ({ account }: { readonly account: string }) => [{ account, events: [] }],
    reply: () => ({ status: 204 }),
  },
};

/** The watch ends after seven days; a watch that cannot be renewed is silence, so it is said. */
async function renew(api: Api, config: Config, context: ConnectionContext): Promise<void> {
  while (!context.signal.aborted) {
    try {
      const { expiration } = await api.watch(config.topic, config.label).catch(sorted);
      context.log.info({ expiration }, "watch renewed");
    } catch (error) {
      context.fail(
        ConnectorError.isInstance(error)
          ? error
          : new Transient("The watch could not be renewed", { cause: error }),
      );
      return;
    }
    await pause(context.clock, config.renewEveryMinutes * 60_000, context.signal);
  }
}

async function* readHistory(
  api: Api,
  config: Config,
  cursor: Json | undefined,
  context: ConnectionContext,
): AsyncIterable<EventBatch> {
  const mark = (historyId: string) => ({ name: CURSOR, value: { historyId, at: context.clock.now() } });
  if (cursor === undefined) {
    yield { events: [], cursor: mark((await api.profile().catch(sorted)).historyId) };
    return;
  }
  const { historyId, at } = cursorSchema.parse(cursor);
  try {
    for (let page: string | undefined, first = true; first || page !== undefined; first = false) {
      const history: History = await api.history(historyId, page);
      page = history.nextPage;
      const events = history.added
        .filter((each) => each.labelIds.includes(config.label))
        .map((each) => pointer(config, each, context.clock.now()));
      // The cursor moves with the last page only; a crash before it reads the pages again, and their keys are known.
      yield page === undefined ? { events, cursor: mark(history.historyId) } : { events };
    }
  } catch (error) {
    if (!isHttpError(error) || error.status !== 404) return sorted(error);
    context.log.warn({ historyId }, "history is too old; reading by date");
    const { historyId: now } = await api.profile().catch(sorted);
    const mails = await api.listSince(at).catch(sorted);
    yield { events: mails.map((each) => pointer(config, each, context.clock.now())), cursor: mark(now) };
  }
}

/** All that history tells of a mail; sender, subject and text come with `hydrate`. */
function pointer(
  config: Config,
  mail: { readonly id: string; readonly threadId: string },
  now: number,
): MessageEvent {
  return {
    kind: "message",
    keys: [mail.id],
    sentAt: now,
    address: { chat: config.account, thread: mail.threadId, message: mail.id },
    chat: { kind: "mailbox" },
    sender: { id: "unknown" },
    content: { text: "" },
    needsHydration: true,
  };
}

function complete(event: InboundEvent, mail: Mail): MessageEvent {
  const { from, subject, messageId, references, autoSubmitted } = mail.headers;
  const address = from.replace(/^.*<|>$/g, "").toLowerCase();
  return {
    kind: "message",
    keys: event.keys,
    sentAt: Number(mail.internalDate),
    address: {
      ...event.address,
      route: {
        version: 1,
        data: { to: address, subject: `Re: ${subject}`, references: [...references, messageId] },
      },
    },
    chat: { kind: "mailbox", title: subject },
    // Mail that machines send is never answered, or two of them would write to each other for ever.
    sender: {
      id: address,
      name: from,
      isSelf: mail.labelIds.includes("SENT"),
      isBot: autoSubmitted !== undefined && autoSubmitted !== "no",
    },
    content: {
      text: mail.text,
      attachments: mail.attachments.map(({ id, name, mediaType, size }) => ({
        type: "file",
        ref: { mail: mail.id, id },
        name,
        mediaType,
        size,
      })),
    },
  };
}

function sorted(error: unknown): never {
  if (!isHttpError(error)) throw new Unknown("No answer from Google", { cause: error });
  const { status, reason } = error;
  if (reason === "invalid_grant" || status === 401)
    throw new AuthError("Google refuses the refresh token", { mend: "Authorise the account again." });
  if (status === 429 || reason.includes("rateLimitExceeded"))
    throw new RateLimited("Google asks to wait", { scope: "account", retryAfterMs: 60_000 });
  if (status === 404) throw new Gone("The mail is gone");
  if (status >= 500) throw new Unknown(`Google answered ${status}`);
  throw new Rejected(`Google refuses: ${reason}`);
}
