import type { AlignType, List, Nodes, Parent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString as plainText } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import type { TextRange } from "../contract/event.js";
import type { RichText } from "./rich-text.js";

/** See `parseMarkdown`, which loads this module when it is needed. */
export function flattenMarkdown(markdown: string): RichText {
  const tree = fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  const writer = new Writer(markdown);
  writer.blocks(tree, "\n\n");
  return writer.finish();
}

class Writer {
  readonly #source: string;
  readonly #ranges: TextRange[] = [];
  #text = "";
  /** What starts every line inside lists. */
  #indent = "";

  constructor(source: string) {
    this.#source = source;
  }

  finish(): RichText {
    const text = this.#text.trimEnd();
    const ranges = this.#ranges
      .map((range) => ({ ...range, length: Math.min(range.length, text.length - range.offset) }))
      .filter((range) => range.length > 0)
      .sort((a, b) => a.offset - b.offset || b.length - a.length);
    return { text, ranges };
  }

  blocks(parent: Parent, separator: string): void {
    parent.children.forEach((child, index) => {
      if (index > 0) this.#write(separator);
      this.#node(child);
    });
  }

  #node(node: Nodes): void {
    switch (node.type) {
      case "text":
        this.#write(node.value);
        break;
      case "break":
        this.#write("\n");
        break;
      case "paragraph":
        this.#children(node);
        break;
      case "strong":
      case "heading":
        this.#marked({ type: "bold" }, node);
        break;
      case "emphasis":
        this.#marked({ type: "italic" }, node);
        break;
      case "delete":
        this.#marked({ type: "strike" }, node);
        break;
      case "link":
        this.#marked({ type: "link", url: node.url }, node);
        break;
      case "image":
        this.#mark({ type: "link", url: node.url }, () => this.#write(node.alt || node.url));
        break;
      case "inlineCode":
        this.#mark({ type: "code" }, () => this.#write(node.value));
        break;
      case "code": {
        const language = node.lang ? { language: node.lang } : {};
        this.#mark({ type: "pre", ...language }, () => this.#write(node.value));
        break;
      }
      case "table":
        this.#mark({ type: "pre" }, () => this.#write(tableText(node)));
        break;
      case "blockquote":
        this.#mark({ type: "quote" }, () => this.blocks(node, "\n\n"));
        break;
      case "list":
        this.#list(node);
        break;
      case "thematicBreak":
        this.#write("———");
        break;
      default:
        // Raw HTML, references and definitions: shown as written rather than lost.
        this.#write(this.#original(node));
    }
  }

  #list(list: List): void {
    list.children.forEach((item, index) => {
      if (index > 0) this.#write(list.spread ? "\n\n" : "\n");
      const bullet = list.ordered ? `${(list.start ?? 1) + index}. ` : "• ";
      const box = item.checked === true ? "☑ " : item.checked === false ? "☐ " : "";
      this.#write(bullet + box);
      this.#indented(() => this.blocks(item, "\n"));
    });
  }

  #children(node: Parent): void {
    for (const child of node.children) this.#node(child);
  }

  #marked(range: Omit<TextRange, "offset" | "length">, node: Parent): void {
    this.#mark(range, () => this.#children(node));
  }

  #mark(range: Omit<TextRange, "offset" | "length">, write: () => void): void {
    const offset = this.#text.length;
    write();
    const length = this.#text.length - offset;
    if (length > 0) this.#ranges.push({ ...range, offset, length });
  }

  #indented(write: () => void): void {
    const outer = this.#indent;
    this.#indent += "  ";
    write();
    this.#indent = outer;
  }

  #write(text: string): void {
    this.#text += this.#indent === "" ? text : text.replaceAll("\n", `\n${this.#indent}`);
  }

  #original(node: Nodes): string {
    return this.#source.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);
  }
}

/** Columns padded to their widest cell, for a fixed-width block. */
function tableText(table: Table): string {
  const rows = table.children.map((row) => row.children.map((cell) => plainText(cell)));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    widths
      .map((width, column) => pad(row[column] ?? "", width, table.align?.[column]))
      .join(" | ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "-".repeat(width)).join("-|-");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function pad(cell: string, width: number, align: AlignType | undefined): string {
  return align === "right" ? cell.padStart(width) : cell.padEnd(width);
}
