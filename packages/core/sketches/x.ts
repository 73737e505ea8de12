/**
 * X: polling by cursor with late arrivals, posts that are feeds, threads of posts where each answers the one before,
 * "duplicate content" as the only idempotency, and reads that cost money.
 */
import { z } from "zod";
import { pause } from "../src/clock.js";
import { commonFields } from "../src/config/fields.js";
import type {
  Connection,
  ConnectionContext,
  Connector,
  DispatchContext,
  Features,
  InboundEvent,
  Limits,
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
import { split } from "./shared.js";

const fields = z.strictObject({
  ...commonFields,
  apiKey: z.string(),
  apiSecretKey: z.string(),
  accessToken: z.string(),
  accessTokenSecret: z.string(),
  premium: z.boolean().default(false),
  pollIntervalMs: z.number().int().min(60_000).default(120_000),
  dailyBudgetUsd: z.number().positive().default(1),
});
type Config = z.infer<typeof fields>;

interface Post {
  readonly id: string;
  readonly text: string;
  readonly author_id: string;
  readonly conversation_id: string;
  readonly created_at: string;
  readonly referenced_tweets?: readonly {
    readonly type: "replied_to" | "quoted" | "retweeted";
    readonly id: string;
  }[];
}
interface DirectMessage {
  readonly id: string;
  readonly text: string;
  readonly sender_id: string;
  readonly dm_conversation_id: string;
  readonly created_at: string;
}

/** twitter-api-v2, as far as it is used. Every method throws `ApiError`, or a network error. */
interface Client {
  me(): Promise<{ readonly id: string; readonly username: string }>;
  mentions(me: string, sinceId: string | undefined): Promise<readonly Post[]>;
  directMessages(untilKnown: string | undefined): Promise<readonly DirectMessage[]>;
  myPosts(me: string, since: number): Promise<readonly Post[]>;
  post(text: string, replyTo: string | undefined): Promise<{ readonly id: string }>;
  message(conversation: string, text: string): Promise<{ readonly id: string }>;
  remove(id: string): Promise<void>;
  like(me: string, id: string, on: boolean): Promise<void>;
}
interface ApiError {
  readonly code: number;
  readonly detail: string;
  readonly resetAt: number | undefined;
}
declare function connect(config: Config): Client;
declare function isApiError(error: unknown): error is ApiError;

const PRICE_PER_READ_USD = 0.005;
/** Mentions become visible late; ids below the cursor are read again for this long. */
const OVERLAP_MS = 15 * 60_000;

const none = { idempotency: { mode: "none" }, onUnknown: "hold" } as const;
const features: Features = {
  transport: { class: "replayable", windowMs: 7 * 86_400_000 },
  operations: { send: { idempotency: { mode: "detect" }, onUnknown: "hold" }, delete: none, react: none },
  mentions: true,
  threads: false,
};
const limits: Limits = {
  text: { max: 280, unit: "codepoints" },
  pace: {
    account: [
      { count: 100, perMs: 900_000 },
      { count: 10_000, perMs: 86_400_000 },
    ],
  },
};

const textPart = z.object({ text: z.string() });
const routeSchema = z.object({ post: z.string() });
/** What a post answers: the first one of an answer the mention, each later one the post before it. */
const parentOf = ({ to, previous }: DispatchContext) =>
  previous.at(-1)?.message ?? routeSchema.parse(to.route?.data).post;

export const x: Connector<Config> = {
  manifest: {
    id: "twitter",
    name: "X",
    package: "@elizaos/plugin-twitter",
    env: {
      apiKey: ["TWITTER_API_KEY"],
      apiSecretKey: ["TWITTER_API_SECRET_KEY"],
      accessToken: ["TWITTER_ACCESS_TOKEN"],
      accessTokenSecret: ["TWITTER_ACCESS_TOKEN_SECRET"],
    },
    secrets: ["apiKey", "apiSecretKey", "accessToken", "accessTokenSecret"],
    credentials: [
      {
        keys: ["apiKey", "apiSecretKey", "accessToken", "accessTokenSecret"],
        where: "Create an app at developer.x.com.",
      },
    ],
  },
  config: { fields },
  features,
  limits,
  async identify({ config }) {
    const me = await connect(config).me().catch(sorted);
    return { id: me.id, name: me.username };
  },

  async open({ config }, context) {
    const client = connect(config);
    const me = context.identity.split(":")[1] ?? context.identity;
    const polling = poll(client, me, config, context);
    const connection: Connection = {
      supports: (to) => {
        const direct = to !== undefined && to.route === undefined;
        const max = direct ? 10_000 : config.premium ? 25_000 : 280;
        return { ...features, ...limits, text: { max, unit: "codepoints" } };
      },
      prepare(operation): readonly Part[] {
        switch (operation.kind) {
          case "send": {
            const { text: limit } = connection.supports(operation.to);
            const texts = split(operation.text, limit);
            return texts.map((text) => ({
              call: operation.to.route === undefined ? "sendDm" : "post",
              payload: { text },
            }));
          }
          case "delete":
            return [{ call: "delete", payload: { id: operation.to.message } }];
          case "react":
            return [{ call: "like", payload: { id: operation.to.message, on: operation.emoji !== null } }];
          default:
            throw new Rejected(`X cannot do "${operation.kind}"`);
        }
      },
      async dispatch(part, dispatch): Promise<SendResult> {
        if (part.call === "sendDm") {
          const { text } = textPart.parse(part.payload);
          return { message: (await client.message(dispatch.to.chat, text).catch(sorted)).id };
        }
        if (part.call === "post") {
          const { text } = textPart.parse(part.payload);
          try {
            return { message: (await client.post(text, parentOf(dispatch))).id };
          } catch (error) {
            // After a call of unknown outcome, "duplicate content" says that it did happen; at a first call it is a refusal.
            if (isApiError(error) && error.detail.includes("duplicate content") && dispatch.uncertain)
              return {};
            return sorted(error);
          }
        }
        const { id, on } = z.object({ id: z.string(), on: z.boolean().default(false) }).parse(part.payload);
        await (part.call === "like" ? client.like(me, id, on) : client.remove(id)).catch(sorted);
        return {};
      },
      async find(part, dispatch) {
        if (part.call !== "post") return "unknown";
        const { text } = textPart.parse(part.payload);
        const parent = parentOf(dispatch);
        const mine = await client.myPosts(me, dispatch.firstAttemptAt).catch(sorted);
        const twin = mine.find(
          (post) => post.text === text && post.referenced_tweets?.some((each) => each.id === parent),
        );
        // The timeline lags, but a repeat is safe: X refuses the same text twice.
        return twin === undefined ? "absent" : { message: twin.id };
      },
      async probe() {
        try {
          await client.me().catch(sorted);
          return { status: "ok" };
        } catch (error) {
          if (error instanceof AuthError) return { status: "unauthorised", reason: error.message };
          return { status: "unreachable", reason: String(error) };
        }
      },
      close: () => polling,
    };
    context.status({ state: "online" });
    return connection;
  },
};

async function poll(client: Client, me: string, config: Config, context: ConnectionContext): Promise<void> {
  while (!context.signal.aborted) {
    try {
      if (await affordable(config, context)) await pollOnce(client, me, context);
      await pause(context.clock, config.pollIntervalMs, context.signal);
    } catch (error) {
      if (!(error instanceof RateLimited)) {
        context.fail(
          ConnectorError.isInstance(error) ? error : new Transient("Polling failed", { cause: error }),
        );
        return;
      }
      await pause(context.clock, error.retryAfterMs, context.signal);
    }
  }
}

async function pollOnce(client: Client, me: string, context: ConnectionContext): Promise<void> {
  const stored = await context.cursor("mentions");
  if (stored === undefined) {
    // The first start must not answer what was said before it.
    await context.receive([], { cursor: { name: "mentions", value: idAt(context.clock.now()) } });
    return;
  }
  const posts = await client.mentions(me, z.string().parse(stored)).catch(sorted);
  await spend(posts.length, context);
  const cursor = { name: "mentions", value: idAt(context.clock.now() - OVERLAP_MS) };
  await context.receive(
    posts
      .filter((post) => post.author_id !== me)
      .map(toMention)
      .toReversed(),
    { cursor },
  );

  const lastMessage = z
    .string()
    .optional()
    .parse(await context.cursor("messages"));
  const messages = await client.directMessages(lastMessage).catch(sorted);
  const newest = messages[0];
  if (newest !== undefined)
    await context.receive(messages.map(toMessage).toReversed(), {
      cursor: { name: "messages", value: newest.id },
    });
}

async function affordable(config: Config, context: ConnectionContext): Promise<boolean> {
  const spent = z
    .number()
    .catch(0)
    .parse((await context.state.get(`spent/${day(context)}`))?.value);
  if (spent < config.dailyBudgetUsd) return true;
  context.status({
    state: "action-needed",
    reason: `Today's reading budget of ${config.dailyBudgetUsd} USD is used up`,
    mend: "Wait until tomorrow or raise dailyBudgetUsd.",
  });
  return false;
}

async function spend(reads: number, context: ConnectionContext): Promise<void> {
  const key = `spent/${day(context)}`;
  const now = await context.state.get(key);
  const value = z.number().catch(0).parse(now?.value) + reads * PRICE_PER_READ_USD;
  await context.state.batch([
    { key, value, ifVersion: now?.version ?? 0, expiresAt: context.clock.now() + 2 * 86_400_000 },
  ]);
}

const day = (context: ConnectionContext) => new Date(context.clock.now()).toISOString().slice(0, 10);
/** The smallest id of a post made at that time. */
const idAt = (time: number) => String(BigInt(time - 1_288_834_974_657) << 22n);

function toMention(post: Post): InboundEvent {
  const sentAt = Date.parse(post.created_at);
  return {
    kind: "message",
    keys: [`post/${post.id}`],
    sentAt,
    order: sentAt,
    address: { chat: post.conversation_id, message: post.id, route: { version: 1, data: { post: post.id } } },
    chat: { kind: "feed" },
    sender: { id: post.author_id },
    content: { text: post.text, mentionsSelf: "mention" },
  };
}

function toMessage(message: DirectMessage): InboundEvent {
  return {
    kind: "message",
    keys: [`dm/${message.id}`],
    sentAt: Date.parse(message.created_at),
    address: { chat: message.dm_conversation_id, message: message.id },
    chat: { kind: message.dm_conversation_id.includes("-") ? "dm" : "group" },
    sender: { id: message.sender_id },
    content: { text: message.text },
  };
}

function sorted(error: unknown): never {
  if (!isApiError(error)) throw new Unknown("No answer from X", { cause: error });
  const { code, detail, resetAt } = error;
  if (code === 429)
    throw new RateLimited("X asks to wait", {
      scope: "method",
      retryAfterMs: Math.max(0, (resetAt ?? 0) - Date.now()),
    });
  if (code === 401)
    throw new AuthError("X refuses the keys", { mend: "Check the four keys and this machine's clock." });
  if (code === 404) throw new Gone("The post is gone");
  if (code >= 500) throw new Unknown(`X answered ${code}`);
  throw new Rejected(`X refuses: ${detail}`);
}
