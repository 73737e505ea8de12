import type { Json, Turn } from "@elizaos/connector-core";
import type { ConformanceOptions } from "./subject.js";

/** The sample that the connector's author gave. */
export function sampleOf({ actions }: Pick<ConformanceOptions, "actions">, name: string): Json {
  const sample = actions?.[name];
  if (sample === undefined)
    throw new Error(`Give conformance() a sample of the input of ${name}: options.actions["${name}"]`);
  return sample;
}

/** A sample of an action's input for this turn: `$chat` and `$message` stand for where the turn's message is. */
export function sampleFor({ events }: Turn, sample: Json): Json {
  const { chat, message = "" } = events[0].address;
  const places: Readonly<Record<string, string>> = { $chat: chat, $message: message };
  return fill(sample, places);
}

/** The same, with what the samples of other actions gave back, each done in this turn before: `$polls.create.message`. */
export async function preparedSample(
  turn: Turn,
  options: Pick<ConformanceOptions, "actions">,
  name: string,
): Promise<Json> {
  const sample = sampleOf(options, name);
  const places: Record<string, string> = {};
  for (const wanted of stringsIn(sample)) {
    const before = Object.keys(options.actions ?? {}).find((each) => wanted.startsWith(`$${each}.`));
    if (before === undefined) continue;
    const result = await turn.act(before, await preparedSample(turn, options, before));
    places[wanted] = String(readPath(result, wanted.slice(`$${before}.`.length)));
  }
  return sampleFor(turn, fill(sample, places));
}

function stringsIn(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function readPath(value: Json, path: string): Json | undefined {
  let found: Json | undefined = value;
  for (const key of path.split("."))
    found =
      typeof found === "object" && found !== null
        ? Object.entries(found).find(([name]) => name === key)?.[1]
        : undefined;
  return found;
}

function fill(value: Json, places: Readonly<Record<string, string>>): Json {
  if (typeof value === "string") return places[value] ?? value;
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((each) => fill(each, places));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, places)]));
}

function isList(value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] {
  return Array.isArray(value);
}
