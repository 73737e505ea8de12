const MARKER = Symbol.for("@elizaos/connector-core/error/1");

export interface ConnectorErrorOptions {
  /** What the user can do about it, one sentence. */
  readonly mend?: string;
  /** Config path or platform method that it is about. */
  readonly where?: string;
  readonly cause?: unknown;
}

/** The kinds of failure that the rest of the system tells apart. The list is closed. */
export type ErrorCode =
  | "auth"
  | "needs-action"
  | "rate-limited"
  | "transient"
  | "rejected"
  | "gone"
  | "window-closed"
  | "unknown"
  | "approval-pending"
  | "config"
  | "store";

/**
 * Root of every error that connectors and core raise. The message says what is wrong; `where` and `mend` say where and
 * how to mend it. Never put a secret or a whole request into any of them.
 */
export abstract class ConnectorError extends Error {
  abstract readonly code: ErrorCode;
  /** The same thing may work later without anybody changing anything. */
  abstract readonly retryable: boolean;
  readonly mend: string | undefined;
  readonly where: string | undefined;

  constructor(message: string, options: ConnectorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.mend = options.mend;
    this.where = options.where;
    Object.defineProperty(this, MARKER, { value: true });
  }

  /** Works across several copies of this package in one process, unlike `instanceof`. */
  static isInstance(error: unknown): error is ConnectorError {
    return error instanceof Error && MARKER in error;
  }
}

/** The platform refuses the credentials. The account stops until they are changed. */
export class AuthError extends ConnectorError {
  readonly code = "auth";
  readonly retryable = false;
}

/** A person must do something first: scan a QR code, grant a scope, accept terms. */
export class NeedsAction extends ConnectorError {
  readonly code = "needs-action";
  readonly retryable = false;
}

const DEFAULT_WAIT_MS = 1_000;

/** The platform said how long to wait. The call was not done. */
export class RateLimited extends ConnectorError {
  readonly code = "rate-limited";
  readonly retryable = true;
  /** What has to wait: this chat, this method everywhere, or the whole account. */
  readonly scope: "chat" | "method" | "account";
  readonly retryAfterMs: number;

  constructor(
    message: string,
    options: ConnectorErrorOptions & { scope: "chat" | "method" | "account"; retryAfterMs: number },
  ) {
    super(message, options);
    this.scope = options.scope;
    // Servers forget the number or garble it; then a short wait is better than none, or than one that never ends.
    const isWait = Number.isFinite(options.retryAfterMs) && options.retryAfterMs >= 0;
    this.retryAfterMs = isWait ? options.retryAfterMs : DEFAULT_WAIT_MS;
  }
}

/** Works across several copies of this package in one process, unlike `instanceof`. */
export function isRateLimited(error: ConnectorError): error is RateLimited {
  return error.code === "rate-limited";
}

/** It did not happen, and may well work in a moment (connection refused, DNS, maintenance). */
export class Transient extends ConnectorError {
  readonly code = "transient";
  readonly retryable = true;
}

/** Nothing was done yet: people were asked, and the agent will be told what they decided. The same call is not to be made again. */
export class ApprovalPending extends ConnectorError {
  readonly code = "approval-pending";
  readonly retryable = false;
}

/** The platform understood and said no; the same call will be refused again. */
export class Rejected extends ConnectorError {
  readonly code = "rejected";
  readonly retryable = false;
}

/** This chat, user or message is out of reach (blocked, kicked, deleted); others are not. */
export class Gone extends ConnectorError {
  readonly code = "gone";
  readonly retryable = false;
}

/** The platform lets one answer only within a time after the last message, and that time is over. */
export class WindowClosed extends ConnectorError {
  readonly code = "window-closed";
  readonly retryable = false;
}

/** The call may or may not have happened: time-out, reset, 5xx after the request was written. */
export class Unknown extends ConnectorError {
  readonly code = "unknown";
  readonly retryable = true;
}

export interface ConfigIssue {
  /** Dotted path from the top of the config, such as `connectors.telegram.dmPolicy`. */
  readonly path: string;
  readonly message: string;
}

/** The config cannot be used as it is. Holds every issue found, not only the first. */
export class ConfigError extends ConnectorError {
  readonly code = "config";
  readonly retryable = false;
  readonly issues: readonly ConfigIssue[];

  constructor(issues: readonly ConfigIssue[], options: ConnectorErrorOptions = {}) {
    super(issues.map((issue) => `${issue.path}: ${issue.message}`).join("\n"), options);
    this.issues = issues;
  }
}

/** `full`: no room; `busy`: locked by another process; `held`: another owner has it; `broken`: cannot be read or written. */
export type StoreProblem = "full" | "busy" | "held" | "stale" | "broken" | "closed";

/** The store could not do it; nothing of the operation was kept. */
export class StoreError extends ConnectorError {
  readonly code = "store";
  readonly problem: StoreProblem;
  readonly retryable: boolean;

  constructor(problem: StoreProblem, message: string, options: ConnectorErrorOptions = {}) {
    super(message, options);
    this.problem = problem;
    this.retryable = problem === "full" || problem === "busy";
  }
}
