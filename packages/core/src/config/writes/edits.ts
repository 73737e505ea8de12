import type { Json } from "../../contract/json.js";
import { isRecord } from "../merge.js";

export type ConfigPath = readonly [string, ...string[]];

/** One change to a connector's block; paths start there. Entries of lists are named by their index. */
export type ConfigEdit =
  | { readonly type: "set"; readonly path: ConfigPath; readonly value: Json }
  | { readonly type: "remove"; readonly path: ConfigPath }
  /** The key at the end of the path is called otherwise from now on. */
  | { readonly type: "rename"; readonly path: ConfigPath; readonly key: string };

/** Writes the config that a host reads at its start. */
export interface ConfigWriter {
  /** The connector's block as it is written now; undefined when there is none. */
  read(connector: string): Promise<unknown>;
  /**
   * Gives `change` the block as it is written and writes what comes back, all or nothing; nobody else writes in between. Rejects with what
   * `change` throws, or with `Rejected` when it cannot be written.
   */
  update(connector: string, change: (block: unknown) => readonly ConfigEdit[]): Promise<void>;
  /**
   * The chat that `heartbeat.to.chat` names has another id now: writes that. Resolves to false, and writes nothing, where another one stands
   * there; rejects as `update` does. Absent: nobody writes it.
   */
  moveHeartbeat?(chat: string, now: string): Promise<boolean>;
}

/** The block with the edits done. Objects on the way of a new value are made; what is not there is not removed. */
export function applyEdits(block: unknown, edits: readonly ConfigEdit[]): unknown {
  return edits.reduce<unknown>((value, edit) => apply(value, edit.path, edit), block ?? {});
}

function apply(value: unknown, [key, ...rest]: readonly string[], edit: ConfigEdit): unknown {
  if (key === undefined) return value;
  if (Array.isArray(value)) {
    const index = Number(key);
    if (!(index in value)) return value;
    const entry =
      rest.length > 0 ? apply(value[index], rest, edit) : edit.type === "set" ? edit.value : value[index];
    return value.with(index, entry);
  }
  const object = isRecord(value) ? value : {};
  if (rest.length > 0) {
    if (edit.type !== "set" && !Object.hasOwn(object, key)) return value;
    return { ...object, [key]: apply(Object.hasOwn(object, key) ? object[key] : undefined, rest, edit) };
  }
  if (edit.type === "set") return { ...object, [key]: edit.value };
  return Object.fromEntries(
    Object.entries(object).flatMap(([each, inner]) => {
      if (each !== key) return [[each, inner]];
      return edit.type === "remove" ? [] : [[edit.key, inner]];
    }),
  );
}
