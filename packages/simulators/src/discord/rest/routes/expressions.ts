import {
  type APIEmoji,
  type APISticker,
  GatewayDispatchEvents as E,
  StickerFormatType,
  StickerType,
} from "discord-api-types/v10";
import { z } from "zod";
import { ApiError, invalidField, unknown } from "../../errors.js";
import { readForm, text } from "../../form.js";
import type { Guild } from "../../guild.js";
import { snowflake } from "../../snowflake.js";
import { guildIn, idIn, P } from "../find.js";
import { tooLarge } from "../request.js";
import { Answer, type Context, nothing, route } from "../route.js";

/** Of each kind, for a server without boosts. */
const MAX_EMOJIS = 50;
const MAX_EMOJI_BYTES = 256 * 1024;
const MAX_STICKERS = 5;
const MAX_STICKER_BYTES = 512 * 1024;

function emojisChanged({ world }: Context, guild: Guild): void {
  const emojis = [...guild.emojis.values()];
  world.dispatcher.emit({ event: E.GuildEmojisUpdate, guild, data: () => ({ guild_id: guild.id, emojis }) });
}

function stickersChanged({ world }: Context, guild: Guild): void {
  const stickers = [...guild.stickers.values()];
  world.dispatcher.emit({
    event: E.GuildStickersUpdate,
    guild,
    data: () => ({ guild_id: guild.id, stickers }),
  });
}

const listGuildEmojis = route("listGuildEmojis", "GET /guilds/:guild/emojis", nothing, (context) => [
  ...guildIn(context).emojis.values(),
]);

const getGuildEmoji = route("getGuildEmoji", "GET /guilds/:guild/emojis/:emoji", nothing, (context) => {
  const emoji = guildIn(context).emojis.get(idIn(context, "emoji"));
  if (emoji === undefined) throw unknown("Emoji");
  return emoji;
});

const createGuildEmoji = route(
  "createGuildEmoji",
  "POST /guilds/:guild/emojis",
  {
    ...nothing,
    body: z.object({ name: text(32, 2), image: z.string(), roles: z.array(snowflake).default([]) }),
  },
  (context) => {
    const { world, bot, input } = context;
    const guild = guildIn(context, P.CreateGuildExpressions);
    const [, media, data] = /^data:image\/(png|jpe?g|gif|webp|avif);base64,(.+)$/s.exec(input.image) ?? [];
    if (media === undefined || data === undefined)
      throw invalidField("image", "IMAGE_INVALID", "Invalid image data");
    if (!/^\w+$/.test(input.name))
      throw invalidField("name", "STRING_TYPE_REGEX", "String value did not match validation regex.");
    if (Buffer.from(data, "base64").length > MAX_EMOJI_BYTES)
      throw invalidField("image", "BINARY_TYPE_MAX_SIZE", "File cannot be larger than 256.0 kb.");
    if (guild.emojis.size >= MAX_EMOJIS)
      throw new ApiError(400, 30008, `Maximum number of emojis reached (${MAX_EMOJIS})`);
    const emoji: APIEmoji = {
      id: world.ids.next(),
      name: input.name,
      roles: input.roles,
      user: bot.user,
      require_colons: true,
      managed: false,
      animated: media === "gif",
      available: true,
    };
    guild.emojis.set(emoji.id ?? "", emoji);
    emojisChanged(context, guild);
    return new Answer(201, emoji);
  },
);

const modifyGuildEmoji = route(
  "modifyGuildEmoji",
  "PATCH /guilds/:guild/emojis/:emoji",
  { ...nothing, body: z.object({ name: text(32, 2).optional(), roles: z.array(snowflake).nullish() }) },
  (context) => {
    const guild = guildIn(context, P.ManageGuildExpressions);
    const emoji = guild.emojis.get(idIn(context, "emoji"));
    if (emoji === undefined) throw unknown("Emoji");
    if (context.input.name !== undefined) emoji.name = context.input.name;
    if (context.input.roles != null) emoji.roles = context.input.roles;
    emojisChanged(context, guild);
    return emoji;
  },
);

const deleteGuildEmoji = route(
  "deleteGuildEmoji",
  "DELETE /guilds/:guild/emojis/:emoji",
  nothing,
  (context) => {
    const guild = guildIn(context, P.ManageGuildExpressions);
    if (!guild.emojis.delete(idIn(context, "emoji"))) throw unknown("Emoji");
    emojisChanged(context, guild);
  },
);

const listGuildStickers = route("listGuildStickers", "GET /guilds/:guild/stickers", nothing, (context) => [
  ...guildIn(context).stickers.values(),
]);

const getGuildSticker = route(
  "getGuildSticker",
  "GET /guilds/:guild/stickers/:sticker",
  nothing,
  (context) => {
    const sticker = guildIn(context).stickers.get(idIn(context, "sticker"));
    if (sticker === undefined) throw unknown("Sticker");
    return sticker;
  },
);

const FORMATS: Record<string, StickerFormatType> = {
  "image/png": StickerFormatType.PNG,
  "image/apng": StickerFormatType.APNG,
  "image/gif": StickerFormatType.GIF,
  "application/json": StickerFormatType.Lottie,
};

const stickerForm = z.object({
  name: text(30, 2),
  description: text(100).default(""),
  tags: text(200, 1),
});

const createGuildSticker = route("createGuildSticker", "POST /guilds/:guild/stickers", nothing, (context) => {
  const { world, bot, body } = context;
  const guild = guildIn(context, P.CreateGuildExpressions);
  const form = readForm(stickerForm, Object.fromEntries(body.fields));
  const [file] = body.files.values();
  if (file === undefined) throw invalidField("file", "BASE_TYPE_REQUIRED", "This field is required");
  if (file.bytes.length > MAX_STICKER_BYTES) throw tooLarge();
  const format = FORMATS[file.mediaType] ?? formatOf(file.name);
  if (format === undefined) throw new ApiError(400, 50046, "Invalid file uploaded");
  if (guild.stickers.size >= MAX_STICKERS)
    throw new ApiError(400, 30039, `Maximum number of stickers reached (${MAX_STICKERS})`);
  const sticker: APISticker = {
    id: world.ids.next(),
    name: form.name,
    description: form.description === "" ? null : form.description,
    tags: form.tags,
    type: StickerType.Guild,
    format_type: format,
    available: true,
    guild_id: guild.id,
    user: bot.user,
  };
  guild.stickers.set(sticker.id, sticker);
  stickersChanged(context, guild);
  return new Answer(201, sticker);
});

function formatOf(name: string): StickerFormatType | undefined {
  const ending = name.toLowerCase().split(".").at(-1) ?? "";
  const formats: Record<string, StickerFormatType> = {
    png: StickerFormatType.PNG,
    apng: StickerFormatType.APNG,
    gif: StickerFormatType.GIF,
    json: StickerFormatType.Lottie,
  };
  return formats[ending];
}

const deleteGuildSticker = route(
  "deleteGuildSticker",
  "DELETE /guilds/:guild/stickers/:sticker",
  nothing,
  (context) => {
    const guild = guildIn(context, P.ManageGuildExpressions);
    if (!guild.stickers.delete(idIn(context, "sticker"))) throw unknown("Sticker");
    stickersChanged(context, guild);
  },
);

export const expressionRoutes = [
  listGuildEmojis,
  getGuildEmoji,
  createGuildEmoji,
  modifyGuildEmoji,
  deleteGuildEmoji,
  listGuildStickers,
  getGuildSticker,
  createGuildSticker,
  deleteGuildSticker,
];
