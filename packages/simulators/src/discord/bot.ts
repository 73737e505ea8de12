import { type APIUser, ApplicationFlags, GatewayIntentBits } from "discord-api-types/v10";
import type { GatewaySession } from "./gateway/session.js";

const DAY_MS = 24 * 60 * 60 * 1000;
const NO_FLAGS: number = 0;
/** IDENTIFY calls in 24 h, for a bot of ordinary size (Discord, "Identifying"). */
export const IDENTIFY_BUDGET = 1_000;

export type PrivilegedIntent = "messageContent" | "members" | "presences";

export interface BotOptions {
  /** As the developer portal gives it; any text without spaces. */
  token: string;
  username: string;
  /** Of the bot and of its application. Default: the next free one. */
  id?: string;
  /** What is switched on in the developer portal. Default: all. */
  privilegedIntents?: readonly PrivilegedIntent[];
}

/** An application command as the bot registered it. */
export interface Command {
  id: string;
  application_id: string;
  version: string;
  name: string;
  description: string;
  type: number;
  options: { type: number; name: string; description: string; [other: string]: unknown }[];
  [other: string]: unknown;
}

const PRIVILEGED: Record<PrivilegedIntent, { intent: number; flag: number }> = {
  messageContent: {
    intent: GatewayIntentBits.MessageContent,
    flag: ApplicationFlags.GatewayMessageContentLimited,
  },
  members: { intent: GatewayIntentBits.GuildMembers, flag: ApplicationFlags.GatewayGuildMembersLimited },
  presences: { intent: GatewayIntentBits.GuildPresences, flag: ApplicationFlags.GatewayPresenceLimited },
};

/** A bot with its application, its token and its gateway sessions. */
export class Bot {
  readonly user: APIUser;
  readonly privileged: ReadonlySet<PrivilegedIntent>;
  /** Newest last. */
  readonly sessions: GatewaySession[] = [];
  /** By server, "" for those that are everywhere, and by id. */
  readonly commands = new Map<string, Map<string, Command>>();
  token: string;
  revoked = false;
  /** Times of IDENTIFY calls, oldest first. */
  #identifies: number[] = [];

  constructor(options: BotOptions, id: string) {
    this.token = options.token;
    this.privileged = new Set(options.privilegedIntents ?? ["messageContent", "members", "presences"]);
    this.user = {
      id,
      username: options.username,
      discriminator: "0000",
      global_name: null,
      avatar: null,
      bot: true,
      public_flags: NO_FLAGS,
    };
  }

  get id(): string {
    return this.user.id;
  }

  /** `ApplicationFlags` */
  get flags(): number {
    return [...this.privileged].reduce((flags, intent) => flags | PRIVILEGED[intent].flag, 0);
  }

  /** Privileged intents that are not switched on in the portal. */
  get forbiddenIntents(): number {
    return Object.entries(PRIVILEGED)
      .filter(([name]) => ![...this.privileged].some((granted) => granted === name))
      .reduce((bits, [, { intent }]) => bits | intent, 0);
  }

  identifiesLeft(now: number): { remaining: number; resetAfterMs: number } {
    this.#identifies = this.#identifies.filter((at) => at > now - DAY_MS);
    const [first] = this.#identifies;
    return {
      remaining: Math.max(0, IDENTIFY_BUDGET - this.#identifies.length),
      resetAfterMs: first === undefined ? 0 : first + DAY_MS - now,
    };
  }

  identifiesSince(time: number): number {
    return this.#identifies.filter((at) => at > time).length;
  }

  countIdentify(now: number): void {
    this.#identifies.push(now);
  }

  /** IDENTIFY calls that count against today's budget. */
  spendIdentifies(count: number, now: number): void {
    for (let n = 0; n < count; n += 1) this.#identifies.push(now);
  }
}
