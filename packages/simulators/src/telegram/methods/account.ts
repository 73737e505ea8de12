import type { BotCommand } from "@grammyjs/types";
import { z } from "zod";
import { findChat } from "../access.js";
import { badRequest } from "../errors.js";
import { json, text } from "../params.js";
import { type MethodContext, method } from "./method.js";

/** setMyCommands and BotCommand (Bot API) */
const MAX_COMMANDS = 100;
const COMMAND = /^[a-z0-9_]{1,32}$/;
const MAX_DESCRIPTION = 256;

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

function keyOf(
  { world, bot }: MethodContext,
  {
    scope,
    language_code = "",
  }: { scope?: z.output<typeof scopeSchema> | undefined; language_code?: string | undefined },
): string {
  if (scope !== undefined && "chat_id" in scope) findChat(world, bot, String(scope.chat_id));
  return `${JSON.stringify(scope ?? { type: "default" })}|${language_code}`;
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
    if (commands.length > MAX_COMMANDS) throw badRequest("BOT_COMMANDS_TOO_MUCH");
    const cleaned = commands.map(({ command, description }): BotCommand => {
      const name = command.replace(/^\//, "");
      if (!COMMAND.test(name)) throw badRequest("BOT_COMMAND_INVALID");
      if (description === "" || description.length > MAX_DESCRIPTION) {
        throw badRequest("BOT_COMMAND_DESCRIPTION_INVALID");
      }
      return { command: name, description };
    });
    context.bot.commands.set(keyOf(context, params), cleaned);
    return true;
  },
);

export const getMyCommands = method("getMyCommands", scoped, (context, params) => {
  return context.bot.commands.get(keyOf(context, params)) ?? [];
});

export const deleteMyCommands = method("deleteMyCommands", scoped, (context, params) => {
  context.bot.commands.delete(keyOf(context, params));
  return true;
});
