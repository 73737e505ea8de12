import type { z } from "zod";
import type { ConfigIssue } from "../contract/errors.js";
import { nearest } from "./nearest.js";

/**
 * What zod found, in words for a person: one issue for each unknown key, with the key that was probably meant. Paths are
 * relative to what `schema` describes.
 *
 * @param alsoKnown keys of the top level that the schema does not have
 */
export function toConfigIssues(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  alsoKnown: readonly string[] = [],
): ConfigIssue[] {
  const path = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  const known = [...knownKeys(schema, issue.path), ...(issue.path.length === 0 ? alsoKnown : [])];
  return issue.keys.map((key) => {
    const guess = nearest(key, known);
    const hint = guess === undefined ? `known: ${known.join(", ")}` : `did you mean "${guess}"?`;
    return { path: path === "" ? key : `${path}.${key}`, message: `unknown key "${key}"; ${hint}` };
  });
}

/** The keys of the object schema at `path`, walking through optionals, defaults and records. */
function knownKeys(root: z.ZodType, path: readonly PropertyKey[]): string[] {
  let schema: z.ZodType | undefined = root;
  for (const segment of path) {
    const node: unknown = unwrap(schema);
    if (!isSchemaNode(node)) return [];
    schema = node.shape?.[String(segment)] ?? node.valueType ?? node.element;
  }
  const node: unknown = unwrap(schema);
  return isSchemaNode(node) && node.shape !== undefined ? Object.keys(node.shape) : [];
}

interface SchemaNode {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
}

function isSchemaNode(node: unknown): node is SchemaNode {
  return typeof node === "object" && node !== null;
}

function unwrap(schema: z.ZodType | undefined): unknown {
  let current: unknown = schema;
  while (
    typeof current === "object" &&
    current !== null &&
    "unwrap" in current &&
    typeof current.unwrap === "function"
  ) {
    current = current.unwrap();
  }
  return current;
}
