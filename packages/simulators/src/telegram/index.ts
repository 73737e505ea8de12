/** A local Telegram that speaks the Bot API. Start with `startTelegramSimulator`. */
export type { Message, MessageEntity, Update, User } from "@grammyjs/types";
export type { ApiCall } from "./api.js";
export type { BotOptions } from "./bot.js";
export type { ChatAction, Right } from "./chat.js";
export { CONFORMANCE_STICKER, startTelegramConformance } from "./conformance.js";
export { BotHandle } from "./driver/bot.js";
export { ChannelHandle, type ChannelOptions } from "./driver/channel.js";
export { Conversation, type HearOptions } from "./driver/conversation.js";
export { GroupHandle, type GroupOptions, type Somebody, TopicHandle } from "./driver/group.js";
export type { Media } from "./driver/media.js";
export { type Press, type SayOptions, type SendOptions, Speaker } from "./driver/speaker.js";
export { DirectChat, UserHandle } from "./driver/user.js";
export { OUTAGES, type Outage } from "./outages.js";
export {
  type BotMessage,
  startTelegramSimulator,
  TelegramSimulator,
  type TelegramSimulatorOptions,
  type UserOptions,
} from "./simulator.js";
export type { WireUpdate } from "./updates.js";
