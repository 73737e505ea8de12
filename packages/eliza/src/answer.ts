import type { AgentOutput } from "@elizaos/connector-core";
import type { AgentRuntime, Content, Memory } from "./agent-runtime.js";
import { toOutgoing } from "./media/outbound.js";
import { Outputs } from "./outputs.js";

/** What that runtime says in answer to one message, as our runtime reads it. */
export class Answer {
  readonly outputs = new Outputs<AgentOutput>();
  /** What came in pieces since the last whole message. */
  #streamed = "";
  #hasMessage = false;

  piece(text: string): void {
    if (this.outputs.push({ type: "delta", text })) this.#streamed += text;
  }

  /** A message that is whole. One that was streamed comes once more at its end. False when the turn is over. */
  message({ text = "", attachments = [] }: Content): boolean {
    const streamed = this.#streamed;
    this.#streamed = "";
    this.#hasMessage = true;
    if (streamed !== "") this.outputs.push({ type: "delta", text: restOf(text, streamed) });
    return this.outputs.push({
      type: "message",
      // Only ends the streamed one where it is empty.
      text: streamed === "" ? text : "",
      ...(attachments.length > 0 && { attachments: attachments.map(toOutgoing) }),
    });
  }

  /** All has been said, unless nothing has: some releases say it after they have looked back. */
  evaluated(): void {
    if (this.#hasMessage) this.outputs.end();
  }
}

/** What of a message was not shown yet. */
function restOf(text: string, streamed: string): string {
  const shown = streamed.trimStart();
  const whole = text.trimStart();
  return whole.startsWith(shown) ? whole.slice(shown.length) : "";
}

export function isSaid({ text, attachments }: Content): boolean {
  return (text ?? "").trim() !== "" || (attachments?.length ?? 0) > 0;
}

/**
 * Keeps answers in that runtime's memory. 1.x leaves that to connectors; 2.x keeps some by itself before it calls back, which shows in
 * what `handleMessage` resolves to, and is looked up once.
 */
export class AnswerKeeper {
  readonly #runtime: AgentRuntime;
  #keepsItself: boolean | undefined;

  constructor(runtime: AgentRuntime) {
    this.#runtime = runtime;
  }

  /** What can be kept at once, so that actions of the same turn see it, is. */
  async take(memory: Memory, said: Content, pending: Map<Content, Memory>): Promise<void> {
    if (this.#keepsItself === false) await this.#keep(memory);
    else pending.set(said, memory);
  }

  /** After the turn: the rest, without what that runtime has kept. */
  async settle(
    pending: ReadonlyMap<Content, Memory>,
    responses: readonly { readonly id?: string; readonly content: unknown }[],
  ): Promise<void> {
    for (const [said, memory] of pending) {
      const own = responses.find(({ content }) => content === said);
      if (own?.id !== undefined) {
        this.#keepsItself ??= (await this.#runtime.getMemoryById(own.id)) !== null;
        if (this.#keepsItself) continue;
      }
      await this.#keep(memory);
    }
  }

  async #keep(memory: Memory): Promise<void> {
    await this.#runtime.createMemory(memory, "messages");
    await this.#runtime.emitEvent("MESSAGE_SENT", {
      runtime: this.#runtime,
      message: memory,
      source: memory.content.source,
    });
  }
}
