/** The user of a `tg://user?id=...` link. */
export function linkedUserId(link: string): number | undefined {
  const id = /^tg:(?:\/\/)?user\?(?:.*&)?id=(\d{1,15})(?:&|$)/i.exec(link)?.[1];
  return id === undefined ? undefined : Number(id);
}

const LINK = /^(?:([a-z][a-z0-9+.-]*):(?:\/\/)?)?([^/?#]*)(.*)$/is;

/**
 * A link as Telegram stores it: with a scheme (http when none was given), host in lower case, and a path. Undefined
 * for what Telegram does not take as a link, for example without a dot in the host; then the text stays plain.
 */
export function checkedLink(link: string): string | undefined {
  const [, scheme = "", host = "", rest = ""] = LINK.exec(link.trim()) ?? [];
  const looksLikePort = scheme !== "" && /^\d+$/.test(host);
  if (looksLikePort) return checkedLink(`http://${link.trim()}`);
  const lower = scheme.toLowerCase();
  if (lower === "tg" || lower === "ton" || lower === "tonsite") return `${lower}://${host}${rest}`;
  if (lower !== "" && lower !== "http" && lower !== "https" && lower !== "ftp") return undefined;
  if (!/^[^\s@]+\.[^\s@.]{2,}(?::\d+)?$/.test(host) || /[\s<>"]/.test(host)) return undefined;
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return `${lower || "http"}://${host.toLowerCase()}${path}`;
}
