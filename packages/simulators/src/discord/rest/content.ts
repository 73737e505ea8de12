import { type APIAttachment, type APIEmbed, EmbedType, MessageFlags } from "discord-api-types/v10";
import { z } from "zod";
import type { Channel } from "../channel.js";
import { checkComponents, componentsField } from "../components.js";
import { emptyMessage, invalidField } from "../errors.js";
import { text } from "../form.js";
import { snowflake } from "../snowflake.js";
import type { World } from "../world.js";
import { type RequestBody, tooLarge } from "./request.js";

/*
 * What a message is made of, as bots, webhooks and answers to interactions send it (Discord, "Create Message").
 */

const MAX_CONTENT = 2_000;
const MAX_EMBEDS = 10;
/** Over all embeds of a message. */
const MAX_EMBED_TEXT = 6_000;
const MAX_FILES = 10;
/** Of one file, for a server without boosts. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

const media = z.object({ url: text(2048) });
const embed = z.object({
  title: text(256).exactOptional(),
  description: text(4096).exactOptional(),
  url: text(2048).exactOptional(),
  timestamp: z.string().exactOptional(),
  color: z.int().min(0).max(0xffffff).exactOptional(),
  footer: z.object({ text: text(2048), icon_url: text(2048).exactOptional() }).exactOptional(),
  image: media.exactOptional(),
  thumbnail: media.exactOptional(),
  author: z
    .object({ name: text(256), url: text(2048).exactOptional(), icon_url: text(2048).exactOptional() })
    .exactOptional(),
  fields: z
    .array(z.object({ name: text(256, 1), value: text(1024, 1), inline: z.boolean().exactOptional() }))
    .max(25)
    .exactOptional(),
});

const allowedMentionsField = z.object({
  parse: z.array(z.enum(["users", "roles", "everyone"])).optional(),
  users: z.array(snowflake).max(100).optional(),
  roles: z.array(snowflake).max(100).optional(),
  replied_user: z.boolean().optional(),
});

const attachmentField = z.object({
  id: z.union([z.string(), z.int()]).transform(String),
  filename: z.string().optional(),
  description: text(1024).optional(),
  title: z.string().optional(),
  duration_secs: z.number().optional(),
  waveform: z.string().optional(),
});

export const messageFields = {
  content: text(MAX_CONTENT).nullish(),
  embeds: z.array(embed).max(MAX_EMBEDS).nullish(),
  allowed_mentions: allowedMentionsField.nullish(),
  components: componentsField.nullish(),
  attachments: z.array(attachmentField).nullish(),
  flags: z.int().nullish(),
  // discord.js sends these two with everything; only a new message heeds them.
  tts: z.boolean().nullish(),
  enforce_nonce: z.boolean().nullish(),
};

const fields = z.object(messageFields);
export type MessageFields = z.output<typeof fields>;

export interface Content {
  content: string | undefined;
  embeds: APIEmbed[] | undefined;
  components: ReturnType<typeof checkComponents> | undefined;
  attachments: APIAttachment[] | undefined;
  flags: number;
}

/** Flags that a bot can set. */
const SETTABLE =
  MessageFlags.SuppressEmbeds |
  MessageFlags.SuppressNotifications |
  MessageFlags.IsVoiceMessage |
  MessageFlags.IsComponentsV2 |
  MessageFlags.Ephemeral;

/**
 * Reads the content of a message, keeps its files, and refuses what Discord refuses.
 * @param kept attachments that are there already; `attachments` says which of them stay
 */
export function readContent(
  world: World,
  channel: Channel,
  input: MessageFields,
  body: RequestBody,
  kept: readonly APIAttachment[] = [],
): Content {
  const flags = (input.flags ?? 0) & SETTABLE;
  const isV2 = (flags & MessageFlags.IsComponentsV2) !== 0;
  if (isV2 && ((input.content ?? "") !== "" || (input.embeds ?? []).length > 0))
    throw invalidField(
      "content",
      "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
      "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
    );
  const embeds = input.embeds?.map((item): APIEmbed => ({ ...item, type: EmbedType.Rich }));
  if (embeds !== undefined && embedLength(embeds) > MAX_EMBED_TEXT)
    throw invalidField(
      "embeds",
      "MAX_EMBED_SIZE_EXCEEDED",
      `Embed size exceeds maximum size of ${MAX_EMBED_TEXT}`,
    );
  return {
    content: input.content === null ? "" : input.content,
    embeds: input.embeds === null ? [] : embeds,
    components:
      input.components === null
        ? []
        : input.components === undefined
          ? undefined
          : checkComponents(input.components, isV2),
    attachments: readFiles(world, channel, input.attachments, body, kept),
    flags,
  };
}

/** @throws ApiError 50006 when there is nothing in it */
export function checkNotEmpty({ content, embeds, components, attachments }: Content, others: boolean): void {
  const isEmpty =
    (content ?? "").trim() === "" &&
    (embeds ?? []).length === 0 &&
    (components ?? []).length === 0 &&
    (attachments ?? []).length === 0;
  if (isEmpty && !others) throw emptyMessage();
}

function readFiles(
  world: World,
  channel: Channel,
  described: MessageFields["attachments"],
  { files }: RequestBody,
  kept: readonly APIAttachment[],
): APIAttachment[] | undefined {
  if (files.size === 0 && described === undefined) return undefined;
  const staying =
    described == null ? kept : kept.filter(({ id }) => described.some((item) => item.id === id));
  const strange = (described ?? []).findIndex(
    ({ id }) => !files.has(Number(id)) && !kept.some((attachment) => attachment.id === id),
  );
  if (strange >= 0)
    throw invalidField(`attachments.${strange}.id`, "MESSAGE_ATTACHMENT_NOT_FOUND", "Attachment not found");
  if (staying.length + files.size > MAX_FILES)
    throw invalidField("attachments", "BASE_TYPE_MAX_LENGTH", `Must be ${MAX_FILES} or fewer in length.`);
  const added = [...files].map(([number, file]) => {
    if (file.bytes.length > MAX_FILE_BYTES) throw tooLarge();
    const about = described?.find(({ id }) => id === String(number));
    const attachment = world.cdn.add(world.ids.next(), channel.id, {
      ...file,
      name: about?.filename ?? file.name,
    });
    return {
      ...attachment,
      ...(about?.description !== undefined && { description: about.description }),
      ...(about?.duration_secs !== undefined && { duration_secs: about.duration_secs }),
      ...(about?.waveform !== undefined && { waveform: about.waveform }),
    };
  });
  return [...staying, ...added];
}

function embedLength(embeds: readonly APIEmbed[]): number {
  const texts = embeds.flatMap(({ title, description, footer, author, fields: items = [] }) => [
    title,
    description,
    footer?.text,
    author?.name,
    ...items.flatMap(({ name, value }) => [name, value]),
  ]);
  return texts.reduce((sum, item) => sum + [...(item ?? "")].length, 0);
}
