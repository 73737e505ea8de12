import type { Json } from "../../contract/json.js";
import type { Manifest } from "../../contract/manifest.js";
import { isRecord } from "../merge.js";

const MASK = "****";
/** Names that secrets go by in blocks that people write. */
const SECRET_NAME = /token|secret|password|credential|api.?key|private.?key/i;

/** A value of a connector's block with every credential masked. @param at where it stands in the block */
export function visible(manifest: Manifest, value: unknown, at: readonly string[]): Json {
  const [first, , ...own] = at;
  if (isSecret(manifest, first === "accounts" ? own : at)) return MASK;
  if (Array.isArray(value))
    return value.map((each, index) => visible(manifest, each, [...at, String(index)]));
  if (isRecord(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, visible(manifest, each, [...at, key])]),
    );
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  return null;
}

function isSecret({ secrets, credentials }: Manifest, at: readonly string[]): boolean {
  const paths = [...secrets, ...credentials.flatMap(({ keys }) => keys)].map((path) => path.split("."));
  const isDeclared = paths.some(
    (path) => path.length === at.length && path.every((key, index) => key === "*" || key === at[index]),
  );
  return isDeclared || SECRET_NAME.test(at.at(-1) ?? "");
}
