import { type Action, defineAction, ofThisChat } from "@elizaos/connector-core";
import { z } from "zod";
import { toChatId } from "../ids.js";
import { messageId } from "./input.js";
import type { Tools } from "./tools.js";

const addInput = z.strictObject({
  message: messageId
    .optional()
    .describe("Id of a message of this chat. Leave it out for the one that you are answering."),
  notify: z.boolean().default(false).describe("True notifies all members of the chat."),
});
const removeInput = z.strictObject({ message: messageId.describe("Id of a pinned message of this chat.") });

export function pinActions({ config: { actions }, request }: Tools): readonly Action[] {
  if (!actions.pins) return [];
  const add = defineAction({
    name: "pins.add",
    description: "Pins a message of this chat, so that everybody sees it at the top.",
    input: addInput,
    async run({ message, notify }, context) {
      const to = ofThisChat(context, message);
      const pin = {
        chat_id: toChatId(to.chat),
        message_id: Number(to.message),
        disable_notification: !notify,
      };
      await request("pinChatMessage", (raw, signal) => raw.pinChatMessage(pin, signal), context.signal);
      return { pinned: to.message };
    },
  });
  const remove = defineAction({
    name: "pins.remove",
    description: "Unpins a message of this chat.",
    input: removeInput,
    async run({ message }, context) {
      const to = ofThisChat(context, message);
      const pin = { chat_id: toChatId(to.chat), message_id: Number(to.message) };
      await request("unpinChatMessage", (raw, signal) => raw.unpinChatMessage(pin, signal), context.signal);
      return { unpinned: message };
    },
  });
  return [add, remove];
}
