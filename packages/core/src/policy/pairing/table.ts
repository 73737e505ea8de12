import type { Json } from "../../contract/json.js";
import { requestKey, type StoredRequest } from "./records.js";

/** Requests kept per identity. */
export const MAX_REQUESTS = 500;
/**
 * Of these so many are safe because their senders wrote again. Not all, or strangers who write twice would leave no room for
 * anybody who writes once.
 */
const MAX_REPEATED = MAX_REQUESTS / 2;

/** An open request, with what is stored of it. */
export interface OpenRequest extends StoredRequest {
  /** The id that the sender goes by now. */
  sender: string;
  code: string | null;
  event: number;
  expiresAt: number;
  isRepeated: boolean;
  /** Version in the store; 0 until it is there. */
  version: number;
  /** Rises with each message of any sender: the highest wrote last. */
  wroteAt: number;
}

/** The open requests of one identity, as they stand in the store. */
export class RequestTable {
  readonly #requests = new Map<string, OpenRequest>();
  #messages = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** Requests dropped for lack of room. */
  evicted = 0;

  get(sender: string): OpenRequest | undefined {
    return this.#requests.get(sender);
  }

  all(): readonly OpenRequest[] {
    return [...this.#requests.values()];
  }

  add(request: StoredRequest, sender: string, version: number): OpenRequest {
    const entry = { ...request, sender, version, wroteAt: ++this.#messages };
    this.#requests.set(sender, entry);
    return entry;
  }

  /** Its sender wrote again, with event `event`. */
  wrote(request: OpenRequest, event: number): void {
    request.event = event;
    request.wroteAt = ++this.#messages;
  }

  has(request: OpenRequest): boolean {
    return this.#requests.get(request.sender) === request;
  }

  remove(request: OpenRequest): void {
    if (this.has(request)) this.#requests.delete(request.sender);
  }

  restore(request: OpenRequest): void {
    if (!this.#requests.has(request.sender)) this.#requests.set(request.sender, request);
  }

  /** What was found under `old` goes on under `now`, unless something is there; as `Store.alias` does it. */
  rename(old: string, now: string): void {
    const request = this.#requests.get(old);
    if (request === undefined) return;
    this.#requests.delete(old);
    if (this.#requests.has(now)) return;
    request.sender = now;
    this.#requests.set(now, request);
  }

  /** Removes and returns what is over. */
  expire(at: number): readonly OpenRequest[] {
    const over = this.all().filter((request) => request.expiresAt <= at);
    for (const request of over) this.remove(request);
    return over;
  }

  /** Makes room for one more; returns what had to go. */
  makeRoom(): readonly OpenRequest[] {
    const victims: OpenRequest[] = [];
    while (this.#requests.size >= MAX_REQUESTS) {
      const victim = this.#victim();
      if (victim === undefined) break;
      this.remove(victim);
      this.evicted += 1;
      victims.push(victim);
    }
    return victims;
  }

  /**
   * The oldest of the most expendable: of those who wrote once, first who has no code yet, since a code may be on its way to
   * the owner and codes are few. Never one that is on its way into the store.
   */
  #victim(): OpenRequest | undefined {
    const all = this.all().filter(({ version }) => version > 0);
    const repeated = all.filter(({ isRepeated }) => isRepeated);
    const once = all.filter(({ isRepeated }) => !isRepeated);
    if (repeated.length > MAX_REPEATED) return oldest(repeated);
    return oldest(once.filter(({ code }) => code === null)) ?? oldest(once) ?? oldest(repeated);
  }

  /** Stored requests whose code is not sent yet. */
  waiting(): readonly OpenRequest[] {
    return this.all().filter(({ code, version }) => code === null && version > 0);
  }

  /** The waiting request whose sender wrote last. */
  next(): OpenRequest | undefined {
    return this.waiting().reduce<OpenRequest | undefined>(
      (newest, each) => (newest === undefined || each.wroteAt > newest.wroteAt ? each : newest),
      undefined,
    );
  }

  /** Changes of stored requests go one after another, so that each knows the version it replaces. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

/** What the store keeps of a request, with `changes`. */
export function toStored(request: OpenRequest, changes: Partial<StoredRequest> = {}): Json {
  const { id, code, name, createdAt, expiresAt, event, isRepeated } = { ...request, ...changes };
  return { id, code, name, createdAt, expiresAt, event, isRepeated };
}

export function keyOf({ sender }: OpenRequest): string {
  return requestKey(sender);
}

function oldest(requests: readonly OpenRequest[]): OpenRequest | undefined {
  return requests.reduce<OpenRequest | undefined>(
    (first, each) => (first === undefined || each.wroteAt < first.wroteAt ? each : first),
    undefined,
  );
}
