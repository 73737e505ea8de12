import type { Turn } from "@elizaos/connector-core";
import { pause, systemClock } from "@elizaos/connector-core";
import type { AgentRuntime, KnownMemory } from "./agent-runtime.js";

/** A turn waits for what that runtime still does about the one before it in its room, evaluators for example, no longer than this. */
const SETTLE_LIMIT_MS = 30_000;

interface Running {
  readonly turn: Turn;
  /** That runtime has begun to look back at what was said. */
  evaluated(): void;
}

/** Turns at work, by the id of the message that they answer in that runtime: its actions, providers and evaluators are told only that. */
export class Turns {
  readonly #byMessage = new Map<string, Running>();
  readonly #tails = new Map<string, Promise<void>>();

  /** Makes that runtime tell when it has said all, and what the config has to say of a group. */
  register(runtime: AgentRuntime): void {
    runtime.registerEvaluator({
      name: "CONNECTOR_TURN",
      description: "Lets an answer be sent before evaluators look back at it.",
      similes: [],
      examples: [],
      alwaysRun: true,
      validate: async (_runtime, message) => {
        this.#running(message)?.evaluated();
        return false;
      },
      handler: async () => undefined,
    });
    runtime.registerProvider({
      name: "CONNECTOR_INSTRUCTIONS",
      description: "Instructions for the group or thread that the message came from",
      get: async (_runtime, message) => ({ text: this.of(message)?.systemPrompt ?? "" }),
    });
  }

  of(message: KnownMemory): Turn | undefined {
    return this.#running(message)?.turn;
  }

  #running({ id }: KnownMemory): Running | undefined {
    return id === undefined ? undefined : this.#byMessage.get(id);
  }

  /** Does the work of a turn when that of the one before it in its room is over. */
  async alone(messageId: string, roomId: string, running: Running, work: () => Promise<void>): Promise<void> {
    const before = this.#tails.get(roomId);
    if (before !== undefined) await atMost(SETTLE_LIMIT_MS, before);
    this.#byMessage.set(messageId, running);
    const working = work();
    const tail = working.then(
      () => {},
      () => {},
    );
    this.#tails.set(roomId, tail);
    try {
      await working;
    } finally {
      if (this.#byMessage.get(messageId) === running) this.#byMessage.delete(messageId);
      if (this.#tails.get(roomId) === tail) this.#tails.delete(roomId);
    }
  }
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work.finally(() => done.abort()), pause(systemClock, ms, done.signal)]);
}
