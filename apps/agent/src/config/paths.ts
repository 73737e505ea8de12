import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { isRecord } from "@elizaos/connector-core";
import type { ConnectorRow } from "./plugin-auto-enable.js";

/** The block with the paths of its base and accounts made absolute; relative ones start at `folder`, `~/` at the home. */
export function absolutePaths(row: ConnectorRow, block: unknown, folder: string): unknown {
  if (!isRecord(block) || row.paths.length + row.programs.length === 0) return block;
  const { accounts } = block;
  const base = withPaths(row, block, folder);
  if (!isRecord(accounts)) return base;
  const changed = Object.entries(accounts).map(([name, account]) => [name, withPaths(row, account, folder)]);
  return { ...base, accounts: Object.fromEntries(changed) };
}

function withPaths(row: ConnectorRow, block: unknown, folder: string): Record<string, unknown> | undefined {
  if (!isRecord(block)) return undefined;
  const changed: Record<string, unknown> = { ...block };
  for (const key of [...row.paths, ...row.programs]) {
    const path = block[key];
    if (typeof path !== "string" || path === "" || isAbsolute(path)) continue;
    // A program's bare name is looked up where programs are.
    if (row.programs.includes(key) && !path.includes("/")) continue;
    changed[key] = path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(folder, path);
  }
  return changed;
}
