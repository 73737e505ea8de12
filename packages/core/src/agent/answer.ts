import type { Address } from "../contract/address.js";
import type { AgentAnswer, AgentOutput } from "../contract/agent.js";
import type { Operation } from "../contract/operation.js";
import { endedWith } from "./stream.js";

/** What a whole answer comes to. */
export interface Answer {
  readonly operations: readonly Operation[];
  /** Why there is nothing to say, where the agent said so. */
  readonly silence: string | undefined;
}

/**
 * Reads an agent's answer to its end. Deltas are joined into messages; text around a message of its own stays around it.
 * Rejects with the agent's error, or with the signal's reason once it is aborted and the agent has settled.
 */
export async function collectAnswer(answer: AgentAnswer, to: Address, signal: AbortSignal): Promise<Answer> {
  const collector = new Collector(to);
  const settled = await answer;
  if (isStream(settled)) {
    for await (const output of endedWith(settled, signal)) {
      signal.throwIfAborted();
      collector.add(output);
    }
  } else {
    collector.add(settled);
  }
  signal.throwIfAborted();
  return collector.finish();
}

class Collector {
  readonly #to: Address;
  readonly #message: string | undefined;
  readonly #operations: Operation[] = [];
  #text = "";
  #silence: string | undefined;

  constructor({ message, ...to }: Address) {
    this.#to = to;
    this.#message = message;
  }

  add(output: AgentOutput): void {
    // JavaScript's agents may simply return.
    if (output === undefined || output === null) return;
    if (typeof output === "string") {
      this.#text += output;
      return;
    }
    switch (output.type) {
      case "delta":
        this.#text += output.text;
        return;
      case "message": {
        this.#flush();
        this.#send(
          output.text,
          output.format ?? "markdown",
          output.quote === true ? this.#message : undefined,
        );
        return;
      }
      case "react": {
        this.#flush();
        const message = this.#message;
        if (message !== undefined)
          this.#operations.push({ kind: "react", to: { ...this.#to, message }, emoji: output.emoji });
        return;
      }
      case "silent":
        this.#silence = output.reason;
        return;
      default:
        throw new TypeError("an agent gives strings, or objects of type delta, message, react or silent");
    }
  }

  finish(): Answer {
    this.#flush();
    return { operations: this.#operations, silence: this.#silence };
  }

  #flush(): void {
    const text = this.#text;
    this.#text = "";
    this.#send(text, "markdown", undefined);
  }

  #send(text: string, format: "markdown" | "plain", replyTo: string | undefined): void {
    if (text.trim() === "") return;
    this.#operations.push({
      kind: "send",
      to: this.#to,
      text,
      format,
      ...(replyTo === undefined ? {} : { replyTo }),
    });
  }
}

function isStream(value: AgentOutput | AsyncIterable<AgentOutput>): value is AsyncIterable<AgentOutput> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
