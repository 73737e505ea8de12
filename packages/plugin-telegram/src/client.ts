import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Clock } from "@elizaos/connector-core";
import type { AbortSignal as GrammySignal } from "abort-controller";
import type { Api } from "grammy";
import type { TelegramConfig } from "./config.js";
import { TimeLimitExceeded } from "./errors.js";

/** grammY's own limit is a last resort far above ours, which runs on the host's clock. */
const BACKSTOP_SECONDS = 500;

export interface CallOptions {
  readonly signal: AbortSignal;
  /** ms. Default: `timeoutSeconds` of the config. */
  readonly limitMs?: number;
}

/** grammY's API client with sockets of its own. It retries nothing. */
export interface Client {
  /** Makes one call within its time limit. Throws what grammY throws, or `TimeLimitExceeded`. */
  call<T>(run: (api: Api, signal: GrammySignal) => Promise<T>, options: CallOptions): Promise<T>;
  /** Ends every socket. */
  close(): void;
}

export async function createClient(config: TelegramConfig, clock: Clock): Promise<Client> {
  const [{ Api }, { AbortController: GrammyController }] = await Promise.all([
    import("grammy"),
    import("abort-controller"),
  ]);
  const agent = config.apiRoot.startsWith("https:")
    ? new HttpsAgent({ keepAlive: true })
    : new HttpAgent({ keepAlive: true });
  const api = new Api(config.botToken ?? "", {
    apiRoot: config.apiRoot,
    timeoutSeconds: Math.max(BACKSTOP_SECONDS, config.timeoutSeconds * 2),
    sensitiveLogs: false,
    baseFetchConfig: { agent, compress: true },
  });
  return {
    async call(run, { signal, limitMs = config.timeoutSeconds * 1000 }) {
      // grammY's types know only the signals of this package; Node's own work as well, but cannot be told so.
      const controller = new GrammyController();
      const abort = () => controller.abort();
      let isOver = false;
      const cancel = clock.after(limitMs, () => {
        isOver = true;
        abort();
      });
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort, { once: true });
      try {
        return await run(api, controller.signal);
      } catch (error) {
        if (isOver && !signal.aborted) throw new TimeLimitExceeded(limitMs);
        throw error;
      } finally {
        cancel();
        signal.removeEventListener("abort", abort);
      }
    },
    close: () => agent.destroy(),
  };
}
