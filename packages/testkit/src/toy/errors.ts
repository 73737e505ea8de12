import {
  AuthError,
  ConnectorError,
  Gone,
  RateLimited,
  Rejected,
  Transient,
  Unknown,
  WindowClosed,
} from "@elizaos/connector-core";
import { ToyRefusal } from "./client.js";

/** Calls that change nothing, or the same when they are made twice. */
const REPEATABLE = new Set([
  "me",
  "log",
  "own",
  "message",
  "file",
  "upload",
  "stream",
  "typing",
  "edit",
  "delete",
  "react",
  "took",
]);

/** Errors of a connection's making: no byte of the request was sent (Node.js: common system errors). */
const BEFORE_REQUEST = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

const TOKEN_MEND = "Take a new token from the platform and set connectors.toy.token or TOY_TOKEN.";

/** The contract's error for whatever a call of `method` threw. */
export function toConnectorError(error: unknown, method: string): ConnectorError {
  if (ConnectorError.isInstance(error)) return error;
  if (error instanceof ToyRefusal) return fromRefusal(error, method);
  const code = systemCode(error);
  if (code !== undefined && BEFORE_REQUEST.has(code))
    return new Transient(`The platform cannot be reached (${code}).`, { where: method, cause: error });
  return unanswered(`No readable answer came to ${method}.`, method, error);
}

function fromRefusal(refusal: ToyRefusal, method: string): ConnectorError {
  const { status, body } = refusal;
  const options = { where: method, cause: refusal };
  const said = `The platform refuses ${method}: ${body.error}${body.detail === "" ? "" : ` (${body.detail})`}.`;
  switch (body.error) {
    case "bad-token":
      return new AuthError(said, { ...options, mend: TOKEN_MEND });
    case "slow-down":
      return new RateLimited(said, {
        ...options,
        scope: body.scope ?? "account",
        retryAfterMs: (body.wait ?? 1) * 1_000,
      });
    case "unknown-chat":
    case "unknown-thread":
    case "unknown-message":
    case "blocked":
    case "unknown-file":
    case "file-expired":
      return new Gone(said, options);
    case "ticket-expired":
    case "ticket-required":
      return new WindowClosed(said, { ...options, mend: "The person has to write again." });
    default:
      return status >= 500 ? unanswered(said, method, refusal) : new Rejected(said, options);
  }
}

function unanswered(message: string, method: string, cause: unknown): ConnectorError {
  return REPEATABLE.has(method)
    ? new Transient(message, { where: method, cause })
    : new Unknown(message, { where: method, cause });
}

/** `fetch` puts the system's error into `cause`. */
function systemCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : undefined;
}
