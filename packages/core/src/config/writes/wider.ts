import { isDeepStrictEqual } from "node:util";
import { isWiderScope, scopeIn } from "../../buttons/scope.js";
import { isRecord } from "../merge.js";

type Block = Readonly<Record<string, unknown>>;

/** From the narrowest on. */
const DM_POLICIES = ["closed", "allowlist", "pairing", "open"];
const GROUP_POLICIES = ["closed", "allowlist", "open"];
/** The names that platforms give their maps of groups, and the maps within those. */
export const MAPS: readonly string[] = [
  "groups",
  "guilds",
  "teams",
  "channels",
  "rooms",
  "topics",
  "threads",
];
const SENDERS = ["allowFrom", "users", "roles"];
const SWITCHES = ["enabled", "allow"];

/** Keys whose values say who is let in, and which this module can compare. */
export const POLICY_KEYS: readonly string[] = [
  "enabled",
  "dmPolicy",
  "allowFrom",
  "groupPolicy",
  "groupAllowFrom",
  "requireMention",
  "mentionPatterns",
  "capabilities",
  ...MAPS,
];

/**
 * Whether anybody might reach more of the agent under the effective config `after` than under `before`, or whether that cannot be told.
 * Pure.
 *
 * @param harmless keys that let nobody in, whatever they say; any other unknown key that differs is a doubt
 */
export function isWider(before: unknown, after: unknown, harmless: readonly string[] = []): boolean {
  if (!isRecord(before) || !isRecord(after)) return true;
  return keysOf(before, after).some((key) => {
    const [was, is] = [before[key], after[key]];
    if (isDeepStrictEqual(was, is)) return false;
    switch (key) {
      case "enabled":
        return is !== false;
      case "dmPolicy":
        return rank(DM_POLICIES, is) > rank(DM_POLICIES, was);
      case "groupPolicy":
        return rank(GROUP_POLICIES, is) > rank(GROUP_POLICIES, was);
      case "allowFrom":
      case "groupAllowFrom":
        return !isWithin(is, was);
      case "requireMention":
        return is !== true;
      case "mentionPatterns":
        // Where nothing tells a mention, the last pattern is what keeps the agent from answering everything.
        return !isWithin(is, was) || (Array.isArray(is) && is.length === 0);
      case "capabilities":
        return capabilitiesAreWider(was, is);
      default:
        if (MAPS.includes(key))
          return mapIsWider(was, is, { isNested: false, limitsSenders: hasSenders(was) });
        return !harmless.includes(key);
    }
  });
}

/** Only a list leaves flags out; buttons have a scope besides. */
function capabilitiesAreWider(before: unknown, after: unknown): boolean {
  const hasMoreFlags = Array.isArray(before) && !isWithin(after, before);
  const isKnown = after === undefined || Array.isArray(after) || isRecord(after);
  return !isKnown || hasMoreFlags || isWiderScope(scopeIn(before), scopeIn(after));
}

interface MapPlace {
  /** A map inside an entry: without one, everything in the group may be admitted. */
  readonly isNested: boolean;
  /** Somewhere in the whole map, senders are limited already. */
  readonly limitsSenders: boolean;
}

function mapIsWider(before: unknown = {}, after: unknown = {}, place: MapPlace): boolean {
  if (!isRecord(before) || !isRecord(after)) return true;
  const isEmptied = Object.keys(after).length === 0 && Object.keys(before).length > 0;
  if (place.isNested && isEmptied) return true;
  return keysOf(before, after).some((id) => {
    const [was, is] = [before[id], after[id]];
    if (isDeepStrictEqual(was, is)) return false;
    if (was === undefined) return !onlyExcludes(is);
    // What an entry kept out may come in by the general rule once the entry is gone.
    if (is === undefined) return restricts(was) || "*" in before;
    return entryIsWider(was, is, place);
  });
}

function entryIsWider(before: unknown, after: unknown, { limitsSenders }: MapPlace): boolean {
  if (!isRecord(before) || !isRecord(after)) return true;
  return keysOf(before, after).some((key) => {
    const [was, is] = [before[key], after[key]];
    if (isDeepStrictEqual(was, is)) return false;
    if (SWITCHES.includes(key)) return is !== false && !(was === true && is === undefined);
    if (key === "requireMention") return is !== true && !(was === false && is === undefined);
    // A first list narrows, unless it goes before one that stands elsewhere.
    if (SENDERS.includes(key)) return was === undefined ? limitsSenders : !isWithin(is, was);
    if (key === "tools") return toolsAreWider(was, is);
    if (key === "toolsBySender") return toolsBySenderAreWider(was, is);
    return !MAPS.includes(key) || mapIsWider(was, is, { isNested: true, limitsSenders });
  });
}

/** Fewer allowed or more denied is narrower; a first `allow` may go before one of a less specific place that is stricter. */
function toolsAreWider(before: unknown = {}, after: unknown = {}): boolean {
  if (!isRecord(before) || !isRecord(after)) return true;
  return keysOf(before, after).some((key) => {
    const [was, is] = [before[key], after[key]];
    if (isDeepStrictEqual(was, is)) return false;
    if (key === "allow") return !isWithin(is, was);
    if (key === "alsoAllow") return !isWithin(is ?? [], was);
    return key !== "deny" || !isWithin(was ?? [], is);
  });
}

function toolsBySenderAreWider(before: unknown = {}, after: unknown = {}): boolean {
  if (!isRecord(before) || !isRecord(after)) return true;
  return keysOf(before, after).some((sender) => toolsAreWider(before[sender], after[sender]));
}

/** A new entry that does nothing but keep somebody out. */
function onlyExcludes(entry: unknown): boolean {
  if (!isRecord(entry)) return false;
  return (
    SWITCHES.some((key) => entry[key] === false) &&
    Object.entries(entry).every(([key, value]) => SWITCHES.includes(key) && value === false)
  );
}

function restricts(entry: unknown): boolean {
  if (!isRecord(entry)) return true;
  return Object.entries(entry).some(([key, value]) => {
    if (SWITCHES.includes(key)) return value !== true;
    if (key === "requireMention") return value !== false;
    if (MAPS.includes(key)) return !isRecord(value) || Object.keys(value).length > 0;
    return value !== undefined;
  });
}

function hasSenders(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return Object.entries(value).some(([key, each]) => SENDERS.includes(key) || hasSenders(each));
}

/** Every entry of one list stands in the other, which holds everything when it has `*`. */
function isWithin(list: unknown, other: unknown): boolean {
  if (!Array.isArray(list) || !Array.isArray(other)) return false;
  const known = new Set(other.map(String));
  return known.has("*") || list.every((entry) => known.has(String(entry)));
}

/** An unknown policy counts as the widest. */
function rank(policies: readonly string[], policy: unknown): number {
  const at = policies.indexOf(String(policy));
  return at < 0 ? policies.length : at;
}

function keysOf(before: Block, after: Block): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}
