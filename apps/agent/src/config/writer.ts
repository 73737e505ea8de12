import { type ConfigEdit, type ConfigWriter, isRecord, Rejected } from "@elizaos/connector-core";
import { UserError } from "../user-error.js";
import type { FileEdit } from "./edit.js";
import type { Plan } from "./load.js";
import { rowOf } from "./plugin-auto-enable.js";
import { parseObject, readText } from "./read.js";
import { writeSecretFile } from "./write.js";

/**
 * Writes connectors' blocks in the config file in place: comments and everything else stay as they are. All of an update happens in one
 * turn of the event loop, on the file as it is at that moment.
 */
export function configWriter({ path, file, origins }: Pick<Plan, "path" | "file" | "origins">): ConfigWriter {
  const openFile = () => {
    if (path === undefined || file === undefined) throw new Rejected("There is no config file to write to.");
    const text = readText(path, file) ?? "{}";
    return { path, file, text, config: parseObject(text, file) };
  };
  const open = (connector: string) => {
    const from = origins[connector];
    if (file !== undefined && from !== undefined && from !== file)
      throw new Rejected(`connectors.${connector} stands in ${from}, which is not written to.`);
    const opened = openFile();
    return { ...opened, ...findBlock(opened.config, connector) };
  };
  return {
    read: async (connector) => asRejected(() => open(connector).block),
    async update(connector, change) {
      const edit = await editor();
      asRejected(() => {
        const { block, at, ...opened } = open(connector);
        const edits = change(block);
        if (edits.length > 0)
          edit(
            opened,
            edits.map((each) => inFile(at, each)),
          );
      });
    },
    async moveHeartbeat(chat, now) {
      const edit = await editor();
      return asRejected(() => {
        const opened = openFile();
        const written = valueAt(opened.config, HEARTBEAT_CHAT);
        if (String(written).trim() !== chat) return false;
        const isNumber = typeof written === "number" && String(Number(now)) === now;
        edit(opened, [{ path: HEARTBEAT_CHAT, value: isNumber ? Number(now) : now }]);
        return true;
      });
    },
  };
}

const HEARTBEAT_CHAT = ["heartbeat", "to", "chat"] as const;

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

interface OpenFile {
  readonly path: string;
  readonly file: string;
  readonly text: string;
}

/** Most hosts never write to their config, and the parser that keeps comments is large. */
async function editor() {
  const { editConfig } = await import("./edit.js");
  return ({ path, file, text }: OpenFile, edits: readonly FileEdit[]): void => {
    const edited = editConfig(text, edits);
    if (edited === undefined)
      throw new Rejected(`${file} cannot be changed without losing something that stands in it.`);
    if (edited !== text) writeSecretFile(path, edited, file);
  };
}

/** Where the file has a connector's block: under its id or another name of it, in `connectors` or, as of old, in `channels`. */
function findBlock(config: Readonly<Record<string, unknown>>, connector: string) {
  for (const root of ["connectors", "channels"] as const) {
    const blocks = config[root];
    if (!isRecord(blocks)) continue;
    const key = Object.keys(blocks).find((each) => rowOf(each)?.id === connector);
    if (key !== undefined) return { block: blocks[key], at: [root, key] as const };
  }
  return { block: undefined, at: ["connectors", connector] as const };
}

function inFile(at: readonly [string, string], edit: ConfigEdit): FileEdit {
  const path = [...at, ...edit.path] as const;
  switch (edit.type) {
    case "set":
      return { path, value: edit.value };
    case "remove":
      return { path, remove: true };
    case "rename":
      return { path, key: edit.key };
  }
}

/** What is wrong with the file is told as the contract tells it. */
function asRejected<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw new Rejected(error.message, { cause: error });
    throw error;
  }
}
