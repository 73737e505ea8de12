import type { Message } from "@grammyjs/types";
import type { SimChat } from "../chat.js";
import type { BotHandle } from "./bot.js";
import type { DriverContext } from "./context.js";
import { Conversation } from "./conversation.js";
import type { GroupHandle } from "./group.js";
import { type SayOptions, Speaker } from "./speaker.js";

export interface ChannelOptions {
  /** Negative. Default: the next free one. */
  id?: number;
  username?: string;
  /** Bots that are administrators. Default: all that exist. */
  bots?: readonly BotHandle[];
}

/** A channel. Its posts have no sender but the channel. */
export class ChannelHandle extends Conversation {
  /** The handle's chat, for the simulator's own use. */
  readonly state: SimChat;

  constructor(context: DriverContext, chat: SimChat) {
    super(context, chat);
    this.state = chat;
  }

  /** From now on, posts appear in this group by themselves, to be discussed there. */
  discussedIn(group: GroupHandle): void {
    this.state.discussion = group.state;
  }

  async posts(
    text: string,
    { signature, ...options }: SayOptions & { signature?: string } = {},
  ): Promise<Message> {
    return await this.#as(signature).says(text, options);
  }

  async edits(post: Pick<Message, "message_id">, text: string, options: SayOptions = {}): Promise<Message> {
    return await this.#as(undefined).edits(post, text, options);
  }

  #as(signature: string | undefined): Speaker {
    return new Speaker(this.context, this.chat, {
      kind: "channel",
      channel: this.chat,
      ...(signature === undefined ? {} : { signature }),
    });
  }
}
