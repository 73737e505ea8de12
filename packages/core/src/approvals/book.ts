import type { Clock, StateChange } from "../contract/connection.js";
import { Rejected } from "../contract/errors.js";
import type { PairingAccount } from "../policy/pairing/records.js";
import type { Store } from "../store/port.js";
import {
  type ApprovalLogEntry,
  type ApprovalRequest,
  DECIDED,
  OPEN,
  type StoredDecision,
  type StoredRequest,
  storedDecision,
  storedRequest,
  type Verdict,
} from "./records.js";
import { inputText } from "./text.js";

/** Undecided requests of one identity. */
export const MAX_OPEN = 100;
/** Decided ones that are kept, newest first. */
const MAX_DECIDED = 500;
/** Those that nobody was told of yet come on top, and are at most as many as were open. */
const MAX_LISTED = MAX_DECIDED + 2 * MAX_OPEN;

interface Open {
  readonly request: StoredRequest;
  readonly version: number;
}

export interface BookOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Repeats changes for which the store has no room right now. */
  readonly durably: <T>(change: () => Promise<T>) => Promise<T>;
  readonly redact: (text: string) => string;
}

/** The approvals of one store: what waits, and what was decided by whom. */
export class ApprovalBook {
  readonly #options: BookOptions;

  constructor(options: BookOptions) {
    this.#options = options;
  }

  async open({ lease }: Pick<PairingAccount, "lease">): Promise<readonly Open[]> {
    const entries = await this.#list(lease.identity, OPEN, MAX_OPEN + 1);
    return entries.flatMap(({ value, version }) => {
      const request = storedRequest.safeParse(value);
      return request.success ? [{ request: request.data, version }] : [];
    });
  }

  /** Oldest first. */
  async decided({ lease }: Pick<PairingAccount, "lease">): Promise<readonly StoredDecision[]> {
    const entries = await this.#list(lease.identity, DECIDED, MAX_LISTED);
    return entries
      .flatMap(({ value }) => storedDecision.safeParse(value).data ?? [])
      .sort((a, b) => a.at - b.at);
  }

  async find(
    owner: Pick<PairingAccount, "lease">,
    id: string,
  ): Promise<StoredRequest | StoredDecision | undefined> {
    const { store, clock, durably } = this.#options;
    const { identity } = owner.lease;
    const read = (key: string) => durably(() => store.stateGet(identity, key, clock.now()));
    return (
      storedRequest.safeParse((await read(OPEN + id))?.value).data ??
      storedDecision.safeParse((await read(DECIDED + id))?.value).data
    );
  }

  /** Undefined when it was decided by somebody else, or never was. One decides, however many try. */
  async decide(
    { lease }: Pick<PairingAccount, "lease">,
    id: string,
    verdict: Verdict,
  ): Promise<StoredDecision | undefined> {
    const { store, clock, durably } = this.#options;
    const entry = await durably(() => store.stateGet(lease.identity, OPEN + id, clock.now()));
    const request = storedRequest.safeParse(entry?.value);
    if (entry === undefined || !request.success) return undefined;
    const decision = { ...request.data, ...verdict, at: clock.now(), isTold: false, voided: null };
    const isDone = await durably(() =>
      store.stateBatch(
        lease,
        [
          { key: OPEN + id, value: undefined, ifVersion: entry.version },
          { key: DECIDED + id, value: decision },
        ],
        clock.now(),
      ),
    );
    return isDone ? decision : undefined;
  }

  /** The operator's word on an open request. Throws `Rejected` when there is none. */
  async rule(
    owners: readonly PairingAccount[],
    id: string,
    status: "approved" | "denied",
    by: string,
  ): Promise<{ readonly owner: PairingAccount; readonly decision: StoredDecision }> {
    for (const owner of owners) {
      const open = (await this.open(owner)).find(({ request }) => request.id === id.trim());
      if (open === undefined || open.request.expiresAt <= this.#options.clock.now()) continue;
      const decision = await this.decide(owner, open.request.id, { status, by, door: "operator" });
      if (decision !== undefined) return { owner, decision };
    }
    throw new Rejected(
      `No approval with the id ${id} waits for a decision: it is wrong, or was decided, or its time is over.`,
      {
        mend: "List the approvals for their ids, or read their log.",
      },
    );
  }

  /**
   * To be committed when everybody was told; refused as stale when the decision changed since. What is kept of the input from then on is
   * what people saw of it.
   */
  async told(owner: Pick<PairingAccount, "lease">, { id }: StoredDecision): Promise<readonly StateChange[]> {
    const others = (await this.decided(owner)).filter((each) => each.isTold && each.id !== id);
    const over = others.slice(0, Math.max(0, others.length + 1 - MAX_DECIDED));
    const found = await this.#decision(owner, id);
    if (found === undefined || found.decision.isTold) return [];
    const { decision, version } = found;
    const input = inputText(decision.input, this.#options.redact);
    return [
      { key: DECIDED + id, value: { ...decision, input, isTold: true }, ifVersion: version },
      ...over.map((each) => ({ key: DECIDED + each.id, value: undefined })),
    ];
  }

  /** An approval came too late for its sender. */
  async voided(owner: Pick<PairingAccount, "lease">, id: string, reason: string): Promise<void> {
    const { store, clock, durably } = this.#options;
    for (;;) {
      const found = await this.#decision(owner, id);
      if (found === undefined) return;
      const { decision, version } = found;
      const change = { key: DECIDED + id, value: { ...decision, voided: reason }, ifVersion: version };
      // False when its session was told in between.
      if (await durably(() => store.stateBatch(owner.lease, [change], clock.now()))) return;
    }
  }

  async #decision({ lease }: Pick<PairingAccount, "lease">, id: string) {
    const { store, clock, durably } = this.#options;
    const entry = await durably(() => store.stateGet(lease.identity, DECIDED + id, clock.now()));
    const decision = storedDecision.safeParse(entry?.value);
    return entry === undefined || !decision.success
      ? undefined
      : { decision: decision.data, version: entry.version };
  }

  async requests(owner: PairingAccount): Promise<readonly ApprovalRequest[]> {
    const now = this.#options.clock.now();
    const open = (await this.open(owner)).filter(({ request }) => request.expiresAt > now);
    return open.map(({ request }) => this.shown(owner, request)).sort((a, b) => a.createdAt - b.createdAt);
  }

  /** Newest first. */
  async log(owner: PairingAccount): Promise<readonly ApprovalLogEntry[]> {
    return (await this.decided(owner)).toReversed().map((decision) => {
      const { createdAt: _, expiresAt: __, ...request } = this.shown(owner, decision);
      const { status, by, door, at, voided } = decision;
      return {
        ...request,
        at,
        status: voided === null ? status : "void",
        by,
        door,
        ...(voided !== null && { reason: voided }),
      };
    });
  }

  shown({ connector, account, lease }: PairingAccount, request: StoredRequest): ApprovalRequest {
    const { id, action, summary, sender, address, createdAt, expiresAt } = request;
    const { redact } = this.#options;
    const told = "isTold" in request && request.isTold === true && typeof request.input === "string";
    return {
      id,
      connector,
      account,
      identity: lease.identity,
      action,
      input: told ? String(request.input) : redact(JSON.stringify(request.input)),
      ...(summary !== null && { summary: redact(summary) }),
      sender: sender.id,
      ...(sender.name !== undefined && { name: sender.name }),
      chat: address.chat,
      createdAt,
      expiresAt,
    };
  }

  #list(identity: string, prefix: string, limit: number) {
    const { store, clock, durably } = this.#options;
    return durably(() => store.stateList(identity, prefix, { limit, at: clock.now() }));
  }
}
