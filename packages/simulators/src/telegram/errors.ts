import type { ResponseParameters } from "@grammyjs/types";

/** A refusal by the simulated Bot API: HTTP status and `error_code`, description, parameters. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly parameters: ResponseParameters | undefined;

  constructor(status: number, description: string, parameters?: ResponseParameters) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

/** 400. Telegram begins the text after the colon in lower case, unless it is a code such as `TOPIC_CLOSED`. */
export function badRequest(text: string): ApiError {
  const second = text.charAt(1);
  const isCode = second === "_" || (second >= "A" && second <= "Z");
  return new ApiError(400, `Bad Request: ${isCode ? text : text.charAt(0).toLowerCase() + text.slice(1)}`);
}

/** 403 */
export function forbidden(text: string): ApiError {
  return new ApiError(403, `Forbidden: ${text}`);
}

/** What real Telegram would let pass, and the simulator refuses because it points to a mistake. */
export function simulatorRefusal(text: string): ApiError {
  return new ApiError(400, `Bad Request: [simulator] ${text}`);
}

const REASONS: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The description of a refusal that a fault asks for. */
export function defaultDescription(status: number, retryAfterSeconds: number | undefined): string {
  if (status === 429) return `Too Many Requests: retry after ${retryAfterSeconds ?? 1}`;
  return REASONS[status] ?? `Error ${status}`;
}
