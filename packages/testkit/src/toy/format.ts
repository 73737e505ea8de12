import { type OutboundText, parseMarkdown, type RichText } from "@elizaos/connector-core";
import type { ToyConfig } from "./config.js";

/** The platform knows no markup: what people see is plain text, with the target of a link after it. */
export async function render(
  { text, format }: OutboundText,
  { markdown }: Pick<ToyConfig, "markdown">,
): Promise<RichText> {
  if (format === "plain") return { text, ranges: [] };
  const rich = await parseMarkdown(text, markdown);
  const links = rich.ranges.filter((range) => range.type === "link");
  // From the end, so that the positions of the links before stay right.
  return links.reduceRight((out, { offset, length, url = "" }) => {
    const end = offset + length;
    const shown = rich.text.slice(offset, end);
    return url === "" || url === shown || url === `mailto:${shown}` ? out : insert(out, end, ` (${url})`);
  }, rich);
}

function insert({ text, ranges }: RichText, at: number, added: string): RichText {
  const moved = ranges.map((range) => {
    if (range.offset >= at) return { ...range, offset: range.offset + added.length };
    return range.offset + range.length >= at ? { ...range, length: range.length + added.length } : range;
  });
  return { text: text.slice(0, at) + added + text.slice(at), ranges: moved };
}
