import type { BotCommand, UserFromGetMe } from "@grammyjs/types";
import type { Clock } from "../kit/clock.js";
import { SimulatorError } from "../kit/errors.js";
import { ApiError } from "./errors.js";
import type { Outage } from "./outages.js";
import { UpdateQueue } from "./updates.js";
import { type CallInAnswer, WebhookSender, type WebhookSettings } from "./webhook.js";

const TOKEN = /^([1-9]\d{0,15}):[A-Za-z0-9_-]+$/;
const FIRST_UPDATE_ID = 700_000_001;

/** The bot's id in a token of the right form. */
export function botIdOf(token: string): number | undefined {
  const id = TOKEN.exec(token)?.[1];
  return id === undefined ? undefined : Number(id);
}

export interface BotOptions {
  /** `<bot id>:<secret>`, as @BotFather gives it. */
  token: string;
  /** Without the `@`. */
  username: string;
  /** Default: the username. */
  name?: string;
  /** Whether the bot sees only what is meant for it in groups. Default: true, as with Telegram. */
  privacyMode?: boolean;
  /** @BotFather's "bot-to-bot communication mode". Default: false. */
  botToBot?: boolean;
  /** Default: 700000001. */
  firstUpdateId?: number;
}

export interface CallbackState {
  from: number;
  answer?: { text?: string; show_alert?: boolean; url?: string };
}

const MAX_CALLBACKS = 1000;

/** A bot account with its token, its updates and its webhook. */
export class BotAccount {
  readonly user: UserFromGetMe;
  readonly privacyMode: boolean;
  readonly botToBot: boolean;
  readonly updates: UpdateQueue;
  /** By scope and language. */
  readonly commands = new Map<string, BotCommand[]>();
  readonly callbacks = new Map<string, CallbackState>();
  token: string;
  revoked = false;
  webhook: WebhookSender | undefined;
  /** Why its webhook cannot be reached. */
  outage: Outage | undefined;
  readonly #clock: Clock;
  readonly #changed: () => void;

  constructor(options: BotOptions, clock: Clock, changed: () => void) {
    const id = botIdOf(options.token);
    if (id === undefined) {
      throw new SimulatorError(
        "A bot token has the form <digits>:<letters, digits, _ or ->, such as 100001:FAKE-TOKEN.",
      );
    }
    this.#clock = clock;
    this.#changed = changed;
    this.token = options.token;
    this.privacyMode = options.privacyMode ?? true;
    this.botToBot = options.botToBot ?? false;
    this.updates = new UpdateQueue(clock, options.firstUpdateId ?? FIRST_UPDATE_ID, changed);
    this.user = {
      id,
      is_bot: true,
      first_name: options.name ?? options.username,
      username: options.username,
      can_join_groups: true,
      can_read_all_group_messages: !this.privacyMode,
      supports_inline_queries: false,
      supports_guest_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      can_manage_bots: false,
      supports_join_request_queries: false,
    };
  }

  /** As other objects show it: without what only getMe tells. */
  get profile() {
    const { id, is_bot, first_name, username } = this.user;
    return { id, is_bot, first_name, username };
  }

  /** @param call Makes calls that come in the answers to requests. */
  setWebhook(settings: WebhookSettings | undefined, call: CallInAnswer = () => {}): void {
    this.webhook?.stop();
    this.webhook = undefined;
    if (settings === undefined) return;
    this.updates.interrupt(new ApiError(409, "Conflict: terminated by setWebhook request"));
    this.webhook = new WebhookSender(
      settings,
      this.updates,
      this.#clock,
      this.#changed,
      call,
      () => this.outage,
    );
  }

  /** The token stops working; a call that waits is refused. */
  revoke(): void {
    this.revoked = true;
    this.updates.interrupt(new ApiError(401, "Unauthorized"));
    this.webhook?.stop();
    this.webhook = undefined;
  }

  addCallback(id: string, from: number): void {
    this.callbacks.set(id, { from });
    const oldest = this.callbacks.keys().next().value;
    if (this.callbacks.size > MAX_CALLBACKS && oldest !== undefined) this.callbacks.delete(oldest);
  }
}
