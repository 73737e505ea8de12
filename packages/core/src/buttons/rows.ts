import type { ButtonRows, OutboundButton } from "../contract/button.js";
import { Rejected } from "../contract/errors.js";
import type { ButtonsFeature } from "../contract/features.js";
import type { EditOperation, Operation, SendOperation } from "../contract/operation.js";

/** Under one message. */
const MAX_BUTTONS = 100;
/** UTF-16 units. */
const LONGEST_TEXT = 256;
const LONGEST_DATA = 4_096;

/** An operation that may have buttons. */
type Buttoned = (SendOperation | EditOperation) & { readonly buttons: ButtonRows };

export function hasButtons(operation: Operation): operation is Buttoned {
  return (operation.kind === "send" || operation.kind === "edit") && operation.buttons !== undefined;
}

/** The rows that have a button. Throws `Rejected` for what is no button. */
export function checkedRows(rows: ButtonRows): ButtonRows {
  const kept = rows.filter((row) => row.length > 0);
  const problem =
    kept.flat().length > MAX_BUTTONS
      ? `A message has at most ${MAX_BUTTONS} buttons, not ${kept.flat().length}.`
      : kept.flat().flatMap((button) => problemOf(button) ?? [])[0];
  if (problem !== undefined) throw new Rejected(problem, { where: "buttons" });
  return kept;
}

/** An agent need not be written in TypeScript. */
function problemOf(button: OutboundButton): string | undefined {
  const { text } = button;
  if (typeof text !== "string" || text.trim() === "" || text.length > LONGEST_TEXT)
    return `A button needs a text of at most ${LONGEST_TEXT} characters.`;
  if ("url" in button) {
    const isLink = /^https?:$/.test(URL.parse(String(button.url))?.protocol ?? "");
    return isLink ? undefined : `The url of the button "${text}" must be an http or https address.`;
  }
  const { data } = button;
  return typeof data === "string" && data !== "" && data.length <= LONGEST_DATA
    ? undefined
    : `The button "${text}" needs data of 1 to ${LONGEST_DATA} characters, or a url.`;
}

/** The operation as a chat takes it: buttons in its rows, and in the text what it has no room for. */
export function fitted(operation: Operation, feature: ButtonsFeature | undefined): Operation {
  if (!hasButtons(operation)) return operation;
  const { rows = Number.POSITIVE_INFINITY, perRow = Number.POSITIVE_INFINITY } = feature ?? { rows: 0 };
  const arranged = operation.buttons.flatMap((row) => inRows(row, perRow));
  const left = arranged.slice(rows).flat();
  const { buttons: _, ...bare } = operation;
  return {
    ...bare,
    ...(feature !== undefined && { buttons: arranged.slice(0, rows) }),
    ...(left.length > 0 && { text: listed(operation, left) }),
  };
}

function inRows(row: readonly OutboundButton[], length: number): ButtonRows {
  if (row.length <= length) return [row];
  return [row.slice(0, length), ...inRows(row.slice(length), length)];
}

function listed(
  { text, format }: Pick<SendOperation, "text" | "format">,
  buttons: readonly OutboundButton[],
): string {
  const isMarkdown = format === "markdown";
  const lines = buttons.map((button) => {
    const shown = isMarkdown ? escaped(button.text) : button.text;
    if (!("url" in button)) return `- ${shown}`;
    return isMarkdown
      ? `- [${shown}](<${URL.parse(button.url)?.href ?? button.url}>)`
      : `- ${shown}: ${button.url}`;
  });
  return [text, lines.join("\n")].filter((part) => part.trim() !== "").join("\n\n");
}

/** Labels are no markup. */
function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]()#+.!|<>~&-]/g, "\\$&");
}
