/** Updates as Telegram sends them, written from the Bot API's "Available types". */

export const BOT = { id: "8765336106", username: "vercelchatsdkbot" };
export const BOT_USER = { id: 8765336106, is_bot: true, first_name: "Helper", username: "vercelchatsdkbot" };
export const ADA = {
  id: 1001,
  is_bot: false,
  first_name: "Ada",
  last_name: "Lovelace",
  username: "ada",
  language_code: "en",
};
export const OTHER_BOT = { id: 2002, is_bot: true, first_name: "Other", username: "other_bot" };
export const DM = { id: 1001, type: "private", first_name: "Ada", username: "ada" };
export const GROUP = { id: -1001234567890, type: "supergroup", title: "Engines", is_forum: true };
export const CHANNEL = { id: -1009999999999, type: "channel", title: "News", username: "news" };

export function entity(type: string, text: string, part: string, more: object = {}): object {
  return { type, offset: text.indexOf(part), length: part.length, ...more };
}

export function message(fields: object): object {
  return { message_id: 7, date: 1_767_225_000, from: ADA, chat: DM, ...fields };
}

let nextUpdate = 312_744_000;

export function update(kind: string, value: object): { update_id: number } {
  return { update_id: nextUpdate++, [kind]: value };
}
