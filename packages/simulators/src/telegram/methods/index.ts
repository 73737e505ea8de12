import { deleteMyCommands, getMe, getMyCommands, setMyCommands } from "./account.js";
import { getChat, getChatAdministrators, getChatMember, getChatMemberCount, getFile } from "./chats.js";
import { sendMessageDraft } from "./drafts.js";
import { editMessageCaption, editMessageReplyMarkup } from "./edits.js";
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
import { pinChatMessage, unpinAllChatMessages, unpinChatMessage } from "./pins.js";
import { sendContact, sendLocation, sendVenue } from "./places.js";
import { sendPoll, stopPoll } from "./polls.js";
import { answerCallbackQuery, setMessageReaction } from "./reactions.js";
import { closeForumTopic, createForumTopic, editForumTopic, reopenForumTopic } from "./topics.js";
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
  sendMessageDraft,
  sendPhoto,
  sendVideo,
  sendAnimation,
  sendAudio,
  sendVoice,
  sendDocument,
  sendSticker,
  sendMediaGroup,
  sendLocation,
  sendVenue,
  sendContact,
  sendPoll,
  stopPoll,
  editMessageText,
  editMessageCaption,
  editMessageReplyMarkup,
  deleteMessage,
  sendChatAction,
  setMessageReaction,
  answerCallbackQuery,
  pinChatMessage,
  unpinChatMessage,
  unpinAllChatMessages,
  createForumTopic,
  editForumTopic,
  closeForumTopic,
  reopenForumTopic,
  getChat,
  getChatMember,
  getChatAdministrators,
  getChatMemberCount,
  getFile,
];

const BY_NAME = new Map(ALL.map((method) => [method.name.toLowerCase(), method]));

/** Method names do not distinguish case (Bot API, "Making requests"). */
export function findMethod(name: string): Method | undefined {
  return BY_NAME.get(name.toLowerCase());
}
