import type { Client } from "../client.js";
import { connectorError } from "../errors.js";
import type { MenuEntry, MenuScope } from "./scopes.js";

/** The Bot API's calls for menus of commands. They throw the contract's errors. */
export interface MenuCalls {
  /** What comes back is not checked. */
  get(scope: MenuScope, signal: AbortSignal): Promise<unknown>;
  set(scope: MenuScope, entries: readonly MenuEntry[], signal: AbortSignal): Promise<void>;
  delete(scope: MenuScope, signal: AbortSignal): Promise<void>;
}

export function menuCalls(client: Client): MenuCalls {
  return {
    get: (scope, signal) =>
      failing("getMyCommands", () =>
        client.call((api, limited) => api.getMyCommands({ scope }, limited), { signal }),
      ),
    async set(scope, entries, signal) {
      await failing("setMyCommands", () =>
        client.call((api, limited) => api.setMyCommands(entries, { scope }, limited), { signal }),
      );
    },
    async delete(scope, signal) {
      await failing("deleteMyCommands", () =>
        client.call((api, limited) => api.deleteMyCommands({ scope }, limited), { signal }),
      );
    },
  };
}

async function failing<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw connectorError(error, method);
  }
}
