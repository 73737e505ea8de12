import type { ConnectionContext, StateStore } from "@elizaos/connector-core";

/** Discord lists a bot's private chats nowhere: those that it has been written to in are remembered. */
const PREFIX = "direct/";
const MAX_CHATS = 500;
/** A chat's entry is renewed so often while somebody writes there. */
const RENEW_MS = 24 * 60 * 60_000;
const LIFETIME_MS = 60 * 24 * 60 * 60_000;

/** Private chats, the ones that were written in lately. */
export class DirectChats {
  readonly #state: StateStore;
  readonly #context: Pick<ConnectionContext, "clock" | "log">;
  readonly #renewedAt = new Map<string, number>();

  constructor(state: StateStore, context: Pick<ConnectionContext, "clock" | "log">) {
    this.#state = state;
    this.#context = context;
  }

  /** There were more than are remembered at once. */
  get isFull(): boolean {
    return this.#renewedAt.size >= MAX_CHATS;
  }

  async list(): Promise<readonly string[]> {
    const entries = await this.#state.list(PREFIX, { limit: MAX_CHATS });
    const now = this.#context.clock.now();
    for (const { key } of entries) if (!this.#renewedAt.has(key)) this.#renewedAt.set(key, now - RENEW_MS);
    return entries.map(({ key }) => key.slice(PREFIX.length));
  }

  /** Somebody wrote there. Never rejects. */
  async remember(channel: string): Promise<void> {
    const key = `${PREFIX}${channel}`;
    const now = this.#context.clock.now();
    const renewedAt = this.#renewedAt.get(key);
    if (renewedAt !== undefined && now - renewedAt < RENEW_MS) return;
    this.#renewedAt.set(key, now);
    const [oldest] = [...this.#renewedAt].sort(([, a], [, b]) => a - b);
    const isOver = this.#renewedAt.size > MAX_CHATS && oldest !== undefined;
    try {
      await this.#state.batch([
        { key, value: { at: now }, expiresAt: now + LIFETIME_MS },
        ...(isOver ? [{ key: oldest[0], value: undefined }] : []),
      ]);
      if (isOver) this.#renewedAt.delete(oldest[0]);
    } catch (error) {
      this.#renewedAt.delete(key);
      this.#context.log.warn({ err: error }, "a private chat could not be remembered for catching up");
    }
  }
}
