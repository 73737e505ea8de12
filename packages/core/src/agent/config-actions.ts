import { z } from "zod";
import { isRecord } from "../config/merge.js";
import { checkEdits, checkPath, type Surroundings } from "../config/writes/check.js";
import type { ConfigEdit, ConfigWriter } from "../config/writes/edits.js";
import { visible } from "../config/writes/visible.js";
import type { AccountHandle } from "../connection/handle.js";
import { type Action, defineAction } from "../contract/actions.js";
import type { InboundEvent } from "../contract/event.js";
import type { Json } from "../contract/json.js";

const MAX_PATH = 12;
const NEXT_START = "from the next start of the host on";

const path = z
  .tuple([z.string().min(1)], z.string().min(1))
  .refine((keys) => keys.length <= MAX_PATH, { error: `must have at most ${MAX_PATH} keys` })
  .describe('Keys from the connector\'s block down, such as ["groups", "-100123", "requireMention"].');
const anything = z
  .custom<Json>((value) => value !== undefined, { error: "is missing" })
  .describe("The new value, as JSON.");
const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .describe("Why, in one sentence; it is logged with the change.");

export interface ConfigActionsOptions {
  readonly writer: ConfigWriter | undefined;
  readonly surroundings: (handle: AccountHandle) => Surroundings;
  readonly isOwner: (handle: AccountHandle, event: InboundEvent) => boolean;
  /** Takes known secrets out of a text. */
  readonly redact: (text: string) => string;
}

/** What an owner may have the agent do to the config of the connector that the turn came by. */
export function configActions({
  writer,
  surroundings,
  isOwner,
  redact,
}: ConfigActionsOptions): (handle: AccountHandle, event: InboundEvent) => readonly Action[] {
  return (handle, event) => {
    if (writer === undefined || !handle.config.configWrites || !isOwner(handle, event)) return [];
    const { manifest } = handle.connector;
    const write = async (edit: ConfigEdit, why: string): Promise<Json> => {
      checkPath(handle.connector, edit.path);
      await writer.update(manifest.id, (block) => {
        checkEdits(surroundings(handle), block, [edit]);
        return [edit];
      });
      const at = ["connectors", manifest.id, ...edit.path].join(".");
      handle.log.info(
        { path: at, change: edit.type, by: event.sender.id, why },
        "the agent changed the config",
      );
      return { written: at, effective: NEXT_START };
    };
    const get = defineAction({
      name: "config.get",
      description: `Reads this connector's settings as the config file has them (connectors.${manifest.id}); credentials are masked, settings that are not written have their defaults.`,
      input: z.strictObject({ path: path.optional() }),
      async run({ path: keys = [] }: { readonly path?: readonly string[] | undefined }) {
        const value = visible(manifest, valueAt(await writer.read(manifest.id), keys), keys);
        const shown: Json = JSON.parse(redact(JSON.stringify(value)));
        return { path: [...keys], value: shown };
      },
    });
    const set = defineAction({
      name: "config.set",
      description: `Writes one setting of connectors.${manifest.id}; effective ${NEXT_START}. Credentials, and whatever would let more people in, are refused.`,
      input: z.strictObject({ path, value: anything, reason }),
      run: ({ path: keys, value, reason: why }) => write({ type: "set", path: keys, value }, why),
    });
    const unset = defineAction({
      name: "config.unset",
      description: `Removes one setting of connectors.${manifest.id}, so that its default holds; effective ${NEXT_START}.`,
      input: z.strictObject({ path, reason }),
      run: ({ path: keys, reason: why }) => write({ type: "remove", path: keys }, why),
    });
    return [get, set, unset];
  };
}

function valueAt(block: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }, block);
}
