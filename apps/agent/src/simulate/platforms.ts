import { unknownConnector } from "../config/ids.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import { UserError } from "../user-error.js";
import { discord } from "./discord/index.js";
import type { PlatformSimulation } from "./platform.js";
import { telegram } from "./telegram/index.js";

/** Platforms that there is a simulator of, by connector id. */
const PLATFORMS: ReadonlyMap<string, PlatformSimulation> = new Map(
  [discord, telegram].map((platform) => [platform.id, platform]),
);

/** @throws UserError when there is none of that connector */
export function platformOf(connector: string): PlatformSimulation {
  const row = rowOf(connector);
  if (row === undefined) throw new UserError(unknownConnector(connector));
  const platform = PLATFORMS.get(row.id);
  if (platform !== undefined) return platform;
  const known = [...PLATFORMS.keys()].join(" and ");
  throw new UserError(`there is no simulator of ${row.id} here; there is one of ${known}`);
}
