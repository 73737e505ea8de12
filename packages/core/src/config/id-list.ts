import { z } from "zod";

/** Ids may be written as numbers or strings; they are compared as trimmed strings. */
export const idList = z.array(
  z
    .union([z.string(), z.number()])
    // JSON numbers beyond this are rounded, perhaps to somebody else's id.
    .refine((id) => typeof id === "string" || Number.isSafeInteger(id), {
      error: "must be an id in quotes: as a number it is no whole number, or too large to be kept exactly",
    })
    .transform((id) => String(id).trim())
    .refine((id) => id !== "", { error: "must not be empty" }),
);
