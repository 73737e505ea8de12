import type { List, Nodes, Parent, Table } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString as plainText } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import type { CommonConfig } from "../config/fields.js";
import type { TextRange } from "../contract/event.js";
import type { RichText } from "./rich-text.js";
import { tableEntries, tableText } from "./table.js";

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
  const source = markdown.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n").replace(/\p{Surrogate}/gu, "\uFFFD");
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
    if (this.#depth === MAX_DEPTH) return this.#write(this.#original(node));
    this.#depth++;
    this.#known(node);
    this.#depth--;
  }

  #known(node: Nodes): void {
    switch (node.type) {
      case "text":
        return this.#write(node.value);
      case "break":
        return this.#write("\n");
      case "paragraph":
        return this.#children(node);
      case "strong":
        return this.#style("bold", node);
      case "heading":
        return node.children.length === 0 ? undefined : this.#style("bold", node);
      case "emphasis":
        return this.#style("italic", node);
      case "delete":
        return this.#style("strike", node);
      case "link":
        return this.#mark({ type: "link", url: node.url }, () => {
          if (plainText(node).trim() === "") this.#write(node.url || this.#original(node));
          else this.#children(node);
        });
      case "image":
        return this.#mark({ type: "link", url: node.url }, () =>
          this.#write(node.alt || node.url || this.#original(node)),
        );
      case "inlineCode":
        return this.#mark({ type: "code" }, () => this.#write(node.value));
      case "code":
        return this.#pre(node.value, node.lang ?? undefined);
      case "table":
        return this.#table(node);
      case "blockquote":
        return node.children.length === 0
          ? undefined
          : this.#block({ type: "quote" }, () => this.blocks(node, "\n\n"));
      case "list":
        return this.#list(node);
      case "thematicBreak":
        return this.#write("———");
      case "html":
        return this.#write(node.value);
      default:
        // References and definitions: shown as written rather than lost.
        this.#write(this.#original(node));
    }
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
    const length = this.#original(table).length;
    if (this.#tables === "code") {
      const text = tableText(table, length);
      if (text !== undefined) return this.#pre(text, undefined);
    } else if (this.#tables === "bullets") {
      const rows = tableEntries(table, length);
      if (rows !== undefined) {
        rows.forEach((row, index) => {
          if (index > 0) this.#write("\n");
          row.forEach(({ name, cell }, column) => {
            this.#write((column === 0 ? "• " : "; ") + (name === "" ? "" : `${name}: `));
            this.#children(cell);
          });
        });
        return;
      }
    }
    this.#write(this.#rows(table));
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
    if (this.#styles.has(type)) return this.#children(node);
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

  #original(node: Nodes): string {
    return this.#source.slice(node.position?.start.offset ?? 0, node.position?.end.offset ?? 0);
  }
}
