import { Rejected } from "@elizaos/connector-core";

const CUSTOM = /^<?(?:a?:)?(\w{2,32}):(\d{15,20})>?$/;

/** An emoji as routes name it: itself, or `name:id` of a server's own (API reference, "Create Reaction"). Throws `Rejected` for other text. */
export function emojiParam(written: string): string {
  const text = written.trim();
  const [, name, id] = CUSTOM.exec(text) ?? [];
  if (name !== undefined && id !== undefined) return encodeURIComponent(`${name}:${id}`);
  if (!/\p{Extended_Pictographic}|\p{Regional_Indicator}|[#*0-9]\ufe0f?\u20e3/u.test(text))
    throw new Rejected(`"${text}" is no emoji. A server's own is written as name:id.`, {
      where: "PUT reaction",
    });
  return encodeURIComponent(text);
}
