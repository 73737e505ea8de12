import type { AgentOutput, Turn } from "@elizaos/connector-core";
import { isStepCount, type LanguageModel, streamText } from "ai";
import type { Logger } from "../log.js";
import type { Message } from "./conversation.js";
import { describeFailure } from "./failure.js";
import { openLanguageModel } from "./language-model.js";
import { PROVIDER_FACTS } from "./providers.js";
import type { ModelSettings } from "./settings.js";
import { toolsOf } from "./tools.js";

/** Within one attempt of a turn; the turn itself is tried again by core. */
const MAX_RETRIES = 2;
/** Calls of the model within one answer: each may call actions and see what came of them. */
const MAX_STEPS = 8;
/** UTF-16 units. A model that repeats itself for ever is cut off here. */
const LONGEST_ANSWER = 32_000;
const CUT = " […]";

export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly signal: AbortSignal;
  /** The turn, whose actions the model may call. */
  readonly turn: Pick<Turn, "actions" | "act">;
}

export type ModelCall = (request: ModelRequest) => AsyncGenerator<AgentOutput>;

/** What is said of a warning of the SDK goes to the log and not, as it would by itself, to standard error. */
globalThis.AI_SDK_LOG_WARNINGS = false;

export async function createModelCall(
  settings: ModelSettings,
  log: Logger,
  redact: (text: string) => string,
): Promise<ModelCall> {
  const model = await openLanguageModel(settings);
  return async function* (request) {
    // Ends the HTTP request whenever the answer is not read to its end.
    const leaving = new AbortController();
    try {
      yield* readAnswer(model, settings, request, AbortSignal.any([request.signal, leaving.signal]), log);
    } catch (error) {
      request.signal.throwIfAborted();
      throw describeFailure(error, settings, redact);
    } finally {
      leaving.abort();
    }
  };
}

async function* readAnswer(
  model: LanguageModel,
  settings: ModelSettings,
  { system, messages, turn }: ModelRequest,
  signal: AbortSignal,
  log: Logger,
): AsyncGenerator<AgentOutput> {
  const tools = toolsOf(turn);
  const { maxOutputTokens } = PROVIDER_FACTS[settings.provider];
  const { stream } = streamText({
    model,
    instructions: system,
    messages: [...messages],
    abortSignal: signal,
    maxRetries: MAX_RETRIES,
    ...(Object.keys(tools).length === 0 ? {} : { tools, stopWhen: isStepCount(MAX_STEPS) }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    // The session is kept here; OpenAI would keep another copy for 30 days.
    providerOptions: { openai: { store: false } },
    // The stream says it as well; without this the SDK prints it.
    onError() {},
  });
  let length = 0;
  let isBlank = true;
  let end = "other";
  // What the model says after it called an action is a paragraph of its own.
  let isNewStep = false;
  for await (const part of stream) {
    switch (part.type) {
      case "start-step":
        for (const warning of part.warnings) log.debug({ warning }, "the model's provider warns");
        isNewStep = true;
        break;
      case "text-delta":
        if (part.text === "") break;
        if (isNewStep && !isBlank) yield "\n\n";
        isNewStep = false;
        length += part.text.length;
        isBlank &&= part.text.trim() === "";
        yield part.text;
        break;
      case "error":
        throw part.error;
      case "abort":
        signal.throwIfAborted();
        break;
      case "finish":
        end = part.finishReason;
        break;
      default:
    }
    if (length > LONGEST_ANSWER) break;
  }
  signal.throwIfAborted();
  if (isBlank) {
    yield { type: "silent", reason: SILENCE[end] ?? "The model gave an empty answer." };
  } else if (length > LONGEST_ANSWER || end === "length") {
    log.warn({ model: settings.name, length }, "the model's answer grew too long and was cut off");
    yield CUT;
  }
}

const SILENCE: Readonly<Record<string, string>> = {
  "content-filter": "The model's provider filtered its answer.",
  length: "The model used up its output limit before it said anything.",
};
