interface Cause {
  /** In what Telegram says; the texts are those of telegram-bot-api (WebhookActor) and of the TLS library that it uses. */
  readonly when: RegExp;
  readonly mend: string;
}

const PORTS = "It must listen at the port of webhookUrl: 443, 80, 88 or 8443.";

/** The first that fits counts. */
const CAUSES: readonly Cause[] = [
  {
    when: /response from the webhook: 401/i,
    mend: "Something between Telegram and this host drops the header X-Telegram-Bot-Api-Secret-Token, or webhookPath leads to another program.",
  },
  {
    when: /response from the webhook: 403/i,
    mend: "Something in front of this host turns Telegram away: let the proxy, firewall or bot protection pass POST requests to this address.",
  },
  {
    when: /response from the webhook: (?:404|405|410)/i,
    mend: "Let the proxy or tunnel lead to this host's webhook port, and set webhookPath if it changes the path.",
  },
  {
    when: /response from the webhook: 3\d\d/i,
    mend: "Telegram follows no redirects: set webhookUrl to the address that this one leads to.",
  },
  {
    when: /response from the webhook: (?:502|504)/i,
    mend: "The proxy or tunnel is there, and this host is not behind it: let it lead to the host's webhook port.",
  },
  {
    when: /response from the webhook: 5/i,
    mend: "What answers there has trouble of its own: see its log, and this host's if it is the one that answers.",
  },
  {
    when: /certificate verify failed|self.signed|certificate has expired|unable to get local issuer/i,
    mend: "Telegram does not trust the certificate: it must name this host, not have expired, and come from an authority that browsers trust, with the whole chain (fullchain.pem).",
  },
  {
    when: /wrong version number|unknown protocol|packet length too long/i,
    mend: "What listens there speaks no TLS: let a proxy or tunnel with a certificate stand in front of this host's webhook port.",
  },
  {
    when: /ssl|certificate/i,
    mend: "TLS fails: Telegram needs TLS 1.2 or newer and a certificate that browsers trust, with the whole chain.",
  },
  {
    when: /connection refused/i,
    mend: `Nothing listens at this address: start the proxy or tunnel. ${PORTS}`,
  },
  {
    when: /read timeout/i,
    mend: "This host, or the proxy before it, takes the request and does not answer in time: see its log for a store or disk that is slow.",
  },
  {
    when: /timed? ?out|timeout/i,
    mend: "A firewall swallows the connections: let 149.154.160.0/20 and 91.108.4.0/22, from where Telegram posts, reach this address.",
  },
  {
    when: /unreachable|no route to host/i,
    mend: "There is no way to this address from the internet: check its DNS entry and the network behind it.",
  },
  {
    when: /reset|closed|hung ?up/i,
    mend: "The connection is broken off: see the log of the proxy or tunnel in front of this host.",
  },
  {
    when: /resolve host|name or service not known|no address associated/i,
    mend: "The name in webhookUrl has no DNS entry: add one, or correct the name. A new entry needs some minutes.",
  },
  {
    when: /is reserved/i,
    mend: "The name in webhookUrl leads to a private address: it needs the public one. Without one, take webhookUrl away: polling needs none.",
  },
  {
    when: /ipv6/i,
    mend: "Telegram posts over IPv4 only: give the name in webhookUrl an A record.",
  },
  {
    when: /only on ports|https url must be provided/i,
    mend: `webhookUrl must be an https address with a public name. ${PORTS}`,
  },
];

/** What to do about a failure that Telegram tells, in the words of its `last_error_message` or of its refusal of `setWebhook`. */
export function mendFor(message: string): string {
  return (
    CAUSES.find(({ when }) => when.test(message))?.mend ??
    "Check that this address reaches the host's webhook port from the internet (proxy, tunnel, DNS, firewall)."
  );
}
