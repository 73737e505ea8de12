import { DEFAULT_ACCOUNT } from "../config/blocks.js";
import { checkEdits, type Surroundings } from "../config/writes/check.js";
import type { ConfigEdit, ConfigWriter } from "../config/writes/edits.js";
import { renameEdits } from "../config/writes/former.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Heartbeat } from "../runtime-types.js";

export interface RenamesInConfigOptions {
  readonly writer: ConfigWriter | undefined;
  readonly surroundings: (handle: AccountHandle) => Surroundings;
  /** The connector's block as it was when this run began. */
  readonly block: (handle: AccountHandle) => unknown;
  readonly heartbeat: Heartbeat | undefined;
}

/** What stays for the operator to write, and why it was not written. */
interface Left {
  readonly why: string;
  readonly notes: readonly string[];
}

const NOT_ALLOWED = "configWrites is not true for this account";
const NO_WRITER = "this host writes no config";

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
    const left = [await this.#followInBlock(handle), await this.#followInHeartbeat(handle)];
    for (const { why, notes } of left.filter((each) => each !== undefined))
      for (const note of notes) if (!handle.renameNotes.includes(note)) handle.log.warn({ why }, note);
    handle.renameNotes = left.flatMap((each) => each?.notes ?? []);
  }

  async #followInBlock(handle: AccountHandle): Promise<Left | undefined> {
    const why = await this.#write(handle);
    if (why === undefined) return undefined;
    const { manifest } = handle.connector;
    const edits = renameEdits(this.#options.block(handle), handle.renames, handle.id);
    return { why, notes: edits.map((edit) => noteOf(pathOf(manifest.id, edit), nowOf(edit))) };
  }

  /** Resolves to why nothing was written, or to undefined when nothing is left to write. */
  async #write(handle: AccountHandle): Promise<string | undefined> {
    const { writer, surroundings } = this.#options;
    const { id } = handle.connector.manifest;
    if (!handle.config.configWrites) return NOT_ALLOWED;
    if (writer === undefined) return NO_WRITER;
    let edits: readonly ConfigEdit[] = [];
    try {
      await writer.update(id, (block) => {
        edits = renameEdits(block, handle.renames, handle.id);
        if (edits.length > 0) checkEdits(surroundings(handle), block, edits, { isRename: true });
        return edits;
      });
    } catch (error) {
      return messageOf(error);
    }
    for (const edit of edits) tell(handle, pathOf(id, edit), nowOf(edit));
    return undefined;
  }

  async #followInHeartbeat(handle: AccountHandle): Promise<Left | undefined> {
    const { heartbeat, writer } = this.#options;
    if (heartbeat === undefined || !isFor(heartbeat, handle)) return undefined;
    const { chat } = heartbeat.to;
    const now = handle.renames.get(chat);
    if (now === undefined) return undefined;
    const notes = [noteOf(HEARTBEAT_CHAT, now)];
    if (!handle.config.configWrites) return { why: NOT_ALLOWED, notes };
    if (writer?.moveHeartbeat === undefined) return { why: NO_WRITER, notes };
    try {
      if (await writer.moveHeartbeat(chat, now)) tell(handle, HEARTBEAT_CHAT, now);
      return undefined;
    } catch (error) {
      return { why: messageOf(error), notes };
    }
  }
}

const HEARTBEAT_CHAT = "heartbeat.to.chat";

function isFor({ to }: Heartbeat, handle: AccountHandle): boolean {
  return to.connector === handle.connector.manifest.id && (to.account ?? DEFAULT_ACCOUNT) === handle.id;
}

function tell(handle: AccountHandle, path: string, now: string): void {
  handle.log.info(
    { path, by: handle.owner.identity, why: "the platform changed the id" },
    `the config names the id of today: ${now}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noteOf(path: string, now: string): string {
  return `${path} is an id that the platform has changed; write ${now} instead`;
}

function pathOf(connector: string, { path }: ConfigEdit): string {
  return ["connectors", connector, ...path].join(".");
}

function nowOf(edit: ConfigEdit): string {
  return edit.type === "rename" ? edit.key : edit.type === "set" ? String(edit.value) : "nothing";
}
