/**
 * Why deliveries to a webhook fail, in the words of `last_error_message` (telegram-bot-api, WebhookActor; OpenSSL 3). Names that do not
 * resolve and private addresses are not among them: with those `setWebhook` is refused.
 */
export const OUTAGES = {
  refused: "Connection refused",
  timedOut: "Connection timed out",
  slow: "Read timeout expired",
  reset: "Connection reset by peer",
  unreachable: "Network is unreachable",
  noRoute: "No route to host",
  certificate: "SSL error {error:0A000086:SSL routines::certificate verify failed}",
  noTls: "SSL error {error:0A00010B:SSL routines::wrong version number}",
} as const;

export type Outage = keyof typeof OUTAGES;

/** What Node and its fetch call them. */
const NAMES: readonly (readonly [RegExp, Outage])[] = [
  [/ECONNREFUSED/, "refused"],
  [/ETIMEDOUT|CONNECT_TIMEOUT/, "timedOut"],
  [/TimeoutError|HEADERS_TIMEOUT|BODY_TIMEOUT/, "slow"],
  [/ECONNRESET|EPIPE|UND_ERR_SOCKET/, "reset"],
  [/ENETUNREACH/, "unreachable"],
  [/EHOSTUNREACH/, "noRoute"],
  [/CERT|UNABLE_TO_VERIFY/, "certificate"],
  [/EPROTO|WRONG_VERSION_NUMBER|PACKET_LENGTH/, "noTls"],
];

/** What Telegram would say of an error of fetch. */
export function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  const code = "code" in cause ? String(cause.code) : "";
  const known = NAMES.find(([pattern]) => pattern.test(`${code} ${cause.name}`));
  return known === undefined ? cause.message : OUTAGES[known[1]];
}
