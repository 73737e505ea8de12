import { createHash, randomInt } from "node:crypto";
import { isRecord } from "../config/merge.js";
import type { Clock, StateChange } from "../contract/connection.js";
import { Rejected } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { Json } from "../contract/json.js";
import { segment } from "../session/key.js";
import type { Lease, Store } from "../store/port.js";

/** A stranger who asked to talk to the agent. The code itself is not kept, only its hash. */
export interface PairingRequest {
  readonly id: string;
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  readonly sender: string;
  readonly name?: string;
  /** Unix time in ms. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A sender who may write in private. */
export interface Approval {
  readonly connector: string;
  readonly account: string;
  readonly identity: string;
  readonly sender: string;
  readonly name?: string;
  /** Unix time in ms. */
  readonly approvedAt: number;
  readonly by: string;
}

/** Without 0, 1, I and O, which people mistake for one another. */
const CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_LENGTH = 8;
const CODE_LIFETIME_MS = 60 * 60 * 1000;
/** Requests kept per identity. The oldest makes room for a new one, so that strangers cannot lock others out. */
const MAX_REQUESTS = 500;
const MAX_LISTED = 1_000;

/** Whose requests and approvals these are. */
export interface PairingAccount {
  readonly connector: string;
  readonly account: string;
  readonly lease: Lease;
}

const requestKey = (sender: string) => `pairing/request/${segment(sender)}`;
const approvalKey = (sender: string) => `pairing/approved/${segment(sender)}`;

/** The key follows its sender through renames; what was written with it does not. */
function senderOf(key: string): string {
  return decodeURIComponent(key.slice(key.lastIndexOf("/") + 1));
}

/** Requests and approvals of one store. State lives in the store only, so that every host sees the same. */
export class Pairing {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @param current the id that an id goes by now, after renames */
  async isApproved(identity: string, event: InboundEvent, current: (id: string) => string): Promise<boolean> {
    for (const id of [event.sender.id, ...(event.sender.aliases ?? [])].map(current)) {
      if ((await this.#store.stateGet(identity, approvalKey(id), this.#clock.now())) !== undefined)
        return true;
    }
    return false;
  }

  /**
   * What a held message leads to: a new request with its code, or nothing while an earlier request is still open, so that
   * a stranger is told once.
   */
  async ask(
    owner: PairingAccount,
    event: InboundEvent,
    current: (id: string) => string,
  ): Promise<
    | { readonly request: PairingRequest; readonly code: string; readonly changes: readonly StateChange[] }
    | undefined
  > {
    const { identity } = owner.lease;
    const now = this.#clock.now();
    const sender = current(event.sender.id);
    const key = requestKey(sender);
    if ((await this.#store.stateGet(identity, key, now)) !== undefined) return undefined;
    const code = newCode();
    const name = event.sender.name ?? event.sender.username;
    const request: PairingRequest = {
      id: newCode(),
      connector: owner.connector,
      account: owner.account,
      identity,
      sender,
      ...(name === undefined ? {} : { name }),
      createdAt: now,
      expiresAt: now + CODE_LIFETIME_MS,
    };
    const value: Json = {
      id: request.id,
      code: hash(code),
      name: name ?? null,
      createdAt: now,
      expiresAt: request.expiresAt,
    };
    return {
      request,
      code,
      changes: [
        ...(await this.#evictions(identity)),
        { key, value, ifVersion: 0, expiresAt: request.expiresAt },
      ],
    };
  }

  async requests(owner: PairingAccount): Promise<readonly PairingRequest[]> {
    return (await this.#stored(owner.lease.identity)).map(({ sender, entry }) => ({
      id: entry.id,
      connector: owner.connector,
      account: owner.account,
      identity: owner.lease.identity,
      sender,
      ...(entry.name === null ? {} : { name: entry.name }),
      createdAt: entry.createdAt,
      expiresAt: entry.expiresAt,
    }));
  }

  async approvals(owner: PairingAccount): Promise<readonly Approval[]> {
    const entries = await this.#store.stateList(owner.lease.identity, "pairing/approved/", {
      limit: MAX_LISTED,
      at: this.#clock.now(),
    });
    return entries.flatMap(({ key, value }) => {
      if (!isRecord(value)) return [];
      return [
        {
          connector: owner.connector,
          account: owner.account,
          identity: owner.lease.identity,
          sender: senderOf(key),
          ...(typeof value["name"] === "string" ? { name: value["name"] } : {}),
          approvedAt: Number(value["approvedAt"]),
          by: String(value["by"]),
        },
      ];
    });
  }

  /** @param codeOrId what the stranger was given, or the request's id */
  async approve(owner: PairingAccount, codeOrId: string, by: string): Promise<Approval | undefined> {
    const found = await this.#find(owner, codeOrId);
    if (found === undefined) return undefined;
    const { sender, entry, key, version } = found;
    const approvedAt = this.#clock.now();
    const changes: StateChange[] = [
      { key, value: undefined, ifVersion: version },
      { key: approvalKey(sender), value: { name: entry.name, approvedAt, by } },
    ];
    if (!(await this.#store.stateBatch(owner.lease, changes, approvedAt))) return undefined;
    return {
      connector: owner.connector,
      account: owner.account,
      identity: owner.lease.identity,
      sender,
      ...(entry.name === null ? {} : { name: entry.name }),
      approvedAt,
      by,
    };
  }

  /** The request is gone; its sender may ask again. */
  async deny(owner: PairingAccount, codeOrId: string): Promise<boolean> {
    const found = await this.#find(owner, codeOrId);
    if (found === undefined) return false;
    return this.#store.stateBatch(
      owner.lease,
      [{ key: found.key, value: undefined, ifVersion: found.version }],
      this.#clock.now(),
    );
  }

  async #find(owner: PairingAccount, codeOrId: string): Promise<StoredRequest | undefined> {
    const written = codeOrId.trim().toUpperCase();
    const hashed = hash(written);
    return (await this.#stored(owner.lease.identity)).find(
      ({ entry }) => entry.code === hashed || entry.id === written,
    );
  }

  async #stored(identity: string): Promise<readonly StoredRequest[]> {
    const entries = await this.#store.stateList(identity, "pairing/request/", {
      limit: MAX_LISTED,
      at: this.#clock.now(),
    });
    return entries.flatMap(({ key, value, version }) =>
      isStoredValue(value) ? [{ key, version, sender: senderOf(key), entry: value }] : [],
    );
  }

  async #evictions(identity: string): Promise<readonly StateChange[]> {
    const stored = await this.#stored(identity);
    if (stored.length < MAX_REQUESTS) return [];
    const oldest = [...stored]
      .sort((a, b) => a.entry.createdAt - b.entry.createdAt)
      .slice(0, stored.length - MAX_REQUESTS + 1);
    return oldest.map(({ key }) => ({ key, value: undefined }));
  }
}

/** What is stored under a request's key, which names the sender. */
interface StoredValue {
  readonly id: string;
  readonly code: string;
  readonly name: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface StoredRequest {
  readonly key: string;
  readonly version: number;
  readonly sender: string;
  readonly entry: StoredValue;
}

function isStoredValue(value: unknown): value is StoredValue {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    typeof value["code"] === "string" &&
    (value["name"] === null || typeof value["name"] === "string") &&
    typeof value["createdAt"] === "number" &&
    typeof value["expiresAt"] === "number"
  );
}

function newCode(): string {
  return Array.from({ length: CODE_LENGTH }, () =>
    CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length)),
  ).join("");
}

function hash(code: string): string {
  return createHash("sha256").update(`pairing:${code}`).digest("base64url");
}

/**
 * What the stranger reads.
 *
 * @param approveCommand what the owner types to approve; undefined where there is no such command
 */
export function pairingMessage(code: string, sender: string, approveCommand: string | undefined): string {
  return [
    "Hello! I only talk to people my owner knows, so your message was not delivered.",
    "",
    `Your pairing code: ${code} (valid for one hour)`,
    `Your id: ${sender}`,
    "",
    ...(approveCommand === undefined
      ? ["Ask the owner to approve this code."]
      : ["Ask the owner to approve it with:", approveCommand]),
    "",
    "Then write again.",
  ].join("\n");
}

export function noSuchRequest(connector: string): Rejected {
  return new Rejected(
    `No open pairing request of ${connector} has this code: it is wrong, expired or was used.`,
    {
      mend: "Ask the person to write to the bot again; a new code is sent once the old one has expired.",
    },
  );
}
