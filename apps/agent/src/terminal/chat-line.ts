import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";

/** The line on which the person types; what the bot says is printed above it. */
export class ChatLine {
  #prompt: string;
  readonly #onText: (text: string) => void;
  #interface: Interface | undefined;

  constructor(prompt: string, signal: AbortSignal, onText: (text: string) => void) {
    this.#prompt = prompt;
    this.#onText = onText;
    signal.addEventListener("abort", () => this.close(), { once: true });
  }

  /** Shown from now on. */
  set prompt(prompt: string) {
    this.#prompt = prompt;
    this.#interface?.setPrompt(prompt);
  }

  open(): void {
    const opened = createInterface({
      input: process.stdin,
      output: process.stdout,
      prompt: this.#prompt,
      historySize: 100,
    });
    this.#interface = opened;
    opened.on("line", (text) => {
      if (text.trim() !== "") this.#onText(text.trim());
      opened.prompt();
    });
    const stop = () => process.kill(process.pid, "SIGINT");
    opened.on("SIGINT", stop);
    // Ctrl+D at an empty line; closing it ourselves comes here as well.
    opened.on("close", () => {
      if (this.#interface === opened) stop();
    });
    opened.prompt();
  }

  close(): void {
    const closing = this.#interface;
    if (closing === undefined) return;
    this.#interface = undefined;
    closing.close();
    clear();
  }

  above(print: () => void): void {
    clear();
    print();
    this.#interface?.prompt(true);
  }
}

function clear(): void {
  cursorTo(process.stdout, 0);
  clearLine(process.stdout, 0);
}
