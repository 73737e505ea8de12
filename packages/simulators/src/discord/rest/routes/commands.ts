import { ApplicationCommandType } from "discord-api-types/v10";
import { z } from "zod";
import type { Command } from "../../bot.js";
import { ApiError, invalidField, unknown } from "../../errors.js";
import { text } from "../../form.js";
import { guildIn, idIn } from "../find.js";
import { Answer, type Context, nothing, route } from "../route.js";

/** Slash commands, of a bot everywhere or in one server. */
const MAX_COMMANDS = 100;
const NAME = /^[-_'\p{L}\p{N}]{1,32}$/u;

const option: z.ZodType<Command["options"]> = z
  .array(z.looseObject({ type: z.int(), name: z.string().regex(NAME), description: text(100, 1) }))
  .max(25);

const fields = z.looseObject({
  name: text(32, 1),
  description: text(100).optional(),
  type: z.enum(ApplicationCommandType).default(ApplicationCommandType.ChatInput),
  options: option.optional(),
});

/** The bot's commands, everywhere or in the server in the path. */
function commandsIn(context: Context): Map<string, Command> {
  const { bot } = context;
  if (idIn(context, "application") !== bot.id)
    throw new ApiError(403, 20012, "You are not authorized to perform this action on this application");
  const guild = context.params.has("guild") ? guildIn(context).id : "";
  const known = bot.commands.get(guild) ?? new Map<string, Command>();
  bot.commands.set(guild, known);
  return known;
}

function make(context: Context, input: z.output<typeof fields>, index?: number): Command {
  const where = index === undefined ? "" : `${index}.`;
  const isSlash = input.type === ApplicationCommandType.ChatInput;
  if (isSlash && (!NAME.test(input.name) || input.name !== input.name.toLowerCase()))
    throw invalidField(`${where}name`, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
  if (isSlash && (input.description ?? "") === "")
    throw invalidField(`${where}description`, "BASE_TYPE_REQUIRED", "This field is required");
  const { ids } = context.world;
  return {
    ...input,
    id: ids.next(),
    application_id: context.bot.id,
    version: ids.next(),
    description: input.description ?? "",
    options: input.options ?? [],
    ...(context.params.has("guild") && { guild_id: idIn(context, "guild") }),
  };
}

function put(known: Map<string, Command>, command: Command): Command {
  const same = [...known.values()].find(({ name, type }) => name === command.name && type === command.type);
  const kept = same === undefined ? command : { ...command, id: same.id };
  known.set(kept.id, kept);
  if (known.size > MAX_COMMANDS)
    throw new ApiError(400, 30032, `Maximum number of application commands reached (${MAX_COMMANDS}).`);
  return kept;
}

function overwriteAll(context: Context<z.output<typeof fields>[]>): Command[] {
  const known = commandsIn(context);
  const old = new Map(known);
  const made = context.input.map((input, index) => make(context, input, index));
  const names = new Set(made.map(({ name, type }) => `${type}/${name}`));
  if (names.size < made.length) throw new ApiError(400, 50035, "Application command names must be unique");
  known.clear();
  return made.map((command) => {
    const same = [...old.values()].find(({ name, type }) => name === command.name && type === command.type);
    return put(known, same === undefined ? command : { ...command, id: same.id });
  });
}

function commandIn(context: Context): Command {
  const command = commandsIn(context).get(idIn(context, "command"));
  if (command === undefined) throw unknown("application command");
  return command;
}

const EVERYWHERE = "/applications/:application/commands";
const IN_GUILD = "/applications/:application/guilds/:guild/commands";
const list = { ...nothing, query: z.object({ with_localizations: z.string().optional() }) };
const one = { ...nothing, body: fields };
const all = { ...nothing, body: z.array(fields).max(MAX_COMMANDS + 30) };
const getAll = (context: Context) => [...commandsIn(context).values()];
const create = (context: Context<z.output<typeof fields>>) =>
  new Answer(201, put(commandsIn(context), make(context, context.input)));
const remove = (context: Context) => {
  commandsIn(context).delete(commandIn(context).id);
};

export const commandRoutes = [
  route("bulkOverwriteGlobalApplicationCommands", `PUT ${EVERYWHERE}`, all, overwriteAll),
  route("bulkOverwriteGuildApplicationCommands", `PUT ${IN_GUILD}`, all, overwriteAll),
  route("getGlobalApplicationCommands", `GET ${EVERYWHERE}`, list, getAll),
  route("getGuildApplicationCommands", `GET ${IN_GUILD}`, list, getAll),
  route("createGlobalApplicationCommand", `POST ${EVERYWHERE}`, one, create),
  route("createGuildApplicationCommand", `POST ${IN_GUILD}`, one, create),
  route("getGlobalApplicationCommand", `GET ${EVERYWHERE}/:command`, nothing, commandIn),
  route("getGuildApplicationCommand", `GET ${IN_GUILD}/:command`, nothing, commandIn),
  route("deleteGlobalApplicationCommand", `DELETE ${EVERYWHERE}/:command`, nothing, remove),
  route("deleteGuildApplicationCommand", `DELETE ${IN_GUILD}/:command`, nothing, remove),
];
