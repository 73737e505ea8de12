import { safeLines } from "../text.js";
import { type Paint, painter } from "./style.js";

const INDENT = "  ";
const WIDEST = 88;
const NARROWEST = 40;
const NAME_WIDTH = 4;

/** How a conversation in the terminal looks. */
export class Stage {
  readonly #write: (text: string) => void;
  readonly #paint: Paint;
  readonly #width: number;

  constructor(options: {
    readonly write: (text: string) => void;
    readonly colors: boolean;
    readonly columns: number | undefined;
  }) {
    this.#write = options.write;
    this.#paint = painter(options.colors);
    // A terminal that does not know its width says 0.
    this.#width = Math.max(NARROWEST, Math.min(options.columns || WIDEST, WIDEST));
  }

  title(text: string): void {
    this.#line(this.#paint("bold", text));
  }

  /** A paragraph of the narrator. */
  tell(text: string): void {
    for (const line of wrap(text, this.#width - INDENT.length)) this.#line(line);
  }

  /** Lines that stand as they are. */
  list(lines: readonly string[]): void {
    for (const line of lines) this.#line(`${INDENT}${line}`);
  }

  /** What somebody says in the chat. */
  say(name: string, text: string, style: "cyan" | "green"): void {
    const lines = safeLines(text).flatMap((line) =>
      wrap(line, this.#width - NAME_WIDTH - 2 * INDENT.length - 2),
    );
    lines.forEach((line, index) => {
      const label = index === 0 ? name.padStart(NAME_WIDTH) : " ".repeat(NAME_WIDTH);
      this.#line(
        `${INDENT}${this.#paint(style, label)} ${this.#paint("gray", "│")}${line === "" ? "" : ` ${line}`}`,
      );
    });
  }

  /** What is said beside the conversation. */
  aside(text: string): void {
    for (const line of wrap(text, this.#width - 2 * INDENT.length))
      this.#line(`${INDENT}${this.#paint("gray", line)}`);
  }

  /** Something that the host did. */
  done(text: string): void {
    this.#line(`${this.#paint("green", "✓")} ${text}`);
  }

  gap(): void {
    this.#write("\n");
  }

  /** The line on which a person types. */
  prompt(name: string): string {
    return `${INDENT}${INDENT}${this.#paint("cyan", name.padStart(NAME_WIDTH))} ${this.#paint("gray", "│")} `;
  }

  #line(text: string): void {
    this.#write(`${INDENT}${text}\n`);
  }
}

/** Breaks a line at spaces; what is longer than the width without one stays whole. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
