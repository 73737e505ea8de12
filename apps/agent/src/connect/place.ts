import { DEFAULT_ACCOUNT, type Environment, isRecord, type Manifest } from "@elizaos/connector-core";
import type { ConfigChange } from "../config/edit.js";
import { rowOf } from "../config/plugin-auto-enable.js";

/** Where in a config an account stands, or would. */
export interface AccountPlace {
  /** Path of the connector's block. */
  readonly block: readonly [string, ...string[]];
  /** Path at which the account's own keys go. */
  readonly account: readonly [string, ...string[]];
  /** The block as it is; empty where there is none. */
  readonly current: Readonly<Record<string, unknown>>;
  /** What else must be written so that the accounts that ran before go on running. */
  readonly also: readonly ConfigChange[];
}

/** Names that are easy to type in a shell and cannot be mistaken for a path. */
export const ACCOUNT_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** @param account undefined for the account that the block itself is, or `default` */
export function placeOf(
  config: Readonly<Record<string, unknown>>,
  manifest: Manifest,
  account: string | undefined,
  environment: Environment,
): AccountPlace {
  const block = blockPath(config, manifest.id);
  const current = objectAt(config, block);
  const { accounts } = current;
  const name = account ?? DEFAULT_ACCOUNT;
  if (isRecord(accounts)) {
    const own = accounts[name];
    const isInBase =
      name === DEFAULT_ACCOUNT && !hasCredentials(manifest, own) && hasCredentials(manifest, current);
    return { block, account: isInBase ? block : [...block, "accounts", name], current, also: [] };
  }
  if (name === DEFAULT_ACCOUNT) return { block, account: block, current, also: [] };
  // With `accounts` only those in it run: the account that the block is by itself must be named as well.
  const wasRunning = hasCredentials(manifest, current) || inEnvironment(manifest, environment).length > 0;
  return {
    block,
    account: [...block, "accounts", name],
    current,
    also: wasRunning ? [{ path: [...block, "accounts", DEFAULT_ACCOUNT], value: {} }] : [],
  };
}

/** Whether a value at the account's place, or what it inherits, makes a whole set of credentials. */
export function isConnected(
  place: AccountPlace,
  config: Readonly<Record<string, unknown>>,
  manifest: Manifest,
): boolean {
  const own = objectAt(config, place.account);
  return hasCredentials(manifest, place.account === place.block ? place.current : own);
}

/** What the account's block and the base it inherits say of a key. */
export function settingOf(
  place: AccountPlace,
  config: Readonly<Record<string, unknown>>,
  key: string,
): unknown {
  return objectAt(config, place.account)[key] ?? place.current[key];
}

/** Variables that give the credentials of the account `default`, whatever the file says. */
export function inEnvironment(manifest: Manifest, environment: Environment): string[] {
  return manifest.credentials.flatMap(({ keys }) =>
    keys.flatMap((key) =>
      (manifest.env[key] ?? []).filter((name) => (environment[name] ?? "").trim() !== ""),
    ),
  );
}

function blockPath(config: Readonly<Record<string, unknown>>, id: string): readonly [string, string] {
  for (const root of ["connectors", "channels"]) {
    const blocks = config[root];
    if (!isRecord(blocks)) continue;
    const key = Object.keys(blocks).find((each) => rowOf(each)?.id === id);
    if (key !== undefined) return [root, key];
  }
  return ["connectors", id];
}

function hasCredentials(manifest: Manifest, block: unknown): boolean {
  if (!isRecord(block)) return false;
  return manifest.credentials.some(({ keys }) =>
    keys.every((key) => block[key] !== undefined && block[key] !== ""),
  );
}

function objectAt(config: unknown, path: readonly string[]): Readonly<Record<string, unknown>> {
  let value: unknown = config;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  return isRecord(value) ? value : {};
}
