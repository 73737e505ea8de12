import { Rejected } from "@elizaos/connector-core";

const CUSTOM = /^<?(?:a?:)?(\w{2,32}):(\d{15,20})>?$/;
const STANDARD = /\p{Extended_Pictographic}|\p{Regional_Indicator}|[#*0-9]\ufe0f?\u20e3/u;

/** An emoji as routes name it: itself, or `name:id` of a server's own (API reference, "Create Reaction"). Throws `Rejected` for other text. */
export function emojiParam(written: string): string {
  const text = written.trim();
  if (!isEmoji(text))
    throw new Rejected(`"${text}" is no emoji. A server's own is written as name:id.`, {
      where: "PUT reaction",
    });
  const [, name, id] = CUSTOM.exec(text) ?? [];
  return encodeURIComponent(name !== undefined && id !== undefined ? `${name}:${id}` : text);
}

/** Whether a text is an emoji: a standard one, or one of a server as `name:id`. */
export function isEmoji(written: string): boolean {
  const text = written.trim();
  return CUSTOM.test(text) || STANDARD.test(text);
}
