import { unknownConnector } from "../config/ids.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import { UserError } from "../user-error.js";
import { discord } from "./discord.js";
import type { PlatformSimulation } from "./platform.js";
import { telegram } from "./telegram.js";

/** Platforms that there is a simulator of. */
const PLATFORMS: readonly PlatformSimulation[] = [discord, telegram];

/** @throws UserError when there is none of that connector */
export function platformOf(connector: string): PlatformSimulation {
  const row = rowOf(connector);
  if (row === undefined) throw new UserError(unknownConnector(connector));
  const platform = PLATFORMS.find(({ id }) => id === row.id);
  if (platform !== undefined) return platform;
  const names = PLATFORMS.map(({ id }) => id).join(" and ");
  throw new UserError(`there is no simulator of ${row.id} here; there is one of ${names}`);
}
