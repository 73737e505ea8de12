import type { Link, List, Nodes, Parent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import type { CommonConfig } from "../config/fields.js";
import type { TextRange } from "../contract/event.js";
import type { RichText } from "./rich-text.js";
import { type Original, type TableEntry, tableEntries, tableText } from "./table.js";

export interface FlattenOptions {
  readonly tables: CommonConfig["markdown"]["tables"];
  /** False: only blocks are read, and what stands in their text stays as written. */
  readonly inlines: boolean;
}

/** Emphasis within emphasis has no bound in Markdown; what is nested deeper than this stays as written. */
const MAX_DEPTH = 250;

/** All that takes the parser more than linear time in the length of a paragraph. */
const BLOCKS_ONLY = {
  disable: {
    null: [
      "attention",
      "autolink",
      "characterEscape",
      "characterReference",
      "definition",
      "gfmFootnoteCall",
      "gfmFootnoteDefinition",
      "gfmPotentialFootnoteCall",
      "htmlText",
      "labelEnd",
      "labelStartImage",
      "labelStartLink",
      "strikethrough",
      "table",
    ],
  },
};

/** See `parseMarkdown`, which loads this module when it is needed. */
export function flattenMarkdown(markdown: string, options: FlattenOptions): RichText {
  // A byte order mark would move the parser's positions; half a surrogate pair could become whole next to another.
  const source = markdown
    .replace(/^\uFEFF/, "")
    .replace(/\r\n?/g, "\n")
    .replace(/\p{Surrogate}/gu, "\uFFFD");
  const extensions = options.inlines ? [gfm()] : [gfm(), BLOCKS_ONLY];
  const tree = fromMarkdown(source, { extensions, mdastExtensions: [gfmFromMarkdown()] });
  const writer = new Writer(source, options.tables);
  writer.blocks(tree, "\n\n");
  return writer.finish();
}

type Mark = Omit<TextRange, "offset" | "length">;
type OpenRange = Mark & { offset: number; length: number };

class Writer {
  readonly #source: string;
  readonly #tables: FlattenOptions["tables"];
  /** In the order in which they begin, the outer first. */
  readonly #ranges: OpenRange[] = [];
  readonly #styles = new Set<TextRange["type"]>();
  #text = "";
  #isLineStart = true;
  /** What stands before the next thing that is written. */
  #separator = "";
  /** What starts every line inside lists. */
  #indent = "";
  #depth = 0;
  readonly #original: Original = ({ position }) =>
    this.#source.slice(position?.start.offset ?? 0, position?.end.offset ?? 0);

  constructor(source: string, tables: FlattenOptions["tables"]) {
    this.#source = source;
    this.#tables = tables;
  }

  finish(): RichText {
    const text = this.#text.trimEnd();
    const ranges = this.#ranges
      .map((range) => ({ ...range, length: Math.min(range.length, text.length - range.offset) }))
      .filter((range) => range.length > 0);
    return { text, ranges };
  }

  blocks(parent: Parent, separator: string): void {
    const begin = this.#text.length;
    for (const child of parent.children) {
      if (this.#text.length > begin) this.#separator = separator;
      this.#node(child);
    }
    this.#separator = "";
  }

  #node(node: Nodes): void {
    if (this.#depth < MAX_DEPTH) {
      this.#depth++;
      this.#known(node);
      this.#depth--;
    } else this.#write(this.#original(node));
  }

  #known(node: Nodes): void {
    switch (node.type) {
      case "text":
      case "html":
        this.#write(node.value);
        break;
      case "break":
        this.#write("\n");
        break;
      case "paragraph":
        this.#children(node);
        break;
      case "heading":
        if (node.children.length > 0) this.#style("bold", node);
        break;
      case "strong":
        this.#style("bold", node);
        break;
      case "emphasis":
        this.#style("italic", node);
        break;
      case "delete":
        this.#style("strike", node);
        break;
      case "link":
        this.#mark({ type: "link", url: node.url }, () => this.#link(node));
        break;
      case "image":
        this.#mark({ type: "link", url: node.url }, () =>
          this.#write(node.alt || node.url || this.#original(node)),
        );
        break;
      case "inlineCode":
        this.#mark({ type: "code" }, () => this.#write(node.value));
        break;
      case "code":
        // A line of text that only looks like the beginning of a code block.
        if (node.value === "" && node.meta) this.#write(this.#original(node));
        else this.#pre(node.value, node.lang ?? undefined);
        break;
      case "table":
        this.#table(node);
        break;
      case "blockquote":
        if (node.children.length > 0) this.#block({ type: "quote" }, () => this.blocks(node, "\n\n"));
        break;
      case "list":
        this.#list(node);
        break;
      case "thematicBreak":
        this.#write("———");
        break;
      default:
        // References and definitions: shown as written rather than lost.
        this.#write(this.#original(node));
    }
  }

  /** Without a text of its own its target is shown. */
  #link(link: Link): void {
    if (link.children.every((child) => child.type === "text" && child.value.trim() === ""))
      this.#write(link.url || this.#original(link));
    else this.#children(link);
  }

  #list(list: List): void {
    const separator = list.spread ? "\n\n" : "\n";
    list.children.forEach((item, index) => {
      if (index > 0) this.#separator = separator;
      const bullet = list.ordered ? `${(list.start ?? 1) + index}. ` : "• ";
      const box = item.checked === true ? "☑ " : item.checked === false ? "☐ " : "";
      this.#write(bullet + box);
      this.#indented("  ", () => this.blocks(item, "\n"));
    });
  }

  #table(table: Table): void {
    const text = this.#tables === "code" ? tableText(table, this.#original) : undefined;
    const rows = this.#tables === "bullets" ? tableEntries(table, this.#original) : undefined;
    if (text !== undefined) this.#pre(text, undefined);
    else if (rows !== undefined) this.#bullets(rows);
    else this.#write(this.#rows(table));
  }

  #bullets(rows: readonly (readonly TableEntry[])[]): void {
    rows.forEach((row, index) => {
      if (index > 0) this.#write("\n");
      row.forEach(({ name, cell }, column) => {
        this.#write((column === 0 ? "• " : "; ") + (name === "" ? "" : `${name}: `));
        this.#children(cell);
      });
    });
  }

  /** A table as it was written, without what the quotes and lists around it put before its lines. */
  #rows(table: Table): string {
    const [head, ...body] = table.children;
    if (head === undefined) return "";
    const ruleEnd = (body[0] ?? table).position;
    const [rule = ""] =
      this.#source
        .slice(head.position?.end.offset, body[0] ? ruleEnd?.start.offset : ruleEnd?.end.offset)
        .match(/[|:-][|: \t-]*/) ?? [];
    return [this.#original(head), rule.trimEnd(), ...body.map((row) => this.#original(row))].join("\n");
  }

  #pre(text: string, language: string | undefined): void {
    if (text === "") return;
    this.#block({ type: "pre", ...(language ? { language } : {}) }, () => this.#write(text));
  }

  #children(node: Parent): void {
    for (const child of node.children) this.#node(child);
  }

  #style(type: TextRange["type"], node: Parent): void {
    // Bold in bold is bold.
    if (this.#styles.has(type)) {
      this.#children(node);
      return;
    }
    this.#styles.add(type);
    this.#mark({ type }, () => this.#children(node));
    this.#styles.delete(type);
  }

  /** Begins a line of its own, and is not indented: its lines are the reader's to copy. */
  #block(mark: Mark, write: () => void): void {
    this.#flush();
    if (!this.#isLineStart) this.#append("\n");
    this.#indented(undefined, () => this.#mark(mark, write));
  }

  #mark(mark: Mark, write: () => void): void {
    this.#flush();
    this.#startLine();
    const range: OpenRange = { ...mark, offset: this.#text.length, length: 0 };
    this.#ranges.push(range);
    write();
    range.length = this.#text.length - range.offset;
  }

  /** @param more undefined: no indentation at all */
  #indented(more: string | undefined, write: () => void): void {
    const outer = this.#indent;
    this.#indent = more === undefined ? "" : outer + more;
    write();
    this.#indent = outer;
  }

  #write(text: string): void {
    if (text === "") return;
    this.#flush();
    if (!text.startsWith("\n")) this.#startLine();
    this.#append(this.#indent === "" ? text : text.replace(/\n(?=[^\n])/g, `\n${this.#indent}`));
  }

  #flush(): void {
    const separator = this.#separator;
    this.#separator = "";
    if (separator !== "") this.#append(separator);
  }

  #startLine(): void {
    if (this.#isLineStart && this.#indent !== "") this.#append(this.#indent);
  }

  #append(text: string): void {
    this.#text += text;
    this.#isLineStart = text.endsWith("\n");
  }
}
