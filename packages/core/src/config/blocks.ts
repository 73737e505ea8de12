import type { ConfigIssue } from "../contract/errors.js";
import type { Manifest } from "../contract/manifest.js";
import { isRecord } from "./merge.js";
import { kindOf } from "./messages.js";

export const DEFAULT_ACCOUNT = "default";

/** A connector's block taken apart, before any of its values is checked. */
export interface Block {
  readonly base: Readonly<Record<string, unknown>>;
  readonly accounts: readonly BlockAccount[];
  /** The block has an `accounts` map; without one, the base is the account `default`. */
  readonly named: boolean;
}

export interface BlockAccount {
  readonly id: string;
  /** Where it stands in the config, such as `connectors.telegram.accounts.main`. */
  readonly at: string;
  /** What it adds to the base; anything at all where the config is wrong. */
  readonly own: unknown;
}

/**
 * @param id the connector's
 * @param block the value of `connectors.<id>`; undefined when the config has none
 */
export function readBlock(id: string, block: unknown): Block | ConfigIssue {
  const at = `connectors.${id}`;
  if (block !== undefined && !isRecord(block))
    return { path: at, message: `must be an object, not ${kindOf(block)}` };
  const { accounts, ...base } = block ?? {};
  if (accounts === undefined) return { base, accounts: [{ id: DEFAULT_ACCOUNT, at, own: {} }], named: false };
  if (!isRecord(accounts)) {
    const message = `must be an object of accounts by name, not ${kindOf(accounts)}`;
    return { path: `${at}.accounts`, message };
  }
  const ids = Object.keys(accounts);
  if (ids.length === 0) {
    const message = "is empty, so that nothing runs; add an account, or leave accounts out for a single one";
    return { path: `${at}.accounts`, message };
  }
  return {
    base,
    accounts: ids.map((name) => ({ id: name, at: `${at}.accounts.${name}`, own: accounts[name] })),
    named: true,
  };
}

/** Why an account cannot sign in: the first key that it lacks. Undefined when one set of credentials is complete. */
export function missingCredential(
  { credentials, env }: Pick<Manifest, "credentials" | "env">,
  has: (key: string) => boolean,
  account: { readonly id: string; readonly at: string },
): ConfigIssue | undefined {
  const lacks = credentials.map(({ keys, where }) => ({ where, keys: keys.filter((key) => !has(key)) }));
  if (lacks.some(({ keys }) => keys.length === 0)) return undefined;
  // The set that is nearest to complete is the one that was meant.
  const [meant] = lacks.toSorted((a, b) => a.keys.length - b.keys.length);
  const key = meant?.keys[0] ?? "";
  const variable = account.id === DEFAULT_ACCOUNT ? env[key]?.[0] : undefined;
  const fill = variable === undefined ? "" : ` or the environment variable ${variable}`;
  return { path: `${account.at}.${key}`, message: `is missing. Set it${fill}. ${meant?.where ?? ""}` };
}

/** Says of variables that fill nothing why that is so. */
export function ignoredVariable(variable: string, connector: string): string {
  return `${variable} is set but not used: it fills only the account "${DEFAULT_ACCOUNT}", which connectors.${connector}.accounts does not have`;
}
