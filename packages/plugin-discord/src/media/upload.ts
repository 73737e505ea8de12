import type { RawFile } from "@discordjs/rest";
import type { DispatchContext, OutboundAttachment, Part, SendOperation } from "@elizaos/connector-core";
import { z } from "zod";
import { rowsOf } from "../buttons.js";
import type { DiscordConfig } from "../config.js";
import { answersOf } from "../interactions/route.js";
import { hasText, toMessages } from "../text.js";
import { MAX_FILES } from "./limits.js";

export { MAX_FILES } from "./limits.js";

export const fileSchema = z.object({ spool: z.string(), name: z.string(), mediaType: z.string() });

/** The calls of a message with files: ten at a time; the text goes with the first, and what does not fit follows. */
export async function prepareFiles(
  operation: SendOperation,
  attachments: readonly OutboundAttachment[],
  config: DiscordConfig,
): Promise<readonly Part[]> {
  const { replyTo, buttons, to } = operation;
  const [content = "", ...more] = hasText(operation) ? await toMessages(operation, config) : [];
  const groups = Array.from({ length: Math.ceil(attachments.length / MAX_FILES) }, (_, index) =>
    attachments.slice(index * MAX_FILES, (index + 1) * MAX_FILES),
  );
  const payloads = [
    ...groups.map((group, index) => ({
      content: index === 0 ? content : "",
      ...(index === 0 && replyTo !== undefined ? { replyTo } : {}),
      files: group.map(({ spool, name, mediaType }) => ({ spool, name, mediaType })),
    })),
    ...more.map((text) => ({ content: text })),
  ];
  return payloads.map((payload, index) => ({
    call: "POST channel messages",
    payload: {
      ...payload,
      ...(index === payloads.length - 1 ? rowsOf(buttons) : {}),
      ...answersOf(to),
    },
  }));
}

/** The files' bytes, read anew each time. */
export function readFiles(
  files: readonly z.infer<typeof fileSchema>[],
  open: DispatchContext["open"],
): Promise<RawFile[]> {
  return Promise.all(
    files.map(async ({ spool, name, mediaType: contentType }) => ({
      name,
      contentType,
      data: Buffer.from(await new Response(await open({ spool })).arrayBuffer()),
    })),
  );
}
