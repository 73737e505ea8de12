import { z } from "zod";
import type { Person, Said } from "../platform.js";

/*
 * What the admin door of the Discord simulator says, as the chat needs it.
 */

interface Component {
  readonly label?: string | undefined;
  /** A row has buttons, and so on. */
  readonly components?: readonly Component[] | undefined;
}

const component: z.ZodType<Component> = z.object({
  label: z.string().optional(),
  get components() {
    return z.array(component).optional();
  },
});

/** Its chat is the channel or thread in which it stands. */
export const message = z
  .object({
    id: z.string(),
    channel_id: z.string(),
    content: z.string(),
    components: z.array(component).default([]),
  })
  .transform(
    ({ id, channel_id: chat, content, components }): Said => ({
      id,
      chat,
      thread: null,
      text: shown(content),
      buttons: labelsOf(components),
    }),
  );

export const person = z
  .object({ id: z.string(), username: z.string(), global_name: z.string().nullish() })
  .transform(({ id, username, global_name }): Person => ({ id, username, name: global_name ?? username }));

const named = z.object({ id: z.string(), name: z.string() });
const channel = named.extend({
  /** What a thread hangs from. */
  parent: z.string().nullable(),
});
const guild = named.extend({ channels: z.array(channel) });
const bot = z.object({
  id: z.string(),
  username: z.string(),
  online: z.boolean(),
  pendingEvents: z.number(),
  commands: z.number(),
});

export const state = z.object({ bots: z.array(bot), users: z.array(person), guilds: z.array(guild) });

export const command = z.object({
  name: z.string(),
  options: z.array(z.object({ name: z.string(), type: z.number() })),
});

export const made = z.object({ id: z.string() });

export type Channel = z.infer<typeof channel>;
export type Guild = z.infer<typeof guild>;
export type Command = z.infer<typeof command>;
export type Bot = z.infer<typeof bot>;

/** Discord's programs show an escaped character without its backslash, but not in code. */
function shown(markdown: string): string {
  return markdown.replace(
    /\\([^A-Za-z0-9\s])|(```[\s\S]*?```|`[^`\n]+`)/g,
    (_, escaped?: string, code?: string) => escaped ?? code ?? "",
  );
}

function labelsOf(components: readonly Component[]): readonly string[] {
  return components.flatMap(({ label, components: inner = [] }) => [
    ...(label === undefined ? [] : [label]),
    ...labelsOf(inner),
  ]);
}
