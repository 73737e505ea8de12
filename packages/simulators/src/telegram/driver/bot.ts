import type { User } from "@grammyjs/types";
import { SimulatorError } from "../../kit/errors.js";
import type { WaitOptions } from "../../kit/watch.js";
import type { ApiCall } from "../api.js";
import type { BotAccount } from "../bot.js";
import type { Outage } from "../outages.js";
import type { WireUpdate } from "../updates.js";
import type { DriverContext } from "./context.js";

/** A bot account, seen from Telegram's side. */
export class BotHandle {
  readonly account: BotAccount;
  readonly #context: DriverContext;

  constructor(context: DriverContext, account: BotAccount) {
    this.#context = context;
    this.account = account;
  }

  get token(): string {
    return this.account.token;
  }

  get id(): number {
    return this.account.user.id;
  }

  get username(): string {
    return this.account.user.username;
  }

  get user(): User {
    return this.account.profile;
  }

  /** The webhook that is set, if any. */
  get webhook(): { url: string; secretToken?: string; lastError?: string } | undefined {
    const { settings, lastError } = this.account.webhook ?? {};
    if (settings === undefined) return undefined;
    return {
      url: settings.url,
      ...(settings.secretToken === undefined ? {} : { secretToken: settings.secretToken }),
      ...(lastError === undefined ? {} : { lastError: lastError.message }),
    };
  }

  /** Updates that the bot has not confirmed yet, oldest first. */
  pendingUpdates(): WireUpdate[] {
    return this.account.updates.pending;
  }

  /** Ids of presses (callback queries) that the bot has not answered, oldest first. */
  unansweredPresses(): string[] {
    return [...this.account.callbacks].flatMap(([id, { answer }]) => (answer === undefined ? [id] : []));
  }

  /** Presses so far count as too old: an answer to one is refused (Bot API: answerCallbackQuery). */
  pressesGrowOld(): void {
    this.account.callbacks.clear();
  }

  /** The calls of this bot in the journal, of one method or of all. */
  calls(method?: string): ApiCall[] {
    const wanted = method?.toLowerCase();
    return this.#context.requests.all(
      (call) => call.bot === this.username && (wanted === undefined || call.method.toLowerCase() === wanted),
    );
  }

  /** Resolves when a getUpdates call of this bot waits for updates. */
  async polls(options: WaitOptions = {}): Promise<void> {
    await this.#context.watch.until(
      () => (this.account.updates.polling ? true : undefined),
      (timeoutMs) =>
        `@${this.username} did not poll within ${timeoutMs} ms. The last calls:\n${this.#context.requests.tail(8)}`,
      options,
    );
  }

  /** Resolves when the bot has confirmed every update. */
  async catchesUp(options: WaitOptions = {}): Promise<void> {
    await this.#context.watch.until(
      () => (this.pendingUpdates().length === 0 ? true : undefined),
      (timeoutMs) =>
        `@${this.username} left ${this.pendingUpdates().length} updates unconfirmed after ${timeoutMs} ms.`,
      options,
    );
  }

  /** No delivery to the webhook gets through any more, for this reason; null ends it. */
  cannotReachWebhook(outage: Outage | null): void {
    this.account.outage = outage ?? undefined;
  }

  /** Resolves when a delivery to the webhook has failed with such an error (see `webhook.lastError`). */
  async deliveryFails(error: RegExp = /./, options: WaitOptions = {}): Promise<void> {
    await this.#context.watch.until(
      () => (error.test(this.webhook?.lastError ?? "") ? true : undefined),
      (timeoutMs) =>
        `No such failure within ${timeoutMs} ms; the last one: ${this.webhook?.lastError ?? "none"}.`,
      options,
    );
  }

  /** The token stops working (401). With a new token the account goes on under that one. */
  revoke(newToken?: string): void {
    const { world } = this.#context;
    this.account.revoke();
    if (newToken === undefined) return;
    if (world.bots.has(newToken)) throw new SimulatorError("This token is taken already.");
    if (newToken.split(":")[0] !== String(this.id))
      throw new SimulatorError(`A token of this bot begins with ${this.id}:.`);
    world.bots.delete(this.account.token);
    this.account.token = newToken;
    this.account.revoked = false;
    world.bots.set(newToken, this.account);
  }

  /** Hands the last confirmed updates out once more, under their old ids. */
  redeliver(count = 1): WireUpdate[] {
    const again = this.account.updates.redeliver(count);
    if (again.length < count)
      throw new SimulatorError(`@${this.username} has confirmed only ${again.length} updates.`);
    return again;
  }

  /** The next batch of more than one update comes in reverse order. */
  reorder(): void {
    this.account.updates.reverse();
  }

  /** The next `update_id`; after a week without updates Telegram starts again anywhere, also lower. */
  setNextUpdateId(id: number): void {
    this.account.updates.setNextId(id);
  }
}
