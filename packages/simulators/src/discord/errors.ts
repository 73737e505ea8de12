/** A refusal by the simulated API: HTTP status, Discord's JSON error code and message, and where in the body it is. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: number;
  /** Errors of the fields, nested as the body is. */
  readonly errors: FormErrors | undefined;
  /** Set on 429. */
  readonly limit: RateLimit | undefined;

  constructor(
    status: number,
    code: number,
    message: string,
    more: { errors?: FormErrors; limit?: RateLimit } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = more.errors;
    this.limit = more.limit;
  }
}

export interface FormErrors {
  [field: string]: FormErrors | FormError[];
}

export interface FormError {
  code: string;
  message: string;
}

export interface RateLimit {
  retryAfterSeconds: number;
  scope: "user" | "global" | "shared";
}

/** What Discord calls the things that can be unknown, with their codes (Discord, "JSON Error Codes"). */
const UNKNOWN = {
  Application: 10002,
  Channel: 10003,
  Guild: 10004,
  Member: 10007,
  Message: 10008,
  Role: 10011,
  User: 10013,
  Emoji: 10014,
  Webhook: 10015,
  Ban: 10026,
  Sticker: 10060,
  Interaction: 10062,
  "application command": 10063,
  "Voice State": 10065,
  "Guild Scheduled Event": 10070,
} as const;

export function unknown(what: keyof typeof UNKNOWN): ApiError {
  return new ApiError(404, UNKNOWN[what], `Unknown ${what}`);
}

export function unauthorized(): ApiError {
  return new ApiError(401, 0, "401: Unauthorized");
}

/** The bot is not where it wants to look. */
export function missingAccess(): ApiError {
  return new ApiError(403, 50001, "Missing Access");
}

/** The bot is there and may not do this. */
export function missingPermissions(): ApiError {
  return new ApiError(403, 50013, "Missing Permissions");
}

export function cannotDm(): ApiError {
  return new ApiError(403, 50007, "Cannot send messages to this user");
}

export function emptyMessage(): ApiError {
  return new ApiError(400, 50006, "Cannot send an empty message");
}

export function invalidForm(errors: FormErrors): ApiError {
  return new ApiError(400, 50035, "Invalid Form Body", { errors });
}

/** One field is wrong. */
export function invalidField(path: string, code: string, message: string): ApiError {
  return invalidForm(nest(path.split("."), { code, message }));
}

/** What real Discord would let pass, and the simulator refuses because it points to a mistake. */
export function simulatorRefusal(text: string): ApiError {
  return new ApiError(400, 0, `[simulator] ${text}`);
}

export function tooManyRequests(limit: RateLimit): ApiError {
  const message =
    limit.scope === "global"
      ? "You are being blocked from accessing our API temporarily due to exceeding our global rate limit."
      : "You are being rate limited.";
  return new ApiError(429, 0, message, { limit });
}

const REASONS: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The refusal that a fault asks for. */
export function faultError(status: number, description: string | undefined, limit: RateLimit): ApiError {
  if (status === 429) return tooManyRequests(limit);
  return new ApiError(status, 0, description ?? `${status}: ${REASONS[status] ?? "Error"}`);
}

/** The errors of a body, nested like it. */
function nest(path: readonly PropertyKey[], error: FormError): FormErrors {
  const [first, ...rest] = path;
  if (first === undefined) return { _errors: [error] };
  return { [String(first)]: nest(rest, error) };
}
