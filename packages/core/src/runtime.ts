import { join } from "node:path";
import { type RunningAccount, runningAccounts, statusOf } from "./accounts.js";
import { newKey } from "./agent/outcomes.js";
import { assemble, type RuntimeParts } from "./assemble.js";
import { pause, systemClock } from "./clock.js";
import { Menu } from "./commands/menu.js";
import type { AccountHandle } from "./connection/handle.js";
import { Supervisor } from "./connection/supervisor.js";
import { Rejected } from "./contract/errors.js";
import { keepHeartbeat } from "./heartbeat/schedule.js";
import { wake } from "./heartbeat/wake.js";
import { RenamesInConfig } from "./inbox/renames-in-config.js";
import { silentLogger, withoutSecrets } from "./log.js";
import { createOperator } from "./operator.js";
import { HostSends } from "./outbox/host-sends.js";
import { pairingAccount } from "./policy/pairing/desk.js";
import type { PairingAccount } from "./policy/pairing/records.js";
import { createRedactor } from "./redact.js";
import type {
  AccountStatus,
  ConnectorRuntime,
  Heartbeat,
  RuntimeEvent,
  RuntimeLimits,
  RuntimeOptions,
} from "./runtime-types.js";
import { checkSessionOptions, sessionNotes } from "./session/options.js";
import { ownerIds, ownersOf } from "./session/people.js";
import { retentionMs } from "./session/retention.js";
import type { Lease, Store } from "./store/port.js";
import { pruneRegularly } from "./store/prune.js";
import { Webhooks } from "./webhook/webhooks.js";

const DEFAULT_LIMITS: RuntimeLimits = {
  maxTurns: 32,
  turnTimeoutMs: 5 * 60_000,
  turnRetryMaxMs: 10 * 60_000,
  eventMaxAgeMs: 48 * 60 * 60_000,
  operationMaxAgeMs: 24 * 60 * 60_000,
  laneHoldMs: 60_000,
  maxWaitingEvents: 20_000,
  retentionMs: 30 * 24 * 60 * 60_000,
  maxSpoolBytes: 1024 ** 3,
};

/** On stopping, turns have this long to finish by themselves, … */
const FINISH_LIMIT_MS = 1_800;
/** … this long after they were told to end, their calls included, … */
const CANCEL_LIMIT_MS = 1_400;
/** … and what became of calls that were cut off has this long to be recorded. What is not done is done at the next start. */
const RECORD_LIMIT_MS = 500;

/**
 * Wires connectors, an agent and a store together. Nothing is opened before `start`, except the store.
 *
 * @throws StoreError when the store cannot be opened
 * @throws ConfigError when `session` or `owners` is wrong; a connector's block that is wrong shows in `status` instead
 */
export async function createConnectorRuntime(options: RuntimeOptions): Promise<ConnectorRuntime> {
  checkSessionOptions(options);
  const store = options.store ?? (await openDefaultStore(options));
  return new Runtime(options, store);
}

const DEFAULT_STATE_DIR = "./connector-state";

function spoolDirOf({ spoolDir, stateDir, store }: RuntimeOptions): string | undefined {
  const state = stateDir ?? (store === undefined ? DEFAULT_STATE_DIR : undefined);
  return spoolDir ?? (state === undefined ? undefined : join(state, "spool"));
}

async function openDefaultStore({
  stateDir = DEFAULT_STATE_DIR,
  durability = "full",
}: RuntimeOptions): Promise<Store> {
  const { openSqliteStore } = await import("./store/sqlite/index.js");
  return openSqliteStore({ path: join(stateDir, "connectors.sqlite"), durability });
}

class Runtime implements ConnectorRuntime {
  readonly pairing: ConnectorRuntime["pairing"];
  readonly approvals: ConnectorRuntime["approvals"];
  readonly deadLetters: ConnectorRuntime["deadLetters"];
  readonly #parts: RuntimeParts;
  readonly #accounts: readonly RunningAccount[];
  readonly #supervisors: readonly Supervisor[];
  readonly #limits: RuntimeLimits;
  readonly #webhooks: Webhooks;
  readonly #hostSends: HostSends;
  /** Stopping goes in three steps: no new work, … */
  readonly #stopping = new AbortController();
  /** … agents still at work are told to end, … */
  readonly #cancelTurns = new AbortController();
  /** … and nothing is waited for any more. */
  readonly #giveUp = new AbortController();
  #pruning: Promise<void> = Promise.resolve();
  #heart: Promise<void> = Promise.resolve();
  readonly #heartbeat: Heartbeat | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: RuntimeOptions, store: Store) {
    const { clock = systemClock, random = Math.random } = options;
    const redactor = createRedactor();
    const log = options.log === undefined ? silentLogger : withoutSecrets(options.log, redactor.redact);
    const emit = (event: RuntimeEvent) => {
      try {
        options.onEvent?.(event);
      } catch (error) {
        log.error({ err: error, event: event.type }, "the host's onEvent failed");
      }
    };
    const { session = {}, owners = [], commands = true } = options;
    this.#limits = { ...DEFAULT_LIMITS, ...retentionMs(session), ...options.limits };
    const base = { store, clock, log, random, redact: redactor.redact, limits: this.#limits, emit };
    this.#accounts = runningAccounts(options, { ...base, redactor });
    const blocks = options.config?.connectors;
    const surroundings = ({ connector }: AccountHandle) => ({
      connector,
      environment: options.environment ?? {},
      defaults: blocks?.["defaults"],
      commands,
    });
    const renames = new RenamesInConfig({
      writer: options.configWriter,
      surroundings,
      block: ({ connector }) => blocks?.[connector.manifest.id],
      heartbeat: options.heartbeat,
    });
    for (const handle of this.#handles()) handle.onRenames = () => renames.follow(handle);
    this.#parts = assemble({
      ...base,
      agent: options.agent,
      session,
      commands: commands
        ? {
            overview: {
              accounts: () => this.status(),
              pairingRequests: async () => (await this.pairing.list()).requests.length,
            },
          }
        : undefined,
      isOwner: ownersOf(owners),
      ownerIds: (connector) => ownerIds(owners, connector),
      configWriter: options.configWriter,
      surroundings,
      approveCommand: options.approveCommand,
      approvedElsewhere: options.approvedElsewhere,
      spoolDir: spoolDirOf(options),
      trustedHosts: options.trustedHosts ?? [],
      cancelTurns: this.#cancelTurns.signal,
      giveUp: this.#giveUp.signal,
      handleOf: (identity) => this.#handleOf(identity),
    });
    this.#heartbeat = options.heartbeat;
    for (const note of sessionNotes(session)) log.warn({}, note);
    const operator = createOperator({
      store,
      pairing: this.#parts.pairing,
      book: this.#parts.book,
      decided: ({ lease }, decision) => {
        const handle = this.#handles().find(({ bound }) => bound?.identity === lease.identity);
        if (handle !== undefined) this.#parts.approvals.told(handle, decision);
      },
      clock,
      emit,
      operationMaxAgeMs: this.#limits.operationMaxAgeMs,
      durably: (change) => this.#parts.durably.do(change),
      accounts: () => this.#pairingAccounts(),
      takeUp: (id, lease) => this.#takeUp(id, lease),
      tightened: ({ identity }) =>
        this.#handles()
          .find(({ bound }) => bound?.identity === identity)
          ?.tightened(),
    });
    this.pairing = operator.pairing;
    this.approvals = operator.approvals;
    this.deadLetters = {
      ...operator.deadLetters,
      drop: async (id) => {
        await operator.deadLetters.drop(id);
        await this.#parts.spool.sweep();
      },
    };
    this.#webhooks = new Webhooks({ ...this.#parts, handles: this.#handles() });
    this.#hostSends = new HostSends({
      ...this.#parts,
      operationMaxAgeMs: this.#limits.operationMaxAgeMs,
      signal: this.#stopping.signal,
    });
    const owner = newKey();
    const menu = new Menu({
      agent: options.agent,
      isAnswering: commands,
      owners,
      deciders: this.#parts.deciders,
    });
    for (const note of menu.notes()) log.warn({}, note);
    const { publicUrl } = options;
    const onSecret = (secret: string) => {
      redactor.add(secret);
      options.onSecret?.(secret);
    };
    this.#supervisors = this.#accounts.flatMap(({ handle, status }) =>
      handle === undefined
        ? []
        : [new Supervisor({ ...this.#parts, handle, status, owner, menu, publicUrl, onSecret })],
    );
  }

  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    for (const { resolved, status } of this.#accounts) {
      for (const note of resolved.notes) this.#parts.log.warn({}, note);
      if (resolved.disabledAt !== undefined)
        status.set({ state: "disabled", reason: `${resolved.disabledAt} is false` });
      else if (resolved.issues.length > 0) {
        for (const { path, message } of resolved.issues)
          this.#parts.log.error({ path }, `${path} ${message}`);
        status.set({
          state: "failed",
          reason: resolved.issues.map(({ path, message }) => `${path} ${message}`).join("\n"),
          mend: "Mend the config and start again.",
        });
      }
    }
    await this.#parts.spool.restore();
    this.#pruning = pruneRegularly({
      ...this.#parts,
      pruned: () => this.#parts.spool.sweep(),
      signal: this.#stopping.signal,
      retentionMs: this.#limits.retentionMs,
    });
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.start()));
    if (this.#heartbeat !== undefined) this.#heart = this.#keepHeartbeat(this.#heartbeat);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const reason = new Error("the runtime stops");
    this.#stopping.abort(reason);
    try {
      const turns = this.#parts.lanes.stop();
      await this.#waitFor(turns, FINISH_LIMIT_MS);
      this.#cancelTurns.abort(reason);
      const calls = turns.then(() => this.#parts.outbox.settled()).then(() => this.#parts.outbox.stop());
      await this.#waitFor(calls, CANCEL_LIMIT_MS);
      this.#giveUp.abort(reason);
      await this.#waitFor(this.#parts.outbox.stop(), RECORD_LIMIT_MS);
      await Promise.all(this.#supervisors.map((supervisor) => supervisor.stop()));
      await this.#pruning;
      await this.#heart;
      this.#parts.spool.close();
    } finally {
      await this.#parts.store.shutdown();
    }
  }

  async #waitFor(work: Promise<void>, limitMs: number): Promise<void> {
    const done = new AbortController();
    await Promise.race([work.finally(() => done.abort()), pause(this.#parts.clock, limitMs, done.signal)]);
  }

  status(): readonly AccountStatus[] {
    return this.#accounts.map(statusOf);
  }

  send(request: Parameters<ConnectorRuntime["send"]>[0]): Promise<number> {
    const { connector, account = "default" } = request;
    return Promise.resolve().then(() => this.#hostSends.send(this.#handle(connector, account), request));
  }

  wake(request: Parameters<ConnectorRuntime["wake"]>[0]): ReturnType<ConnectorRuntime["wake"]> {
    const { connector, account = "default" } = request.to;
    return Promise.resolve().then(() => wake(this.#parts, this.#handle(connector, account), request));
  }

  #keepHeartbeat(heartbeat: Heartbeat): Promise<void> {
    const { connector, account = "default" } = heartbeat.to;
    return keepHeartbeat({
      ...this.#parts,
      heartbeat,
      handle: this.#account(connector, account)?.handle,
      wake: (handle, request) => wake(this.#parts, handle, request),
      signal: this.#stopping.signal,
    });
  }

  webhookPaths(): ReturnType<ConnectorRuntime["webhookPaths"]> {
    return this.#webhooks.paths();
  }

  webhook(request: Parameters<ConnectorRuntime["webhook"]>[0]): ReturnType<ConnectorRuntime["webhook"]> {
    return this.#webhooks.handle(request);
  }

  async why(event: number | "last"): ReturnType<ConnectorRuntime["why"]> {
    const [found] =
      event === "last"
        ? await this.#parts.store.recentEvents({ limit: 1 })
        : await this.#parts.store.events([event]);
    return found === undefined
      ? undefined
      : { event: found, operations: await this.#parts.store.operationsOfTurn(found.seq) };
  }

  #pairingAccounts(): readonly PairingAccount[] {
    return this.#handles().flatMap((handle) => (handle.bound === undefined ? [] : [pairingAccount(handle)]));
  }

  /** A dead letter that is open again. */
  async #takeUp(id: string, { identity }: Lease): Promise<void> {
    const { store, lanes, outbox } = this.#parts;
    const seq = Number(id.split(":")[1]);
    const handle = this.#handleOf(identity);
    await handle?.places.share(async () => {
      if (id.startsWith("event:")) lanes.push(identity, await store.events([seq]));
      else for (const operation of await store.operations([seq])) outbox.push(handle, operation);
    });
  }

  #handles(): readonly AccountHandle[] {
    return this.#accounts.flatMap(({ handle }) => (handle === undefined ? [] : [handle]));
  }

  #handleOf(identity: string): AccountHandle | undefined {
    return this.#accounts.find(({ handle }) => handle?.bound?.identity === identity)?.handle;
  }

  #account(connector: string, account: string): RunningAccount | undefined {
    return this.#accounts.find(
      ({ resolved }) => resolved.connector.manifest.id === connector && resolved.id === account,
    );
  }

  #handle(connector: string, account: string): AccountHandle {
    const handle = this.#account(connector, account)?.handle;
    if (handle?.bound === undefined) {
      throw new Rejected(`${connector}/${account} is not an account that has been connected.`, {
        mend: "See the account's status for the reason.",
      });
    }
    return handle;
  }
}
