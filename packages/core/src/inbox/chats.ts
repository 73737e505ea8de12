import { isRecord } from "../config/merge.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address, ChatInfo, ChatKind, Route } from "../contract/address.js";
import type { Clock } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import type { Json } from "../contract/json.js";
import type { Durably } from "../durable.js";
import { RecentMap } from "../recent-map.js";
import type { Store } from "../store/port.js";

/** Chats whose last written record is remembered, so that a quiet chat costs no write per message. */
const REMEMBERED_CHATS = 5_000;
const KINDS: readonly ChatKind[] = ["dm", "group", "channel", "feed", "issue", "mailbox"];

/** Where the agent has been: every chat with its kind, title and newest route. Serves proactive sends. */
export class ChatDirectory {
  readonly #store: Store;
  readonly #durably: Durably;
  readonly #clock: Clock;
  readonly #written = new RecentMap<string, { readonly info: string; readonly route: Json | undefined }>(
    REMEMBERED_CHATS,
  );

  constructor(store: Store, durably: Durably, clock: Clock) {
    this.#store = store;
    this.#durably = durably;
    this.#clock = clock;
  }

  note(handle: AccountHandle, event: InboundEvent): void {
    const { route } = event.address;
    const { kind, title, hasThreads } = event.chat;
    this.#put(handle, event.address, {
      kind,
      ...(title === undefined ? {} : { title }),
      ...(hasThreads === undefined ? {} : { hasThreads }),
      ...(route === undefined ? {} : { route: toJson(route) }),
    });
  }

  /** As the chat was when something came from there; one that nobody has written in yet is taken for a private one. */
  async infoOf(handle: AccountHandle, { chat, thread }: Address): Promise<ChatInfo> {
    const { identity } = handle.owner;
    const now = handle.current(chat);
    const places = [{ chat: now, ...(thread !== undefined && { thread }) }, { chat: now }];
    const written = places.flatMap((place) => this.#written.get(keyOf(identity, place))?.info ?? [])[0];
    const info: unknown =
      written === undefined
        ? ((await this.#store.chat(identity, now, thread)) ?? (await this.#store.chat(identity, now)))?.info
        : JSON.parse(written);
    if (!isRecord(info)) return { kind: "dm" };
    const kind = KINDS.find((each) => info["kind"] === each) ?? "dm";
    return { kind, ...(info["hasThreads"] === true && { hasThreads: true }) };
  }

  /** A better route that a platform gave in answer to a send. */
  async noteRoute(handle: AccountHandle, to: Address, route: Route): Promise<void> {
    const known = await this.#store.chat(handle.owner.identity, to.chat, to.thread);
    this.#put(handle, to, { ...(isJsonObject(known?.info) ? known.info : {}), route: toJson(route) });
  }

  /** The newest stored route of a chat or thread that has not expired. */
  async route(handle: AccountHandle, to: Address): Promise<Route | undefined> {
    const { identity } = handle.owner;
    const written = this.#written.get(keyOf(identity, to));
    const info = written ?? (await this.#store.chat(identity, to.chat, to.thread))?.info;
    const route = isRecord(info) ? info["route"] : undefined;
    if (!isRoute(route)) return undefined;
    return isUsable(route, this.#clock.now()) ? route : undefined;
  }

  #put(handle: AccountHandle, address: Address, info: { readonly [key: string]: Json }): void {
    const { identity, lease } = handle.owner;
    const key = keyOf(identity, address);
    const serialised = JSON.stringify(info);
    if (this.#written.get(key)?.info === serialised) return;
    this.#written.set(key, { info: serialised, route: info["route"] });
    const record = {
      chat: address.chat,
      info,
      ...(address.thread === undefined ? {} : { thread: address.thread }),
    };
    // Nobody waits for it: an answer goes by its own event's route, and the next message writes it again.
    this.#durably
      .do(() => this.#store.putChat(lease, record, this.#clock.now()))
      .catch((error: unknown) => {
        this.#written.delete(key);
        handle.log.warn({ err: error, chat: address.chat }, "the chat could not be noted");
      });
  }
}

function keyOf(identity: string, { chat, thread }: Address): string {
  return `${identity} ${chat} ${thread ?? ""}`;
}

export function isUsable(route: Route, now: number): boolean {
  return route.expiresAt === undefined || route.expiresAt > now;
}

function isJsonObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return isRecord(value);
}

function toJson(route: Route): Json {
  return {
    version: route.version,
    data: route.data,
    ...(route.expiresAt === undefined ? {} : { expiresAt: route.expiresAt }),
  };
}

function isRoute(value: unknown): value is Route {
  return (
    isRecord(value) &&
    typeof value["version"] === "number" &&
    "data" in value &&
    (value["expiresAt"] === undefined || typeof value["expiresAt"] === "number")
  );
}
