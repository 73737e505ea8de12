import { checkedRows } from "../buttons/rows.js";
import type { Address } from "../contract/address.js";
import type { AgentAnswer, AgentOutput, OutgoingAttachment } from "../contract/agent.js";
import type { ButtonRows } from "../contract/button.js";
import type { Operation, SendOperation } from "../contract/operation.js";
import type { Taken } from "../media/outgoing.js";
import { AlreadySaid } from "./already-said.js";
import type { Quoting } from "./quoting.js";
import { endedWith } from "./stream.js";
import type { TextStream } from "./text-stream.js";

/** What is left of an answer when the agent has ended. */
export interface Answer {
  /** Not said yet. */
  readonly operations: readonly Operation[];
  /** Why there is nothing to say, where the agent said so. */
  readonly silence: string | undefined;
}

export interface AnswerOptions {
  readonly to: Address;
  readonly signal: AbortSignal;
  /** Takes the text while it is being written. */
  readonly text: TextStream;
  /** Says at once what is complete; absent: everything waits for the turn's end. */
  readonly say?: (operations: readonly Operation[]) => Promise<void>;
  /** Which messages quote the one that is answered. */
  readonly quoting: Quoting;
  /** Reactions of the agent's own are done. */
  readonly mayReact: boolean;
  /** What earlier attempts said. */
  readonly said: readonly string[];
  /** Files that earlier attempts sent, by their names in the spool, and why they could not send others. */
  readonly sentFiles: readonly string[];
  /** Takes copies of what is to be sent. */
  readonly take: (attachments: readonly OutgoingAttachment[]) => Promise<Taken>;
}

/**
 * Reads an agent's answer to its end. Deltas are joined into messages; text around a message of its own stays around it.
 * Rejects with the agent's error, or with the signal's reason once it is aborted and the agent has settled.
 */
export async function collectAnswer(answer: AgentAnswer, options: AnswerOptions): Promise<Answer> {
  const { signal, text } = options;
  const collector = new Collector(options);
  try {
    const settled = await answer;
    if (isStream(settled)) {
      for await (const output of endedWith(settled, signal)) {
        signal.throwIfAborted();
        await collector.add(output);
      }
    } else {
      await collector.add(settled);
    }
    signal.throwIfAborted();
    return await collector.finish();
  } finally {
    await text.close();
  }
}

class Collector {
  readonly #options: AnswerOptions;
  readonly #to: Address;
  readonly #message: string | undefined;
  readonly #alreadySaid: AlreadySaid;
  readonly #sentFiles: string[];
  readonly #operations: Operation[] = [];
  #silence: string | undefined;

  constructor(options: AnswerOptions) {
    const { message, ...to } = options.to;
    this.#options = options;
    this.#to = to;
    this.#message = message;
    this.#alreadySaid = new AlreadySaid(options.said);
    this.#sentFiles = [...options.sentFiles];
  }

  async add(output: AgentOutput): Promise<void> {
    // JavaScript's agents may simply return.
    if (output === undefined || output === null) return;
    if (typeof output === "string") return this.#addText(output);
    switch (output.type) {
      case "delta":
        return this.#addText(output.text);
      case "message": {
        await this.#flush();
        // JavaScript's agents may leave it out beside attachments.
        const text = this.#alreadySaid.newPartOf(output.text ?? "");
        this.#alreadySaid.endMessage();
        const replyTo = output.quote === true ? this.#message : undefined;
        const sends = this.#send(text, output.format ?? "markdown", replyTo);
        const { attachments = [], buttons } = output;
        const operations = attachments.length === 0 ? sends : await this.#withFiles(sends, attachments);
        return this.#put(buttons === undefined ? operations : withButtons(operations, buttons));
      }
      case "react": {
        await this.#flush();
        const message = this.#message;
        if (message === undefined) return;
        if (!this.#options.mayReact) {
          this.#silence ??= "It only reacted, which reactionLevel does not allow.";
          return;
        }
        return this.#put([{ kind: "react", to: { ...this.#to, message }, emoji: output.emoji }]);
      }
      case "silent":
        this.#silence = output.reason;
        return;
      default:
        throw new TypeError("an agent gives strings, or objects of type delta, message, react or silent");
    }
  }

  async finish(): Promise<Answer> {
    await this.#flush();
    return { operations: this.#operations, silence: this.#silence };
  }

  #addText(text: string): Promise<void> {
    return this.#options.text.add(this.#alreadySaid.newPartOf(text));
  }

  async #flush(): Promise<void> {
    this.#alreadySaid.endMessage();
    const { text, draft } = await this.#options.text.flush();
    const sends = this.#send(text, "markdown", undefined);
    this.#operations.push(...(draft === undefined ? sends : sends.map((send) => ({ ...send, draft }))));
  }

  /** Something complete: said at once where answers are said as they come. */
  async #put(operations: readonly Operation[]): Promise<void> {
    const { say } = this.#options;
    this.#operations.push(...operations);
    if (say === undefined || this.#operations.length === 0) return;
    await say(this.#operations.splice(0));
  }

  /** What can be had goes with the text; what cannot is an operation of its own that says why. */
  async #withFiles(
    [send]: readonly SendOperation[],
    attachments: readonly OutgoingAttachment[],
  ): Promise<readonly Operation[]> {
    const { files, refused } = await this.#options.take(attachments);
    const unsent = files.filter(({ spool }) => !this.#wasSent(spool));
    const plain = send ?? ({ kind: "send", to: this.#to, text: "", format: "plain" } as const);
    const first = unsent.length === 0 ? send : { ...plain, attachments: unsent };
    const refusals = refused
      .filter((reason) => !this.#wasSent(reason))
      .map((reason) => ({ kind: "send", to: this.#to, text: "", format: "plain", refused: reason }) as const);
    return [...(first === undefined ? [] : [first]), ...refusals];
  }

  /** Each file that an earlier attempt sent, or could not send, is left out once. */
  #wasSent(file: string): boolean {
    const index = this.#sentFiles.indexOf(file);
    if (index >= 0) this.#sentFiles.splice(index, 1);
    return index >= 0;
  }

  #send(text: string, format: "markdown" | "plain", replyTo: string | undefined): readonly SendOperation[] {
    if (text.trim() === "") return [];
    const quote = { ...this.#options.quoting.take(), ...(replyTo === undefined ? {} : { replyTo }) };
    return [{ kind: "send", to: this.#to, text, format, ...quote } as const];
  }
}

/** Of one message, which is one operation and the refusals of its files. */
function withButtons(operations: readonly Operation[], rows: ButtonRows): readonly Operation[] {
  const buttons = checkedRows(rows);
  return operations.map((operation) =>
    operation.kind === "send" && operation.refused === undefined ? { ...operation, buttons } : operation,
  );
}

function isStream(value: AgentOutput | AsyncIterable<AgentOutput>): value is AsyncIterable<AgentOutput> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
