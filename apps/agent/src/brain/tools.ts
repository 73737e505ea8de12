import { ConnectorError, type Json, type Turn, toldOf } from "@elizaos/connector-core";
import { dynamicTool, jsonSchema, type ToolSet } from "ai";

/** Providers take letters, digits, `_` and `-` in the names of tools, at most 64. */
const LONGEST_NAME = 64;

/** The turn's actions as the model is given them. What an action refuses is told to the model, which may mend its call. */
export function toolsOf(turn: Pick<Turn, "actions" | "act">): ToolSet {
  return Object.fromEntries(
    turn.actions.map(({ name, description, input }) => [
      name.replaceAll(/[^\w-]/g, "_").slice(0, LONGEST_NAME),
      dynamicTool({
        description,
        inputSchema: jsonSchema(input),
        execute: (given, { abortSignal }) =>
          turn
            .act(name, toJson(given), abortSignal === undefined ? {} : { signal: abortSignal })
            .catch(rethrowWithMend),
      }),
    ]),
  );
}

/** The model reads the message alone. */
function rethrowWithMend(error: unknown): never {
  if (!ConnectorError.isInstance(error) || error.mend === undefined) throw error;
  throw new Error(toldOf(error), { cause: error });
}

/** The SDK has read it from JSON. */
function toJson(given: unknown): Json {
  return JSON.parse(JSON.stringify(given ?? {}));
}
