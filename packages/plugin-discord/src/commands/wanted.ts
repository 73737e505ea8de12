import type { MenuCommand } from "@elizaos/connector-core";
import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
} from "discord-api-types/v10";
import type { DiscordConfig } from "../config.js";
import { COMMAND_LIMITS } from "./limits.js";

/** A slash command as it is registered; what is not said here is Discord's default. */
export interface SlashCommand {
  readonly type: ApplicationCommandType.ChatInput;
  readonly name: string;
  readonly description: string;
  readonly options: readonly APIApplicationCommandBasicOption[];
  /** In servers: null for everybody, "0" for administrators and whomever they let. */
  readonly default_member_permissions: "0" | null;
  readonly contexts: readonly InteractionContextType[];
  readonly integration_types: readonly ApplicationIntegrationType[];
}

export interface WantedCommands {
  readonly commands: readonly SlashCommand[];
  /** Names of the agent's skills for which there was no room. */
  readonly leftOut: readonly string[];
}

/** The runtime's commands, those of the config, and as many of the agent's skills as there is room for. */
export function wantedCommands(
  {
    dmPolicy,
    groupPolicy,
    customCommands,
  }: Pick<DiscordConfig, "dmPolicy" | "groupPolicy" | "customCommands">,
  menu: readonly MenuCommand[],
): WantedCommands {
  const contexts = [
    ...(groupPolicy === "closed" ? [] : [InteractionContextType.Guild]),
    ...(dmPolicy === "closed" ? [] : [InteractionContextType.BotDM]),
  ];
  if (contexts.length === 0) return { commands: [], leftOut: [] };
  const names = new Set<string>();
  const commands: SlashCommand[] = [];
  const leftOut: string[] = [];
  const add = (name: string, description: string, isForAll = true) => {
    if (names.has(name)) return;
    if (commands.length >= COMMAND_LIMITS.count) {
      leftOut.push(name);
      return;
    }
    names.add(name);
    commands.push({
      type: ApplicationCommandType.ChatInput,
      name,
      description: [...description].slice(0, COMMAND_LIMITS.description).join(""),
      options: [TEXT],
      default_member_permissions: isForAll ? null : "0",
      contexts,
      integration_types: [ApplicationIntegrationType.GuildInstall],
    });
  };
  const runtime = menu.filter(({ source }) => source === "runtime");
  for (const { name, description, people } of runtime) add(name, description, people === undefined);
  for (const { command, description } of customCommands) add(command, description);
  for (const { name, description } of menu) add(name, description);
  return { commands, leftOut };
}

/** What is written after a command's name. */
const TEXT: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  name: "text",
  description: "What to say with it",
  required: false,
};
