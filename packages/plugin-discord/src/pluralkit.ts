import { type ConnectionContext, type InboundEvent, isHttpRoot, pause } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { DiscordConfig } from "./config.js";
import type { Members } from "./members.js";
import { channelOf } from "./outbound.js";
import type { Rest } from "./rest.js";

const DEFAULT_API_ROOT = "https://api.pluralkit.me";
/** PluralKit takes a message away and posts it anew within about a second. */
const PROXY_DELAY_MS = 1_500;
const LOOK_UP_LIMIT_MS = 5_000;
/** Messages that were deleted lately. */
const MAX_DELETED = 1_000;

export const pluralKitFields = {
  pluralkit: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .describe(
          "Ask PluralKit who wrote what its webhooks post, and wait 1.5 s with other messages in servers, which it may take away.",
        ),
      token: z.string().trim().min(1).optional().describe("PluralKit token, for systems that are private."),
      apiRoot: z
        .string()
        .refine(isHttpRoot, { error: `must be an http or https address, such as ${DEFAULT_API_ROOT}` })
        .transform((root) => root.replace(/\/+$/, ""))
        .prefault(DEFAULT_API_ROOT)
        .describe("Address of PluralKit's API."),
    })
    .prefault({})
    .describe("PluralKit: people who write as several."),
} as const;

/** PluralKit API, "Get Proxied Message Information". */
const proxiedSchema = z.object({
  id: z.string(),
  original: z.string().optional(),
  sender: z.string().regex(/^\d+$/),
  system: z.object({ id: z.string(), name: z.string().nullish() }).nullish(),
  member: z.object({ id: z.string(), name: z.string(), display_name: z.string().nullish() }).nullish(),
});

export interface PluralKitOptions {
  readonly config: Pick<DiscordConfig, "pluralkit">;
  readonly rest: Rest;
  readonly members: Members;
  readonly context: Pick<ConnectionContext, "clock" | "log">;
}

/** Tells who wrote messages that PluralKit posts, and which messages it took away. */
export class PluralKit {
  readonly #options: PluralKitOptions;
  readonly #deleted = new Set<string>();

  constructor(options: PluralKitOptions) {
    this.#options = options;
  }

  /**
   * Marks an event that it has to be asked about before anybody decides about it.
   *
   * @param isThere it was seen on Discord just now, so that one of some age was not taken away
   */
  marked(event: InboundEvent, isThere = false): InboundEvent {
    const { kind, sender, address, sentAt } = event;
    if (!this.#options.config.pluralkit.enabled || kind !== "message" || address.space === undefined)
      return event;
    const isSettled = isThere && this.#options.context.clock.now() - sentAt > PROXY_DELAY_MS;
    const isInQuestion =
      sender.via !== undefined || (sender.isBot !== true && sender.isSelf !== true && !isSettled);
    return isInQuestion ? { ...event, needsHydration: true } : event;
  }

  deleted(messages: readonly string[]): void {
    for (const message of messages) this.#deleted.add(message);
    for (const oldest of this.#deleted) {
      if (this.#deleted.size <= MAX_DELETED) return;
      this.#deleted.delete(oldest);
    }
  }

  /** See `Connection.hydrate`. When PluralKit does not answer, the event stays as it came. */
  async complete(event: InboundEvent, signal: AbortSignal): Promise<InboundEvent | undefined> {
    const { message } = event.address;
    if (message === undefined) return event;
    if (event.sender.via !== undefined) return this.#attributed(event, message, signal);
    const { clock } = this.#options.context;
    const waitMs = event.sentAt + PROXY_DELAY_MS - clock.now();
    if (waitMs > 0) await pause(clock, Math.min(waitMs, PROXY_DELAY_MS), signal);
    signal.throwIfAborted();
    const isGone = this.#deleted.has(message) || (await this.#isGone(event, message, signal));
    return isGone ? undefined : event;
  }

  async #attributed(event: InboundEvent, message: string, signal: AbortSignal): Promise<InboundEvent> {
    const proxied = await this.#ask(message, signal);
    if (proxied === undefined) return event;
    const { sender, member, system } = proxied;
    const { isBot: _, ...rest } = event.sender;
    const name = member?.display_name ?? member?.name ?? event.sender.name;
    const group = system?.name ?? system?.id;
    return {
      ...event,
      sender: {
        ...rest,
        id: sender,
        ...(name === undefined ? {} : { name: group === undefined ? name : `${name} (${group})` }),
        ...(member ? { username: `pluralkit:${member.id}` } : {}),
        // What a webhook posts comes without the roles of whoever stands behind it.
        ...(await this.#options.members.rolesOf(sender, event, signal)),
      },
    };
  }

  async #isGone(event: InboundEvent, message: string, signal: AbortSignal): Promise<boolean> {
    // The gateway tells of deletions; only what waited over a restart has to be looked at.
    if (this.#options.context.clock.now() - event.sentAt < 2 * PROXY_DELAY_MS) return false;
    const route = Routes.channelMessage(channelOf(event.address), message);
    try {
      await this.#options.rest.call({ call: "GET channel message", method: "GET", route, signal });
      return false;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "gone";
    }
  }

  async #ask(message: string, signal: AbortSignal): Promise<z.infer<typeof proxiedSchema> | undefined> {
    const { config, context, rest } = this.#options;
    const { apiRoot, token } = config.pluralkit;
    const limit = new AbortController();
    const cancel = context.clock.after(LOOK_UP_LIMIT_MS, () => limit.abort());
    try {
      const response = await rest.fetch(`${apiRoot}/v2/messages/${message}`, {
        headers: {
          "user-agent": "@elizaos/plugin-discord",
          ...(token === undefined ? {} : { authorization: token }),
        },
        signal: AbortSignal.any([signal, limit.signal]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        // Other bots use webhooks too.
        if (response.status !== 404)
          context.log.warn({ status: response.status }, "PluralKit does not say who wrote a message");
        return undefined;
      }
      return proxiedSchema.safeParse(await response.json()).data;
    } catch (error) {
      signal.throwIfAborted();
      context.log.warn(
        { reason: error instanceof Error ? error.name : "unknown" },
        "PluralKit could not be asked who wrote a message",
      );
      return undefined;
    } finally {
      cancel();
    }
  }
}
