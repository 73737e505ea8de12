import { Capabilities } from "../config/capabilities.js";
import type { CommonConfig } from "../config/fields.js";
import { readCommonConfig } from "../config/fields.js";
import type { ResolvedAccount } from "../config/resolve.js";
import { withRenamedKeys } from "../config/writes/former.js";
import type { Address } from "../contract/address.js";
import type { Connection, Logger } from "../contract/connection.js";
import type { Account, Connector, GroupSettings, Identity } from "../contract/connector.js";
import type { ConnectorError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import { RenameGate } from "../inbox/rename-gate.js";
import { compilePatterns } from "../policy/mentions.js";
import type { Lease } from "../store/port.js";

/** What is known of an account once the platform has said who it is. */
export interface Bound {
  readonly identity: string;
  readonly lease: Lease;
}

/**
 * One account as inbox, turns and outbox see it: its config, its identity and the connection that is open right now.
 * Connections come and go; the handle stays.
 */
export class AccountHandle {
  readonly connector: Connector;
  readonly account: Account<unknown>;
  readonly config: CommonConfig;
  readonly mentionPatterns: readonly RegExp[];
  /** Held by whatever files something under a chat's or sender's id. */
  readonly places = new RenameGate();
  readonly log: Logger;
  readonly #resolved: ResolvedAccount;
  readonly #capabilities: Capabilities;
  readonly #aliases = new Map<string, string>();
  /** The account's config with ids of today as keys. */
  #groups: unknown;
  #bound: Bound | undefined;
  #connection: Connection | undefined;
  #policyRevision = 0;
  lastInbound: number | undefined;
  lastOutbound: number | undefined;
  dropped = 0;
  /** As the platform said last; known as long as `bound` is. */
  who: Identity | undefined;
  /** Former ids that the config still has, for the operator. */
  renameNotes: readonly string[] = [];
  /** Called when ids were found to go by other names than the config may have. */
  onRenames: () => void = () => {};
  /** Set by the supervisor; ends the current connection. */
  fail: (error: ConnectorError) => void = () => {};

  constructor(resolved: ResolvedAccount, account: Account<unknown>, log: Logger) {
    this.connector = resolved.connector;
    this.account = account;
    this.config = readCommonConfig(account.config);
    this.mentionPatterns = compilePatterns(this.config.mentionPatterns);
    this.log = log;
    this.#resolved = resolved;
    this.#groups = account.config;
    this.#capabilities = new Capabilities(this.config);
  }

  get id(): string {
    return this.account.id;
  }

  get bound(): Bound | undefined {
    return this.#bound;
  }

  /** Identity and lease; only for work that begins after both are known. */
  get owner(): Bound {
    if (this.#bound === undefined)
      throw new Error(`${this.connector.manifest.id}/${this.id} has no identity yet`);
    return this.#bound;
  }

  bind(bound: Bound, aliases: Iterable<readonly [string, string]>): void {
    this.#bound = bound;
    this.tightened();
    this.#aliases.clear();
    for (const [old, now] of aliases) this.#aliases.set(old, now);
    this.#renamed();
  }

  /** Former ids and what they go by now. */
  get renames(): ReadonlyMap<string, string> {
    return this.#aliases;
  }

  #renamed(): void {
    this.#groups = withRenamedKeys(this.account.config, this.#aliases);
    if (this.#aliases.size > 0) this.onRenames();
  }

  /** Rises whenever somebody may no longer be let in: what was decided at an older one is decided again before it is acted on. */
  get policyRevision(): number {
    return this.#policyRevision;
  }

  tightened(): void {
    this.#policyRevision += 1;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  connected(connection: Connection | undefined): void {
    this.#connection = connection && this.#capabilities.within(connection);
  }

  /** Whether a flag of `capabilities` is on. */
  allows(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  locate(path: string): string {
    return this.#resolved.locate(path);
  }

  /** What the config says of an event's group or thread; of private chats nothing. */
  groupSettings({ chat, address }: Pick<InboundEvent, "chat" | "address">): GroupSettings {
    if (chat.kind === "dm") return {};
    return this.connector.groupSettings?.(this.#groups, this.currentAddress(address), chat) ?? {};
  }

  /** Whether this is old news: also a rename that was followed by another one, and is told again. */
  knowsAlias(old: string, now: string): boolean {
    return old === now || (this.#aliases.has(old) && this.current(old) === this.current(now));
  }

  /** The name that `old` goes by when it became `now`: a later rename of `now` may have been told first. */
  newestName(old: string, now: string): string {
    const newest = this.current(now);
    return newest === old ? now : newest;
  }

  /**
   * What changes when `old` goes by `now` from here on: every former name leads to the newest one at once, and a name that comes
   * back is a former one no longer.
   *
   * @returns where each name leads, `undefined` for one that is no former name any more
   */
  aliasChanges(old: string, now: string): ReadonlyMap<string, string | undefined> {
    const changes = new Map<string, string | undefined>([[old, now]]);
    for (const [former, current] of this.#aliases) if (current === old) changes.set(former, now);
    if (changes.has(now) || this.#aliases.has(now)) changes.set(now, undefined);
    return changes;
  }

  applyAliases(changes: ReadonlyMap<string, string | undefined>): void {
    for (const [former, current] of changes) {
      if (current === undefined) this.#aliases.delete(former);
      else this.#aliases.set(former, current);
    }
    this.#renamed();
  }

  /** Some id of it goes by another one now. */
  get hasAliases(): boolean {
    return this.#aliases.size > 0;
  }

  /** The id that `id` goes by now. */
  current(id: string): string {
    return this.#aliases.get(id) ?? id;
  }

  /** An address with renamed ids applied. */
  currentAddress<A extends Address>(address: A): A {
    const chat = this.current(address.chat);
    return chat === address.chat ? address : { ...address, chat };
  }
}
