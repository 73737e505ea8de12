import { type Agent, resolveAccounts } from "@elizaos/connector-core";
import { createMemoryStore } from "@elizaos/connector-core/store/memory";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import type { BotHandle, TelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import { telegram } from "../src/index.js";
import { host, letTimePass, simulate, started, stateFolder, TOKEN } from "./harness.js";

const NATIVE = ["help", "status", "new"];
const PLAN = { command: "plan", description: "Plan a trip" };
const OTHER_TOKEN = "100002:FAKE-TOKEN-of-the-tests";

const withSkills = (...names: string[]): Agent => ({
  history: "ours",
  skills: names.map((name) => ({ name, description: `What ${name} does` })),
  run: (turn) => `You said: ${turn.text}`,
});

/** Calls that change menus, with what they are about. */
function changes(sim: TelegramSimulator, bot?: BotHandle): readonly (readonly unknown[])[] {
  return sim.requests
    .all(
      (call) =>
        /^(?:set|delete)MyCommands$/.test(call.method) && (bot === undefined || call.bot === bot.username),
    )
    .map(({ method, params, status }) => [method, params["scope"], status]);
}

/** Resolves when every menu was asked for: private chats, and groups after them. */
async function menusAsked(sim: TelegramSimulator, count = 2): Promise<void> {
  await sim.watch.until(
    () => sim.requests.all(({ method, status }) => method === "getMyCommands" && status === 200)[count - 1],
    () => "the menus were not asked for",
  );
}

describe("the menu of commands", () => {
  it("shows the runtime's commands and the config's, in private chats and groups", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const { turns } = await started({
      apiRoot: sim.apiRoot,
      config: { customCommands: [{ command: " /Plan ", description: " Plan a trip " }] },
    });
    const shown = await ada.seesMenu([...NATIVE, "plan"]);
    expect(shown.at(-1)).toEqual({ ...PLAN, bot: "helper_bot" });
    await group.from(ada).seesMenu([...NATIVE, "plan"]);

    await ada.picks("/plan", "today");
    expect((await ada.hears()).text).toBe("You said: /plan today");
    await group.from(ada).picks("/plan", "tomorrow");
    expect((await group.hears()).text).toBe("You said: /plan@helper_bot tomorrow");
    expect(turns.map(({ events: [event] }) => event)).toMatchObject([
      { kind: "command", name: "plan" },
      { kind: "command", name: "plan", content: { mentionsSelf: "command" } },
    ]);
    await group.from(ada).picks("/new");
    expect((await group.hears()).text).toBe("Starting afresh.");
  });

  it("of an owner has the owners' commands, and of nobody else", async () => {
    const { sim } = await simulate();
    const [ada, boss] = [sim.user("Ada"), sim.user("Boss", { id: 77 })];
    await boss.says("/start");
    await started({ apiRoot: sim.apiRoot, owners: ["telegram:77", "discord:5"] });
    await boss.seesMenu([...NATIVE, "why"]);
    await ada.seesMenu(NATIVE);
  });

  // Ten minutes pass.
  it("of an owner who never wrote comes once they have", { timeout: 60_000 }, async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const boss = sim.user("Boss", { id: 77 });
    const { runtime, status } = await host({ apiRoot: sim.apiRoot, clock, owners: ["telegram:77"] });
    await letTimePass(clock, runtime.start());
    await sim.watch.until(
      () => sim.requests.all(({ method, status }) => method === "getMyCommands" && status === 400)[0],
      () => "nobody asked for the owner's menu",
    );
    await boss.says("hello");
    await letTimePass(clock, boss.seesMenu([...NATIVE, "why"], { timeoutMs: 50_000 }));
    expect(status().notes).toEqual([]);
    await letTimePass(clock, runtime.stop());
  });

  it("is written only where it differs, and taken away where it is not wanted any more", async () => {
    const { sim } = await simulate();
    const [ada, boss] = [sim.user("Ada"), sim.user("Boss", { id: 77 })];
    await boss.says("/start");
    const common = { apiRoot: sim.apiRoot, stateDir: stateFolder() };
    const first = await started({ ...common, owners: ["telegram:77"] });
    await boss.seesMenu([...NATIVE, "why"]);
    await sim
      .group("Engines", { members: [ada] })
      .from(ada)
      .seesMenu(NATIVE);
    await first.runtime.stop();
    const before = changes(sim).length;
    expect(before).toBe(3);

    const second = await started({ ...common, owners: ["telegram:77"] });
    await menusAsked(sim, 6);
    await second.runtime.stop();
    expect(changes(sim)).toHaveLength(before);

    await started({ ...common, config: { groupPolicy: "closed" } });
    await boss.seesMenu(NATIVE);
    await sim.watch.until(
      () => (changes(sim).length === before + 2 ? true : undefined),
      () => "not taken away",
    );
    expect(changes(sim).slice(before)).toEqual([
      ["deleteMyCommands", { type: "all_group_chats" }, 200],
      ["deleteMyCommands", { type: "chat", chat_id: 77 }, 200],
    ]);
  });

  it("that somebody else made for other places is left alone", async () => {
    const { sim, bot } = await simulate();
    bot.account.commands.set("default|", [{ command: "old", description: "From @BotFather" }]);
    const ada = sim.user("Ada");
    await started({ apiRoot: sim.apiRoot, config: { groupPolicy: "closed", commands: { native: false } } });
    await ada.says("/help");
    expect((await ada.hears()).text).toContain("/status");
    expect(ada.menu()).toMatchObject([{ command: "old" }]);
    expect(changes(sim)).toEqual([]);
  });

  it("shows only what the config wants of the runtime's commands and the agent's skills", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const config = { commands: { native: false }, customCommands: [PLAN] };
    const agent = withSkills("draw", "plan", "Not-A-Name");
    const { log } = await started({ apiRoot: sim.apiRoot, config, agent });
    await ada.seesMenu(["plan", "draw"]);
    expect(log.lines.filter((line) => line.includes('"Not-A-Name"'))).toHaveLength(1);
    await ada.picks("draw", "a cat");
    expect((await ada.hears()).text).toBe("You said: /draw a cat");
  });

  it("without skills has none", async () => {
    const { sim } = await simulate();
    const config = { commands: { nativeSkills: false } };
    await started({ apiRoot: sim.apiRoot, config, agent: withSkills("draw") });
    await sim.user("Ada").seesMenu(NATIVE);
  });

  it("leaves out skills for which there is no room, and says which", async () => {
    const { sim } = await simulate();
    const long = (name: string) => ({ name, description: "x".repeat(250) });
    const skills = Array.from({ length: 30 }, (_, index) => long(`skill_${index}`));
    const agent = { ...withSkills(), skills };
    const running = await started({ apiRoot: sim.apiRoot, agent });
    const ada = sim.user("Ada");
    const shown = skills.slice(0, 20).map(({ name }) => name);
    await ada.seesMenu([...NATIVE, ...shown]);
    expect(running.status().notes).toEqual([expect.stringContaining("no room for the skills skill_20,")]);
  });

  it("of two bots are two", async () => {
    const { sim, bot } = await simulate();
    const other = sim.bot({ token: OTHER_TOKEN, username: "other_bot" });
    const ada = sim.user("Ada");
    await started({
      apiRoot: sim.apiRoot,
      config: {
        botToken: undefined,
        accounts: {
          one: { botToken: TOKEN, customCommands: [PLAN] },
          two: {
            botToken: OTHER_TOKEN,
            commands: { native: false },
            customCommands: [{ ...PLAN, command: "sing" }],
          },
        },
      },
    });
    await ada.with(bot).seesMenu([...NATIVE, "plan"]);
    await ada.with(other).seesMenu(["sing"]);
  });
});

describe("a Telegram that does not take the menu", () => {
  it("holds up neither the start nor messages, is asked again as told, and its reason is shown", async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    const flood = sim.fault({ kind: "flood", method: "getMyCommands", retryAfterSeconds: 40 });
    sim.fault({
      kind: "status",
      method: "setMyCommands",
      status: 400,
      description: "Bad Request: BOT_COMMANDS_TOO_MUCH",
    });
    const ada = sim.user("Ada");
    const running = await host({ apiRoot: sim.apiRoot, clock });
    await letTimePass(clock, running.runtime.start());
    expect(running.status().state).toBe("online");
    await ada.says("hello");
    await letTimePass(clock, ada.hears());
    expect(changes(sim)).toEqual([]);
    const group = sim.group("Engines", { members: [ada] }).from(ada);
    await letTimePass(clock, group.seesMenu(NATIVE, { timeoutMs: 20_000 }));
    expect(flood).toMatchObject({ hits: 1, early: 0 });
    const reason =
      "The private chats' menu of commands is not as it should be. Telegram refused setMyCommands: 400 Bad Request: BOT_COMMANDS_TOO_MUCH. " +
      "Shorten or remove customCommands, or set commands.nativeSkills to false: one menu bears 100 commands and about 5500 bytes";
    expect(running.status().notes).toEqual([reason]);
    expect(running.log.lines.filter((line) => line.includes("BOT_COMMANDS_TOO_MUCH"))).toHaveLength(1);
    expect(running.states).not.toContain("reconnecting");
    await letTimePass(clock, running.runtime.stop());
  });

  it("is asked again after an outage", async () => {
    const clock = new ManualClock();
    const { sim } = await simulate(clock);
    sim.fault({ kind: "status", method: "setMyCommands", status: 502, times: 2 });
    sim.fault({ kind: "reset", method: "getMyCommands" });
    const { runtime } = await host({ apiRoot: sim.apiRoot, clock });
    await letTimePass(clock, runtime.start());
    await letTimePass(clock, sim.user("Ada").seesMenu(NATIVE, { timeoutMs: 20_000 }));
    await letTimePass(clock, runtime.stop());
  });

  it("that hangs does not hold up the stop", async () => {
    const { sim } = await simulate();
    const hanging = sim.fault({ kind: "hang", method: "getMyCommands" });
    const { runtime, log } = await started({ apiRoot: sim.apiRoot, store: createMemoryStore() });
    await hanging.hit();
    await runtime.stop();
    expect(log.lines.filter((line) => line.includes("did not close"))).toEqual([]);
  });
});

describe("customCommands in the config", () => {
  const issuesOf = (block: object, options?: { commands: boolean }) =>
    resolveAccounts(telegram, { botToken: TOKEN, ...block }, {}, undefined, options).flatMap(({ issues }) =>
      issues.map(({ path, message }) => `${path.replace("connectors.telegram.", "")} ${message}`),
    );
  const named = (...commands: readonly unknown[]) => ({
    customCommands: commands.map((command) => ({ command, description: "Does it" })),
  });
  const described = (description: unknown) => ({ customCommands: [{ command: "plan", description }] });
  const AT = "customCommands.0";

  it.each([
    ["an empty name", named("/"), `${AT}.command must not be empty`],
    [
      "a name with other characters",
      named("plan-it"),
      `${AT}.command may have letters a to z, digits and "_" only`,
    ],
    ["two slashes", named("//plan"), `${AT}.command may have letters a to z, digits and "_" only`],
    ["a name that is too long", named("x".repeat(33)), `${AT}.command must have at most 32 characters`],
    ["no name", named(undefined), `${AT}.command is missing; it must be a string`],
    [
      "an empty description",
      described("  "),
      `${AT}.description must not be empty: people read it in the menu`,
    ],
    [
      "a description that is too long",
      described("🚂".repeat(257)),
      `${AT}.description must have at most 256 characters`,
    ],
    [
      "two of one name",
      named("plan", " /PLAN"),
      "customCommands.1.command is /plan, which customCommands.0.command is already",
    ],
    [
      "more than fit beside the runtime's own",
      named(...Array.from({ length: 97 }, (_, index) => `c${index}`)),
      "customCommands has 97 commands, and one menu has room for 94 beside the runtime's own 6 (commands.native)",
    ],
    [
      "a name of the runtime's",
      named("Help"),
      `${AT}.command is /help, which the runtime answers itself; take another name, or hand all commands to the agent (commands: false at the top of the config)`,
    ],
  ])("%s is an error with its path", (_, block, issue) => {
    expect(issuesOf(block)).toEqual([issue]);
  });

  it("with descriptions too long for one menu, counted in bytes, is an error", () => {
    const customCommands = Array.from({ length: 30 }, (_, index) => ({
      command: `c${index}`,
      description: "ж".repeat(100),
    }));
    expect(issuesOf({ customCommands })).toEqual([
      expect.stringMatching(
        /^customCommands has names and descriptions of 6080 bytes together, and one menu has room for/,
      ),
    ]);
  });

  it("that is right passes, to the last command and byte that Telegram takes", async () => {
    const { sim } = await simulate();
    const customCommands = Array.from({ length: 100 }, (_, index) => ({
      command: `c${String(index).padStart(2, "0")}`,
      description: "x".repeat(52),
    }));
    const config = { commands: { native: false }, customCommands };
    expect(issuesOf(config)).toEqual([]);
    await started({ apiRoot: sim.apiRoot, config });
    await sim.user("Ada").seesMenu(customCommands.map(({ command }) => command));
  });

  it("may have the runtime's names where the runtime answers no commands", async () => {
    expect(issuesOf(named("help"), { commands: false })).toEqual([]);
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const running = await started({ apiRoot: sim.apiRoot, config: named("help"), commands: false });
    await ada.seesMenu(["help"]);
    await ada.picks("help");
    await ada.hears();
    expect(running.turns[0]?.events[0]).toMatchObject({ kind: "command", name: "help" });
  });
});
