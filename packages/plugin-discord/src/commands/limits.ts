import type { MenuLimits } from "@elizaos/connector-core";

/** Of an application's global slash commands (API reference, "Application Commands"). */
export const COMMAND_LIMITS: MenuLimits = { count: 100, name: 32, description: 100 };
