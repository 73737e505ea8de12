import type { MessageEntity } from "@grammyjs/types";
import { badRequest } from "../errors.js";
import { checkedLink, linkedUserId } from "./links.js";
import { sortEntities } from "./sort.js";

/** Text without markup. Offsets and lengths are in UTF-16 units. */
export interface FormattedText {
  text: string;
  entities: MessageEntity[];
}

/** Finds the user of a `tg://user?id=...` link; a mention of an unknown user is dropped. */
export type FindUser = (id: number) => Extract<MessageEntity, { type: "text_mention" }>["user"] | undefined;

const STYLES = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  span: "spoiler",
  "tg-spoiler": "spoiler",
} as const;

const OTHER_TAGS = new Set(["a", "pre", "code", "blockquote", "tg-emoji"]);
const NAMED_REFERENCES = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
]);
const SPACE = /[ \t\r\n\v\0]*/y;
const UNTIL_TAG_NAME_ENDS = /[^ \t\r\n\v\0>]*/y;
const UNTIL_ATTRIBUTE_NAME_ENDS = /[^ \t\r\n\v\0=>]*/y;
const NAME_TOKEN = /[a-zA-Z0-9.-]*/y;
const REFERENCE = /&(?:#x([0-9a-fA-F]*)|#([0-9]*)|([a-zA-Z]*))(;?)/y;

interface Span {
  offset: number;
  length: number;
}

interface Mark {
  entity: MessageEntity;
  /** The language that a `code` tag names; it counts only inside `pre`. */
  codeLanguage?: string;
}

interface OpenTag {
  name: string;
  attributes: Map<string, string>;
  /** UTF-16 offset in the result. */
  offset: number;
}

/**
 * Parses Telegram's HTML, with its errors (Bot API, "HTML style"; texts as in TDLib). `<tg-time>` is not simulated.
 * @throws ApiError 400 "can't parse entities: ..."
 */
export function parseHtml(source: string, findUser: FindUser): FormattedText {
  return new HtmlParser(source, findUser).parse();
}

class HtmlParser {
  readonly #source: string;
  readonly #findUser: FindUser;
  readonly #marks: Mark[] = [];
  readonly #open: OpenTag[] = [];
  #at = 0;
  #text = "";
  #surrogates = false;

  constructor(source: string, findUser: FindUser) {
    this.#source = source;
    this.#findUser = findUser;
  }

  parse(): FormattedText {
    while (this.#at < this.#source.length) {
      if (this.#source.startsWith("</", this.#at)) this.#endTag();
      else if (this.#source[this.#at] === "<") this.#startTag();
      else this.#text += this.#character();
    }
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined)
      throw fail(`Can't find end tag corresponding to start tag "${unclosed.name}"`);
    if (this.#surrogates) {
      throw fail(
        "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units",
      );
    }
    return { text: this.#text, entities: sortEntities(this.#marks.map((mark) => mark.entity)) };
  }

  #startTag(): void {
    const begin = this.#at++;
    const name = this.#take(UNTIL_TAG_NAME_ENDS).toLowerCase();
    if (this.#ended) throw fail(`Unclosed start tag at byte offset ${this.#bytes(begin)}`);
    if (!isStyle(name) && !OTHER_TAGS.has(name)) {
      throw fail(`Unsupported start tag "${name}" at byte offset ${this.#bytes(begin)}`);
    }
    const attributes = new Map<string, string>();
    for (;;) {
      this.#take(SPACE);
      if (this.#source[this.#at] === ">") break;
      const [key, value] = this.#attribute(name, begin);
      attributes.set(key, value);
    }
    this.#at += 1;
    if (name === "span" && attributes.get("class") !== "tg-spoiler") {
      throw fail(`Tag "span" must have class "tg-spoiler" at byte offset ${this.#bytes(begin)}`);
    }
    this.#open.push({ name, attributes, offset: this.#text.length });
  }

  #attribute(tag: string, begin: number): [string, string] {
    const unclosed = () => fail(`Unclosed start tag "${tag}" at byte offset ${this.#bytes(begin)}`);
    if (this.#ended) throw unclosed();
    const key = this.#take(UNTIL_ATTRIBUTE_NAME_ENDS);
    if (key === "")
      throw fail(`Empty attribute name in the tag "${tag}" at byte offset ${this.#bytes(begin)}`);
    this.#take(SPACE);
    if (this.#ended) throw unclosed();
    if (this.#source[this.#at] !== "=") return [key, ""];
    this.#at += 1;
    this.#take(SPACE);
    if (this.#ended) throw unclosed();
    const quote = this.#source[this.#at];
    if (quote !== '"' && quote !== "'") return [key, this.#nameToken()];
    this.#at += 1;
    let value = "";
    while (!this.#ended && this.#source[this.#at] !== quote) value += this.#character();
    this.#at += 1;
    if (this.#ended) throw fail(`Unclosed start tag at byte offset ${this.#bytes(begin)}`);
    return [key, value];
  }

  #nameToken(): string {
    const begin = this.#at;
    const token = this.#take(NAME_TOKEN);
    const next = this.#source[this.#at];
    if (next === undefined || !/[ \t\r\n\v\0>]/.test(next)) {
      throw fail(`Unexpected end of name token at byte offset ${this.#bytes(begin)}`);
    }
    return token.toLowerCase();
  }

  #endTag(): void {
    const begin = this.#at;
    const tag = this.#open.pop();
    if (tag === undefined) throw fail(`Unexpected end tag at byte offset ${this.#bytes(begin)}`);
    this.#at += 2;
    const name = this.#take(UNTIL_TAG_NAME_ENDS).toLowerCase();
    this.#take(SPACE);
    if (this.#source[this.#at] !== ">") throw fail(`Unclosed end tag at byte offset ${this.#bytes(begin)}`);
    this.#at += 1;
    if (name !== "" && name !== tag.name) {
      throw fail(
        `Unmatched end tag at byte offset ${this.#bytes(begin)}, expected "</${tag.name}>", found "</${name}>"`,
      );
    }
    if (this.#text.length > tag.offset) this.#close(tag);
  }

  #close({ name, attributes, offset }: OpenTag): void {
    const span = { offset, length: this.#text.length - offset };
    if (isStyle(name)) {
      this.#mark({ type: STYLES[name], ...span });
    } else if (name === "blockquote") {
      this.#mark({ type: attributes.has("expandable") ? "expandable_blockquote" : "blockquote", ...span });
    } else if (name === "tg-emoji") {
      const id = attributes.get("emoji-id") ?? "";
      if (!/^[1-9]\d*$/.test(id)) throw fail("Invalid custom emoji identifier specified");
      this.#mark({ type: "custom_emoji", custom_emoji_id: id, ...span });
    } else if (name === "a") {
      this.#link(attributes.get("href") || this.#text.slice(offset), span);
    } else {
      this.#code(
        name === "pre" ? "pre" : "code",
        /^language-(.+)/s.exec(attributes.get("class") ?? "")?.[1],
        span,
      );
    }
  }

  #mark(entity: MessageEntity): void {
    this.#marks.push({ entity });
  }

  #link(target: string, span: Span): void {
    const userId = linkedUserId(target);
    if (userId !== undefined) {
      const user = this.#findUser(userId);
      if (user !== undefined) this.#mark({ type: "text_mention", user, ...span });
      return;
    }
    const url = checkedLink(target);
    if (url !== undefined) this.#mark({ type: "text_link", url, ...span });
  }

  /** `pre` and `code` around exactly the same text become one `pre` with a language, if `code` names one. */
  #code(type: "pre" | "code", language: string | undefined, span: Span): void {
    const last = this.#marks.at(-1);
    if (last?.entity.offset === span.offset && last.entity.length === span.length) {
      const named = type === "code" && last.entity.type === "pre" ? language : undefined;
      const merged = type === "pre" && last.entity.type === "code" ? last.codeLanguage : named;
      if (merged !== undefined) {
        last.entity = { type: "pre", language: merged, ...span };
        return;
      }
    }
    const mark: Mark = { entity: { type, ...span } };
    if (type === "code" && language !== undefined) mark.codeLanguage = language;
    this.#marks.push(mark);
  }

  /** The next character of text or of an attribute value, references decoded. */
  #character(): string {
    if (this.#source[this.#at] !== "&") return this.#source[this.#at++] ?? "";
    REFERENCE.lastIndex = this.#at;
    const [all = "", hex, decimal, name = "", semicolon = ""] = REFERENCE.exec(this.#source) ?? [];
    const isNumber = hex !== undefined || decimal !== undefined;
    const code = Number.parseInt(hex ?? decimal ?? "", hex === undefined ? 10 : 16);
    const tooLong = all.length - semicolon.length >= 10;
    const decoded = !isNumber
      ? NAMED_REFERENCES.get(name)
      : tooLong || !(code > 0 && code < 0x10ffff)
        ? undefined
        : String.fromCodePoint(code);
    if (decoded === undefined) {
      this.#at += 1;
      return "&";
    }
    if (isNumber && code >= 0xd800 && code <= 0xdfff) this.#surrogates = true;
    this.#at += all.length;
    return decoded;
  }

  get #ended(): boolean {
    return this.#at >= this.#source.length;
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #bytes(index: number): number {
    return Buffer.byteLength(this.#source.slice(0, index));
  }
}

function isStyle(name: string): name is keyof typeof STYLES {
  return Object.hasOwn(STYLES, name);
}

function fail(message: string) {
  return badRequest(`can't parse entities: ${message}`);
}
