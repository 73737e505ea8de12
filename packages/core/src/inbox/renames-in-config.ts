import { checkEdits, type Surroundings } from "../config/writes/check.js";
import type { ConfigEdit, ConfigWriter } from "../config/writes/edits.js";
import { renameEdits } from "../config/writes/former.js";
import type { AccountHandle } from "../connection/handle.js";

export interface RenamesInConfigOptions {
  readonly writer: ConfigWriter | undefined;
  readonly surroundings: (handle: AccountHandle) => Surroundings;
  /** The connector's block as it was when this run began. */
  readonly block: (handle: AccountHandle) => unknown;
}

/**
 * Ids that a platform changed, where the config still has the former ones: written anew where `configWrites` allows it, else told to the
 * operator. Policy itself follows a rename at once, whatever the config says.
 */
export class RenamesInConfig {
  readonly #options: RenamesInConfigOptions;
  #last: Promise<void> = Promise.resolve();

  constructor(options: RenamesInConfigOptions) {
    this.#options = options;
  }

  /** One after another, since they write to one file. */
  follow(handle: AccountHandle): void {
    this.#last = this.#last.then(() =>
      this.#follow(handle).catch((error: unknown) =>
        handle.log.error({ err: error }, "a rename could not be followed in the config"),
      ),
    );
  }

  async #follow(handle: AccountHandle): Promise<void> {
    const why = await this.#write(handle);
    if (why === undefined) {
      handle.renameNotes = [];
      return;
    }
    const { manifest } = handle.connector;
    const notes = renameEdits(this.#options.block(handle), handle.renames, handle.id).map((edit) =>
      noteOf(manifest.id, edit),
    );
    for (const note of notes) if (!handle.renameNotes.includes(note)) handle.log.warn({ why }, note);
    handle.renameNotes = notes;
  }

  /** Resolves to why nothing was written, or to undefined when nothing is left to write. */
  async #write(handle: AccountHandle): Promise<string | undefined> {
    const { writer, surroundings } = this.#options;
    const { id } = handle.connector.manifest;
    if (!handle.config.configWrites) return "configWrites is not true for this account";
    if (writer === undefined) return "this host writes no config";
    let edits: readonly ConfigEdit[] = [];
    try {
      await writer.update(id, (block) => {
        edits = renameEdits(block, handle.renames, handle.id);
        if (edits.length > 0) checkEdits(surroundings(handle), block, edits, { isRename: true });
        return edits;
      });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    for (const edit of edits)
      handle.log.info(
        { path: pathOf(id, edit), by: handle.owner.identity, why: "the platform changed the id" },
        `the config names the id of today: ${nowOf(edit)}`,
      );
    return undefined;
  }
}

function noteOf(connector: string, edit: ConfigEdit): string {
  return `${pathOf(connector, edit)} is an id that the platform has changed; write ${nowOf(edit)} instead`;
}

function pathOf(connector: string, { path }: ConfigEdit): string {
  return ["connectors", connector, ...path].join(".");
}

function nowOf(edit: ConfigEdit): string {
  return edit.type === "rename" ? edit.key : edit.type === "set" ? String(edit.value) : "nothing";
}
