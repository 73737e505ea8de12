import { isRecord } from "../merge.js";
import type { ConfigEdit, ConfigPath } from "./edits.js";
import { MAPS } from "./wider.js";

/** Former ids and what they are called today. */
export type Renames = ReadonlyMap<string, string>;

const LISTS = ["allowFrom", "groupAllowFrom", "users"];
const KEYED = [...MAPS, "dms", "toolsBySender"];
/** Ids of threads are a world of their own, and are not renamed with chats and senders. */
const THREADS = ["topics", "threads"];
/** Ids may be written with their platform before them. */
const PREFIX = /^[a-z]+:/i;

/**
 * The edits that write ids of today for former ones: keys of maps of groups, and entries of lists of ids. Only of the base and of the
 * account itself. A former id stays where that of today has an entry too.
 */
export function renameEdits(block: unknown, renames: Renames, account: string): readonly ConfigEdit[] {
  if (!isRecord(block)) return [];
  const { accounts, ...base } = block;
  const own = isRecord(accounts) ? accounts[account] : undefined;
  return [...inObject(base, renames, []), ...inObject(own, renames, ["accounts", account])];
}

/** A config whose maps have ids of today for keys. */
export function withRenamedKeys(value: unknown, renames: Renames): unknown {
  if (!isRecord(value) || renames.size === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      KEYED.includes(key) && !THREADS.includes(key) ? renamedMap(each, renames) : each,
    ]),
  );
}

function renamedMap(map: unknown, renames: Renames): unknown {
  if (!isRecord(map)) return map;
  return Object.fromEntries(
    Object.entries(map).map(([id, entry]) => {
      const now = today(id, renames);
      const key = now === undefined || Object.hasOwn(map, now) ? id : now;
      return [key, withRenamedKeys(entry, renames)];
    }),
  );
}

function inObject(value: unknown, renames: Renames, at: readonly string[]): ConfigEdit[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    if (LISTS.includes(key)) return inList(each, renames, [...at, key]);
    return KEYED.includes(key) ? inMap(each, renames, [...at, key], THREADS.includes(key)) : [];
  });
}

/** What stands below an entry is edited before the entry has another name. */
function inMap(map: unknown, renames: Renames, at: readonly string[], isOfThreads: boolean): ConfigEdit[] {
  if (!isRecord(map)) return [];
  return Object.entries(map).flatMap(([id, entry]): ConfigEdit[] => {
    const now = today(id, renames);
    const below = inObject(entry, renames, [...at, id]);
    if (isOfThreads || now === undefined || Object.hasOwn(map, now)) return below;
    return [...below, { type: "rename", path: pathOf(at, id), key: now }];
  });
}

function inList(list: unknown, renames: Renames, at: readonly string[]): ConfigEdit[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index): ConfigEdit[] => {
    if (typeof entry !== "string" && typeof entry !== "number") return [];
    const now = today(String(entry), renames);
    if (now === undefined) return [];
    const value = typeof entry === "number" && String(Number(now)) === now ? Number(now) : now;
    return [{ type: "set", path: pathOf(at, String(index)), value }];
  });
}

/** What is written, with the id of today; undefined where it is no former one. */
function today(written: string, renames: Renames): string | undefined {
  const text = written.trim();
  const whole = renames.get(text);
  if (whole !== undefined) return whole;
  const [prefix = ""] = PREFIX.exec(text) ?? [];
  const now = prefix === "" ? undefined : renames.get(text.slice(prefix.length));
  return now === undefined ? undefined : prefix + now;
}

function pathOf([first, ...rest]: readonly string[], last: string): ConfigPath {
  return first === undefined ? [last] : [first, ...rest, last];
}
