import { createServer, type Server } from "node:net";
import {
  type Account,
  AuthError,
  type Connection,
  type ConnectionContext,
  type Connector,
  ConnectorError,
  type Features,
  type GroupSettings,
  type InboundEvent,
  isRateLimited,
  Transient,
} from "@elizaos/connector-core";
import { type ToyConfig, toy } from "@elizaos/connector-testkit/toy";
import { z } from "zod";
import { withoutButtons } from "./lesser-toys.js";

/** A connector with one defect, and the checks that are meant to catch it. */
export interface Mutant {
  readonly defect: string;
  readonly connector: Connector<ToyConfig>;
  /** Beginnings of names. Each of these checks must fail. */
  readonly caughtBy: readonly string[];
  /** For the process that is killed. */
  readonly module?: string;
}

/** Servers that mutants leave open; the test closes them. */
export const leaked: Server[] = [];

type Wrap = (
  connection: Connection,
  context: ConnectionContext,
  account: Account<ToyConfig>,
) => Partial<Connection>;

/** A toy connector whose connection does something else. */
function connecting(wrap: Wrap): Connector<ToyConfig> {
  return {
    ...toy,
    async open(account, context) {
      const connection = await toy.open(account, context);
      return { ...connection, ...wrap(connection, context, account) };
    },
  };
}

/** A toy connector that reads events otherwise. */
function reading(change: (event: InboundEvent) => InboundEvent): Connector<ToyConfig> {
  const { open } = lent((context) => ({
    receive: (events, options) => context.receive(events.map(change), options),
  }));
  return {
    ...toy,
    async open(account, context) {
      const connection = await open(account, context);
      const { catchUp } = connection;
      if (catchUp === undefined) return connection;
      return {
        ...connection,
        async *catchUp(signal) {
          for await (const batch of catchUp(signal)) yield { ...batch, events: batch.events.map(change) };
        },
      };
    },
  };
}

/** A toy connector that uses what it was lent otherwise. */
function lent(change: (context: ConnectionContext) => Partial<ConnectionContext>): Connector<ToyConfig> {
  return { ...toy, open: (account, context) => toy.open(account, { ...context, ...change(context) }) };
}

/** A toy connector that reads the settings of single groups otherwise. */
function grouping(change: (settings: GroupSettings) => GroupSettings): Connector<ToyConfig> {
  return { ...toy, groupSettings: (...about) => change(toy.groupSettings?.(...about) ?? {}) };
}

function declaring(changes: Partial<Features>): Connector<ToyConfig> {
  return {
    ...connecting((connection) => ({ supports: (to) => ({ ...connection.supports(to), ...changes }) })),
    features: { ...toy.features, ...changes },
  };
}

/** A toy connector that takes presses for those of whoever wrote last. */
function pressedByLastWriter(): Connector<ToyConfig> {
  let writer: InboundEvent["sender"] | undefined;
  return reading((event) => {
    if (event.kind === "message") writer = event.sender;
    return event.kind === "button" ? { ...event, sender: writer ?? event.sender } : event;
  });
}

let counter = 0;

export const MUTANTS: readonly Mutant[] = [
  {
    defect: "answers twice",
    connector: connecting(({ dispatch }) => ({
      dispatch: async (part, context) => {
        await dispatch(part, context);
        return dispatch(part, context);
      },
    })),
    caughtBy: ["B1 ", "F1 429: waits"],
  },
  {
    defect: "acknowledges before the commit",
    connector: toy,
    module: new URL("fixtures/early-ack.mjs", import.meta.url).href,
    caughtBy: ["F5 killed before an event is stored"],
  },
  {
    defect: "takes every group message for a mention",
    connector: reading((event) =>
      event.kind === "message" ? { ...event, content: { ...event.content, mentionsSelf: "mention" } } : event,
    ),
    caughtBy: ["B2 group messages", "C4 requireMention on the account", "C4 messages without a mention"],
  },
  {
    defect: "tears texts wherever the limit falls",
    connector: connecting((_, __, { config }) => ({
      prepare: (operation) => {
        if (operation.kind !== "send") return [];
        const size = config.textChunkLimit ?? 400;
        const count = Math.ceil(operation.text.length / size);
        return Array.from({ length: count }, (___, index) => ({
          call: "send",
          payload: { text: operation.text.slice(index * size, (index + 1) * size) },
        }));
      },
    })),
    caughtBy: ["E1 a text over textChunkLimit", "E1 chunkMode newline"],
  },
  {
    defect: "leaks what is secret in the token into an error",
    connector: {
      ...toy,
      identify: async (account, context) => {
        try {
          return await toy.identify(account, context);
        } catch {
          throw new AuthError(`Refused: ${account.config.token?.split(":")[1] ?? ""}`, {
            mend: "Take another.",
          });
        }
      },
    },
    caughtBy: ["A6 "],
  },
  {
    defect: "swallows a 429",
    connector: connecting(({ dispatch }) => ({
      dispatch: async (part, context) => {
        try {
          return await dispatch(part, context);
        } catch (error) {
          if (ConnectorError.isInstance(error) && isRateLimited(error)) return {};
          throw error;
        }
      },
    })),
    caughtBy: ["F1 429: waits"],
  },
  {
    defect: "forgets the thread of what comes in",
    connector: reading((event) => {
      const { thread: _, ...address } = event.address;
      return { ...event, address };
    }),
    caughtBy: ["B2 a thread's message", "D1 one session per thread"],
  },
  {
    defect: "forgets the thread of what goes out",
    connector: connecting(({ dispatch }) => ({
      dispatch: (part, context) => {
        const { thread: _, ...to } = context.to;
        return dispatch(part, { ...context, to });
      },
    })),
    caughtBy: ["B2 a thread's message", "E4 all messages"],
  },
  {
    defect: "answers wherever somebody wrote last",
    connector: {
      ...toy,
      async open(account, context) {
        let last: InboundEvent | undefined;
        const connection = await toy.open(account, {
          ...context,
          receive: (events, options) => {
            last = events.at(-1) ?? last;
            return context.receive(events, options);
          },
        });
        return {
          ...connection,
          dispatch: (part, about) => connection.dispatch(part, { ...about, to: last?.address ?? about.to }),
        };
      },
    },
    caughtBy: ["D2 "],
  },
  {
    defect: "hangs on close",
    connector: connecting(({ close }) => ({
      close: async () => {
        await close();
        await new Promise(() => {});
      },
    })),
    caughtBy: ["H2 the connection closes"],
  },
  {
    defect: "names every delivery anew",
    connector: reading((event) => ({ ...event, keys: [`key-${++counter}`] })),
    caughtBy: ["B6 ", "E8 a press that is delivered twice"],
  },
  {
    defect: "does not know itself",
    connector: reading((event) => ({
      ...event,
      sender: { id: event.sender.id, name: event.sender.name ?? "" },
    })),
    caughtBy: ["B3 the account's own", "B3 two accounts"],
  },
  {
    defect: "numbers events backwards",
    connector: reading((event) => ({ ...event, order: -(event.order ?? 0) })),
    caughtBy: ["F6 10000 events"],
  },
  {
    defect: "ignores textChunkLimit",
    connector: connecting(() => ({
      prepare: (operation) =>
        operation.kind === "send" ? [{ call: "send", payload: { text: operation.text.slice(0, 300) } }] : [],
    })),
    caughtBy: ["E1 a text over textChunkLimit", "E1 a text over the platform"],
  },
  {
    defect: "counts positions in another unit",
    connector: reading((event) =>
      event.kind === "message"
        ? {
            ...event,
            content: {
              ...event.content,
              ranges: (event.content.ranges ?? []).map((range) => ({ ...range, offset: range.offset + 2 })),
            },
          }
        : event,
    ),
    caughtBy: ["B8 "],
  },
  {
    defect: "tries refused credentials again and again",
    connector: {
      ...toy,
      identify: async (account, context) => {
        try {
          return await toy.identify(account, context);
        } catch (error) {
          throw new Transient("The platform said no.", { cause: error });
        }
      },
    },
    caughtBy: ["A6 "],
  },
  {
    defect: "takes a call of unknown outcome for one that did not happen",
    connector: connecting(({ dispatch }) => ({
      dispatch: async (part, context) => {
        try {
          return await dispatch(part, context);
        } catch (error) {
          throw new Transient("Something went wrong.", { cause: error });
        }
      },
    })),
    caughtBy: ["F2 a reset after the call is done", "F2 half an answer"],
  },
  {
    defect: "keeps silent about a lost connection",
    connector: lent(() => ({ fail: () => {} })),
    caughtBy: ["F3 a lost connection", "F4 credentials that are revoked"],
  },
  {
    defect: "takes an edit for a new message",
    connector: reading((event) => (event.kind === "edited" ? { ...event, kind: "message" } : event)),
    caughtBy: ["B5 an edit", "F8 an edit"],
  },
  {
    defect: "takes a command for a message",
    connector: reading((event) => {
      if (event.kind !== "command") return event;
      const { name: _, ...said } = event;
      return { ...said, kind: "message" };
    }),
    caughtBy: ["B9 a command is"],
  },
  {
    defect: "brings what it does not declare",
    connector: declaring({ events: [] }),
    caughtBy: ["B5 lack declared: an edit", "B5 lack declared: a reaction"],
  },
  {
    defect: "declares a typing indicator and shows none",
    connector: connecting(() => ({ typing: async () => {} })),
    caughtBy: ["E6 typing"],
  },
  {
    defect: "declares no native keys and holds nothing: doubles go unseen",
    connector: declaring({
      operations: {
        ...toy.features.operations,
        send: { idempotency: { mode: "detect" }, onUnknown: "resend" },
      },
    }),
    caughtBy: ["F2 a reset after the call is done"],
  },
  {
    defect: "lets any age of a signature pass",
    connector: {
      ...toy,
      ...(toy.webhook && {
        webhook: {
          ...toy.webhook,
          verify: (request, accounts, context) => {
            const at = Number(request.headers["toy-timestamp"] ?? 0) * 1_000;
            const clock = { ...context.clock, now: () => at };
            return toy.webhook?.verify(request, accounts, { ...context, clock }) ?? NOT_OURS;
          },
        },
      }),
    },
    caughtBy: ["G1 a signature out of its window"],
  },
  {
    defect: "answers every webhook with 200",
    connector: {
      ...toy,
      ...(toy.webhook && {
        webhook: {
          ...toy.webhook,
          verify: async (request, accounts, context) => {
            const verified = await toy.webhook?.verify(request, accounts, context);
            if (verified === undefined) return NOT_OURS;
            return verified.ok ? verified : { ...verified, response: { status: 200 } };
          },
        },
      }),
    },
    caughtBy: ["G1 a wrong signature", "G2 ", "G3 an account"],
  },
  {
    defect: "says that all is well whatever the platform says",
    connector: connecting(() => ({ probe: async () => ({ status: "ok" }) })),
    caughtBy: ["H1 a probe tells that the platform is unreachable"],
  },
  {
    defect: "leaves a socket open at every start",
    connector: {
      ...toy,
      open(account, context) {
        leaked.push(createServer().listen(0, "127.0.0.1"));
        return toy.open(account, context);
      },
    },
    caughtBy: ["H3 "],
  },
  {
    defect: "never quotes",
    connector: connecting(({ prepare }) => ({
      prepare: (operation) => {
        if (operation.kind !== "send") return prepare(operation);
        const { replyTo: _, ...plain } = operation;
        return prepare(plain);
      },
    })),
    caughtBy: ["E4 an answer quotes"],
  },
  {
    defect: "takes a sender's name for the id",
    connector: reading((event) => ({ ...event, sender: { ...event.sender, id: event.sender.name ?? "" } })),
    caughtBy: ["B1 ", "C2 dmPolicy allowlist with the sender"],
  },
  {
    defect: "knows nothing of single groups",
    connector: { ...toy, groupSettings: () => ({}) },
    caughtBy: ["C3 a group's enabled: false", "C3 a thread's allowFrom with the sender"],
  },
  {
    defect: "gives everybody the tools of a group",
    connector: grouping(({ tools = [], ...settings }) => ({
      ...settings,
      tools: tools.filter(({ sender }) => sender === undefined),
    })),
    caughtBy: ["C6 a group's toolsBySender", "C6 a thread's deny takes an action away"],
  },
  {
    defect: "knows nothing of the tools of single groups",
    connector: grouping(({ tools: _, ...settings }) => settings),
    caughtBy: ["C6 a group's tools.deny", "C6 a thread's tools.deny"],
  },
  {
    defect: "keeps a group's instructions to itself",
    connector: grouping(({ systemPrompt: _, ...settings }) => settings),
    caughtBy: ["C6 a group's systemPrompt"],
  },
  {
    defect: "looks at an action's input only when it is on the wire",
    connector: connecting(({ actions }) => ({
      actions: (to) => (actions?.(to) ?? []).map((action) => ({ ...action, input: z.looseObject({}) })),
    })),
    caughtBy: ["E7 messages.read with input"],
  },
  {
    defect: "offers an action whatever flags are on",
    connector: connecting(({ actions }) => ({
      actions: (to) => (actions?.(to) ?? []).map(({ capability: _, ...action }) => action),
    })),
    caughtBy: ["E7 the actions of the flag lookups"],
  },
  {
    defect: "fetches every file that comes",
    connector: {
      ...toy,
      async open(account, context) {
        let connection: Connection | undefined;
        connection = await toy.open(account, {
          ...context,
          receive: async (events, options) => {
            for (const event of events) {
              const attachments = event.kind === "message" ? (event.content.attachments ?? []) : [];
              for (const each of attachments)
                await (await connection?.download?.(each, context.signal))?.cancel();
            }
            return context.receive(events, options);
          },
        });
        return connection;
      },
    },
    caughtBy: ["B4 an attachment arrives", "B4 over mediaMaxMb"],
  },
  {
    defect: "sends the first bytes of a file only",
    connector: connecting(({ dispatch }) => ({
      dispatch: (part, context) =>
        dispatch(part, {
          ...context,
          open: async (attachment) => {
            const bytes = new Uint8Array(await new Response(await context.open(attachment)).arrayBuffer());
            return new Blob([bytes.slice(0, 5)]).stream();
          },
        }),
    })),
    caughtBy: ["E3 a file by bytes", "E3 a file by path"],
  },
  {
    defect: "drops buttons",
    connector: connecting(({ prepare }) => ({
      prepare: (operation) => {
        if (operation.kind !== "send") return prepare(operation);
        const { buttons: _, ...bare } = operation;
        return prepare(bare);
      },
    })),
    caughtBy: ["E8 an answer's buttons", "E8 buttons that do not fit", "E9 by button: what needs"],
  },
  {
    defect: "brings presses without their data",
    connector: reading((event) => (event.kind === "button" ? { ...event, data: "pressed" } : event)),
    caughtBy: ["E8 an answer's buttons", "E8 a press that waits", "E9 by button: what needs"],
  },
  {
    defect: "takes a press for a message",
    connector: reading((event) => {
      if (event.kind !== "button") return event;
      const { data, ...pressed } = event;
      return { ...pressed, kind: "message", content: { text: data } };
    }),
    caughtBy: ["E8 an answer's buttons", "E8 a press of somebody who is on no list"],
  },
  {
    defect: "takes a press for that of whoever wrote last",
    connector: pressedByLastWriter(),
    caughtBy: [
      "E8 a press of somebody who is on no list",
      "E8 a press of somebody who the group's allowFrom",
      "E9 by button: nobody",
    ],
  },
  {
    defect: "declares no buttons and sends some",
    connector: withoutButtons(
      connecting(() => ({
        prepare: () => [
          { call: "send", payload: { text: "Which?", buttons: [[{ label: "Tea", data: "tea" }]] } },
        ],
      })),
    ),
    caughtBy: ["E8 lack declared: buttons"],
  },
  {
    defect: "leaves buttons where an edit takes them away",
    connector: connecting(({ prepare }) => ({
      prepare: (operation) => {
        if (operation.kind !== "edit") return prepare(operation);
        const { buttons: _, ...bare } = operation;
        return prepare(bare);
      },
    })),
    caughtBy: ["E9 by button: what needs"],
  },
  {
    defect: "forgets what a command says besides its name",
    connector: reading((event) =>
      event.kind === "message" && event.content.text.startsWith("/")
        ? { ...event, content: { ...event.content, text: event.content.text.split(" ")[0] ?? "" } }
        : event,
    ),
    caughtBy: ["E9 by command: what needs", "E9 what nobody decides about"],
  },
];

const NOT_OURS = { ok: false, response: { status: 401 }, reason: "" } as const;
