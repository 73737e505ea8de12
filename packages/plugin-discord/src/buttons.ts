import type { ButtonRows, ButtonsFeature, OutboundText } from "@elizaos/connector-core";
import {
  type APIActionRowComponent,
  type APIButtonComponent,
  ButtonStyle,
  ComponentType,
} from "discord-api-types/v10";
import { z } from "zod";

/** Longest `custom_id` and label (API reference, "Button"), in characters; counted here in UTF-16 units, which are never fewer. */
const MAX_ID = 100;
const MAX_LABEL = 80;
const MAX_URL = 512;

/** No two components of a message may have one `custom_id`: data that stands there twice is numbered, and so is what looks as if it were. */
const NUMBERED = /^=\d{1,2}=/;
const LONGEST_NUMBER = "=24=".length;

/** API reference, "Action Row": five rows of five buttons. */
export const buttonsFeature: ButtonsFeature = {
  data: { max: MAX_ID - LONGEST_NUMBER, unit: "utf16" },
  rows: 5,
  perRow: 5,
};

/** The buttons of a stored call. */
export const rowsSchema = z
  .array(
    z.array(
      z.union([
        z.object({ text: z.string(), data: z.string() }),
        z.object({ text: z.string(), url: z.string() }),
      ]),
    ),
  )
  .optional();
export type Rows = z.infer<typeof rowsSchema>;

/** As a call keeps them; mutable, as zod gives them back. */
export function rowsOf(buttons: ButtonRows | undefined): { rows?: NonNullable<Rows> } {
  return buttons === undefined ? {} : { rows: buttons.map((row) => row.map((button) => ({ ...button }))) };
}

/** Links that are too long for a button stand in the text instead. */
export function withLongLinks<O extends OutboundText & { readonly buttons?: ButtonRows }>(operation: O): O {
  const { buttons, text } = operation;
  const isLong = (button: ButtonRows[number][number]) => "url" in button && button.url.length > MAX_URL;
  const long = buttons?.flat().filter(isLong) ?? [];
  if (buttons === undefined || long.length === 0) return operation;
  const links = long.flatMap((button) => ("url" in button ? [button.url] : []));
  return {
    ...operation,
    text: [text, ...links].filter((part) => part.trim() !== "").join("\n\n"),
    buttons: buttons.map((row) => row.filter((button) => !isLong(button))).filter((row) => row.length > 0),
  };
}

/** The components of a message; none removes those that it has. */
export function componentsOf(rows: Rows): { components?: APIActionRowComponent<APIButtonComponent>[] } {
  if (rows === undefined) return {};
  const used = new Set<string>();
  let count = 0;
  const idOf = (data: string) => {
    const number = count++;
    const id = used.has(data) || NUMBERED.test(data) ? `=${number}=${data}` : data;
    used.add(id);
    return id;
  };
  const components = rows.map((row) => ({
    type: ComponentType.ActionRow as const,
    components: row.map((button): APIButtonComponent => {
      const label = fitting(button.text);
      return "url" in button
        ? { type: ComponentType.Button, style: ButtonStyle.Link, label, url: button.url }
        : { type: ComponentType.Button, style: ButtonStyle.Secondary, label, custom_id: idOf(button.data) };
    }),
  }));
  return { components };
}

/** A button's data as it was given to `componentsOf`. */
export function dataOf(customId: string): string {
  return customId.replace(NUMBERED, "");
}

function fitting(label: string): string {
  if (label.length <= MAX_LABEL) return label;
  return `${label.slice(0, MAX_LABEL - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
