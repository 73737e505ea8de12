/**
 * WhatsApp through Baileys: a lossy socket, a QR code before anything works, two ids per person, a message id that the
 * sender chooses, an offline queue, and an authentication state that changes with every message.
 */
import { z } from "zod";
import { commonFields } from "../src/config/fields.js";
import type {
  Connection,
  Connector,
  Features,
  IdentifyContext,
  Identity,
  InboundEvent,
  Json,
  Limits,
  MessageContent,
  Part,
  Sender,
  SendResult,
  StateStore,
} from "../src/contract/index.js";
import { AuthError, NeedsAction, Rejected, Transient, Unknown } from "../src/contract/index.js";
import { sha256, split } from "./shared.js";

const fields = z.strictObject({
  ...commonFields,
  authDir: z.string().optional(),
  sendReadReceipts: z.boolean().default(true),
});
type Config = z.infer<typeof fields>;

interface Key {
  readonly remoteJid: string;
  readonly remoteJidAlt?: string;
  readonly id: string;
  readonly fromMe: boolean;
  readonly participant?: string;
  readonly participantAlt?: string;
}

interface Message {
  readonly key: Key;
  readonly messageTimestamp: number;
  readonly pushName?: string;
  readonly message?: {
    readonly conversation?: string;
    readonly reactionMessage?: { readonly key: Key; readonly text: string };
    readonly protocolMessage?: {
      readonly type: "MESSAGE_EDIT" | "REVOKE";
      readonly key: Key;
      readonly edited?: string;
    };
    readonly contextInfo?: {
      readonly mentionedJid?: readonly string[];
      readonly stanzaId?: string;
      readonly participant?: string;
    };
  };
}

/** What Baileys asks of an authentication store; values are binary-safe JSON. */
interface AuthState {
  readonly creds: Json | undefined;
  get(type: string, ids: readonly string[]): Promise<Readonly<Record<string, Json>>>;
  set(changes: Readonly<Record<string, Readonly<Record<string, Json | null>>>>): Promise<void>;
}

interface Events {
  "messages.upsert": { readonly type: "notify" | "append"; readonly messages: readonly Message[] };
  "messages.update": readonly {
    readonly key: Key;
    readonly status: 0 | 1 | 2 | 3 | 4;
    readonly error?: string;
  }[];
  "lid-mapping.update": { readonly lid: string; readonly pn: string };
  "connection.update": {
    readonly connection?: "open" | "close";
    readonly qr?: string;
    readonly code?: number;
    readonly missedOfflineMessages?: number;
  };
  "creds.update": { readonly creds: Json };
}

interface Socket {
  readonly user: { readonly id: string; readonly lid: string } | undefined;
  on<E extends keyof Events>(event: E, listener: (data: Events[E]) => void): void;
  /** Resolves when the server acknowledged the id. */
  send(
    jid: string,
    content: Json,
    options: { readonly messageId: string },
  ): Promise<{ readonly status: "ack" | "refused" | "closed"; readonly code?: number }>;
  presence(jid: string, state: "composing" | "paused"): Promise<void>;
  end(): Promise<void>;
}
declare function makeSocket(auth: AuthState): Promise<Socket>;

const features: Features = {
  // Baileys tells the server "received" before it tells us; what was on its way when the process died is gone.
  transport: { class: "lossy", windowMs: 14 * 86_400_000 },
  operations: {
    send: { idempotency: { mode: "native", windowMs: 14 * 86_400_000 }, onUnknown: "resend" },
    edit: { idempotency: { mode: "native", windowMs: 900_000 }, onUnknown: "resend" },
    delete: { idempotency: { mode: "native", windowMs: 2 * 86_400_000 }, onUnknown: "resend" },
    react: { idempotency: { mode: "native", windowMs: 14 * 86_400_000 }, onUnknown: "resend" },
  },
  typing: { refreshMs: 10_000 },
  mentions: true,
  threads: false,
};
const limits: Limits = {
  text: { max: 4_096, unit: "utf16" },
  pace: { account: [{ count: 1, perMs: 1_500 }] },
};

/** Codes after which trying again fights another device or a ban. */
const LOGGED_OUT = new Set([401, 403, 411]);
const REPLACED = 440;

export const baileys: Connector<Config> = {
  manifest: {
    id: "whatsapp",
    name: "WhatsApp",
    package: "@elizaos/plugin-whatsapp",
    env: {},
    secrets: [],
    credentials: [{ keys: [], where: "Scan the QR code with WhatsApp > Linked devices." }],
  },
  config: { fields },
  features,
  limits,

  async identify(_account, context) {
    const linked = user.safeParse((await context.state.get("user"))?.value);
    return linked.success ? { id: linked.data.id } : link(context);
  },

  async open(_account, context) {
    // A gap of the contract: what `link` stored belongs to the account, and only the identity's state can be reached here.
    const socket = await makeSocket(await authState(context.state));
    const self = () => new Set([socket.user?.id, socket.user?.lid]);
    socket.on("connection.update", (update) => {
      if (update.connection === "open") {
        if ((update.missedOfflineMessages ?? 0) > 0)
          context.gap(`${update.missedOfflineMessages} offline messages were dropped by the server`);
        context.status({ state: "online" });
      }
      if (update.connection !== "close") return;
      if (LOGGED_OUT.has(update.code ?? 0))
        context.fail(
          new AuthError(`WhatsApp ended the link (${update.code})`, { mend: "Link the account again." }),
        );
      else if (update.code === REPLACED)
        context.fail(
          new NeedsAction("Another program uses this link", {
            mend: "Stop the other program, then start this account.",
          }),
        );
      else context.fail(new Transient(`Connection closed (${update.code})`));
    });
    // `append` is what the server kept while we were away, in order and before anything new: no separate catch-up.
    socket.on("messages.upsert", ({ messages }) => {
      const events = messages.flatMap((message) => toEvents(message, self()));
      context
        .receive(events)
        .catch((error: unknown) => context.gap(`Not stored while closing: ${String(error)}`));
    });
    socket.on("lid-mapping.update", ({ lid, pn }) => {
      context
        .alias(lid, pn)
        .catch((error: unknown) =>
          context.log.error({ lid, error }, "alias not stored; it is told again at the next connect"),
        );
    });
    socket.on("messages.update", async (updates) => {
      const words = { 0: "failed", 3: "delivered", 4: "read" } as const;
      for (const { key, status, error } of updates) {
        if (key.fromMe && status !== 1 && status !== 2)
          await context.delivered({
            chat: key.remoteJid,
            message: key.id,
            status: words[status],
            ...(error !== undefined && { reason: error }),
          });
      }
    });

    const connection: Connection = {
      supports: () => ({ ...features, ...limits }),
      prepare(operation): readonly Part[] {
        switch (operation.kind) {
          case "send":
            return split(operation.text, limits.text).map((text) => ({
              call: "sendMessage",
              payload: { content: { text, quoted: operation.replyTo ?? null } },
            }));
          case "edit":
            return [
              {
                call: "sendMessage",
                payload: { content: { text: operation.text, edit: operation.to.message } },
              },
            ];
          case "delete":
            return [{ call: "sendMessage", payload: { content: { delete: operation.to.message } } }];
          case "react":
            return [
              {
                call: "sendMessage",
                payload: { content: { react: { text: operation.emoji ?? "", key: operation.to.message } } },
              },
            ];
          default:
            throw new Rejected(`WhatsApp cannot do "${operation.kind}"`);
        }
      },
      async dispatch(part, { key, to }): Promise<SendResult> {
        const { content } = z.object({ content: z.json() }).parse(part.payload);
        // Phones drop a second message with the same id, so a repeat after a crash shows up once.
        const messageId = `3EB0${sha256(key).slice(0, 18).toUpperCase()}`;
        // Other devices ask for the text again when they could not decrypt it.
        await context.state.batch([
          { key: `sent/${messageId}`, value: content, expiresAt: context.clock.now() + 7 * 86_400_000 },
        ]);
        const answer = await socket.send(to.chat, content, { messageId });
        if (answer.status === "closed")
          throw new Unknown("Connection closed before the server's acknowledgement");
        if (answer.status === "refused") throw new Rejected(`WhatsApp refuses the message (${answer.code})`);
        return { message: messageId };
      },
      typing: (to) => socket.presence(to.chat, "composing"),
      probe: async () =>
        socket.user === undefined ? { status: "unauthorised", reason: "not linked" } : { status: "ok" },
      close: () => socket.end(),
    };
    return connection;
  },
};

const user = z.object({ id: z.string(), lid: z.string() });

/** Shows QR codes until somebody scans one. What it stores belongs to the account, whose identity is known only now. */
async function link({ state, status, signal }: IdentifyContext): Promise<Identity> {
  const socket = await makeSocket(await authState(state));
  try {
    return await new Promise<Identity>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new Transient("Stopped while waiting for the scan")), {
        once: true,
      });
      socket.on("connection.update", ({ qr, connection, code }) => {
        if (qr !== undefined) {
          const show = { type: "qr", value: qr } as const;
          status({
            state: "action-needed",
            reason: "Not linked to a phone",
            mend: "Scan the code in WhatsApp > Linked devices.",
            show,
          });
        }
        if (connection === "close")
          reject(
            new NeedsAction(`No code was scanned in time (${code})`, { mend: "Start the account again." }),
          );
        const linked = socket.user;
        if (connection !== "open" || linked === undefined) return;
        state.batch([{ key: "user", value: linked }]).then(() => resolve({ id: linked.id }), reject);
      });
    });
  } finally {
    await socket.end();
  }
}

/** One batch per change, each value guarded by the version that was read, so that two processes never mix their keys. */
async function authState(state: StateStore): Promise<AuthState> {
  const creds = await state.get("auth/creds");
  return {
    creds: creds?.value,
    async get(type, ids) {
      const entries = await Promise.all(
        ids.map(async (id) => [id, (await state.get(`auth/${type}/${id}`))?.value] as const),
      );
      return Object.fromEntries(
        entries.flatMap(([id, value]) => (value === undefined ? [] : [[id, value] as const])),
      );
    },
    async set(changes) {
      const flat = Object.entries(changes).flatMap(([type, values]) =>
        Object.entries(values).map(([id, value]) => ({
          key: `auth/${type}/${id}`,
          value: value ?? undefined,
        })),
      );
      if (!(await state.batch(flat))) throw new Transient("The stored keys changed underneath");
    },
  };
}

function toEvents(
  { key, message, messageTimestamp, pushName }: Message,
  self: ReadonlySet<string | undefined>,
): readonly InboundEvent[] {
  if (key.fromMe || key.remoteJid === "status@broadcast" || message === undefined) return [];
  const group = key.remoteJid.endsWith("@g.us");
  const alternative = group ? key.participantAlt : key.remoteJidAlt;
  const sender: Sender = {
    id: key.participant ?? key.remoteJid,
    ...(alternative !== undefined && { aliases: [alternative] }),
    ...(pushName !== undefined && { name: pushName }),
  };
  const base = {
    // The same message comes once under the LID and once under the number: the id alone tells.
    keys: [key.id] as const,
    sentAt: messageTimestamp * 1_000,
    address: { chat: key.remoteJid, message: key.id },
    chat: { kind: group ? ("group" as const) : ("dm" as const) },
    sender,
  };
  const { reactionMessage, protocolMessage, contextInfo } = message;
  if (reactionMessage !== undefined) {
    const target = { ...base.address, message: reactionMessage.key.id };
    return [
      {
        ...base,
        kind: "reaction",
        address: target,
        added: reactionMessage.text === "" ? [] : [reactionMessage.text],
        removed: [],
      },
    ];
  }
  if (protocolMessage?.type === "REVOKE")
    return [{ ...base, kind: "deleted", messages: [protocolMessage.key.id] }];
  if (protocolMessage !== undefined) {
    return [
      {
        ...base,
        kind: "edited",
        address: { ...base.address, message: protocolMessage.key.id },
        content: { text: protocolMessage.edited ?? "" },
      },
    ];
  }
  const mentioned = contextInfo?.mentionedJid?.some((jid) => self.has(jid)) === true;
  const replied = self.has(contextInfo?.participant);
  const content: MessageContent = {
    text: message.conversation ?? "",
    ...((mentioned || replied) && { mentionsSelf: mentioned ? "mention" : "reply" }),
    ...(contextInfo?.stanzaId !== undefined && { replyTo: { message: contextInfo.stanzaId } }),
  };
  return [{ ...base, kind: "message", content }];
}
