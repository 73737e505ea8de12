import type { APIStickerItem } from "discord-api-types/v10";
import type { Channel } from "../channel.js";
import { ApiError } from "../errors.js";
import { has, P } from "./find.js";
import type { Context } from "./route.js";

/** The stickers with these ids; those of other servers need a permission. */
export function stickersFor(context: Context, channel: Channel, ids: readonly string[]): APIStickerItem[] {
  return ids.map((id) => {
    const own = channel.guild?.stickers.get(id);
    const elsewhere = [...context.world.guilds.values()].flatMap(({ stickers }) => stickers.get(id) ?? [])[0];
    const sticker = own ?? (has(context, channel, P.UseExternalStickers) ? elsewhere : undefined);
    if (sticker === undefined) throw new ApiError(400, 50081, "Invalid sticker sent");
    const { name, format_type } = sticker;
    return { id, name, format_type };
  });
}
