import type { ActionInfo, Json, Turn } from "@elizaos/connector-core";
import { isRecord } from "@elizaos/connector-core";
import type { ActionOutcome, AgentRuntime, KnownMemory, RuntimeAction } from "./agent-runtime.js";
import type { Turns } from "./turns.js";

/** What connectors can do, as actions of that runtime. They are made when a turn first offers them, and done through the turn. */
export class Actions {
  readonly #runtime: AgentRuntime;
  readonly #turns: Turns;
  readonly #registered = new Set<string>();

  constructor(runtime: AgentRuntime, turns: Turns) {
    this.#runtime = runtime;
    this.#turns = turns;
  }

  offer(turn: Turn): void {
    for (const action of turn.actions) {
      const name = nameOf(turn.connector, action.name);
      if (this.#registered.has(name)) continue;
      this.#registered.add(name);
      // A plugin that was loaded again finds what it registered before.
      if (this.#runtime.actions.some((known) => known.name === name)) continue;
      this.#runtime.registerAction(this.#action(name, turn.connector, action));
    }
  }

  #action(name: string, connector: string, { name: own, description, input }: ActionInfo): RuntimeAction {
    const turnOf = (message: KnownMemory) => {
      const turn = this.#turns.of(message);
      return turn?.connector === connector ? turn : undefined;
    };
    return {
      name,
      similes: [],
      description,
      parameters: parametersOf(input),
      examples: [],
      validate: async (_runtime, message) =>
        turnOf(message)?.actions.some((offered) => offered.name === own) ?? false,
      handler: async (_runtime, message, _state, options) => {
        const turn = turnOf(message);
        if (turn === undefined)
          return refused(`${name} can only be done while a message from ${connector} is being answered.`);
        const given = await inputFor(this.#runtime, message, options, { description, input });
        if (given === undefined)
          return refused(`${name} was not done: it is not clear from the message with what.`);
        try {
          const result = await turn.act(own, given);
          return { success: true, text: JSON.stringify(result), data: { actionName: name, result } };
        } catch (error) {
          return refused(error instanceof Error ? error.message : String(error));
        }
      },
    };
  }
}

function nameOf(connector: string, action: string): string {
  return `${connector}_${action}`.replace(/[^a-zA-Z0-9]+/g, "_").toUpperCase();
}

function refused(text: string): ActionOutcome {
  return { success: false, text, error: text };
}

function parametersOf(schema: ActionInfo["input"]): RuntimeAction["parameters"] {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, property]) => ({
    name,
    description:
      isRecord(property) && typeof property["description"] === "string" ? property["description"] : name,
    required: required.includes(name),
    schema:
      isRecord(property) && typeof property["type"] === "string"
        ? { ...property, type: property["type"] }
        : ANYTHING,
  }));
}

/** What a property may be that is described by more than a type. */
const ANYTHING = { type: "object" };

/** 2.x reads the input out of the conversation before it calls; for 1.x a model is asked here. */
async function inputFor(
  runtime: AgentRuntime,
  message: KnownMemory,
  options: unknown,
  { description, input }: Pick<ActionInfo, "description" | "input">,
): Promise<Json | undefined> {
  const given = isRecord(options) ? options["parameters"] : undefined;
  if (isRecord(given)) return toJson(given);
  if (parametersOf(input).length === 0) return {};
  const prompt = [
    `A message asks for this to be done: ${description}`,
    `Write its input as one JSON object that fits this JSON Schema, and nothing else: ${JSON.stringify(input)}`,
    "Take values from the message only. Write null when the message does not give what is required.",
    `The message: ${JSON.stringify(message.content.text ?? "")}`,
  ].join("\n\n");
  const text = await runtime.useModel("TEXT_SMALL", { prompt });
  const [json] = typeof text === "string" ? (/\{.*\}/s.exec(text) ?? []) : [];
  return json === undefined ? undefined : parsed(json);
}

function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

function toJson(value: unknown): Json | undefined {
  return parsed(JSON.stringify(value));
}
