import type { Agent, AgentLike, Turn } from "@elizaos/connector-core";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { InteractionResponseType, MessageFlags } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { letTimePass, simulate, started, stateFolder } from "./harness.js";

const PLAN = { customCommands: [{ command: "plan", description: "Plan a trip" }] };
const OFF = { commands: { native: false, nativeSkills: false } };

/** A server with a channel and somebody in it. */
async function scene(options: Parameters<typeof simulate>[0] = {}) {
  const { sim, bot } = await simulate(options);
  const ada = sim.user("Ada");
  const guild = sim.guild("Mills", { members: [ada] });
  const channel = guild.channel("engines");
  const stateDir = stateFolder();
  const start = (more: object = {}, config: object = PLAN) =>
    started({ apiRoot: sim.apiRoot, stateDir, config, ...more });
  return { sim, bot, ada, channel, here: channel.from(ada), start };
}

/** An agent that waits to be let go. */
function waiting() {
  let letGo = () => {};
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const agent: AgentLike = async (turn: Turn) => {
    await gone;
    return `You said: ${turn.text}`;
  };
  return { agent, letGo: () => letGo() };
}

const writes = "bulkOverwriteGlobalApplicationCommands";
const reads = "getGlobalApplicationCommands";

describe("the menu of commands", () => {
  it("has the runtime's commands, the config's and the agent's skills, and is written only when it changes", async () => {
    const { bot, sim, start } = await scene();
    const agent: Agent = {
      history: "ours",
      skills: [{ name: "draw", description: `Draw ${"very ".repeat(30)}well` }],
      run: () => "done",
    };
    const first = await start({ agent, owners: ["discord:1"] });
    await bot.hasCommand("draw");
    const known = bot.commands();
    expect(known.map(({ name }) => name)).toEqual(["help", "status", "new", "why", "plan", "draw"]);
    expect(known.find(({ name }) => name === "why")).toMatchObject({ default_member_permissions: "0" });
    expect(known.find(({ name }) => name === "plan")).toMatchObject({
      description: "Plan a trip",
      default_member_permissions: null,
      contexts: [0, 1],
      options: [{ name: "text" }],
    });
    await first.runtime.stop();
    const second = await start({ agent, owners: ["discord:1"] });
    await sim.watch.until(
      () => bot.calls(reads)[1],
      () => "the commands were not asked for again",
    );
    await second.runtime.stop();
    expect(bot.calls(writes)).toHaveLength(1);
    const third = await start({}, OFF);
    await sim.watch.until(
      () => bot.commands().length === 0 || undefined,
      () => "the commands are still there",
    );
    await third.runtime.stop();
    expect(bot.calls(writes)).toHaveLength(2);
  });

  it("of an application that none was made for is left as it is", async () => {
    const { bot, ada, start } = await scene();
    await start({}, OFF);
    await ada.says("hello");
    await ada.hears();
    expect([...bot.calls(reads), ...bot.calls(writes)]).toEqual([]);
  });

  it("that Discord refuses is told, and holds up nothing", async () => {
    const { sim, ada, start } = await scene();
    sim.fault({ kind: "status", method: writes, status: 400 });
    const running = await start();
    await ada.says("hello");
    expect((await ada.hears()).content).toBe("You said: hello");
    const { notes } = await running.becomes((status) => (status.notes ?? []).length > 0);
    expect(notes).toEqual([expect.stringContaining("Discord's menu of commands is not as it should be.")]);
  });

  it("has no commands that the config names twice or with a long description", async () => {
    const { start } = await scene();
    const twice = [
      { command: "/Plan", description: "One" },
      { command: "plan", description: "x".repeat(101) },
    ];
    const running = await start({}, { customCommands: twice });
    expect(running.status()).toMatchObject({
      state: "failed",
      issues: [
        {
          path: "connectors.discord.customCommands.1.description",
          message: expect.stringContaining("at most 100"),
        },
      ],
    });
  });
});

describe("a slash command", () => {
  it("is let in without a mention; it is answered in time, and the answer takes the place of the waiting", async () => {
    const { bot, ada, channel, here, start } = await scene();
    const { agent, letGo } = waiting();
    const running = await start({ agent });
    await bot.hasCommand("plan");
    const press = await here.runs("plan", { text: "the trip" });
    const { type, message } = await press.answered();
    expect(type).toBe(InteractionResponseType.DeferredChannelMessageWithSource);
    letGo();
    const answer = await channel.hears();
    expect(answer).toMatchObject({ id: message?.id, content: "You said: /plan the trip" });
    expect((answer.flags ?? 0) & MessageFlags.Ephemeral).toBe(0);
    expect(running.turns[0]?.events[0]).toMatchObject({
      kind: "command",
      name: "plan",
      keys: [`interaction:${press.id}`],
      address: { space: channel.state.guild?.id, chat: channel.id },
      sender: { id: ada.id },
      content: { text: "/plan the trip", mentionsSelf: "command" },
    });
    expect(bot.calls("createMessage")).toEqual([]);
    expect(JSON.stringify(running.lines)).not.toContain(press.token);
  });

  it("with a long answer is followed up, and the next message of the channel is answered as always", async () => {
    const { bot, channel, here, start } = await scene();
    const agent: AgentLike = (turn) =>
      turn.text.startsWith("/") ? `${"word ".repeat(700)}end` : `You said: ${turn.text}`;
    await start({ agent }, { ...PLAN, requireMention: false });
    await bot.hasCommand("plan");
    await here.runs("plan");
    const first = await channel.hears();
    const second = await channel.hears();
    expect(`${first.content} ${second.content}`.trim()).toMatch(/^word .* end$/s);
    await here.says("hello");
    expect((await channel.hears()).content).toBe("You said: hello");
    expect(bot.calls("createMessage")).toHaveLength(1);
    expect(channel.messages().filter(({ author }) => author.id === bot.id)).toHaveLength(3);
  });

  it("is answered once when the answer's outcome is not known; what follows may stand there twice", async () => {
    const { sim, bot, channel, here, start } = await scene();
    const lost = { kind: "resetAfter", times: 1 } as const;
    const answer = sim.fault({ ...lost, method: "editWebhookMessage" });
    const next = sim.fault({ ...lost, method: "executeWebhook" });
    const agent: AgentLike = () => `${"word ".repeat(380)}\n\n${"more ".repeat(380)}`;
    await start({ agent }, { ...PLAN, streamMode: "off" });
    await bot.hasCommand("plan");
    await here.runs("plan");
    await Promise.all([answer.hit(), next.hit()]);
    const followUps = () => sim.requests.all(({ method }) => method === "executeWebhook").length;
    await expect.poll(followUps, { timeout: 4_000 }).toBe(2);
    const beginnings = channel.messages().map(({ content }) => content.slice(0, 4));
    expect(beginnings).toEqual(["word", "more", "more"]);
  });

  it("while another is answered goes its own way", async () => {
    const { bot, channel, here, start } = await scene();
    const { agent, letGo } = waiting();
    await start({ agent });
    await bot.hasCommand("plan");
    const presses = [await here.runs("plan", { text: "one" }), await here.runs("plan", { text: "two" })];
    letGo();
    for (const [index, press] of presses.entries()) {
      const { message } = await press.answered();
      const shown = await channel.sees(({ id, content }) => id === message?.id && content !== "");
      expect(shown.content).toBe(`You said: /plan ${["one", "two"][index]}`);
    }
  });

  it("of the runtime's own is answered so that in a server only whoever gave it sees it", async () => {
    const { bot, ada, channel, here, start } = await scene();
    const running = await start();
    await bot.hasCommand("status");
    await here.runs("status");
    const own = await here.hears();
    expect((own.flags ?? 0) & MessageFlags.Ephemeral).not.toBe(0);
    expect(channel.messages()).toEqual([]);
    await ada.runs("help");
    expect((await ada.hears()).content).toContain("/status");
    expect(running.turns).toEqual([]);
  });

  it("of the agent is answered so where the config says it, buttons and what follows them as well", async () => {
    const { bot, channel, here, start } = await scene();
    const agent: AgentLike = (turn) =>
      turn.events[0].kind === "button"
        ? `pressed ${turn.text}`
        : { type: "message", text: "Which?", buttons: [[{ text: "Sea", data: "sea" }]] };
    const config = { ...PLAN, slashCommand: { ephemeral: true }, capabilities: { inlineButtons: "all" } };
    await start({ agent }, config);
    await bot.hasCommand("plan");
    await here.runs("plan");
    const asked = await here.hears();
    await here.presses(asked, "Sea");
    const answer = await here.hears();
    expect(answer.content).toBe("pressed sea");
    expect((answer.flags ?? 0) & MessageFlags.Ephemeral).not.toBe(0);
    expect(channel.messages()).toEqual([]);
  });

  it("is answered by the next process when this one ends before it can", async () => {
    const { bot, channel, here, start } = await scene();
    const first = await start({ agent: () => new Promise<never>(() => {}) });
    await bot.hasCommand("plan");
    const press = await here.runs("plan", { text: "the trip" });
    const { message } = await press.answered();
    await expect.poll(() => first.turns.length).toBe(1);
    await first.runtime.stop();
    await start();
    const answer = await channel.hears();
    expect(answer).toMatchObject({ id: message?.id, content: "You said: /plan the trip" });
  });

  it("that Discord does not hear of in time is answered in the channel", async () => {
    const { sim, bot, channel, here, start } = await scene();
    sim.fault({ kind: "status", method: "createInteractionResponse", status: 500 });
    const running = await start();
    await bot.hasCommand("plan");
    await here.runs("plan", { text: "the trip" });
    expect((await channel.hears()).content).toBe("You said: /plan the trip");
    expect(bot.calls("createMessage")).toHaveLength(1);
    expect(running.status().state).toBe("online");
  });

  it.each([
    ["in the channel", false],
    ["in private, where it is for one person alone,", true],
  ])("is answered %s after Discord takes no answers to it any more", async (_, ephemeral) => {
    const clock = new ManualClock();
    const { bot, ada, channel, here, start } = await scene({
      clock,
      enforceHeartbeats: false,
      maxConcurrency: 1_000,
    });
    const config = { ...PLAN, slashCommand: { ephemeral } };
    const first = await start({ clock, agent: () => new Promise<never>(() => {}) }, config);
    await letTimePass(clock, bot.hasCommand("plan"));
    await here.runs("plan", { text: "the trip" });
    await expect.poll(() => first.turns.length).toBe(1);
    await letTimePass(clock, first.runtime.stop());
    await clock.advance(16 * 60_000);
    await start({ clock }, config);
    const [shown, other] = ephemeral ? [ada.with(bot), channel] : [channel, ada.with(bot)];
    const answer = await letTimePass(clock, shown.hears());
    expect(answer).toMatchObject({ content: "You said: /plan the trip", mentions: [] });
    expect(other.messages().filter(({ content }) => content !== "")).toEqual([]);
  });
});
