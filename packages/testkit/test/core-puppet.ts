import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Account,
  type Agent,
  type AgentLike,
  type AttachmentRef,
  approvalFields,
  type ButtonEvent,
  buttonFields,
  type ConfigWriter,
  type Connection,
  type ConnectionContext,
  type Connector,
  type ConnectorRuntime,
  commandFields,
  commonFields,
  createConnectorRuntime,
  type DispatchContext,
  type EventBatch,
  type Features,
  type GroupSettings,
  type Heartbeat,
  type Identity,
  type InboundEvent,
  idList,
  type Json,
  type Limits,
  type Logger,
  memberSettings,
  type Part,
  promptFields,
  REACTION_NOTIFICATIONS,
  type RuntimeEvent,
  type RuntimeLimits,
  type SendResult,
  type SessionOptions,
  streamFields,
  type Turn,
  toolFields,
  type Webhook,
} from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import { createMemoryStore } from "@elizaos/connector-core/store/memory";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { ManualClock } from "../src/manual-clock.js";
import { seededRandom } from "../src/store-suite/random.js";

const fields = z.strictObject({
  ...commonFields,
  ...streamFields,
  ...buttonFields,
  ...commandFields,
  streamMode: streamFields.streamMode.default("off"),
  token: z.string().optional(),
  webhookPath: z.string().default("/puppet"),
  apiRoot: z.string().optional(),
  allowBots: z.boolean().default(false),
  reactionNotifications: z.enum(REACTION_NOTIFICATIONS).optional(),
  reactionAllowlist: idList.optional(),
  groups: z
    .record(
      z.string(),
      z.strictObject({
        enabled: z.boolean().optional(),
        requireMention: z.boolean().optional(),
        allowFrom: idList.optional(),
        reactionNotifications: z.enum(REACTION_NOTIFICATIONS).optional(),
        ...promptFields,
        ...toolFields,
      }),
    )
    .default({}),
});
const askingFields = fields.extend(approvalFields());
export type PuppetConfig = z.infer<typeof fields>;

/** One platform call that core made. */
export interface PuppetCall {
  readonly account: string;
  readonly at: number;
  readonly call: string;
  readonly text: string;
  readonly payload: Json;
  readonly context: DispatchContext;
}

/** What a test makes the connector do; what is left out works. */
export interface PuppetHooks {
  identify?: (account: Account<PuppetConfig>, signal: AbortSignal) => Promise<Identity>;
  /** Runs inside `open`, before there is a connection. */
  open?: (context: ConnectionContext) => Promise<void>;
  close?: () => Promise<void>;
  /** Default: the message is made. */
  dispatch?: (call: PuppetCall) => Promise<SendResult>;
  find?: (part: Part, context: DispatchContext) => Promise<SendResult | "absent" | "unknown">;
  prepare?: Connection["prepare"];
  catchUp?: (signal: AbortSignal, context: ConnectionContext) => AsyncIterable<EventBatch>;
  hydrate?: Connection["hydrate"];
  read?: NonNullable<Connection["read"]>;
  download?: NonNullable<Connection["download"]>;
  typing?: NonNullable<Connection["typing"]>;
  draft?: NonNullable<Connection["draft"]>;
  actions?: NonNullable<Connection["actions"]>;
  probe?: Connection["probe"];
  webhook?: Webhook<PuppetConfig>;
}

export interface PuppetOptions {
  readonly id?: string;
  readonly features?: Partial<Features>;
  readonly limits?: Partial<Limits>;
  readonly capabilities?: Readonly<Record<string, string>>;
  /** People can be written to in private: under their id, as with `said`. */
  readonly isDirect?: boolean;
  /** It has `execApprovals`. */
  readonly hasApprovals?: boolean;
  readonly hooks?: PuppetHooks;
}

/** A connector that does what its strings are pulled to do, in this process and without sockets. */
export class Puppet {
  readonly connector: Connector<PuppetConfig>;
  readonly hooks: PuppetHooks;
  /** Every call that reached the platform, failed ones included. */
  readonly calls: PuppetCall[] = [];
  /** The contexts of all connections that were opened, oldest first. */
  readonly contexts: ConnectionContext[] = [];
  /** Connections that are open now. */
  open = 0;
  #messages = 0;

  constructor(options: PuppetOptions = {}) {
    this.hooks = options.hooks ?? {};
    const features: Features = {
      transport: { class: "redelivered", windowMs: 60_000 },
      operations: {
        send: { idempotency: { mode: "none" }, onUnknown: "hold" },
        react: { idempotency: { mode: "none" }, onUnknown: "resend" },
      },
      mentions: true,
      threads: true,
      ...options.features,
    };
    const limits: Limits = { text: { max: 4_000, unit: "utf16" }, ...options.limits };
    this.connector = {
      manifest: {
        id: options.id ?? "puppet",
        name: "Puppet",
        package: "puppet",
        env: {},
        secrets: ["token"],
        credentials: [{ keys: ["token"], where: "Made up by the test." }],
      },
      config: { fields: options.hasApprovals === true ? askingFields : fields },
      features,
      limits,
      ...(options.capabilities && { capabilities: options.capabilities }),
      groupSettings: ({ groups }, { chat }) => settingsOf(groups, chat),
      identify: (account, { signal }) =>
        this.hooks.identify?.(account, signal) ?? Promise.resolve({ id: account.config.token ?? "" }),
      ...(options.isDirect === true && { directAddress: (chat) => ({ chat }) }),
      open: (_account, context) => this.#connect(context, { ...features, ...limits }),
      ...(this.hooks.webhook === undefined ? {} : { webhook: this.hooks.webhook }),
    };
  }

  /** The newest context of an account. */
  context(account = "default"): ConnectionContext {
    const found = this.contexts.findLast((each) => each.account === account);
    if (found === undefined) throw new Error(`${account} was never opened`);
    return found;
  }

  /** Texts of the calls that were made, oldest first. */
  texts(): readonly string[] {
    return this.calls.map(({ text }) => text);
  }

  /** The platform makes a message. */
  made(): SendResult {
    this.#messages += 1;
    return { message: `made-${this.#messages}` };
  }

  async #connect(context: ConnectionContext, here: Features & Limits): Promise<Connection> {
    const { hooks } = this;
    this.contexts.push(context);
    await hooks.open?.(context);
    this.open += 1;
    const { actions, catchUp, download, draft, find, hydrate, read, typing } = hooks;
    return {
      supports: () => here,
      prepare: (operation) =>
        hooks.prepare?.(operation) ?? [
          {
            call: operation.kind,
            payload: operation.kind === "send" ? operation.text : operation.kind,
          },
        ],
      dispatch: (part, about) => {
        const call = {
          account: context.account,
          at: context.clock.now(),
          call: part.call,
          text: String(part.payload),
          payload: part.payload,
          context: about,
        };
        this.calls.push(call);
        return hooks.dispatch?.(call) ?? Promise.resolve(this.made());
      },
      ...(find && { find }),
      ...(catchUp && { catchUp: (signal) => catchUp(signal, context) }),
      ...(hydrate && { hydrate }),
      ...(read && { read }),
      ...(download && { download }),
      ...(typing && { typing }),
      ...(draft && { draft }),
      ...(actions && { actions }),
      probe: (signal) => hooks.probe?.(signal) ?? Promise.resolve({ status: "ok" }),
      close: async () => {
        await hooks.close?.();
        this.open -= 1;
      },
    };
  }
}

/** The group's own entry, else `*`. */
function settingsOf(groups: PuppetConfig["groups"], chat: string): GroupSettings {
  const key = chat in groups ? chat : "*";
  const entry = groups[key];
  if (entry === undefined) return {};
  const path = `groups.${key}`;
  return { listed: { value: true, path }, ...memberSettings([{ path, member: entry }]) };
}

let serial = 0;

export interface SaidOptions {
  readonly chat?: string;
  readonly thread?: string;
  readonly kind?: "dm" | "group";
  readonly from?: string;
  readonly order?: number;
  readonly sentAt?: number;
  readonly key?: string;
  readonly needsHydration?: boolean;
  readonly attachments?: readonly AttachmentRef[];
  readonly album?: string;
  /** False: nobody says that the account is meant. */
  readonly mentionsSelf?: false;
}

/** A message as a connector would read it. */
export function said(text: string, options: SaidOptions = {}): InboundEvent {
  serial += 1;
  const { chat = "ada", kind = "dm", key = `key-${serial}` } = options;
  return {
    kind: "message",
    keys: [key],
    sentAt: options.sentAt ?? START,
    address: { chat, message: key, ...(options.thread !== undefined && { thread: options.thread }) },
    chat: { kind },
    sender: { id: options.from ?? chat },
    content: {
      text,
      ...(options.mentionsSelf !== false && { mentionsSelf: "mention" as const }),
      ...(options.album !== undefined && { album: options.album }),
      ...(options.attachments && { attachments: options.attachments }),
    },
    ...(options.order !== undefined && { order: options.order }),
    ...(options.needsHydration && { needsHydration: true }),
  };
}

/** A press of a button as a connector would read it. */
export function pressed(
  data: string,
  options: Pick<SaidOptions, "chat" | "kind" | "from"> = {},
): ButtonEvent {
  serial += 1;
  const { chat = "ada", kind = "dm", from = chat } = options;
  return {
    kind: "button",
    keys: [`press-${serial}`],
    sentAt: START,
    address: { chat, message: "made-1" },
    chat: { kind },
    sender: { id: from },
    data,
  };
}

export const START = Date.UTC(2026, 0, 1);

/** One call of the store, by its method's name. */
export interface StoreCall {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A store whose calls pass through `around`, which may delay, refuse or repeat them. */
export function intercept(
  store: Store,
  around: (call: StoreCall, run: () => Promise<unknown>) => Promise<unknown>,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) =>
        around({ method: String(name), args }, async () => Reflect.apply(method, target, args));
    },
  });
}

interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export interface RigOptions {
  readonly puppet?: Puppet;
  readonly agent?: AgentLike;
  /** Taken as it is, unlike `agent`, whose `run` alone is used; its turns are not collected. */
  readonly whole?: Agent;
  readonly store?: Store;
  readonly clock?: ManualClock;
  readonly limits?: Partial<RuntimeLimits>;
  /** Account names; each has its name as token, and so as identity. */
  readonly accounts?: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  /** Another platform beside the first one, with the same accounts and config. */
  readonly also?: Puppet;
  readonly session?: SessionOptions;
  readonly owners?: readonly string[];
  readonly commands?: boolean;
  readonly configWriter?: ConfigWriter;
  readonly heartbeat?: Heartbeat;
  readonly spoolDir?: string;
  readonly trustedHosts?: readonly string[];
  readonly onEvent?: (event: RuntimeEvent) => void;
  /** `start()` is not waited for: it is not expected to come to an end by itself. */
  readonly starting?: true;
}

export interface Rig {
  readonly runtime: ConnectorRuntime;
  readonly puppet: Puppet;
  readonly clock: ManualClock;
  readonly store: Store;
  readonly turns: Turn[];
  readonly events: RuntimeEvent[];
  readonly logs: LogLine[];
  /** Resolves when `start` does. */
  readonly started: Promise<void>;
  /** Stops it and starts another on the same state; the store must outlive the first. */
  stop(): Promise<void>;
}

/** Lets everybody in; what a test counts is what its agent says. */
export const OPEN = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open", failureNotice: false };

/** A store that outlives its runtime, as a file does: shutting it down ends nothing. */
export function lasting(store: Store): Store {
  return intercept(store, ({ method }, run) => (method === "shutdown" ? Promise.resolve() : run()));
}

export function memory(seed = 1): Store {
  return createMemoryStore({ random: seededRandom(seed) });
}

/** A database in a folder of its own, gone with the test. */
export async function onDisk(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), "core-puppet-"));
  const store = await openSqliteStore({ path: join(folder, "store.sqlite"), durability: "process" });
  onTestFinished(async () => {
    await store.shutdown();
    await rm(folder, { recursive: true });
  });
  return lasting(store);
}

export async function rig(options: RigOptions = {}): Promise<Rig> {
  const {
    puppet = new Puppet(),
    clock = new ManualClock(START),
    store = memory(),
    accounts = ["default"],
    config = OPEN,
    agent = (turn: Turn) => `re: ${turn.text}`,
    limits,
    onEvent,
  } = options;
  const turns: Turn[] = [];
  const events: RuntimeEvent[] = [];
  const logs: LogLine[] = [];
  const run = typeof agent === "function" ? agent : agent.run.bind(agent);
  const at = (level: string) => (fields: object, message: string) =>
    void logs.push({ level, fields, message });
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const connectors = [puppet, ...(options.also === undefined ? [] : [options.also])].map(
    (each) => each.connector,
  );
  const block = { ...config, accounts: Object.fromEntries(accounts.map((name) => [name, { token: name }])) };
  const { session, owners, commands, configWriter, heartbeat, spoolDir, trustedHosts } = options;
  const runtime = await createConnectorRuntime({
    connectors,
    config: { connectors: Object.fromEntries(connectors.map(({ manifest }) => [manifest.id, block])) },
    ...(session && { session }),
    ...(owners && { owners }),
    ...(spoolDir !== undefined && { spoolDir }),
    ...(trustedHosts && { trustedHosts }),
    ...(commands !== undefined && { commands }),
    ...(configWriter && { configWriter }),
    ...(heartbeat && { heartbeat }),
    agent:
      options.whole ??
      ((turn, about) => {
        turns.push(turn);
        return run(turn, about);
      }),
    store,
    clock,
    random: () => 0.5,
    log,
    onEvent: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    ...(limits && { limits }),
  });
  let ended: Promise<void> | undefined;
  const stop = () => {
    ended ??= finish(runtime.stop(), clock);
    return ended;
  };
  onTestFinished(stop);
  const started = runtime.start();
  if (options.starting === undefined) await started;
  return { runtime, puppet, clock, store, turns, events, logs, started, stop };
}

/** Turns of the event loop after which nothing in this process is still on its way by itself. */
const TURNS = 400;

export async function quiet(turns = TURNS): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn until it is so; time stands still. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = String(condition),
): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (await condition()) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  throw new Error(`It never came to this: ${what}`);
}

/** Turns the clock until `work` has ended: at most a quarter of an hour, in steps of 100 ms. */
export async function finish<T>(work: Promise<T>, clock: ManualClock, limitMs = 15 * 60_000): Promise<T> {
  let over = false;
  const settled = work.finally(() => {
    over = true;
  });
  settled.catch(() => {});
  for (let passed = 0; !over && passed <= limitMs; passed += 100) {
    await quiet(20);
    if (!over) await clock.advance(100);
  }
  if (!over) throw new Error(`It did not end within ${limitMs} ms`);
  return settled;
}

/** Lets time pass in steps, so that what a step starts is done before the next. */
export async function pass(clock: ManualClock, ms: number, step = 500): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    await clock.advance(Math.min(step, left));
    await quiet(30);
  }
}

/** What is waited for, and the way to let it happen. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
