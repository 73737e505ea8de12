import { isDeepStrictEqual } from "node:util";
import type { Connector } from "../../contract/connector.js";
import { Rejected } from "../../contract/errors.js";
import { readCommonConfig } from "../fields.js";
import { isRecord } from "../merge.js";
import { type Environment, type ResolvedAccount, resolveAccounts } from "../resolve.js";
import { applyEdits, type ConfigEdit } from "./edits.js";
import { isWider, POLICY_KEYS } from "./wider.js";

/** Common keys that let nobody in and reach nothing. */
const HARMLESS = [
  "name",
  "historyLimit",
  "dmHistoryLimit",
  "dms",
  "failureNotice",
  "textChunkLimit",
  "chunkMode",
  "markdown",
  "blockStreaming",
  "blockStreamingCoalesce",
  "streamMode",
  "retry",
  "heartbeat",
  "mediaMaxMb",
];
/**
 * Settings of single groups that are the operator's word. The agent reads them as instructions, and whoever talks it into writing some would go on
 * speaking through it when he is long gone.
 */
const INSTRUCTIONS = new Set(["systemPrompt", "skills"]);
const NEVER = new Set(["__proto__", "constructor", "prototype"]);

/** What a connector's block stands in. */
export interface Surroundings {
  readonly connector: Connector;
  readonly environment: Environment;
  /** `connectors.defaults`. */
  readonly defaults: unknown;
  /** The runtime answers commands itself. */
  readonly commands: boolean;
}

/** @throws Rejected where the setting is none that an agent may change; says which */
export function checkPath({ manifest, config }: Connector, path: readonly string[]): void {
  const [key, ...below] = path[0] === "accounts" ? path.slice(2) : path;
  const at = ["connectors", manifest.id, ...path].join(".");
  if (key === undefined)
    throw new Rejected(`${at} holds more than one setting; name a single one.`, { where: at });
  if ([key, ...below].some((segment) => NEVER.has(segment)))
    throw new Rejected(`${at} is no setting.`, { where: at });
  const writable = [...HARMLESS, ...POLICY_KEYS, ...(config.writable ?? [])];
  const isSecret = [...manifest.secrets, ...manifest.credentials.flatMap(({ keys }) => keys)].some(
    (secret) => secret.split(".")[0] === key,
  );
  if (isSecret) throw new Rejected(`${at} is a credential; only the operator changes it.`, { where: at });
  if (INSTRUCTIONS.has(below.at(-1) ?? ""))
    throw new Rejected(`${at} is what the operator tells the agent; only the operator changes it.`, {
      where: at,
    });
  if (!writable.includes(key))
    throw new Rejected(`${at} is for the operator alone to change. You may change: ${writable.join(", ")}.`, {
      where: at,
    });
}

/**
 * Holds what the connector's block would be after the edits against what it is: it must be right by the connector's own schema, touch only
 * accounts with `configWrites`, and let nobody in who was not before.
 *
 * @param isRename ids of today for former ones: they let in whom they let in before
 * @throws Rejected with what is wrong
 */
export function checkEdits(
  surroundings: Surroundings,
  block: unknown,
  edits: readonly ConfigEdit[],
  { isRename = false } = {},
): void {
  const next = applyEdits(block, edits);
  compare(surroundings, block, next, isRename);
  // What is switched off may be switched on some day, by somebody who does not look again.
  compare(surroundings, switchedOn(block), switchedOn(next), isRename);
}

function compare(
  { connector, environment, defaults, commands }: Surroundings,
  block: unknown,
  next: unknown,
  isRename: boolean,
): void {
  const before = resolveAccounts(connector, block, environment, defaults, { commands });
  const after = resolveAccounts(connector, next, environment, defaults, { commands });
  for (const account of after) {
    const was = before.find(({ id }) => id === account.id);
    const issues = account.issues.filter(
      (issue) => !was?.issues.some((each) => isDeepStrictEqual(each, issue)),
    );
    if (issues.length > 0)
      throw new Rejected(
        `That would not be a valid config, and nothing was written. ${issues.map(({ path, message }) => `${path} ${message}`).join("; ")}`,
      );
    const at = `${connector.manifest.id}/${account.id}`;
    if (was !== undefined && isSame(was, account)) {
      // Of an account that cannot run there is no effective config to compare.
      if (account.account !== undefined || isDeepStrictEqual(own(block, account.id), own(next, account.id)))
        continue;
    }
    if (was?.account === undefined)
      throw new Rejected(
        `That would make or change the account ${at}, which does not run; only the operator may do so.`,
      );
    if (!readCommonConfig(was.account.config).configWrites)
      throw new Rejected(`That would change the account ${at}, which does not allow it (configWrites).`);
    if (account.account === undefined || isRename) continue;
    const harmless = [...HARMLESS, ...(connector.config.writable ?? [])];
    if (isWider(was.account.config, account.account.config, harmless))
      throw new Rejected(
        `That could let in somebody who is kept out today, or let the agent do more, and only the operator may do so; nothing was written. It is about the account ${at}.`,
      );
  }
  if (before.some(({ id }) => after.every((account) => account.id !== id)))
    throw new Rejected("That would remove an account; only the operator may do so.");
}

function isSame(before: ResolvedAccount, after: ResolvedAccount): boolean {
  return before.enabled === after.enabled && isDeepStrictEqual(before.account?.config, after.account?.config);
}

function own(block: unknown, account: string): unknown {
  const accounts = isRecord(block) ? block["accounts"] : undefined;
  return isRecord(accounts) ? accounts[account] : undefined;
}

function switchedOn(block: unknown): unknown {
  if (!isRecord(block)) return block;
  const { enabled: _, accounts, ...rest } = block;
  if (!isRecord(accounts)) return accounts === undefined ? rest : { ...rest, accounts };
  const on = Object.entries(accounts).map(([id, account]) => {
    if (!isRecord(account)) return [id, account];
    const { enabled: __, ...own } = account;
    return [id, own];
  });
  return { ...rest, accounts: Object.fromEntries(on) };
}
