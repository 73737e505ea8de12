import type { InboundEvent } from "../../contract/event.js";
import { hashCode } from "./codes.js";
import { readLog } from "./log.js";
import {
  APPROVALS,
  type Approval,
  approvalKey,
  type PairingAccount,
  type PairingLogEntry,
  type PairingPressure,
  type PairingRequest,
  senderOf,
  storedApproval,
} from "./records.js";
import { held, type Registry, removal } from "./registry.js";
import { keyOf, type OpenRequest } from "./table.js";

const PAGE = 500;

/**
 * Whether the program around the runtime has let a sender in by itself. Asked at every message of a sender who is not approved here.
 * Must not reject.
 */
export type ApprovedElsewhere = (identity: string, sender: string) => boolean | Promise<boolean>;

/** Who may write in private, and who asks to: what policy reads and the operator decides. */
export class Pairing {
  readonly #registry: Registry;
  readonly #approvedElsewhere: ApprovedElsewhere | undefined;

  constructor(registry: Registry, approvedElsewhere?: ApprovedElsewhere) {
    this.#registry = registry;
    this.#approvedElsewhere = approvedElsewhere;
  }

  /** @param current the id that an id goes by now, after renames */
  async isApproved(identity: string, event: InboundEvent, current: (id: string) => string): Promise<boolean> {
    const { store, clock } = this.#registry;
    const ids = [event.sender.id, ...(event.sender.aliases ?? [])];
    for (const id of ids) {
      if ((await store.stateGet(identity, approvalKey(current(id)), clock.now())) !== undefined) return true;
    }
    for (const id of ids) if (await this.#approvedElsewhere?.(identity, id)) return true;
    return false;
  }

  async requests(owner: PairingAccount): Promise<readonly PairingRequest[]> {
    const table = await this.#registry.table(owner);
    return table.all().flatMap((open) => (open.version === 0 ? [] : [toRequest(owner, open)]));
  }

  async pressure(owner: PairingAccount): Promise<PairingPressure> {
    const table = await this.#registry.table(owner);
    const { connector, account } = owner;
    return { connector, account, waiting: table.waiting().length, evicted: table.evicted };
  }

  async approvals(owner: PairingAccount): Promise<readonly Approval[]> {
    const { store, clock } = this.#registry;
    const found: Approval[] = [];
    for (let after: string | undefined; ; ) {
      const options = { limit: PAGE, at: clock.now(), ...(after === undefined ? {} : { after }) };
      const page = await store.stateList(owner.lease.identity, APPROVALS, options);
      for (const { key, value } of page) {
        const stored = storedApproval.safeParse(value);
        if (stored.success) found.push(toApproval(owner, senderOf(key), stored.data));
      }
      after = page.at(-1)?.key;
      if (after === undefined || page.length < PAGE) return found;
    }
  }

  /** @param codeOrId what the stranger was given, or the request's id */
  approve(owner: PairingAccount, codeOrId: string, by: string): Promise<Approval | undefined> {
    const { clock } = this.#registry;
    return this.#settle(owner, codeOrId, async (request) => {
      const { name, sender } = request;
      const approval = { name, approvedAt: clock.now(), by };
      const isDone = await this.#registry.change(owner, { action: "approved", sender, by }, [
        removal(request, keyOf(request)),
        { key: approvalKey(sender), value: approval },
      ]);
      return isDone ? toApproval(owner, sender, approval) : undefined;
    });
  }

  /** The request is gone; its sender may ask again. Resolves to whether there was one. */
  async deny(owner: PairingAccount, codeOrId: string, by: string): Promise<boolean> {
    const denied = await this.#settle(owner, codeOrId, async (request) => {
      const line = { action: "denied", sender: request.sender, by } as const;
      return (await this.#registry.change(owner, line, [removal(request, keyOf(request))]))
        ? true
        : undefined;
    });
    return denied ?? false;
  }

  /** Takes an approval back. Resolves to whether there was one. */
  revoke(owner: PairingAccount, id: string, by: string): Promise<boolean> {
    const { store, clock } = this.#registry;
    const { identity } = owner.lease;
    return held(owner, async () => {
      const renamed = (await store.stateGet(identity, `alias/${id}`, clock.now()))?.value;
      const sender = typeof renamed === "string" ? renamed : id;
      const key = approvalKey(sender);
      const approval = await store.stateGet(identity, key, clock.now());
      if (approval === undefined) return false;
      const change = { key, value: undefined, ifVersion: approval.version };
      return this.#registry.change(owner, { action: "revoked", sender, by }, [change]);
    });
  }

  /** The audit log, newest first. */
  async log(owner: PairingAccount): Promise<readonly PairingLogEntry[]> {
    // Requests whose hour is over are in the log afterwards.
    await this.#registry.table(owner);
    const { connector, account, lease } = owner;
    const { store, clock } = this.#registry;
    return readLog(store, clock, { connector, account, identity: lease.identity });
  }

  /** Ends the open request that a code or id belongs to; of several at once, one wins. */
  async #settle<T>(
    owner: PairingAccount,
    codeOrId: string,
    end: (request: OpenRequest) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const written = codeOrId.trim().toUpperCase();
    const hashed = hashCode(written);
    const table = await this.#registry.table(owner);
    return held(owner, () =>
      table.alone(async () => {
        const found = table
          .all()
          .find(({ version, code, id }) => version > 0 && (code === hashed || id === written));
        if (found === undefined) return undefined;
        const result = await end(found);
        if (result !== undefined) table.remove(found);
        return result;
      }),
    );
  }
}

export function toRequest({ connector, account, lease }: PairingAccount, open: OpenRequest): PairingRequest {
  const { id, sender, name, createdAt, expiresAt } = open;
  const { identity } = lease;
  const named = name === null ? {} : { name };
  return { id, connector, account, identity, sender, ...named, createdAt, expiresAt };
}

function toApproval(
  { connector, account, lease }: PairingAccount,
  sender: string,
  {
    name,
    approvedAt,
    by,
  }: { readonly name: string | null; readonly approvedAt: number; readonly by: string },
): Approval {
  const named = name === null ? {} : { name };
  return { connector, account, identity: lease.identity, sender, ...named, approvedAt, by };
}
