import type { Clock } from "@elizaos/connector-core";
import { systemClock } from "@elizaos/connector-core";
import {
  type Fault,
  type FaultRule,
  Journal,
  type Simulator,
  SimulatorServer,
  type Watch,
} from "@elizaos/connector-simulators/kit";
import type { WireBody, WireEvent } from "../wire.js";
import { Api, type ToyCall } from "./api.js";
import { Courier, type DeliveryAttempt, type Hook } from "./courier.js";
import {
  accountBehind,
  handle,
  recordBehind,
  type Stage,
  type ToyAccount,
  ToyGroup,
  type ToyMessage,
  ToyUser,
} from "./driver.js";
import { Feed } from "./feed.js";
import type { AccountRecord } from "./records.js";
import { type Rules, World } from "./world.js";

export interface ToyPlatformOptions extends Partial<Rules> {
  /** TCP port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  /** A send is answered only when its webhooks are acknowledged, as if the answer had taken the longer way. Default false. */
  readonly answersLast?: boolean;
  /** Events that an account's log keeps. Default 10,000. */
  readonly logLimit?: number;
}

/** Which facts hold unless a test chooses others. */
const RULES: Rules = {
  textBytes: 400,
  fileBytes: 1024 * 1024,
  fileMs: 600_000,
  ticketMs: 60_000,
  tickets: "optional",
  idempotency: "none",
  keyWindowMs: 600_000,
  thin: false,
};
/** The stream shows that it lives this often. */
const BEAT_MS = 15_000;
const ATTEMPTS_KEPT = 1_000;

export interface ToyWebhook {
  /** Sends the challenge and, when it is answered, all events from now on. Rejects with what was wrong. */
  register(hook: Hook): Promise<void>;
  /** What happens in `work`, for all accounts, goes out in one request; `reversed`: the last event first. */
  together(work: () => unknown, options?: { readonly reversed?: boolean }): Promise<void>;
  /** Delivers the same events again. */
  again(attempt: DeliveryAttempt): Promise<DeliveryAttempt>;
  /** Any body, signed as asked: for requests that a receiver should refuse. */
  post(
    body: unknown,
    sign?: { readonly secret?: string; readonly at?: number; readonly without?: true },
  ): Promise<Response>;
  /** Every attempt, with what the receiver answered. */
  readonly attempts: Journal<DeliveryAttempt>;
  /** Events that were given up. */
  readonly lost: number;
}

/**
 * A messaging platform that exists in this process only, with the bad habits of the real ones. It is the reference
 * for what core and connectors must cope with, and speaks HTTP like any other platform.
 */
export interface ToyPlatform extends Simulator {
  /** The account of that name, made when it is new. */
  account(name: string): ToyAccount;
  /** The person of that name, made when it is new. */
  user(name: string): ToyUser;
  group(
    title: string,
    members: { readonly users: readonly ToyUser[]; readonly accounts: readonly ToyAccount[] },
  ): ToyGroup;
  readonly webhook: ToyWebhook;
  readonly stream: {
    /** Resolves when the account has an open stream. */
    opened(account: ToyAccount): Promise<void>;
    /** Breaks the account's open streams. */
    cut(account: ToyAccount): void;
    /** They stay open and say nothing any more. */
    mute(account: ToyAccount): void;
    /** Sends the newest event that others caused once more, as it was or with other fields. */
    again(account: ToyAccount, changes?: Readonly<Record<string, unknown>>): void;
    /** Sends a line of any kind. */
    garble(account: ToyAccount, line: string): void;
  };
  /** Looks again whenever something changed. */
  readonly watch: Watch;
  /** What was said in a chat and not deleted since, oldest first; by the chat's id now. */
  messages(chat: string): readonly ToyMessage[];
  /** Every call of the API, oldest first. */
  readonly calls: Journal<ToyCall>;
  /** The account's token is refused from now on. */
  revoke(account: ToyAccount): void;
  /** Every ticket ends now, whatever it said of its end. */
  endTickets(): void;
  /** What became of a message that an account sent, told now. */
  report(message: ToyMessage, status: "delivered" | "read" | "failed", reason?: string): void;
}

export async function startToyPlatform(options: ToyPlatformOptions = {}): Promise<ToyPlatform> {
  const clock = options.clock ?? systemClock;
  const server = await SimulatorServer.start({
    clock,
    ...(options.port !== undefined && { port: options.port }),
  });
  const { watch } = server;
  const attempts = new Journal<DeliveryAttempt>({
    watch,
    limit: ATTEMPTS_KEPT,
    describe: ({ delivery, attempt, status, events }) =>
      `${delivery} attempt ${attempt}: ${events.length} events, ${status}`,
  });
  const courier = new Courier({
    clock,
    attempts,
    closed: server.closed,
    changed: () => watch.poke(),
    received: (events) => tookAll(world, events),
  });
  const feed = new Feed(options.logLimit ?? 10_000, () => watch.poke());
  let lastEvent = 0;
  const emit = (account: AccountRecord, body: WireBody) => {
    lastEvent += 1;
    account.seq += 1;
    const event = { id: `e-${lastEvent}`, account: account.id, seq: account.seq, at: clock.now(), ...body };
    feed.publish(account, event);
    courier.add(event);
    watch.poke();
  };
  const world = new World({ ...RULES, ...pickRules(options) }, clock, emit);
  const settled = async () => {
    if (options.answersLast)
      await watch.until(
        () => courier.idle || undefined,
        (ms) => `Webhooks were not acknowledged within ${ms} ms`,
      );
  };
  const api = new Api({ server, world, feed, settled });
  const stage: Stage = { world, watch };
  const beating = beat(clock, feed, server.closed);

  return {
    url: server.url,
    clock,
    fault: (rule: FaultRule): Fault => server.faults.add(rule),
    disconnect: () => server.disconnect(),
    halfOpen: () => server.halfOpen(),
    async close() {
      beating();
      await server.close();
    },
    account(name) {
      const { id, token } = world.accounts.find((each) => each.name === name) ?? world.addAccount(name);
      return { id, name, token };
    },
    user: (name) =>
      new ToyUser(stage, world.people.find((each) => each.name === name) ?? world.addPerson(name)),
    group(title, { users, accounts }) {
      const people = users.map(
        ({ name }) => world.people.find((each) => each.name === name) ?? world.addPerson(name),
      );
      return new ToyGroup(
        stage,
        world.addGroup(
          title,
          people,
          accounts.map((each) => accountBehind(stage, each)),
        ),
      );
    },
    webhook: {
      register: (hook) => courier.register(hook),
      together: (work, { reversed = false } = {}) => courier.together(work, reversed),
      again: (attempt) => courier.again(attempt),
      post: (body, sign) => courier.post(body, undefined, sign),
      attempts,
      get lost() {
        return courier.lost;
      },
    },
    stream: {
      async opened(account) {
        const record = accountBehind(stage, account);
        await watch.until(
          () => feed.listening(record) || undefined,
          (ms) => `${account.name} opened no stream within ${ms} ms`,
        );
      },
      cut: (account) => feed.cut(accountBehind(stage, account)),
      mute: (account) => feed.mute(accountBehind(stage, account)),
      again: (account, changes) => feed.again(accountBehind(stage, account), changes),
      garble: (account, line) => feed.garble(accountBehind(stage, account), line),
    },
    watch,
    messages(chat) {
      const found = world.chats.find(({ id }) => id === chat);
      return [...(found?.messages.values() ?? [])].filter(({ deleted }) => !deleted).map(handle);
    },
    calls: api.calls,
    revoke(account) {
      accountBehind(stage, account).revoked = true;
    },
    endTickets: () => world.endTickets(),
    report: (message, status, reason) => world.report(recordBehind(message), status, reason),
  };
}

function pickRules(options: ToyPlatformOptions): Partial<Rules> {
  const { port: _port, clock: _clock, logLimit: _logLimit, answersLast: _answersLast, ...rules } = options;
  return rules;
}

/** The answer to a webhook says of the presses in it that they arrived. */
function tookAll(world: World, events: readonly WireEvent[]): void {
  for (const event of events) {
    const account = world.accounts.find(({ id }) => id === event.account);
    if (event.type === "pressed" && account !== undefined) world.presses.take(account, event.press);
  }
}

/** Lets the streams beat until the returned function is called. */
function beat(clock: Clock, feed: Feed, closed: AbortSignal): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(BEAT_MS, () => {
      if (closed.aborted) return;
      feed.beat();
      next();
    });
  };
  next();
  return () => cancel();
}
