import type { Agent, AgentOutput, Turn } from "@elizaos/connector-core";
import type { Logger } from "../log.js";
import { messagesOf, personIn } from "./conversation.js";
import { type Persona, systemPrompt } from "./persona.js";
import type { ModelSettings } from "./settings.js";

export interface ModelBrainOptions {
  readonly settings: ModelSettings;
  readonly persona: Persona;
  readonly log: Logger;
  /** Takes secrets out of what a provider says of a failure. */
  readonly redact: (text: string) => string;
}

/** An agent whose answers come from a language model, as they are written. */
export function modelBrain({ settings, persona, log, redact }: ModelBrainOptions): Agent {
  return {
    history: "ours",
    async *run(turn, { signal }): AsyncGenerator<AgentOutput> {
      const [{ createModelCall }, history] = await Promise.all([
        // The AI SDK costs 0.1 s and 15 MB: too much for a host that has nothing to say yet.
        import("./model-call.js"),
        turn.history(),
      ]);
      const call = await createModelCall(settings, log, redact);
      yield* call({
        system: systemPrompt(persona, placeOf(turn)),
        messages: messagesOf(turn, history),
        signal,
        turn,
      });
    },
  };
}

function placeOf(turn: Turn) {
  return {
    connector: turn.connector,
    isDirect: turn.events[0].chat.kind === "dm",
    person: personIn(turn),
    instructions: turn.systemPrompt,
    now: turn.receivedAt,
  };
}
