import type { RawFile } from "@discordjs/rest";
import type { DispatchContext, OutboundAttachment, Part, SendOperation } from "@elizaos/connector-core";
import { z } from "zod";
import type { DiscordConfig } from "../config.js";
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
  const { replyTo } = operation;
  const [content = "", ...more] = hasText(operation) ? await toMessages(operation, config) : [];
  const groups = Array.from({ length: Math.ceil(attachments.length / MAX_FILES) }, (_, index) =>
    attachments.slice(index * MAX_FILES, (index + 1) * MAX_FILES),
  );
  return [
    ...groups.map((group, index) => ({
      call: "POST channel messages",
      payload: {
        content: index === 0 ? content : "",
        ...(index === 0 && replyTo !== undefined ? { replyTo } : {}),
        files: group.map(({ spool, name, mediaType }) => ({ spool, name, mediaType })),
      },
    })),
    ...more.map((text) => ({ call: "POST channel messages", payload: { content: text } })),
  ];
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
