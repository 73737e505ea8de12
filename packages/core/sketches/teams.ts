/**
 * Microsoft Teams: webhook only, a JWT to verify with fetched keys, conversation references as routes, 15 s to answer
 * the request, several tenants with one app, no idempotency.
 */
import { z } from "zod";
import { commonFields } from "../src/config/fields.js";
import type {
  Address,
  Connection,
  Connector,
  Features,
  InboundEvent,
  Json,
  Limits,
  MessageContent,
  Part,
  Route,
  Sender,
  SendResult,
  WebhookRequest,
} from "../src/contract/index.js";
import { AuthError, Gone, RateLimited, Rejected, Transient, Unknown } from "../src/contract/index.js";
import { split } from "./shared.js";

const fields = z.strictObject({
  ...commonFields,
  appId: z.string(),
  appPassword: z.string(),
  tenantId: z.string(),
  webhook: z.strictObject({ path: z.string().default("/msteams") }).prefault({}),
  teams: z.record(z.string(), z.strictObject({ requireMention: z.boolean().optional() })).default({}),
});
type Config = z.infer<typeof fields>;

/** The wire: an activity of the Bot Connector protocol. */
const activity = z.object({
  type: z.string(),
  id: z.string(),
  timestamp: z.string(),
  serviceUrl: z.string(),
  text: z.string().default(""),
  replyToId: z.string().optional(),
  from: z.object({ id: z.string(), name: z.string().optional(), aadObjectId: z.string().optional() }),
  recipient: z.object({ id: z.string() }),
  conversation: z.object({
    id: z.string(),
    conversationType: z.enum(["personal", "groupChat", "channel"]).default("personal"),
  }),
  channelData: z.object({
    tenant: z.object({ id: z.string() }),
    team: z.object({ id: z.string() }).optional(),
    eventType: z.string().optional(),
  }),
  entities: z
    .array(z.object({ type: z.string(), mentioned: z.object({ id: z.string() }).optional() }))
    .default([]),
  reactionsAdded: z.array(z.object({ type: z.string() })).default([]),
  reactionsRemoved: z.array(z.object({ type: z.string() })).default([]),
});
type Activity = z.infer<typeof activity>;

/** What the SDK (or 250 lines of fetch) does for us. */
interface TeamsSdk {
  /** RS256 against the published keys; undefined when it does not hold. Fetches keys, so it is asynchronous. */
  verifyJwt(
    token: string,
    signal: AbortSignal,
  ): Promise<{ readonly aud: string; readonly serviceurl: string } | undefined>;
  token(config: Config): Promise<{ ok: true; token: string } | { ok: false; code: string }>;
  call(
    method: string,
    url: string,
    token: string,
    body: Json,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly retryAfterMs: number; readonly id?: string }>;
}
declare const sdk: TeamsSdk;

/** Everything that an answer needs; serviceUrl is regional and may change. */
const referenceSchema = z.object({
  serviceUrl: z.string(),
  conversation: z.string(),
  bot: z.string(),
  tenant: z.string(),
});

const features: Features = {
  transport: { class: "redelivered", windowMs: 15 * 60_000 },
  operations: {
    send: { idempotency: { mode: "none" }, onUnknown: "hold" },
    edit: { idempotency: { mode: "none" }, onUnknown: "resend" },
    delete: { idempotency: { mode: "none" }, onUnknown: "resend" },
  },
  typing: { refreshMs: 3_000 },
  mentions: true,
  threads: true,
};
const limits: Limits = {
  text: { max: 4_000, unit: "utf16" },
  pace: {
    chat: [
      { count: 7, perMs: 1_000 },
      { count: 60, perMs: 30_000 },
      { count: 1_800, perMs: 3_600_000 },
    ],
  },
};

/** One request that passed: the activity and the accounts (tenants) it can belong to. */
interface Delivery {
  readonly account: string;
  readonly activity: Activity;
}

export const teams: Connector<Config> = {
  manifest: {
    id: "msteams",
    name: "Microsoft Teams",
    package: "@elizaos/plugin-msteams",
    env: {
      appId: ["MSTEAMS_APP_ID"],
      appPassword: ["MSTEAMS_APP_PASSWORD"],
      tenantId: ["MSTEAMS_TENANT_ID"],
    },
    secrets: ["appPassword"],
    credentials: [
      {
        keys: ["appId", "appPassword", "tenantId"],
        where: "Register a bot in the Azure portal (Azure Bot, single tenant).",
      },
    ],
  },
  config: { fields },
  features,
  limits,
  groupSettings(config, address) {
    const own = config.teams[address.space ?? ""];
    if (own === undefined) return {};
    const path = `teams.${address.space}`;
    return {
      listed: { value: true, path },
      ...(own.requireMention !== undefined && {
        requireMention: { value: own.requireMention, path: `${path}.requireMention` },
      }),
    };
  },

  async identify({ config }) {
    const got = await sdk.token(config);
    if (!got.ok)
      throw new AuthError(`Microsoft refuses the app (${got.code})`, {
        where: "appPassword",
        mend: "Renew the client secret in Azure.",
      });
    return { id: `${config.tenantId}/${config.appId}` };
  },

  async open({ config }, context) {
    const url = (to: Address) => {
      const reference = referenceSchema.safeParse(to.route?.data);
      if (!reference.success)
        throw new Gone("No conversation reference: the bot must be written to first in this chat");
      return `${reference.data.serviceUrl}v3/conversations/${encodeURIComponent(reference.data.conversation)}/activities`;
    };
    const connection: Connection = {
      supports: () => ({ ...features, ...limits }),
      prepare(operation): readonly Part[] {
        switch (operation.kind) {
          case "send":
            return split(operation.text, limits.text).map((text) => ({
              call: "POST activities",
              payload: {
                path: "",
                body: { type: "message", text, textFormat: "markdown", replyToId: operation.replyTo ?? null },
              },
            }));
          case "edit":
            return [
              {
                call: "PUT activities",
                payload: {
                  path: `/${operation.to.message}`,
                  body: { type: "message", text: operation.text },
                },
              },
            ];
          case "delete":
            return [{ call: "DELETE activities", payload: { path: `/${operation.to.message}`, body: null } }];
          default:
            throw new Rejected(`Teams cannot do "${operation.kind}"`);
        }
      },
      async dispatch(part, { to, signal }): Promise<SendResult> {
        const { path, body } = z.object({ path: z.string(), body: z.json() }).parse(part.payload);
        // The reference is the newest one that core knows: serviceUrl may have changed since the message came.
        const target = `${url(to)}${path}`;
        const got = await sdk.token(config);
        if (!got.ok) throw new AuthError(`Microsoft refuses the app (${got.code})`);
        const answer = await sdk
          .call(part.call.split(" ")[0] ?? "POST", target, got.token, body, signal)
          .catch((cause: unknown) => {
            throw new Unknown("No answer from Teams", { cause });
          });
        if (answer.status < 300)
          return answer.id === undefined ? {} : { message: answer.id, ...begun(to, answer.id) };
        if (answer.status === 429)
          throw new RateLimited("Teams asks to wait", { scope: "chat", retryAfterMs: answer.retryAfterMs });
        // The only statuses that Teams' documentation declares safe to repeat.
        if (answer.status === 412) throw new Transient("Teams: precondition failed");
        if (answer.status === 401) throw new AuthError("Teams refuses the token");
        if (answer.status === 403 || answer.status === 404)
          throw new Gone("The bot is not in this conversation any more");
        if (answer.status < 500) throw new Rejected(`Teams refuses the activity (${answer.status})`);
        throw new Unknown(`Teams answered ${answer.status}`);
      },
      async typing(to, signal) {
        const got = await sdk.token(config);
        if (got.ok) await sdk.call("POST", url(to), got.token, { type: "typing" }, signal);
      },
      async probe() {
        const got = await sdk.token(config);
        return got.ok ? { status: "ok" } : { status: "unauthorised", reason: got.code };
      },
      close: async () => {},
    };
    context.status({ state: "online" });
    return connection;
  },

  webhook: {
    path: (config) => config.webhook.path,
    async verify(request: WebhookRequest, accounts, { signal }) {
      const refuse = (status: number, reason: string) => ({
        ok: false as const,
        response: { status },
        reason,
      });
      const token = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1];
      const claims = token === undefined ? undefined : await sdk.verifyJwt(token, signal);
      if (claims === undefined) return refuse(401, "no valid token");
      const parsed = activity.safeParse(JSON.parse(new TextDecoder().decode(request.body)));
      if (!parsed.success) return refuse(400, "not an activity");
      // The token names the service; without this check a stolen token would make us post to any host.
      if (claims.serviceurl !== parsed.data.serviceUrl) return refuse(403, "serviceUrl is not the token's");
      const account = accounts.find(
        ({ config }) => config.appId === claims.aud && config.tenantId === parsed.data.channelData.tenant.id,
      );
      if (account === undefined) return refuse(404, "no account for this app and tenant");
      const value: Delivery = { account: account.id, activity: parsed.data };
      return { ok: true, value };
    },
    parse: ({ account, activity: each }: Delivery) => [{ account, events: toEvents(each) }],
    // At once: the agent's answer goes out through the conversation reference, later than the 15 s that Teams waits.
    reply: ({ activity: each }: Delivery) =>
      each.type === "invoke" ? { status: 200, body: JSON.stringify({ status: 200 }) } : { status: 200 },
  },
};

/** A post into a channel itself begins a thread, which has its own conversation id. */
function begun(to: Address, message: string): Pick<SendResult, "to"> | undefined {
  const reference = referenceSchema.safeParse(to.route?.data);
  if (to.thread !== undefined || !reference.success || !reference.data.conversation.endsWith("@thread.tacv2"))
    return undefined;
  const conversation = `${reference.data.conversation};messageid=${message}`;
  return { to: { ...to, thread: message, route: { version: 1, data: { ...reference.data, conversation } } } };
}

function toEvents(from: Activity): readonly InboundEvent[] {
  const [chat, thread] = from.conversation.id.split(";messageid=");
  const kinds = { personal: "dm", groupChat: "group", channel: "channel" } as const;
  const route: Route = {
    version: 1,
    data: {
      serviceUrl: from.serviceUrl,
      conversation: from.conversation.id,
      bot: from.recipient.id,
      tenant: from.channelData.tenant.id,
    },
  };
  const sender: Sender = {
    id: from.from.aadObjectId ?? from.from.id,
    aliases: [from.from.id],
    ...(from.from.name !== undefined && { name: from.from.name }),
    isBot: from.from.id.startsWith("28:"),
  };
  const mentioned = from.entities.some((entity) => entity.mentioned?.id === from.recipient.id);
  const content: MessageContent = {
    text: from.text,
    ...(mentioned && { mentionsSelf: "mention" }),
    ...(from.replyToId !== undefined && { replyTo: { message: from.replyToId } }),
  };
  const base = {
    // An edit carries the id of its message, so the kind and time belong to the key.
    keys: [`${from.conversation.id}/${from.id}/${from.type}/${from.timestamp}`] as const,
    sentAt: Date.parse(from.timestamp),
    address: {
      ...(from.channelData.team && { space: from.channelData.team.id }),
      chat: chat ?? from.conversation.id,
      ...(thread !== undefined && { thread }),
      message: from.id,
      route,
    },
    chat: { kind: kinds[from.conversation.conversationType] },
    sender,
  };
  switch (from.type) {
    case "message":
      return [{ ...base, kind: "message", content }];
    case "messageUpdate":
      return [{ ...base, kind: "edited", content }];
    case "messageDelete":
      return [{ ...base, kind: "deleted", messages: [from.id] }];
    case "messageReaction":
      return [
        {
          ...base,
          kind: "reaction",
          address: { ...base.address, message: from.replyToId ?? from.id },
          added: from.reactionsAdded.map((each) => each.type),
          removed: from.reactionsRemoved.map((each) => each.type),
        },
      ];
    case "installationUpdate":
      return [{ ...base, kind: "lifecycle", change: "added" }];
    default:
      return [];
  }
}
