import {
  type Connector,
  type ConnectorRuntime,
  isRecord,
  type Release,
  release,
} from "@elizaos/connector-core";
import type { AgentRuntime } from "./agent-runtime.js";
import { keepTrying } from "./keep-trying.js";
import { type Life, openLife } from "./life.js";
import { type Parts, partsOf } from "./parts.js";

/** Copies of this package in one process meet here; the number is that of `Hub`'s shape. */
const KEY = Symbol.for("@elizaos/connector-eliza/hub/1");

/** A plugin that is unloaded takes its connector along after this long: a stop of the whole agent, or a reload, comes within it. */
const LEAVE_GRACE_MS = 1_000;

/**
 * What all plugins of one agent share: one connector runtime over one store. Which connectors a runtime has never changes while it runs
 * (its webhook paths, leases and lanes rest on that), so a plugin that comes later or goes earlier than the others has it stopped and opened
 * anew: what was accepted is finished then, as after any stop. At a start that never happens, since plugins are enlisted before the first
 * service begins.
 */
export interface Hub {
  readonly release: Release;
  readonly isIdle: boolean;
  /** Says that a connector will be there. Nothing is opened before the first `join`. */
  enlist(connector: Connector): void;
  /** Resolves when the connector's accounts are online or have said why not, or when opening has failed for the first time. */
  join(connector: Connector): Promise<void>;
  /** The last one closes everything before this resolves. */
  leave(id: string): Promise<void>;
  /** @throws Error while nothing runs, with the reason */
  connectors(): ConnectorRuntime;
  readonly parts: Parts;
}

/** The agent's hub, made by whoever asks first; an error when it was made by a release whose store this one cannot share. */
export function hubOf(runtime: AgentRuntime, plugin: string): Hub | Error {
  const known: unknown = Reflect.get(runtime, KEY);
  if (isHub(known) && !known.isIdle) {
    const [theirs, ours] = [known.release, release()];
    if (theirs.schema === ours.schema) return known;
    return new Error(
      `${plugin} brings @elizaos/connector-core ${ours.version} (store schema ${ours.schema}), and the other connectors of this agent run on ${theirs.version} (store schema ${theirs.schema}): they cannot share one store. Install plugins of one release; "npm ls @elizaos/connector-core" shows who brings which.`,
    );
  }
  if (isHub(known) && known.release.version === release().version) return known;
  const hub = new SharedRuntime(runtime);
  Object.defineProperty(runtime, KEY, { value: hub, configurable: true });
  return hub;
}

function isHub(value: unknown): value is Hub {
  return isRecord(value) && typeof value["join"] === "function" && isRecord(value["release"]);
}

class SharedRuntime implements Hub {
  readonly release = release();
  readonly parts: Parts;
  readonly #runtime: AgentRuntime;
  readonly #members = new Map<string, Connector>();
  readonly #joined = new Set<string>();
  #life: Life | undefined;
  /** Why nothing runs. */
  #problem = "it has not been started";
  #ending = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #cancelLeaving: () => void = () => {};

  constructor(runtime: AgentRuntime) {
    this.#runtime = runtime;
    this.parts = partsOf(runtime, () => this.connectors());
  }

  get isIdle(): boolean {
    return this.#members.size === 0;
  }

  enlist(connector: Connector): void {
    this.#members.set(connector.manifest.id, connector);
  }

  join(connector: Connector): Promise<void> {
    this.enlist(connector);
    this.#joined.add(connector.manifest.id);
    return this.#alone(() => this.#renew());
  }

  leave(id: string): Promise<void> {
    this.#members.delete(id);
    this.#joined.delete(id);
    if (this.#joined.size === 0 || isStopping(this.#runtime)) {
      this.#members.clear();
      this.#joined.clear();
      this.#cancelLeaving();
      return this.#alone(() => this.#close());
    }
    this.#cancelLeaving();
    const timer = setTimeout(() => void this.#alone(() => this.#renew()), LEAVE_GRACE_MS);
    this.#cancelLeaving = () => clearTimeout(timer);
    return Promise.resolve();
  }

  connectors(): ConnectorRuntime {
    if (this.#life === undefined) throw new Error(`The connectors are not running: ${this.#problem}`);
    return this.#life.connectors;
  }

  /** Opens what there is to open, unless just that is open. */
  async #renew(): Promise<void> {
    const wanted = [...this.#members.values()];
    if (this.#joined.size === 0) return;
    const open = this.#life?.members ?? [];
    if (open.length === wanted.length && wanted.every((member) => open.includes(member))) return;
    await this.#close();
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    const { logger } = this.#runtime;
    await keepTrying(
      async () => {
        if (signal.aborted) return;
        const life = await openLife(this.#runtime, wanted, this.parts);
        // Left while it was being opened again.
        if (signal.aborted) return life.close();
        this.#life = life;
        await life.start();
      },
      {
        signal,
        onFailure: (error, retryInMs) => {
          this.#problem = error instanceof Error ? error.message : String(error);
          logger.error({ error, retryInMs }, `the connectors could not be started: ${this.#problem}`);
        },
      },
    );
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    const life = this.#life;
    this.#life = undefined;
    this.#problem = "they were stopped";
    await life?.close();
  }

  /** One after the other. */
  #alone(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {});
    return done;
  }
}

/** 2.x says that the whole agent stops. */
function isStopping(runtime: AgentRuntime): boolean {
  return Reflect.get(runtime, "stopped") === true;
}
