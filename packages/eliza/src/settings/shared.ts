import { join } from "node:path";
import type { AgentRuntime } from "../agent-runtime.js";

/** What holds for all connectors of an agent. */
export interface SharedSettings {
  /** Store and copies of files that wait to be sent. */
  readonly stateDir: string;
  readonly publicUrl: string | undefined;
  /** Where webhooks arrive; nothing listens unless an account needs it. */
  readonly webhooks: { readonly port: number; readonly bind: string };
  /** As `<connector>:<sender id>`. */
  readonly owners: readonly string[];
  /** Whether `/help`, `/status`, `/new` and `/why` are answered without the agent. */
  readonly commands: boolean;
  readonly durability: "full" | "process";
}

export const WEBHOOK_SETTINGS = { port: "CONNECTORS_WEBHOOK_PORT", bind: "CONNECTORS_WEBHOOK_BIND" } as const;

const DEFAULT_WEBHOOK_PORT = 2139;
const LOOPBACK = "127.0.0.1";

/**
 * Reads the `CONNECTORS_*` settings, and variables of the environment where there are none.
 *
 * @throws TypeError for a value that cannot be used, with its name
 */
export function readSharedSettings(
  runtime: AgentRuntime,
  environment: Readonly<Record<string, string | undefined>>,
  cwd: string,
): SharedSettings {
  const read = (name: string): string | undefined => {
    const value = runtime.getSetting(name) ?? environment[name];
    return value === undefined || value === null || value === "" ? undefined : String(value).trim();
  };
  const dataDir = read("ELIZA_DATA_DIR") ?? join(cwd, ".eliza");
  return {
    stateDir: read("CONNECTORS_STATE_DIR") ?? join(dataDir, "connectors", runtime.agentId),
    publicUrl: read("CONNECTORS_PUBLIC_URL"),
    webhooks: {
      port: portOf(WEBHOOK_SETTINGS.port, read(WEBHOOK_SETTINGS.port)),
      bind: read(WEBHOOK_SETTINGS.bind) ?? LOOPBACK,
    },
    owners: (read("CONNECTORS_OWNERS") ?? "")
      .split(",")
      .map((owner) => owner.trim())
      .filter((owner) => owner !== ""),
    commands: read("CONNECTORS_COMMANDS") !== "false",
    durability: read("CONNECTORS_DURABILITY") === "process" ? "process" : "full",
  };
}

function portOf(name: string, text: string | undefined): number {
  if (text === undefined) return DEFAULT_WEBHOOK_PORT;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new TypeError(`${name} must be a port number from 0 to 65535 (0 picks a free one), not "${text}"`);
  return Number(text);
}
