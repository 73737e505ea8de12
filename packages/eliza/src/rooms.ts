import { isRecord, RecentMap } from "@elizaos/connector-core";
import type { AgentRuntime } from "./agent-runtime.js";
import { idOf } from "./ids.js";

/** Sessions whose room is remembered. */
const MAX_SESSIONS = 10_000;
/** Renames in a row that are followed back; a loop of them would never end. */
const MAX_RENAMES = 16;

const EPOCH = "connectors/epoch/";
const RENAMES = "connectors/renames/";

/**
 * Which room a session is. A session that begins anew gets a new room, and one whose chat was renamed keeps the room that it had. Both are
 * kept in that runtime's cache, beside the rooms themselves.
 */
export class Rooms {
  readonly #runtime: AgentRuntime;
  readonly #ids = new RecentMap<string, string>(MAX_SESSIONS);
  readonly #renames = new Map<string, Promise<Map<string, string>>>();

  constructor(runtime: AgentRuntime) {
    this.#runtime = runtime;
  }

  async idOf(identity: string, session: string): Promise<string> {
    const known = this.#ids.get(session);
    if (known !== undefined) return known;
    const name = await this.#firstName(identity, session);
    const epoch = await this.#runtime.getCache(EPOCH + name);
    const id = idOf(this.#runtime.agentId, "room", name, ...(typeof epoch === "string" ? [epoch] : []));
    this.#ids.set(session, id);
    return id;
  }

  /** The session begins anew, in a room of its own. */
  async reset(identity: string, session: string): Promise<void> {
    const name = await this.#firstName(identity, session);
    await this.#runtime.setCache(EPOCH + name, crypto.randomUUID());
    this.#ids.delete(session);
  }

  async renamed(identity: string, from: string, to: string): Promise<void> {
    const renames = await this.#renamesOf(identity);
    renames.set(encodeURIComponent(to), encodeURIComponent(from));
    await this.#runtime.setCache(RENAMES + identity, Object.fromEntries(renames));
    this.#ids.clear();
  }

  /** The key as it was before its chat or sender was ever renamed. */
  async #firstName(identity: string, session: string): Promise<string> {
    const renames = await this.#renamesOf(identity);
    if (renames.size === 0) return session;
    return session
      .split("/")
      .map((segment) => {
        let first = segment;
        for (let step = 0; step < MAX_RENAMES; step++) first = renames.get(first) ?? first;
        return first;
      })
      .join("/");
  }

  #renamesOf(identity: string): Promise<Map<string, string>> {
    let loading = this.#renames.get(identity);
    if (loading === undefined) {
      loading = this.#load(identity);
      this.#renames.set(identity, loading);
      loading.catch(() => this.#renames.delete(identity));
    }
    return loading;
  }

  async #load(identity: string): Promise<Map<string, string>> {
    const stored = await this.#runtime.getCache(RENAMES + identity);
    if (!isRecord(stored)) return new Map();
    return new Map(
      Object.entries(stored).flatMap(([to, from]) => (typeof from === "string" ? [[to, from] as const] : [])),
    );
  }
}
