import type { Decision, Fate, StoreProblem } from "@elizaos/connector-core";
import type {
  Lease,
  NewEvent,
  NewOperation,
  Store,
  StoredEvent,
  StoredOperation,
} from "@elizaos/connector-core/store";
import { expect, type TestContext } from "vitest";
import { DAY, decision, IDENTITY, NOW, part } from "./fixtures.js";
import { seededRandom } from "./random.js";

export interface OpenOptions {
  /** Numbers from 0 to 1, the same for the same seed; for stores that choose at random. */
  readonly random: () => number;
}

export interface OpenedStore {
  readonly store: Store;
  /**
   * Opens what the store kept as a new process would, whether or not the old store was shut down. Absent: nothing
   * outlives the store.
   */
  reopen?(): Promise<Store>;
  /** Shuts down whatever is open and removes it. */
  dispose(): Promise<void>;
}

export type OpenStore = (options: OpenOptions) => Promise<OpenedStore>;

/** Adds one test to the suite; it gets a store of its own. */
export type Check = (title: string, body: (bench: Bench) => Promise<void>) => void;

/** A store of one test, with the lease of one identity, and the steps that most tests take. */
export class Bench {
  readonly random: () => number;
  store: Store;
  lease: Lease;
  readonly #opened: OpenedStore;
  readonly #context: TestContext;

  private constructor(opened: OpenedStore, lease: Lease, random: () => number, context: TestContext) {
    this.#opened = opened;
    this.#context = context;
    this.random = random;
    this.store = opened.store;
    this.lease = lease;
  }

  static async run(
    open: OpenStore,
    seed: number,
    context: TestContext,
    body: (bench: Bench) => Promise<void>,
  ): Promise<void> {
    const random = seededRandom(seed);
    const opened = await open({ random });
    try {
      await body(new Bench(opened, await takeLease(opened.store, IDENTITY), random, context));
    } finally {
      await opened.dispose();
    }
  }

  /** The next process. A store that nothing outlives goes on as it is, under a new lease. */
  async restart(): Promise<void> {
    if (this.#opened.reopen === undefined) await this.store.release(this.lease);
    else this.store = await this.#opened.reopen();
    this.lease = await takeLease(this.store, IDENTITY);
  }

  /** Skips the test where nothing outlives the store. */
  async reopen(): Promise<void> {
    if (this.#opened.reopen === undefined) return this.#context.skip("nothing outlives this store");
    this.store = await this.#opened.reopen();
  }

  leaseOf(identity: string): Promise<Lease> {
    return takeLease(this.store, identity);
  }

  /** Resolves to the `seq`s; every event must be accepted. */
  async accept(events: readonly NewEvent[], at = NOW, lease = this.lease): Promise<number[]> {
    const results = await this.store.accept(lease, { events, at, keysUntil: at + DAY });
    return results.map((result) => {
      if (result.status !== "accepted")
        throw new Error(`expected an accepted event, got ${JSON.stringify(result)}`);
      return result.seq;
    });
  }

  async acceptOne(event: NewEvent, at = NOW, lease = this.lease): Promise<number> {
    return first(await this.accept([event], at, lease));
  }

  begin(events: readonly number[], at = NOW): Promise<number> {
    return this.store.begin(this.lease, { events, decision: decision("admitted"), at });
  }

  finish(
    events: readonly number[],
    attempt: number,
    outcome: Fate | Decision = "answered",
    operations: readonly NewOperation[] = [],
    at = NOW,
  ): Promise<readonly number[]> {
    return this.store.finish(this.lease, {
      events,
      attempt,
      decision: typeof outcome === "string" ? decision(outcome) : outcome,
      operations,
      at,
    });
  }

  /** An event that has come to this fate. */
  async event(event: NewEvent, fate: Fate, at = NOW): Promise<number> {
    const seq = await this.acceptOne(event, at);
    if (fate === "accepted") return seq;
    const attempt = await this.begin([seq], at);
    if (fate !== "admitted") await this.finish([seq], attempt, fate, [], at);
    return seq;
  }

  async enqueue(operation: NewOperation): Promise<number> {
    return first(await this.store.enqueue(this.lease, [operation]));
  }

  /** Sends an operation as one part that becomes this platform message. */
  async deliver(operation: number, message: string, at = NOW): Promise<void> {
    await this.store.attempt(this.lease, { operation, parts: [part(message)], index: 0, at });
    await this.store.settle(this.lease, {
      operation,
      index: 0,
      state: "sent",
      result: { message },
      operationState: "done",
      at,
    });
  }

  async stored(seq: number): Promise<StoredEvent> {
    return first(await this.store.events([seq]));
  }

  async operation(seq: number): Promise<StoredOperation> {
    return first(await this.store.operations([seq]));
  }

  async unfinished(identity = IDENTITY): Promise<number[]> {
    return (await this.store.unfinished(identity, 0, 1_000)).map((head) => head.seq);
  }

  async open(identity = IDENTITY): Promise<number[]> {
    return (await this.store.openOperations(identity, 0, 1_000)).map((head) => head.seq);
  }
}

async function takeLease(store: Store, identity: string): Promise<Lease> {
  const lease = await store.lease(identity, "suite");
  if (lease === undefined) throw new Error(`no lease of ${identity} was given`);
  return lease;
}

export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error("there is nothing");
  return item;
}

/** The call must be refused with a `StoreError` of this kind. */
export async function refused(call: Promise<unknown>, problem: StoreProblem): Promise<void> {
  await expect(call).rejects.toMatchObject({ code: "store", problem });
}
