import type { BotCommand } from "@grammyjs/types";
import { z } from "zod";
import { badRequest } from "../errors.js";
import { type CommandScope, scopeKey } from "../menu.js";
import { json, text } from "../params.js";
import { type MethodContext, method } from "./method.js";

/** setMyCommands and BotCommand (Bot API) */
const MAX_COMMANDS = 100;
const MAX_NAME = 32;
const MAX_DESCRIPTION = 256;
/** Of all names and descriptions. Not documented; found by people who bisected it (63 commands with 5,607 pass, with 5,733 not). */
const MAX_TOTAL_BYTES = 5_700;

const scopeSchema = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["default", "all_private_chats", "all_group_chats", "all_chat_administrators"]) }),
  z.object({
    type: z.enum(["chat", "chat_administrators"]),
    chat_id: z.union([z.string(), z.int()]),
  }),
  z.object({ type: z.literal("chat_member"), chat_id: z.union([z.string(), z.int()]), user_id: z.int() }),
]);

const scoped = {
  scope: json(scopeSchema, "BotCommandScope").optional(),
  language_code: text.optional(),
};

interface Scoped {
  scope?: CommandScope | undefined;
  language_code?: string | undefined;
}

function keyOf({ world, bot }: MethodContext, { scope = { type: "default" }, language_code = "" }: Scoped) {
  return scopeKey(world, bot, scope, language_code);
}

export const getMe = method("getMe", {}, ({ bot }) => bot.user);

export const setMyCommands = method(
  "setMyCommands",
  {
    commands: json(
      z.array(z.object({ command: z.string(), description: z.string() })),
      "BotCommand",
    ).optional(),
    ...scoped,
  },
  (context, { commands = [], ...params }) => {
    const cleaned = commands.map(clean);
    const total = cleaned.reduce((sum, each) => sum + Buffer.byteLength(each.command + each.description), 0);
    if (cleaned.length > MAX_COMMANDS || total > MAX_TOTAL_BYTES) throw badRequest("BOT_COMMANDS_TOO_MUCH");
    if (cleaned.some(({ command }) => !/^[a-z0-9_]+$/.test(command))) throw badRequest("BOT_COMMAND_INVALID");
    context.bot.commands.set(keyOf(context, params), cleaned);
    context.world.changed();
    return true;
  },
);

/** Lengths count code points (TDLib, BotCommand.cpp). */
function clean(written: BotCommand): BotCommand {
  const command = written.command.trim().replace(/^\//, "");
  const description = written.description.trim();
  if (command === "") throw badRequest("command must be non-empty");
  if ([...command].length > MAX_NAME) throw badRequest(`command length must not exceed ${MAX_NAME}`);
  if (description === "") throw badRequest("command description must be non-empty");
  if ([...description].length > MAX_DESCRIPTION)
    throw badRequest(`command description length must not exceed ${MAX_DESCRIPTION}`);
  return { command, description };
}

export const getMyCommands = method("getMyCommands", scoped, (context, params) => {
  return context.bot.commands.get(keyOf(context, params)) ?? [];
});

export const deleteMyCommands = method("deleteMyCommands", scoped, (context, params) => {
  context.bot.commands.delete(keyOf(context, params));
  context.world.changed();
  return true;
});
