/** What of a message is still to be sent when it is complete. */
export interface Flushed {
  readonly text: string;
  /** Platform id of a message that shows an earlier state of it. */
  readonly draft?: string;
}

/** Takes the text of an answer while it is being written. */
export interface TextStream {
  add(text: string): Promise<void>;
  /** The message is complete; the next text belongs to another one. */
  flush(): Promise<Flushed>;
  /** Nothing is shown any more afterwards; what is under way has ended. */
  close(): Promise<void>;
}

/** Keeps everything back until the message is complete. */
export function wholeText(): TextStream {
  let text = "";
  return {
    async add(more) {
      text += more;
    },
    async flush() {
      const flushed = { text };
      text = "";
      return flushed;
    },
    async close() {},
  };
}
