import { resolve } from "node:path";
import { type Environment, nearest } from "@elizaos/connector-core";
import { stateDirPath } from "./state-dir-path.js";
import { UserError } from "./user-error.js";

export const DEFAULT_PORT = 2138;
export const DEFAULT_WEBHOOK_PORT = 2139;
/** Whoever is to reach it from outside says so, or has a tunnel. */
export const DEFAULT_WEBHOOK_BIND = "127.0.0.1";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What the environment says about the host itself. */
export interface Settings {
  readonly cwd: string;
  readonly environment: Environment;
  /** Absolute. */
  readonly stateDir: string;
  /** Absolute; from MILADY_CONFIG_PATH. */
  readonly configPath: string | undefined;
  /** Undefined when MILADY_PORT is not set. */
  readonly port: number | undefined;
  /** Undefined when MILADY_WEBHOOK_PORT is not set. */
  readonly webhookPort: number | undefined;
  /** Undefined when MILADY_WEBHOOK_BIND is not set. */
  readonly webhookBind: string | undefined;
  readonly logFormat: "readable" | "json";
  readonly logLevel: LogLevel | undefined;
}

/** @throws UserError with one line for each variable that cannot be used */
export function readSettings(environment: Environment, cwd: string): Settings {
  const problems: string[] = [];
  const value = (name: string) => environment[name]?.trim() || undefined;

  const port = (name: string) => {
    const text = value(name);
    if (text !== undefined && (!/^\d+$/.test(text) || Number(text) > 65_535))
      problems.push(`${name}: must be a port number from 0 to 65535 (0 picks a free one), not "${text}"`);
    return text === undefined ? undefined : Number(text);
  };
  const ports = { port: port("MILADY_PORT"), webhookPort: port("MILADY_WEBHOOK_PORT") };
  const format = value("MILADY_LOG");
  if (format !== undefined && format !== "json" && format !== "readable") {
    problems.push(`MILADY_LOG: must be "json" or "readable", not "${format}"`);
  }
  const level = value("MILADY_LOG_LEVEL");
  const logLevel = LOG_LEVELS.find((each) => each === level);
  if (level !== undefined && logLevel === undefined) {
    const guess = nearest(level, LOG_LEVELS);
    const hint = guess === undefined ? `one of ${LOG_LEVELS.join(", ")}` : `"${guess}"?`;
    problems.push(
      `MILADY_LOG_LEVEL: unknown level "${level}"; ${guess === undefined ? "use" : "did you mean"} ${hint}`,
    );
  }
  if (problems.length > 0) throw new UserError(problems);

  const configPath = value("MILADY_CONFIG_PATH");
  return {
    cwd,
    environment,
    stateDir: stateDirPath(environment, cwd),
    configPath: configPath === undefined ? undefined : resolve(cwd, configPath),
    ...ports,
    webhookBind: value("MILADY_WEBHOOK_BIND"),
    logFormat: format === "json" ? "json" : "readable",
    logLevel,
  };
}
