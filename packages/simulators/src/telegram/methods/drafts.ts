import { checkReachable, findChat, findThread } from "../access.js";
import { badRequest } from "../errors.js";
import { chatId, entities, integer, text } from "../params.js";
import { checkLength, formatText } from "../text/format.js";
import { method } from "./method.js";

export const sendMessageDraft = method(
  "sendMessageDraft",
  {
    chat_id: chatId.default(""),
    message_thread_id: integer.optional(),
    draft_id: integer.default(0),
    text: text.default(""),
    parse_mode: text.optional(),
    entities: entities.optional(),
  },
  ({ world, bot }, params) => {
    const chat = findChat(world, bot, params.chat_id);
    const thread = findThread(chat, params.message_thread_id);
    // Drafts are for private chats, and there some are refused as well.
    if (chat.peers === undefined || chat.refusesDrafts) throw badRequest("TEXTDRAFT_PEER_INVALID");
    if (params.draft_id === 0) throw badRequest("TEXTDRAFT_ID_INVALID");
    checkReachable(chat);
    const content =
      params.text === ""
        ? { text: "", entities: [] }
        : formatText({
            text: params.text,
            parseMode: params.parse_mode,
            entities: params.entities,
            findUser: world.findUser,
          });
    if (content.text !== "") checkLength(content);
    chat.showDraft({ ...content, id: params.draft_id, thread, at: world.clock.now() });
    world.changed();
    return true;
  },
);
