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

function fill(value: Json, places: Readonly<Record<string, string>>): Json {
  if (typeof value === "string") return places[value] ?? value;
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((each) => fill(each, places));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, places)]));
}

function isList(value: readonly Json[] | { readonly [key: string]: Json }): value is readonly Json[] {
  return Array.isArray(value);
}
