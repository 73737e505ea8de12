import { type MenuCommand, menuBytes } from "@elizaos/connector-core";
import type { TelegramConfig } from "../config.js";
import { MENU_LIMITS } from "./limits.js";

/** Where a menu is shown; the narrowest that has one counts (Bot API: "Determining list of commands"). */
export type MenuScope =
  | { readonly type: "all_private_chats" | "all_group_chats" }
  | { readonly type: "chat"; readonly chat_id: number };

export interface MenuEntry {
  readonly command: string;
  readonly description: string;
}

export interface ScopedMenu {
  readonly scope: MenuScope;
  readonly entries: readonly MenuEntry[];
}

export interface WantedMenus {
  readonly menus: readonly ScopedMenu[];
  /** Names of the agent's skills for which there was no room. */
  readonly leftOut: readonly string[];
}

/**
 * The menus of an account: one for private chats and one for groups, unless policy closes them, and one in the private chat of
 * each person who may use more than others.
 */
export function scopedMenus(
  {
    dmPolicy,
    groupPolicy,
    customCommands,
  }: Pick<TelegramConfig, "dmPolicy" | "groupPolicy" | "customCommands">,
  commands: readonly MenuCommand[],
): WantedMenus {
  const leftOut = new Set<string>();
  const menus: ScopedMenu[] = [];
  const add = (scope: MenuScope, shown: readonly MenuCommand[]) => {
    const { entries, omitted } = fit(shown, customCommands);
    for (const name of omitted) leftOut.add(name);
    if (entries.length > 0) menus.push({ scope, entries });
  };
  const forAll = commands.filter(({ people }) => people === undefined);
  if (dmPolicy !== "closed") {
    add({ type: "all_private_chats" }, forAll);
    for (const person of new Set(commands.flatMap(({ people = [] }) => people))) {
      // The private chat with a person has the person's id.
      const chat_id = Number(person);
      const shown = commands.filter(({ people }) => people?.includes(person) ?? true);
      if (Number.isSafeInteger(chat_id) && chat_id > 0) add({ type: "chat", chat_id }, shown);
    }
  }
  if (groupPolicy !== "closed") add({ type: "all_group_chats" }, forAll);
  return { menus, leftOut: [...leftOut] };
}

/** The runtime's commands, those of the config, and as many skills as there is room for. */
function fit(
  shown: readonly MenuCommand[],
  customs: TelegramConfig["customCommands"],
): { readonly entries: readonly MenuEntry[]; readonly omitted: readonly string[] } {
  const runtime = shown.filter(({ source }) => source === "runtime");
  const entries: MenuEntry[] = [
    ...runtime.map(({ name, description }) => ({ command: name, description })),
    ...customs,
  ];
  const omitted: string[] = [];
  let bytes = menuBytes(entries.map(({ command: name, description }) => ({ name, description })));
  for (const { name, description, source } of shown) {
    if (source === "runtime" || entries.some(({ command }) => command === name)) continue;
    const entry = { command: name, description: [...description].slice(0, MENU_LIMITS.description).join("") };
    const more = menuBytes([{ name, description: entry.description }]);
    if (entries.length >= MENU_LIMITS.count || bytes + more > MENU_LIMITS.bytes) omitted.push(name);
    else {
      entries.push(entry);
      bytes += more;
    }
  }
  return { entries, omitted };
}
