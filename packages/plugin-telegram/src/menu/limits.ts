import type { MenuLimits } from "@elizaos/connector-core";

/**
 * Count, name and description are documented (Bot API: setMyCommands, BotCommand). The total is not: one menu whose names and
 * descriptions are longer than some 5,700 bytes is refused as BOT_COMMANDS_TOO_MUCH, however few commands it has.
 */
export const MENU_LIMITS: MenuLimits & { readonly bytes: number } = {
  count: 100,
  name: 32,
  description: 256,
  bytes: 5_500,
};
