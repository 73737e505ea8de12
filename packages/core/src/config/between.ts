import type { Connector } from "../contract/connector.js";
import type { ResolvedAccount } from "./resolve.js";

/** Takes the config from accounts that are sound by themselves, but not beside each other. */
export function checkBetween(
  connector: Connector,
  accounts: readonly ResolvedAccount[],
): readonly ResolvedAccount[] {
  const found = connector.config.between?.(accounts.flatMap(({ account }) => account ?? [])) ?? [];
  return accounts.map((resolved) => {
    const issues = found.filter(({ account }) => account === resolved.id);
    if (issues.length === 0) return resolved;
    const { account: _, ...rest } = resolved;
    return { ...rest, issues: issues.map(({ path, message }) => ({ path: resolved.locate(path), message })) };
  });
}
