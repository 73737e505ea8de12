import { describe, expect, test } from "vitest";
import { open, refusal } from "./support.js";

const one = (command: string, description = "x") => [{ command, description }];
const shown = (menu: readonly { readonly command: string }[]) => menu.map(({ command }) => command);

describe("what a person's menu shows", () => {
  test("in private: their chat's commands, else those of private chats, else the bot's", async () => {
    const { sim, api } = await open();
    const [ada, ben] = [sim.user("Ada"), sim.user("Ben", { languageCode: "de" })];
    await ada.says("/start");
    expect(ada.menu()).toEqual([]);
    await api.setMyCommands(one("plain"));
    expect(shown(ada.menu())).toEqual(["plain"]);
    await api.setMyCommands(one("private"), { scope: { type: "all_private_chats" } });
    await api.setMyCommands(one("privat"), { scope: { type: "all_private_chats" }, language_code: "de" });
    await api.setMyCommands(one("hers"), { scope: { type: "chat", chat_id: ada.id } });
    expect(ada.menu()).toEqual([{ command: "hers", description: "x", bot: "toy_bot" }]);
    expect(shown(ben.menu())).toEqual(["privat"]);
    await api.deleteMyCommands({ scope: { type: "chat", chat_id: ada.id } });
    expect(shown(ada.menu())).toEqual(["private"]);
  });

  test("in a group: the member's, the administrators', the group's, those of groups", async () => {
    const { sim, api } = await open();
    const [ada, ben, cat] = [sim.user("Ada"), sim.user("Ben"), sim.user("Cat")];
    const group = sim.group("Team", { members: [ada, ben, cat] });
    const chat_id = group.id;
    await api.setMyCommands(one("groups"), { scope: { type: "all_group_chats" } });
    expect(shown(group.from(ben).menu())).toEqual(["groups"]);
    await api.setMyCommands(one("admins"), { scope: { type: "all_chat_administrators" } });
    expect(shown(group.from(ada).menu())).toEqual(["admins"]);
    await api.setMyCommands(one("team"), { scope: { type: "chat", chat_id } });
    expect(shown(group.from(ada).menu())).toEqual(["team"]);
    await api.setMyCommands(one("cats"), { scope: { type: "chat_member", chat_id, user_id: cat.id } });
    expect(shown(group.from(cat).menu())).toEqual(["cats"]);
    const picked = await group.from(ben).picks("/team", "now");
    expect(picked).toMatchObject({
      text: "/team@toy_bot now",
      entities: [{ type: "bot_command", offset: 0, length: 13 }],
    });
    await expect(group.from(ben).picks("cats")).rejects.toThrow("The menu has no /cats. It has: /team.");
  });
});

describe("a menu that Telegram does not take", () => {
  test.each([
    ["no name", one(" / "), "command must be non-empty"],
    ["a long name", one("x".repeat(33)), "command length must not exceed 32"],
    ["other characters", one("Plan"), "BOT_COMMAND_INVALID"],
    ["no description", one("plan", " "), "command description must be non-empty"],
    ["a long description", one("plan", "🚂".repeat(257)), "command description length must not exceed 256"],
    [
      "too much text",
      Array.from({ length: 24 }, (_, index) => ({ command: `c${index}`, description: "x".repeat(236) })),
      "BOT_COMMANDS_TOO_MUCH",
    ],
  ])("%s", async (_, commands, reason) => {
    const { api } = await open();
    expect(await refusal(api.setMyCommands(commands))).toContain(`400: Bad Request: ${reason}`);
  });

  test("for places that have none", async () => {
    const { sim, bot, api } = await open();
    const ada = sim.user("Ada");
    const scope = { type: "chat", chat_id: ada.id } as const;
    expect(await refusal(api.setMyCommands(one("a"), { scope }))).toContain("chat not found");
    await ada.says("/start");
    expect(
      await refusal(api.setMyCommands(one("a"), { scope: { type: "chat_administrators", chat_id: ada.id } })),
    ).toContain("can't use specified scope in private chats");
    const news = sim.channel("News", { bots: [bot] });
    expect(
      await refusal(api.setMyCommands(one("a"), { scope: { type: "chat", chat_id: news.id } })),
    ).toContain("can't change commands in channel chats");
  });
});
