import {
  AuthError,
  type ConnectionContext,
  createBackoff,
  type Probe,
  pause,
  RateLimited,
} from "@elizaos/connector-core";
import { z } from "zod";
import { readFailure, toConnectorError } from "../errors.js";
import { mendFor } from "./causes.js";

/** How often Telegram is asked whether it reaches us: when all is well, … */
const CHECK_MS = 60_000;
/** … and right after the start, or as long as it does not. */
const SOON_MS = 15_000;
/** Telegram tries again within a minute (telegram-bot-api, WebhookActor); an older failure is over. */
const FAILURE_LASTS_MS = 3 * 60_000;

const infoSchema = z.object({
  url: z.string(),
  pending_update_count: z.int(),
  last_error_date: z.int().optional(),
  last_error_message: z.string().optional(),
});
type WebhookInfo = z.infer<typeof infoSchema>;

export interface KeeperOptions {
  /** Where Telegram is to post. */
  readonly url: string;
  /** Calls `setWebhook` with that address; throws what grammY throws. */
  setWebhook(signal: AbortSignal): Promise<unknown>;
  /** Calls `getWebhookInfo`; throws what grammY throws. */
  getWebhookInfo(signal: AbortSignal): Promise<unknown>;
  readonly context: Pick<ConnectionContext, "status" | "fail" | "log" | "clock">;
  readonly signal: AbortSignal;
  /** Numbers from 0 to 1 for jitter. */
  readonly random: () => number;
}

interface Trouble {
  readonly reason: string;
  readonly mend?: string;
  readonly waitMs?: number;
}

/** Keeps a bot's webhook set, and tells whether Telegram reaches it. */
export interface WebhookKeeper {
  /** Resolves when the signal was aborted or the token refused; never rejects. */
  readonly ended: Promise<void>;
  /** Whether Telegram reaches this host. Throws what grammY throws. */
  probe(signal: AbortSignal): Promise<Probe>;
}

/** Resolves when the webhook was set for the first time, or when the status says why not. */
export async function keepWebhook(options: KeeperOptions): Promise<WebhookKeeper> {
  const { url, context, signal } = options;
  const { clock, log } = context;
  const backoff = createBackoff(clock, options.random, { minMs: 1_000, maxMs: 120_000 });
  let said: string | undefined;
  let waitMs = SOON_MS;

  const online = () => {
    if (said !== "online") context.status({ state: "online" });
    said = "online";
  };
  const inTrouble = ({ reason, mend }: Trouble) => {
    if (said !== reason) {
      context.status({ state: "reconnecting", reason, ...(mend === undefined ? {} : { mend }) });
      log.warn({ reason }, "Telegram's updates do not arrive");
    }
    said = reason;
  };
  /** Makes calls; what goes wrong becomes the status and the next wait. Resolves to false when there is no use in going on. */
  const attempt = async (work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      backoff.reset();
    } catch (error) {
      if (signal.aborted) return false;
      const trouble = judge(error);
      if (trouble instanceof AuthError) {
        context.fail(trouble);
        return false;
      }
      inTrouble(trouble);
      waitMs = trouble.waitMs ?? backoff.next();
      isSet = false;
    }
    return true;
  };
  let isSet = false;
  const set = async () => {
    await options.setWebhook(signal);
    isSet = true;
    waitMs = SOON_MS;
    online();
  };
  const check = async () => {
    const info = infoSchema.parse(await options.getWebhookInfo(signal));
    if (info.url !== url) {
      log.warn({}, "Another program changed or removed this bot's webhook; setting it again");
      return await set();
    }
    const failure = failureIn(info, clock.now(), url);
    if (failure === undefined) online();
    else inTrouble(failure);
    // Somebody may have set the same address with another secret; whether that was it, the next look shows.
    if (failure !== undefined && /: 401\b/.test(info.last_error_message ?? ""))
      await options.setWebhook(signal);
    waitMs = failure === undefined ? CHECK_MS : SOON_MS;
  };
  const keep = async (goesOn: boolean) => {
    for (let isAlive = goesOn; isAlive; isAlive = await attempt(isSet ? check : set)) {
      await pause(clock, waitMs, signal);
      if (signal.aborted) return;
    }
  };

  const goesOn = await attempt(set);
  return {
    ended: keep(goesOn),
    async probe(until) {
      const info = infoSchema.parse(await options.getWebhookInfo(until));
      const failure = failureIn(info, clock.now(), url);
      const waiting = `${info.pending_update_count} updates wait at Telegram`;
      return failure === undefined
        ? { status: "ok", detail: `webhook set, ${waiting}` }
        : { status: "unreachable", reason: failure.reason };
    },
  };
}

function failureIn(info: WebhookInfo, now: number, url: string): Trouble | undefined {
  const { last_error_date: at = 0, last_error_message: message = "no reason given" } = info;
  if (info.pending_update_count === 0 || now - at * 1_000 > FAILURE_LASTS_MS) return undefined;
  return {
    reason: `Telegram cannot bring its updates to ${url} (${message}); ${info.pending_update_count} of them wait there.`,
    mend: mendFor(message),
  };
}

/** What a failed call is to the keeper; only a refused token ends it. */
function judge(error: unknown): Trouble | AuthError {
  const failure = readFailure(error);
  if (failure === undefined) {
    const what = error instanceof z.ZodError ? "the answer is not one of a Bot API server" : String(error);
    return { reason: `Telegram does not say how the webhook is: ${what}.` };
  }
  const mapped = toConnectorError(failure, "setWebhook");
  if (mapped instanceof AuthError) return mapped;
  if (mapped instanceof RateLimited) return { reason: mapped.message, waitMs: mapped.retryAfterMs };
  if (failure.kind !== "refused" || failure.status !== 400) return { reason: mapped.message };
  return { reason: mapped.message, mend: mendFor(failure.description) };
}
