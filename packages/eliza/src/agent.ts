import type { Agent, AgentOutput, Turn } from "@elizaos/connector-core";
import { Transient } from "@elizaos/connector-core";
import type { Actions } from "./actions.js";
import type { AgentRuntime, Content, Memory, MessageService } from "./agent-runtime.js";
import { Answer, AnswerKeeper, isSaid } from "./answer.js";
import type { Memories } from "./memories.js";
import type { Notices } from "./notices.js";
import type { Places } from "./places.js";
import type { Turns } from "./turns.js";

export interface AgentParts {
  readonly places: Places;
  readonly memories: Memories;
  readonly notices: Notices;
  readonly turns: Turns;
  readonly actions: Actions;
  /** Sends what that runtime says about a turn that is over. */
  sayLater(turn: Turn, content: Content): Promise<void>;
}

/** The agent of `@elizaos/core` as one of ours: it keeps its own history, and is given one message of a room at a time. */
export function elizaAgent(runtime: AgentRuntime, parts: AgentParts): Agent {
  const keeper = new AnswerKeeper(runtime);
  return {
    history: "own",
    run: (turn, { signal }) => answer(turn, signal),
    observe: (notice) => parts.notices.take(notice),
  };

  async function* answer(turn: Turn, signal: AbortSignal): AsyncGenerator<AgentOutput, void> {
    const { messageService } = runtime;
    if (messageService === null)
      throw new Transient("The agent's runtime has no message service.", {
        mend: "@elizaos/core 1.7 and newer have one as soon as they are initialized.",
      });
    const place = await parts.places.of(turn, turn.events[0]);
    const asked = await parts.memories.ofTurn(turn, place, signal);
    if (turn.attempt > 1) await again(turn, asked);
    parts.actions.offer(turn);
    const given = new Answer();
    parts.turns
      .alone(asked.id, asked.roomId, { turn, evaluated: () => given.evaluated() }, () =>
        handle(messageService, turn, asked, given),
      )
      .then(
        () => given.outputs.end(),
        (error: unknown) => {
          if (!given.outputs.end({ error }))
            runtime.logger.warn({ error, turn: turn.id }, "an evaluator failed after the answer was given");
        },
      );
    yield* given.outputs;
  }

  async function handle(service: MessageService, turn: Turn, asked: Memory, given: Answer): Promise<void> {
    const pending = new Map<Content, Memory>();
    let index = 0;
    const { responseMessages = [] } = await service.handleMessage(
      runtime,
      asked,
      async (content: Content): Promise<Memory[]> => {
        // It calls back without text when it keeps silent.
        if (!isSaid(content)) return [];
        if (!given.message(content)) await parts.sayLater(turn, content);
        const memory = parts.memories.ofAnswer(turn, asked, content, String(index++));
        await keeper.take(memory, content, pending);
        return [memory];
      },
      { onStreamChunk: async (chunk) => given.piece(chunk), keepExistingResponses: true },
    );
    await keeper.settle(pending, responseMessages);
  }

  /** The message may have changed since, and what was answered to it was not used, unless it has been said already. */
  async function again(turn: Turn, asked: Memory): Promise<void> {
    await runtime.updateMemory({ id: asked.id, content: asked.content });
    await parts.memories.forgetAnswers(turn, asked.roomId);
    if (turn.said.length === 0) return;
    const text = turn.said.join("\n\n");
    await runtime.createMemory(parts.memories.ofAnswer(turn, asked, { text }, "said"), "messages");
  }
}
