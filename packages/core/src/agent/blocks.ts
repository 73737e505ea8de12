import type { Clock } from "../contract/connection.js";
import { type BlockLengths, blockEnd } from "./block-cut.js";
import type { TextStream } from "./text-stream.js";

export interface BlocksOptions extends BlockLengths {
  /** A pause after which what there is becomes a block, in ms. */
  readonly idleMs: number;
  readonly clock: Clock;
  /** Resolves once the block is durable. */
  readonly say: (block: string) => Promise<void>;
}

/** Says each block of a text as soon as it is complete. Nothing is added to or taken from the text: the blocks joined are the text. */
export function textInBlocks({ idleMs, clock, say, ...lengths }: BlocksOptions): TextStream {
  let text = "";
  /** A text that cannot be cut, such as a long fence, is not looked through again for every word that is added. */
  let lookAt = 0;
  let failure: { readonly error: unknown } | undefined;
  let saying: Promise<void> = Promise.resolve();
  let cancelIdle = () => {};

  async function sayComplete(isIdle: boolean): Promise<void> {
    while (isIdle || text.length >= lookAt) {
      const end = blockEnd(text, lengths, isIdle);
      lookAt = end > 0 ? 0 : text.length > lengths.maxChars ? text.length * 1.25 : 0;
      if (end === 0) return;
      const block = text.slice(0, end);
      text = text.slice(end);
      await say(block);
    }
  }

  /** One after another; after a failure nothing more is said, so that no block is missing in between. */
  function inTurn(isIdle: boolean): Promise<void> {
    saying = saying.then(async () => {
      if (failure !== undefined) return;
      try {
        await sayComplete(isIdle);
      } catch (error) {
        failure = { error };
      }
    });
    return saying;
  }

  async function settled(): Promise<void> {
    cancelIdle();
    await saying;
    if (failure !== undefined) throw failure.error;
  }

  return {
    async add(more) {
      text += more;
      cancelIdle();
      await inTurn(false);
      if (failure !== undefined) throw failure.error;
      if (text !== "") cancelIdle = clock.after(idleMs, () => void inTurn(true));
    },
    async flush() {
      await settled();
      const flushed = { text };
      text = "";
      return flushed;
    },
    async close() {
      cancelIdle();
      await saying;
    },
  };
}
