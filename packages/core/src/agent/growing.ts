import type { Clock } from "../contract/connection.js";
import type { DraftFeature } from "../contract/features.js";
import type { TextStream } from "./text-stream.js";

export interface GrowingOptions {
  /** How the text is shown as of now. */
  readonly feature: () => DraftFeature;
  readonly clock: Clock;
  /** Shows a state of the text. Never rejects. */
  readonly show: (text: string) => Promise<Shown>;
  /** Platform id of the message that shows the text. */
  readonly draft: () => string | undefined;
}

/** What came of showing a state: it is there, it is to be tried again after so many ms, or no more is to be shown. */
export type Shown = "shown" | "never" | { readonly retryMs: number };

/**
 * Shows a text while it grows, no more often than the platform bears. Only the first message of an answer does so; a preview of it
 * stays until the stream is closed, since the message is sent no sooner.
 */
export function growingText({ feature, clock, show, draft }: GrowingOptions): TextStream {
  let text = "";
  /** The first message, as far as it is written. */
  let first = "";
  let isFirst = true;
  let isOver = false;
  let endPause = () => {};
  let showing: Promise<void> | undefined;
  let call: Promise<Shown> | undefined;

  /** A message that appeared only now would stand beside the one that is sent. */
  const mayShow = () => !isOver && (isFirst || feature().refreshMs !== undefined);

  async function showStates(): Promise<void> {
    let shown = "";
    let shownAt = 0;
    for (let waitMs = feature().everyMs; ; ) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(waitMs, resolve);
        endPause = () => {
          cancel();
          resolve();
        };
      });
      if (!mayShow()) return;
      const { everyMs, refreshMs } = feature();
      waitMs = everyMs;
      const state = first;
      const isThere = state === shown && (refreshMs === undefined || clock.now() - shownAt < refreshMs);
      if (state.trim() === "" || isThere) continue;
      call = show(state);
      const result = await call;
      if (result === "never") return;
      if (result === "shown") {
        shown = state;
        shownAt = clock.now();
      } else waitMs = result.retryMs;
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
      if (!isFirst) return;
      first = text;
      showing ??= showStates();
    },
    async flush() {
      const flushed = { text };
      text = "";
      if (!isFirst) return flushed;
      isFirst = false;
      await call;
      const message = draft();
      if (message !== undefined || !mayShow()) await end();
      return message === undefined ? flushed : { ...flushed, draft: message };
    },
    close: end,
  };
}
