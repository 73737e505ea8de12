import type { Clock } from "../contract/connection.js";
import type { TextStream } from "./text-stream.js";

export interface GrowingOptions {
  /** How often the draft may change, in ms. */
  readonly everyMs: number;
  readonly clock: Clock;
  /** Shows a state of the text. Never rejects. */
  readonly show: (text: string) => Promise<Shown>;
  /** Platform id of the message that shows the text. */
  readonly draft: () => string | undefined;
  /** What is shown goes away by itself, and is shown again after so many ms. */
  readonly refreshMs: () => number | undefined;
}

/** What came of showing a state: it is there, it is to be tried again after so many ms, or no more is to be shown. */
export type Shown = "shown" | "never" | { readonly retryMs: number };

/** Shows a text as one message that grows, no more often than the platform bears. Only the first message of an answer does so. */
export function growingText({ everyMs, clock, show, draft, refreshMs }: GrowingOptions): TextStream {
  let text = "";
  let isOver = false;
  let endPause = () => {};
  let showing: Promise<void> | undefined;

  async function showStates(): Promise<void> {
    let shown = "";
    let shownAt = 0;
    const isToBeRefreshed = () => clock.now() - shownAt >= (refreshMs() ?? Number.POSITIVE_INFINITY);
    for (let waitMs = everyMs; ; ) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(waitMs, resolve);
        endPause = () => {
          cancel();
          resolve();
        };
      });
      if (isOver) return;
      waitMs = everyMs;
      const state = text;
      if (state.trim() === "" || (state === shown && !isToBeRefreshed())) continue;
      const result = await show(state);
      if (result === "never") return;
      if (result === "shown") [shown, shownAt] = [state, clock.now()];
      else waitMs = result.retryMs;
    }
  }

  async function end(): Promise<void> {
    isOver = true;
    endPause();
    await showing;
  }

  return {
    async add(more) {
      text += more;
      if (!isOver) showing ??= showStates();
    },
    async flush() {
      const isFirst = !isOver;
      await end();
      const message = isFirst ? draft() : undefined;
      const flushed = message === undefined ? { text } : { text, draft: message };
      text = "";
      return flushed;
    },
    close: end,
  };
}
