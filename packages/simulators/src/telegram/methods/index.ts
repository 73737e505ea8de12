import { deleteMyCommands, getMe, getMyCommands, setMyCommands } from "./account.js";
import { getChat, getChatMember, getFile } from "./chats.js";
import {
  sendAnimation,
  sendAudio,
  sendDocument,
  sendMediaGroup,
  sendPhoto,
  sendSticker,
  sendVideo,
  sendVoice,
} from "./media.js";
import { deleteMessage, editMessageText, sendChatAction, sendMessage } from "./messages.js";
import type { Method } from "./method.js";
import { answerCallbackQuery, setMessageReaction } from "./reactions.js";
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from "./updates.js";

const ALL: readonly Method[] = [
  getMe,
  setMyCommands,
  getMyCommands,
  deleteMyCommands,
  getUpdates,
  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  sendMessage,
  sendPhoto,
  sendVideo,
  sendAnimation,
  sendAudio,
  sendVoice,
  sendDocument,
  sendSticker,
  sendMediaGroup,
  editMessageText,
  deleteMessage,
  sendChatAction,
  setMessageReaction,
  answerCallbackQuery,
  getChat,
  getChatMember,
  getFile,
];

const BY_NAME = new Map(ALL.map((method) => [method.name.toLowerCase(), method]));

/** Method names do not distinguish case (Bot API, "Making requests"). */
export function findMethod(name: string): Method | undefined {
  return BY_NAME.get(name.toLowerCase());
}
