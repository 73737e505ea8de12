import { AuthError, type ConnectorError, RateLimited, Rejected, Transient } from "@elizaos/connector-core";
import { APICallError, RetryError, StreamProviderError } from "ai";
import { oneLine, shorten } from "../text.js";
import { systemReason } from "../user-error.js";
import { PROVIDER_FACTS } from "./providers.js";
import type { ModelSettings } from "./settings.js";

const LONGEST_REASON = 300;

/**
 * What the operator is told of a failed call. Nothing of it is meant for the chat. The SDK's error itself goes no further: it
 * holds the whole conversation.
 */
export function describeFailure(
  thrown: unknown,
  settings: ModelSettings,
  redact: (text: string) => string,
): ConnectorError {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const facts = PROVIDER_FACTS[settings.provider];
  const who = facts.baseURL === settings.baseURL ? facts.label : `${facts.label} at ${settings.baseURL}`;
  const status = statusOf(error);
  const code = status === undefined ? "" : ` (${status})`;
  const said = reasonOf(error, redact);
  const why = said === "" ? "" : `: ${said}`;
  const where = "model";

  switch (status) {
    // What a provider says here quotes parts of the key.
    case 401:
    case 403:
      return new AuthError(
        settings.apiKey === undefined
          ? `${who} wants an API key${code}`
          : `${who} refused the API key${status === 403 ? ", or this model for it" : ""}${code}`,
        { where, mend: keyMend(settings) },
      );
    case 404:
      return new Rejected(
        `${who} does not know the model “${settings.name}”, or the address is wrong${code}${why}`,
        {
          where,
          mend: `Check model.name and model.baseURL; the address usually ends in a version such as /v1.`,
        },
      );
    case 429:
      return new RateLimited(`${who} has had too many requests, or its credit is used up${code}${why}`, {
        where,
        scope: "account",
        retryAfterMs: retryAfterMs(error),
        mend: `Look at the limits and the billing of the account at ${facts.label}.`,
      });
    case undefined:
      break;
    default:
      if (status < 500 && !isRetryable(error))
        return new Rejected(`${who} refused the request${code}${why}`, { where });
      return new Transient(`${who} failed${code}${why}`, { where });
  }
  if (isUnreachable(error)) {
    const mend = "Check the network and model.baseURL, and whether the server runs.";
    return new Transient(`${who} cannot be reached${why}`, { where, mend });
  }
  return new Transient(`the answer of ${who} broke off${why}`, { where });
}

function keyMend({ keyAt, apiKey }: ModelSettings): string {
  if (apiKey === undefined) return `Set ${keyAt} or model.apiKey.`;
  return keyAt === "model.apiKey"
    ? "Set model.apiKey to a key that is valid, and start again."
    : `Set ${keyAt} to a key that is valid, and start again.`;
}

function statusOf(error: unknown): number | undefined {
  return APICallError.isInstance(error) || StreamProviderError.isInstance(error)
    ? error.statusCode
    : undefined;
}

function isRetryable(error: unknown): boolean {
  return (APICallError.isInstance(error) || StreamProviderError.isInstance(error)) && error.isRetryable;
}

function isUnreachable(error: unknown): boolean {
  return APICallError.isInstance(error) && error.responseHeaders === undefined;
}

/** One line without secrets; empty when there is nothing to say. */
function reasonOf(error: unknown, redact: (text: string) => string): string {
  const network = isUnreachable(error) && error instanceof Error ? error.cause : undefined;
  const reason = network === undefined ? messageOf(error) : networkReason(network);
  return shorten(oneLine(redact(reason)).trim(), LONGEST_REASON);
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  // What a stream reports in its middle is the provider's own object.
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return typeof error === "string" ? error : "";
}

/** `fetch` puts what happened into the cause of its own error. */
function networkReason(error: unknown): string {
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const reason = systemReason(inner);
  return reason === "" ? "no connection" : reason;
}

function retryAfterMs(error: unknown): number {
  const headers = APICallError.isInstance(error) ? error.responseHeaders : undefined;
  const ms = headers?.["retry-after-ms"];
  const seconds = headers?.["retry-after"];
  if (ms !== undefined) return Number.parseFloat(ms);
  return seconds === undefined ? Number.NaN : Number.parseFloat(seconds) * 1_000;
}
