import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";
import { SHARED_BY_ALL, sessionKey, sharedByPeer, sharedByPerson } from "./key.js";
import { DEFAULT_SCOPE, type DmScope, type SessionOptions } from "./options.js";
import { People } from "./people.js";

/** Where an event belongs. */
export interface Placement {
  readonly session: string;
  /** The chat's own lane, where the session is not the chat's alone: order by platform holds within one chat only. */
  readonly lane?: string;
}

/** Says which session an event belongs to. Groups and threads have their own; private chats share one as the owner says. */
export class Sessions {
  readonly #scope: DmScope;
  readonly #names: People<string>;

  constructor({ dmScope = DEFAULT_SCOPE, identityLinks = {} }: SessionOptions) {
    this.#scope = dmScope;
    this.#names = new People(
      Object.entries(identityLinks).flatMap(([name, ids]) => ids.map((id) => [id, name] as const)),
    );
  }

  /** @param event with its address as it is now */
  place(handle: AccountHandle, event: InboundEvent): Placement {
    const lane = sessionKey(handle.owner.identity, event);
    const session = event.chat.kind === "dm" ? this.#shared(handle, event) : undefined;
    return session === undefined ? { session: lane } : { session, lane };
  }

  #shared(handle: AccountHandle, { sender }: InboundEvent): string | undefined {
    if (this.#scope === DEFAULT_SCOPE) return undefined;
    if (this.#scope === "main") return SHARED_BY_ALL;
    const connector = handle.connector.manifest.id;
    const current = (id: string) => handle.current(id);
    const name = this.#names.find(connector, sender, current);
    if (name === undefined) return sharedByPeer(connector, current(sender.id));
    return sharedByPerson(name, this.#scope === "per-peer" ? undefined : connector);
  }
}
