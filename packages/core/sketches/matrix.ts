/**
 * Matrix: one sync token for all rooms, a transaction id as native idempotency, edits, redactions and reactions as events
 * of their own, and encrypted events whose key may come minutes later.
 */
import { z } from "zod";
import { pause } from "../src/clock.js";
import { commonFields } from "../src/config/fields.js";
import type {
  Connection,
  ConnectionContext,
  Connector,
  Features,
  InboundEvent,
  Json,
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
import type { Api, Crypto, HttpError, Page, RoomEvent } from "./matrix-sdk.js";
import { split } from "./shared.js";

const fields = z.strictObject({
  ...commonFields,
  homeserver: z.url(),
  userId: z.string(),
  accessToken: z.string(),
  encryption: z.boolean().default(false),
});
type Config = z.infer<typeof fields>;

declare function connect(config: Config): Api;
declare function openCrypto(context: ConnectionContext): Promise<Crypto>;
declare function isHttpError(error: unknown): error is HttpError;

/** A transaction id is dropped as a repeat by the same device only; servers keep them for at least this long. */
const native = { idempotency: { mode: "native", windowMs: 30 * 60_000 }, onUnknown: "resend" } as const;
const features: Features = {
  transport: { class: "replayable", windowMs: 86_400_000 },
  operations: { send: native, edit: native, delete: native, react: native },
  typing: { refreshMs: 20_000 },
  mentions: true,
  threads: true,
};
// An event has at most 65,535 bytes; HTML and Markdown of the same text share them.
const limits: Limits = { text: { max: 30_000, unit: "bytes" } };

/** How far a gap in a room is read back before it is given up and recorded. */
const BACKFILL_MAX = 1_000;
const partSchema = z.object({ type: z.string(), content: z.json(), redacts: z.string().nullable() });

export const matrix: Connector<Config> = {
  manifest: {
    id: "matrix",
    name: "Matrix",
    package: "@elizaos/plugin-matrix",
    env: {
      homeserver: ["MATRIX_HOMESERVER"],
      userId: ["MATRIX_USER_ID"],
      accessToken: ["MATRIX_ACCESS_TOKEN"],
    },
    secrets: ["accessToken"],
    credentials: [
      {
        keys: ["homeserver", "userId", "accessToken"],
        where: "Log the bot's user in once and copy its access token.",
      },
    ],
  },
  config: { fields },
  features,
  limits,
  async identify({ config }, { signal }) {
    const { user_id } = await connect(config).whoami(signal).catch(sorted);
    return { id: user_id };
  },

  async open({ config }, context) {
    const api = connect(config);
    const crypto = config.encryption ? await openCrypto(context) : undefined;
    const encrypted = new Set(
      (await context.state.list("encrypted/", { limit: 10_000 })).map(({ key }) =>
        key.slice("encrypted/".length),
      ),
    );
    const syncing = sync(api, crypto, encrypted, config, context);
    const connection: Connection = {
      supports: () => ({ ...features, ...limits }),
      prepare(operation): readonly Part[] {
        const { thread } = operation.to;
        const make = (type: string, content: Json, redacts: string | null = null): Part => ({
          call: `PUT ${type}`,
          payload: { type, content, redacts },
        });
        switch (operation.kind) {
          case "send":
            return split(operation.text, limits.text).map((body) => {
              const reply =
                operation.replyTo === undefined ? {} : { "m.in_reply_to": { event_id: operation.replyTo } };
              const relates = {
                ...(thread === undefined ? {} : { rel_type: "m.thread", event_id: thread }),
                ...reply,
              };
              return make("m.room.message", { msgtype: "m.text", body, "m.relates_to": relates });
            });
          case "edit": {
            const content = { msgtype: "m.text", body: operation.text };
            return [
              make("m.room.message", {
                ...content,
                body: `* ${operation.text}`,
                "m.new_content": content,
                "m.relates_to": { rel_type: "m.replace", event_id: operation.to.message },
              }),
            ];
          }
          case "delete":
            return [make("m.room.redaction", {}, operation.to.message)];
          case "react":
            // Taking a reaction back is a redaction of our own reaction event, whose id only `dispatch` can look up.
            if (operation.emoji === null)
              return [make("m.room.redaction", { reactionOn: operation.to.message })];
            return [
              make("m.reaction", {
                "m.relates_to": {
                  rel_type: "m.annotation",
                  event_id: operation.to.message,
                  key: operation.emoji,
                },
              }),
            ];
          default:
            throw new Rejected(`Matrix cannot do "${operation.kind}"`);
        }
      },
      async dispatch(part, { key, to, signal }): Promise<SendResult> {
        const room = to.chat;
        const { type, content, redacts } = partSchema.parse(part.payload);
        const path = `/rooms/${encodeURIComponent(room)}`;
        const target = z.object({ reactionOn: z.string() }).safeParse(content);
        const redacted = target.success
          ? z
              .string()
              .optional()
              .parse((await context.state.get(`reaction/${target.data.reactionOn}`))?.value)
          : redacts;
        if (type === "m.room.redaction") {
          if (redacted === null || redacted === undefined) throw new Gone("No reaction of ours is known");
          const { event_id } = await api.put(`${path}/redact/${redacted}/${key}`, {}, signal).catch(sorted);
          return event_id === undefined ? {} : { message: event_id };
        }
        if (encrypted.has(room) && crypto === undefined) {
          throw new Rejected("This room is encrypted; sending plain text there would expose it", {
            where: "encryption",
            mend: "Set encryption: true.",
          });
        }
        const locked = crypto !== undefined && encrypted.has(room);
        const body = locked ? await crypto.encrypt(room, type, content) : content;
        const { event_id } = await api
          .put(`${path}/send/${locked ? "m.room.encrypted" : type}/${key}`, body, signal)
          .catch(sorted);
        if (event_id === undefined) return {};
        const on = z.object({ "m.relates_to": z.object({ event_id: z.string() }) }).safeParse(content);
        if (type === "m.reaction" && on.success)
          await context.state.batch([
            { key: `reaction/${on.data["m.relates_to"].event_id}`, value: event_id },
          ]);
        return { message: event_id };
      },
      async hydrate(event) {
        if (crypto === undefined)
          throw new Rejected("The message is encrypted and encryption is off", { where: "encryption" });
        const clear = await crypto.decrypt(event.address.chat, event.raw ?? null);
        // Keys travel on their own and may come later; core asks again.
        if (clear === undefined) throw new Transient("The key of this message has not arrived");
        return toEvent(clear, event.address.chat, event.chat.kind === "dm", config.userId);
      },
      typing: async (to, signal) => {
        await api.put(
          `/rooms/${encodeURIComponent(to.chat)}/typing/${config.userId}`,
          { typing: true, timeout: 30_000 },
          signal,
        );
      },
      async probe(signal) {
        try {
          await api.whoami(signal).catch(sorted);
          return { status: "ok" };
        } catch (error) {
          return error instanceof AuthError
            ? { status: "unauthorised", reason: error.message }
            : { status: "unreachable", reason: String(error) };
        }
      },
      close: () => syncing,
    };
    return connection;
  },
};

/** Reading from the stored token is the catch-up: the first answer holds all that was missed, before anything new. */
async function sync(
  api: Api,
  crypto: Crypto | undefined,
  encrypted: Set<string>,
  config: Config,
  context: ConnectionContext,
): Promise<void> {
  let since = z
    .string()
    .optional()
    .parse(await context.cursor("sync"));
  while (!context.signal.aborted) {
    try {
      const got = await api.sync(since, since === undefined ? 0 : 30_000, context.signal).catch(sorted);
      // Keys first: they come once, and events that need them may already be stored.
      await crypto?.addKeys(got.toDevice);
      const events: InboundEvent[] = [];
      for (const room of got.rooms) {
        if (room.encrypted && !encrypted.has(room.id)) {
          encrypted.add(room.id);
          await context.state.batch([{ key: `encrypted/${room.id}`, value: true }]);
        }
        // A first sync holds history that nobody wants answered.
        if (since === undefined) continue;
        const missed = room.limited ? await backfill(api, room.id, room.prev_batch, context) : [];
        for (const each of [...missed, ...room.events]) {
          const event = toEvent(each, room.id, room.direct, config.userId);
          if (event !== undefined) events.push(event);
        }
      }
      for (const { room, sender, direct, at } of got.invites) {
        events.push({
          kind: "lifecycle",
          change: "added",
          keys: [`invite/${room}/${at}`],
          sentAt: at,
          address: { chat: room },
          chat: { kind: direct ? "dm" : "group" },
          sender: { id: sender },
        });
      }
      await context.receive(events, { cursor: { name: "sync", value: got.next_batch } });
      since = got.next_batch;
      context.status({ state: "online" });
    } catch (error) {
      if (context.signal.aborted) return;
      if (!(error instanceof RateLimited))
        return context.fail(
          ConnectorError.isInstance(error) ? error : new Transient("Sync failed", { cause: error }),
        );
      await pause(context.clock, error.retryAfterMs, context.signal);
    }
  }
}

async function backfill(
  api: Api,
  room: string,
  from: string,
  context: ConnectionContext,
): Promise<readonly RoomEvent[]> {
  const last = z
    .string()
    .optional()
    .parse((await context.state.get(`last/${room}`))?.value);
  const found: RoomEvent[] = [];
  for (let at: string | undefined = from; at !== undefined && found.length < BACKFILL_MAX; ) {
    const page: Page = await api.messages(room, at, 100).catch(sorted);
    const known = page.events.findIndex((event) => event.event_id === last);
    found.push(...(known < 0 ? page.events : page.events.slice(0, known)));
    if (known >= 0) return found.toReversed();
    at = page.end;
  }
  context.gap(`${room}: more than ${BACKFILL_MAX} missed events; the older ones were not read`);
  return found.toReversed();
}

function toEvent(event: RoomEvent, room: string, direct: boolean, self: string): InboundEvent | undefined {
  const { content } = event;
  const relates = content["m.relates_to"];
  const thread = relates?.rel_type === "m.thread" ? relates.event_id : undefined;
  const base = {
    keys: [event.event_id] as const,
    sentAt: event.origin_server_ts,
    address: { chat: room, message: event.event_id, ...(thread !== undefined && { thread }) },
    chat: { kind: direct ? ("dm" as const) : ("group" as const) },
    sender: { id: event.sender, isSelf: event.sender === self, isBot: content.msgtype === "m.notice" },
  };
  const target = relates?.event_id ?? event.event_id;
  switch (event.type) {
    case "m.room.encrypted":
      return {
        ...base,
        kind: "message",
        content: { text: "" },
        needsHydration: true,
        raw: z.json().parse(event),
      };
    case "m.room.redaction":
      return event.redacts === undefined
        ? undefined
        : { ...base, kind: "deleted", messages: [event.redacts] };
    case "m.reaction":
      return {
        ...base,
        kind: "reaction",
        address: { chat: room, message: target },
        added: relates?.key === undefined ? [] : [relates.key],
        removed: [],
      };
    case "m.room.message": {
      const replaced = relates?.rel_type === "m.replace" ? content["m.new_content"] : undefined;
      if (replaced !== undefined)
        return {
          ...base,
          kind: "edited",
          address: { chat: room, message: target },
          content: { text: replaced.body },
        };
      const mentioned = content["m.mentions"]?.user_ids.includes(self) === true;
      const reply = relates?.["m.in_reply_to"]?.event_id;
      return {
        ...base,
        kind: "message",
        content: {
          text: content.body ?? "",
          ...(mentioned && { mentionsSelf: "mention" }),
          ...(reply !== undefined && { replyTo: { message: reply } }),
        },
      };
    }
    default:
      return undefined;
  }
}

function sorted(error: unknown): never {
  if (!isHttpError(error)) throw new Unknown("No answer from the homeserver", { cause: error });
  const { status, errcode, retryAfterMs } = error;
  if (status === 429)
    throw new RateLimited("The homeserver asks to wait", {
      scope: "account",
      retryAfterMs: retryAfterMs ?? 5_000,
    });
  if (errcode === "M_UNKNOWN_TOKEN" || errcode === "M_USER_DEACTIVATED")
    throw new AuthError("The homeserver refuses the access token", {
      mend: "Log in again and set accessToken.",
    });
  if (status === 403 || status === 404) throw new Gone(`Not in this room (${errcode})`);
  if (status >= 500) throw new Unknown(`The homeserver answered ${status}`);
  throw new Rejected(`The homeserver refuses: ${errcode}`);
}
