import { join } from "node:path";
import { findChat } from "../access.js";
import { badRequest } from "../errors.js";
import { chatId, integer, text } from "../params.js";
import { method } from "./method.js";

/** getFile (Bot API): "bots can download files of up to 20MB" */
const MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024;

const NO_GIFTS = {
  unlimited_gifts: false,
  limited_gifts: false,
  unique_gifts: false,
  premium_subscription: false,
  gifts_from_channels: false,
};

export const getChat = method("getChat", { chat_id: chatId.default("") }, ({ world, bot }, params) => {
  const chat = findChat(world, bot, params.chat_id);
  return { ...chat.info, accent_color_id: 0, max_reaction_count: 11, accepted_gift_types: NO_GIFTS };
});

export const getChatMember = method(
  "getChatMember",
  { chat_id: chatId.default(""), user_id: integer.default(0) },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    const user = world.findUser(params.user_id);
    if (user === undefined) throw badRequest("user not found");
    if (chat.peers !== undefined) {
      const isPeer = user.id === bot.user.id || user.id === chat.peers.user.id;
      return isPeer ? { status: "member", user } : { status: "left", user };
    }
    return chat.member(user);
  },
);

export const getChatAdministrators = method(
  "getChatAdministrators",
  { chat_id: chatId.default("") },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    if (chat.peers !== undefined) throw badRequest("there are no administrators in the private chat");
    return [...chat.members.values()]
      .filter(({ user }) => chat.isAdmin(user.id) && (!user.is_bot || user.id === bot.user.id))
      .map(({ user }) => chat.member(user));
  },
);

export const getChatMemberCount = method(
  "getChatMemberCount",
  { chat_id: chatId.default("") },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    if (chat.peers !== undefined) return 2;
    return [...chat.members.values()].filter(({ user }) => chat.isMember(user.id)).length;
  },
);

export const getFile = method("getFile", { file_id: text.default("") }, ({ world, bot }, { file_id }) => {
  if (file_id === "") throw badRequest("file_id not specified");
  const file = world.files.get(file_id);
  if (file === undefined) throw badRequest("wrong file_id or the file is temporarily unavailable");
  const { localFolder } = world.files;
  if (localFolder === undefined && file.bytes.length > MAX_DOWNLOAD_BYTES)
    throw badRequest("file is too big");
  return {
    file_id: file.file_id,
    file_unique_id: file.file_unique_id,
    file_size: file.bytes.length,
    file_path: localFolder === undefined ? file.path : world.files.onDisk(file, join(localFolder, bot.token)),
  };
});
