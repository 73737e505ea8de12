import { z } from "zod";

/** For connectors whose messages can quote another one: spread it beside `commonFields`. */
export const replyFields = {
  replyToMode: z
    .enum(["auto", "off", "first", "all"])
    .default("auto")
    .describe(
      "Which messages of an answer quote the one that is answered: `off` none, `first` the first, `all` each; `auto` is `off` in private and `first` elsewhere.",
    ),
} as const;

/** For connectors that shape `streamMode: block` by a key of their own. */
export const draftChunkFields = {
  draftChunk: z
    .strictObject({
      minChars: z
        .number()
        .int()
        .positive()
        .default(200)
        .describe("No block is shorter, in UTF-16 units, except the last."),
      maxChars: z
        .number()
        .int()
        .positive()
        .default(800)
        .describe("A block is cut at the next opportunity beyond this, in UTF-16 units."),
      breakPreference: z
        .enum(["paragraph", "newline", "sentence"])
        .default("paragraph")
        .describe("Where a block may end before it is that long."),
    })
    .optional()
    .describe(
      "How long blocks are with `streamMode: block`, and where they end. Where given, it goes before `minChars` and `maxChars` of `blockStreamingCoalesce`.",
    ),
} as const;
