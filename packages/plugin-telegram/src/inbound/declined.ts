const BUSINESS = "it belongs to a business account's own chats, which this connector does not serve";
const INLINE = "inline queries are not answered";
const PAYMENT = "payments are not handled";
const MEMBERS = "changes of other members are not followed";
const BOOST = "boosts are not followed";

/** Kinds of updates that are never asked for, and why. They come only where something else set what the bot is sent. */
const DECLINED: Readonly<Record<string, string>> = {
  business_connection: BUSINESS,
  business_message: BUSINESS,
  edited_business_message: BUSINESS,
  deleted_business_messages: BUSINESS,
  guest_message: "the bot is no member of the chat, and guests' messages are not answered",
  inline_query: INLINE,
  chosen_inline_result: INLINE,
  shipping_query: PAYMENT,
  pre_checkout_query: PAYMENT,
  purchased_paid_media: PAYMENT,
  subscription: PAYMENT,
  chat_member: MEMBERS,
  chat_join_request: "requests to join are left to the administrators",
  chat_boost: BOOST,
  removed_chat_boost: BOOST,
  message_reaction_count: "it counts anonymous reactions, which nobody gave that could be named",
};

/** Why updates of this kind are left out; undefined for a kind that is not known. */
export function declined(kind: string): string | undefined {
  return Object.hasOwn(DECLINED, kind) ? `${kind}: ${DECLINED[kind]}` : undefined;
}
