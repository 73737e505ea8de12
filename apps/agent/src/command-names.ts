import type { Environment } from "@elizaos/connector-core";

/** How this program is typed where it runs: from a checkout through a package manager, or installed. */
export function commandNames(environment: Environment): { readonly milady: string; readonly start: string } {
  const script = environment["npm_lifecycle_event"];
  if (script !== "start" && script !== "milady") return { milady: "milady", start: "milady start" };
  return { milady: "npx -y pnpm@12 -s milady", start: "npx -y pnpm@12 start" };
}
