import { type ConfigIssue, isRecord, nearest } from "@elizaos/connector-core";
import { CONNECTORS, rowOf } from "./plugin-auto-enable.js";

/** Under `connectors`, what all connectors share. */
const DEFAULTS = "defaults";

/** Blocks by the ids of the table, and what cannot belong to it. */
export interface NamedBlocks {
  /** By connector id; `defaults` is what all of them share. */
  readonly blocks: Readonly<Record<string, unknown>>;
  readonly issues: readonly ConfigIssue[];
}

/**
 * @param value the value of `connectors` or of its old name
 * @param at that key
 */
export function readBlocks(value: unknown, at: "connectors" | "channels" = "connectors"): NamedBlocks {
  if (value === undefined) return { blocks: {}, issues: [] };
  if (!isRecord(value))
    return { blocks: {}, issues: [{ path: at, message: "must be an object of connectors by id" }] };
  const blocks: Record<string, unknown> = {};
  const issues: ConfigIssue[] = [];
  for (const [key, block] of Object.entries(value)) {
    const path = `${at}.${key}`;
    const id = key === DEFAULTS ? DEFAULTS : rowOf(key)?.id;
    if (id === undefined) issues.push({ path, message: unknownConnector(key) });
    else if (Object.hasOwn(blocks, id))
      issues.push({ path, message: `means ${at}.${id}, which is there as well; keep one of them` });
    else blocks[id] = block;
  }
  return { blocks, issues };
}

export function unknownConnector(written: string): string {
  const ids = CONNECTORS.map(({ id }) => id);
  const guess = nearest(written, ids);
  return `unknown connector "${written}"; ${guess === undefined ? `known: ${ids.join(", ")}` : `did you mean "${guess}"?`}`;
}
