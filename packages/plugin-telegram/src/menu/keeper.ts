import { isDeepStrictEqual } from "node:util";
import {
  AuthError,
  type Backoff,
  type ConnectionContext,
  ConnectorError,
  createBackoff,
  Gone,
  isRateLimited,
  pause,
} from "@elizaos/connector-core";
import { z } from "zod";
import type { MenuCalls } from "./calls.js";
import { MENU_LIMITS } from "./limits.js";
import type { MenuScope, ScopedMenu, WantedMenus } from "./scopes.js";

/** What was registered is remembered under this and the scope, so that it can be taken away again. */
const STATE = "menu/";
const MAX_REMEMBERED = 1_000;
/** How often it is looked whether somebody has written to the bot at last: before that there is no chat. */
const NO_CHAT_MS = 10 * 60_000;
const RETRY = { minMs: 2_000, maxMs: 10 * 60_000 };

const scopeSchema = z.union([
  z.object({ type: z.enum(["all_private_chats", "all_group_chats"]) }),
  z.object({ type: z.literal("chat"), chat_id: z.int() }),
]);

export interface MenuKeeperOptions {
  readonly wanted: WantedMenus;
  readonly calls: MenuCalls;
  readonly context: Pick<ConnectionContext, "state" | "note" | "log" | "clock">;
  readonly signal: AbortSignal;
  /** Numbers from 0 to 1 for jitter. */
  readonly random: () => number;
}

/** Brings a bot's menus of commands to what the config wants. Nothing waits for it, and its failures hold up nothing. */
export interface MenuKeeper {
  /** Starts the work, once. */
  begin(): void;
  /** Resolves when the work is over, after the signal was aborted at the latest. Never rejects. */
  ended(): Promise<void>;
}

export function keepMenus(options: MenuKeeperOptions): MenuKeeper {
  const { context, signal } = options;
  let work: Promise<void> | undefined;
  return {
    begin() {
      work ??= keep(options).catch((error: unknown) => {
        if (!signal.aborted) context.log.error({ err: error }, "The menus of commands could not be kept");
      });
    },
    ended: async () => work,
  };
}

async function keep(options: MenuKeeperOptions): Promise<void> {
  const { wanted, context, signal, random } = options;
  if (wanted.leftOut.length > 0) {
    const note = `Telegram's menu of commands has no room for the skills ${wanted.leftOut.join(", ")}; they work when typed`;
    context.note("menu.room", note);
  }
  const backoff = createBackoff(context.clock, random, RETRY);
  const remembered = await readMemory(options);
  const isWanted = (scope: MenuScope) => wanted.menus.some((menu) => keyOf(menu.scope) === keyOf(scope));
  const stale = [...remembered.values()].filter((scope) => !isWanted(scope));
  let menus: readonly ScopedMenu[] = [
    ...wanted.menus,
    ...stale.map((scope): ScopedMenu => ({ scope, entries: [] })),
  ];
  while (menus.length > 0) {
    const withoutChat: ScopedMenu[] = [];
    for (const menu of menus) {
      const outcome = await settle(menu, remembered, options, backoff);
      if (outcome === "over") return;
      if (outcome === "no-chat") withoutChat.push(menu);
    }
    menus = withoutChat;
    if (menus.length > 0) await pause(context.clock, NO_CHAT_MS, signal);
  }
}

type Remembered = Map<string, MenuScope>;

/** Tries until it is clear what becomes of one menu; `over` when there is no use in going on with any. */
async function settle(
  menu: ScopedMenu,
  remembered: Remembered,
  options: MenuKeeperOptions,
  backoff: Backoff,
): Promise<"settled" | "no-chat" | "over"> {
  const { context, signal } = options;
  while (!signal.aborted) {
    try {
      await (menu.entries.length === 0
        ? takeAway(menu.scope, remembered, options)
        : show(menu, remembered, options));
      backoff.reset();
      return "settled";
    } catch (error) {
      if (signal.aborted) break;
      if (!ConnectorError.isInstance(error)) throw error;
      // Whoever receives updates finds out as well, and says so.
      if (error instanceof AuthError) break;
      if (isRateLimited(error)) await pause(context.clock, error.retryAfterMs, signal);
      else if (error.retryable) await pause(context.clock, backoff.next(), signal);
      else return await refused(menu, error, remembered, options);
    }
  }
  return "over";
}

async function show({ scope, entries }: ScopedMenu, remembered: Remembered, options: MenuKeeperOptions) {
  const { calls, context, signal } = options;
  const isShown = isDeepStrictEqual(await calls.get(scope, signal), entries);
  const key = keyOf(scope);
  if (!remembered.has(key)) {
    // Before the call, so that a crash after it leaves no menu that nobody remembers.
    await context.state.batch([{ key, value: { ...scope } }]);
    remembered.set(key, scope);
  }
  if (!isShown) await calls.set(scope, entries, signal);
}

async function takeAway(scope: MenuScope, remembered: Remembered, options: MenuKeeperOptions) {
  await options.calls.delete(scope, options.signal);
  await forget(scope, remembered, options);
}

async function forget(scope: MenuScope, remembered: Remembered, { context }: MenuKeeperOptions) {
  await context.state.batch([{ key: keyOf(scope), value: undefined }]);
  remembered.delete(keyOf(scope));
}

async function refused(
  { scope, entries }: ScopedMenu,
  error: ConnectorError,
  remembered: Remembered,
  options: MenuKeeperOptions,
): Promise<"settled" | "no-chat"> {
  const { context } = options;
  if (error instanceof Gone && scope.type === "chat") {
    // With the chat its menu is gone too.
    if (entries.length === 0) await forget(scope, remembered, options);
    else context.log.debug({ chat: scope.chat_id }, "This person's menu waits until they write to the bot");
    return entries.length === 0 ? "settled" : "no-chat";
  }
  context.note(
    keyOf(scope),
    `${placeOf(scope)} of commands is not as it should be. ${error.message}${mendFor(error)}`,
  );
  return "settled";
}

function mendFor({ message }: ConnectorError): string {
  return message.includes("BOT_COMMANDS_TOO_MUCH")
    ? `. Shorten or remove customCommands, or set commands.nativeSkills to false: one menu bears ${MENU_LIMITS.count} commands and about ${MENU_LIMITS.bytes} bytes`
    : "";
}

function placeOf(scope: MenuScope): string {
  switch (scope.type) {
    case "all_private_chats":
      return "The private chats' menu";
    case "all_group_chats":
      return "The groups' menu";
    case "chat":
      return `The menu of the private chat ${scope.chat_id}`;
  }
}

async function readMemory({ context }: MenuKeeperOptions): Promise<Remembered> {
  const entries = await context.state.list(STATE, { limit: MAX_REMEMBERED });
  const scopes = entries.flatMap(({ value }) => scopeSchema.safeParse(value).data ?? []);
  return new Map(scopes.map((scope) => [keyOf(scope), scope]));
}

function keyOf(scope: MenuScope): string {
  return `${STATE}${scope.type === "chat" ? `chat:${scope.chat_id}` : scope.type}`;
}
