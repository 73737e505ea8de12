/** A local Discord that speaks REST v10 and the gateway. Start with `startDiscordSimulator`. */
export type { BotOptions, PrivilegedIntent } from "./bot.js";
export type { Component } from "./components.js";
export { startDiscordConformance } from "./conformance.js";
export { BotHandle } from "./driver/bot.js";
export { ChannelHandle } from "./driver/channel.js";
export { Conversation, type HearOptions, type MessageRef } from "./driver/conversation.js";
export { type ChannelOptions, GuildHandle, type GuildOptions, type Somebody } from "./driver/guild.js";
export { type Outcome, Press } from "./driver/press.js";
export { type SayOptions, type SentFile, Speaker } from "./driver/speaker.js";
export { DirectChat, UserHandle } from "./driver/user.js";
export type { GatewayOptions } from "./gateway/gateway.js";
export type { Modal } from "./interactions.js";
export type { Message } from "./message.js";
export type { ApiCall } from "./rest/api.js";
export {
  type BotMessage,
  DiscordSimulator,
  type DiscordSimulatorOptions,
  startDiscordSimulator,
  type UserOptions,
} from "./simulator.js";
