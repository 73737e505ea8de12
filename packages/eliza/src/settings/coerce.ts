import type { AccountConfig } from "@elizaos/connector-core";

type Fields = AccountConfig<unknown>["fields"];

/**
 * A value of the agent's settings as the connector's field wants it. Settings are often texts (`"false"`, `"5"`, `"12,34"`, JSON), and the
 * runtime makes booleans of some of them by itself. What no reading fits is given back as it is, so that the config check names it.
 */
export function coerce(fields: Fields, key: string, value: unknown): unknown {
  const field = fields.shape[key];
  if (field === undefined || accepts(field, value)) return value;
  return readings(value).find((reading) => accepts(field, reading)) ?? value;
}

function accepts(field: Fields["shape"][string], value: unknown): boolean {
  return "safeParse" in field && typeof field.safeParse === "function" && field.safeParse(value).success;
}

function readings(value: unknown): readonly unknown[] {
  if (typeof value !== "string") return typeof value === "object" ? [] : [String(value)];
  const text = value.trim();
  const list = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return [...parsed(text), text, list];
}

function parsed(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
