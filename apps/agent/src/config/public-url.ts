import type { ConfigIssue } from "@elizaos/connector-core";

/** The top-level `publicUrl`, without a slash at its end. */
export function readPublicUrl(raw: unknown): {
  readonly publicUrl: string | undefined;
  readonly issues: readonly ConfigIssue[];
} {
  if (raw === undefined) return { publicUrl: undefined, issues: [] };
  const url = typeof raw === "string" ? URL.parse(raw.trim()) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "")
    return { publicUrl: url.href.replace(/\/+$/, ""), issues: [] };
  const message =
    "must be the address at which platforms reach this host's webhooks, such as https://bot.example";
  return { publicUrl: undefined, issues: [{ path: "publicUrl", message }] };
}
