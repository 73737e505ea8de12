import { join } from "node:path";
import { newKey, Turns } from "./agent/turns.js";
import { pause, systemClock } from "./clock.js";
import { type ResolvedAccount, resolveAccounts } from "./config/resolve.js";
import { AccountHandle } from "./connection/handle.js";
import { StatusBoard } from "./connection/status.js";
import { Supervisor } from "./connection/supervisor.js";
import type { Agent, AgentLike } from "./contract/agent.js";
import type { Clock, Logger } from "./contract/connection.js";
import { Rejected, StoreError } from "./contract/errors.js";
import { Durably } from "./durable.js";
import { ChatDirectory } from "./inbox/chats.js";
import { Inbox } from "./inbox/inbox.js";
import { Lanes } from "./lanes/lanes.js";
import { silentLogger, withFields } from "./log.js";
import { createOperator } from "./operator.js";
import { Ledger } from "./outbox/ledger.js";
import { Outbox } from "./outbox/outbox.js";
import { Receipts } from "./outbox/receipts.js";
import { Sender } from "./outbox/sender.js";
import { Pairing, type PairingAccount } from "./policy/pairing.js";
import { collectSecrets, createRedactor } from "./redact.js";
import type { AccountStatus, ConnectorRuntime, RuntimeLimits, RuntimeOptions } from "./runtime-types.js";
import { outboxLane } from "./session/key.js";
import type { Lease, Store } from "./store/port.js";
import { handleWebhook } from "./webhooks.js";

const DEFAULT_LIMITS: RuntimeLimits = {
  maxTurns: 32,
  turnTimeoutMs: 5 * 60_000,
  turnRetryMaxMs: 10 * 60_000,
  eventMaxAgeMs: 48 * 60 * 60_000,
  operationMaxAgeMs: 24 * 60 * 60_000,
  laneHoldMs: 60_000,
  maxWaitingEvents: 20_000,
  retentionMs: 30 * 24 * 60 * 60_000,
};

const MAX_CALLS = 64;
/** On stopping, turns have this long to finish by themselves, … */
const FINISH_LIMIT_MS = 2_000;
/** … and this long after they were told to end, their calls included. What is not done is done at the next start. */
const CANCEL_LIMIT_MS = 1_500;
const PRUNE_EVERY_MS = 10 * 60_000;
const PRUNE_STEP = 500;

/**
 * Wires connectors, an agent and a store together. Nothing is opened before `start`, except the store.
 *
 * @throws StoreError when the store cannot be opened
 */
export async function createConnectorRuntime(options: RuntimeOptions): Promise<ConnectorRuntime> {
  const store = options.store ?? (await openDefaultStore(options));
  return new Runtime(options, store);
}

async function openDefaultStore({
  stateDir = "./connector-state",
  durability = "full",
}: RuntimeOptions): Promise<Store> {
  const { openSqliteStore } = await import("./store/sqlite/index.js");
  return openSqliteStore({ path: join(stateDir, "connectors.sqlite"), durability });
}

interface RunningAccount {
  readonly resolved: ResolvedAccount;
  readonly status: StatusBoard;
  /** Absent where the config keeps the account from being opened. */
  readonly handle?: AccountHandle;
}

class Runtime implements ConnectorRuntime {
  readonly pairing: ConnectorRuntime["pairing"];
  readonly deadLetters: ConnectorRuntime["deadLetters"];
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limits: RuntimeLimits;
  readonly #durably: Durably;
  readonly #lanes: Lanes;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #receipts: Receipts;
  readonly #accounts: readonly RunningAccount[];
  readonly #supervisors: Supervisor[];
  readonly #emit: NonNullable<RuntimeOptions["onEvent"]>;
  /** Stopping goes in three steps: no new work, … */
  readonly #stopping = new AbortController();
  /** … agents still at work are told to end, … */
  readonly #cancelTurns = new AbortController();
  /** … and nothing is waited for any more. */
  readonly #giveUp = new AbortController();
  #pruning: Promise<void> = Promise.resolve();

  constructor(options: RuntimeOptions, store: Store) {
    const { clock = systemClock, log = silentLogger, random = Math.random } = options;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#emit = options.onEvent ?? (() => {});
    const redactor = createRedactor();
    const redact = redactor.redact;
    this.#durably = new Durably({
      clock,
      log,
      signal: this.#giveUp.signal,
      onTrouble: (trouble) => this.#emit({ type: "store", trouble }),
    });
    const pairing = new Pairing(store, clock);
    const chats = new ChatDirectory(store, this.#durably, clock);
    this.#receipts = new Receipts(store, this.#durably, clock);
    const ledger = new Ledger({ store, durably: this.#durably, receipts: this.#receipts, clock, redact });
    const sender = new Sender({ store, ledger, chats, clock, random, signal: this.#giveUp.signal });
    this.#outbox = new Outbox({
      sender,
      store,
      clock,
      laneHoldMs: this.#limits.laneHoldMs,
      maxRunning: MAX_CALLS,
    });
    const turns = new Turns({
      store,
      durably: this.#durably,
      outbox: this.#outbox,
      pairing,
      agent: toAgent(options.agent),
      clock,
      limits: this.#limits,
      random,
      signal: this.#cancelTurns.signal,
      onPairingRequest: (request, code) => this.#emit({ type: "pairing-request", request, code }),
      redact,
    });
    this.#lanes = new Lanes({
      maxRunning: this.#limits.maxTurns,
      clock,
      work: async (identity, _session, item) => {
        const handle = this.#accounts.find((account) => account.handle?.bound?.identity === identity)?.handle;
        return handle === undefined ? undefined : turns.work(handle, item);
      },
    });
    this.#inbox = new Inbox({
      store,
      durably: this.#durably,
      lanes: this.#lanes,
      chats,
      clock,
      maxWaiting: this.#limits.maxWaitingEvents,
    });

    this.#accounts = options.connectors.flatMap((connector) => {
      const block = options.config?.connectors?.[connector.manifest.id];
      collectSecrets(block, connector.manifest.secrets, redactor);
      return resolveAccounts(connector, block, options.environment ?? {}).map((resolved): RunningAccount => {
        const status = new StatusBoard(clock, redact, () => this.#announce(resolved));
        if (resolved.account === undefined) return { resolved, status };
        collectSecrets(resolved.account.config, connector.manifest.secrets, redactor);
        const accountLog = withFields(log, { connector: connector.manifest.id, account: resolved.id });
        return { resolved, status, handle: new AccountHandle(resolved, resolved.account, accountLog) };
      });
    });
    const operator = createOperator({
      store,
      clock,
      operationMaxAgeMs: this.#limits.operationMaxAgeMs,
      durably: (change) => this.#durably.do(change),
      accounts: () => this.#pairingAccounts(),
      takeUp: (id, lease) => this.#takeUp(id, lease),
      emit: this.#emit,
    });
    this.pairing = operator.pairing;
    this.deadLetters = operator.deadLetters;
    const owner = newKey();
    this.#supervisors = this.#accounts.flatMap(({ handle, status }) =>
      handle === undefined
        ? []
        : [
            new Supervisor({
              handle,
              status,
              store,
              durably: this.#durably,
              inbox: this.#inbox,
              lanes: this.#lanes,
              outbox: this.#outbox,
              receipts: this.#receipts,
              clock,
              random,
              owner,
            }),
          ],
    );
  }

  async start(): Promise<void> {
    for (const { resolved, status } of this.#accounts) {
      for (const note of resolved.notes) this.#log.warn({}, note);
      if (!resolved.enabled)
        status.set({ state: "disabled", reason: `${resolved.locate("enabled")} is false` });
      else if (resolved.issues.length > 0) {
        for (const { path, message } of resolved.issues) this.#log.error({ path }, `${path} ${message}`);
        status.set({
          state: "failed",
          reason: resolved.issues.map(({ path, message }) => `${path} ${message}`).join("\n"),
          mend: "Mend the config and start again.",
        });
      }
    }
    this.#pruning = this.#pruneUntilStopped();
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.start()));
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort(new Error("the runtime stops"));
    const turns = this.#lanes.stop();
    await this.#waitFor(turns, FINISH_LIMIT_MS);
    this.#cancelTurns.abort(new Error("the runtime stops"));
    await this.#waitFor(
      turns.then(() => this.#outbox.settled()).then(() => this.#outbox.stop()),
      CANCEL_LIMIT_MS,
    );
    this.#giveUp.abort(new Error("the runtime stops"));
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.stop()));
    await this.#pruning;
    await this.#store.shutdown();
  }

  async #waitFor(work: Promise<void>, limitMs: number): Promise<void> {
    const done = new AbortController();
    await Promise.race([work.finally(() => done.abort()), pause(this.#clock, limitMs, done.signal)]);
  }

  status(): readonly AccountStatus[] {
    return this.#accounts.map(({ resolved, status, handle }) => ({
      connector: resolved.connector.manifest.id,
      account: resolved.id,
      ...status.current,
      dropped: handle?.dropped ?? 0,
      gaps: status.gaps,
      issues: resolved.issues,
      notes: resolved.notes,
      origins: Object.fromEntries(
        Object.keys(resolved.connector.config.fields.shape).map((key) => [key, resolved.origin(key)]),
      ),
      ...optional("identity", handle?.bound?.identity),
      ...optional("name", status.name),
      ...optional("probe", status.probe),
      ...optional("lastInbound", handle?.lastInbound),
      ...optional("lastOutbound", handle?.lastOutbound),
    }));
  }

  async send(request: Parameters<ConnectorRuntime["send"]>[0]): Promise<number> {
    const { connector, account = "default", to, text, format = "markdown" } = request;
    const handle = this.#handle(connector, account);
    const at = this.#clock.now();
    const lane = outboxLane(to);
    const operation = {
      key: newKey(),
      operation: { kind: "send", to, text, format } as const,
      lane,
      createdAt: at,
      expiresAt: this.#expiryOfOperations(),
    };
    const [seq] = await this.#durably.do(() => this.#store.enqueue(handle.owner.lease, [operation]));
    if (seq === undefined) throw new StoreError("broken", "the store did not say which operation it made");
    this.#outbox.push(handle, { seq, lane, dueAt: 0 });
    return seq;
  }

  webhook(request: Parameters<ConnectorRuntime["webhook"]>[0]): ReturnType<ConnectorRuntime["webhook"]> {
    return handleWebhook(request, {
      handles: this.#handles(),
      inbox: this.#inbox,
      receipts: this.#receipts,
      store: this.#store,
      durably: this.#durably,
      clock: this.#clock,
      log: this.#log,
    });
  }

  async why(event: number | "last"): ReturnType<ConnectorRuntime["why"]> {
    const [found] =
      event === "last" ? await this.#store.recentEvents({ limit: 1 }) : await this.#store.events([event]);
    return found === undefined
      ? undefined
      : { event: found, operations: await this.#store.operationsOfTurn(found.seq) };
  }

  #pairingAccounts(): readonly PairingAccount[] {
    return this.#handles().flatMap(({ connector, id, bound }) =>
      bound === undefined ? [] : [{ connector: connector.manifest.id, account: id, lease: bound.lease }],
    );
  }

  /** A dead letter that is open again. */
  async #takeUp(id: string, { identity }: Lease): Promise<void> {
    const seq = Number(id.split(":")[1]);
    const handle = this.#handles().find(({ bound }) => bound?.identity === identity);
    if (id.startsWith("event:")) this.#lanes.push(identity, await this.#store.events([seq]));
    else if (handle !== undefined) {
      for (const operation of await this.#store.operations([seq])) this.#outbox.push(handle, operation);
    }
  }

  #handles(): readonly AccountHandle[] {
    return this.#accounts.flatMap(({ handle }) => (handle === undefined ? [] : [handle]));
  }

  #expiryOfOperations(): number {
    const { operationMaxAgeMs } = this.#limits;
    return operationMaxAgeMs === 0 ? 0 : this.#clock.now() + operationMaxAgeMs;
  }

  #handle(connector: string, account: string): AccountHandle {
    const handle = this.#accounts.find(
      (each) => each.resolved.connector.manifest.id === connector && each.resolved.id === account,
    )?.handle;
    if (handle?.bound === undefined) {
      throw new Rejected(`${connector}/${account} is not an account that has been connected.`, {
        mend: "See the account's status for the reason.",
      });
    }
    return handle;
  }

  #announce(resolved: ResolvedAccount): void {
    const status = this.status().find(
      (each) => each.connector === resolved.connector.manifest.id && each.account === resolved.id,
    );
    if (status !== undefined) this.#emit({ type: "status", status });
  }

  /** In small steps, so that no commit and no message waits long for it. */
  async #pruneUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(this.#clock, PRUNE_EVERY_MS, signal);
      try {
        for (let removed = 1; removed > 0 && !signal.aborted; ) {
          const at = this.#clock.now();
          removed = await this.#store.prune({
            at,
            finishedBefore: at - this.#limits.retentionMs,
            limit: PRUNE_STEP,
          });
        }
      } catch (error) {
        this.#log.warn({ err: error }, "old rows could not be removed; it will be tried again");
      }
    }
  }
}

function toAgent(agent: AgentLike): Agent {
  return typeof agent === "function" ? { history: "ours", run: agent } : agent;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  const entry: { [key in K]?: V } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}
