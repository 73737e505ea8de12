import { type AgentLike, type Clock, systemClock } from "@elizaos/connector-core";
import { InteractionResponseType, MessageFlags } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { type HostOptions, simulate, started, stateFolder } from "./harness.js";

const NOT_FOR_YOU = "I do not take this from you here.";
const NO_ANSWER = "No answer comes to this.";

/** Fails for good. */
const broken: AgentLike = () => {
  throw Object.assign(new Error("the model is gone"), { isRetryable: false });
};
const aMinuteAhead: Clock = { ...systemClock, now: () => systemClock.now() + 60_000 };
const silent: AgentLike = () => ({ type: "silent" });

/** A server with a channel and somebody in it. */
async function scene() {
  const { sim, bot } = await simulate();
  const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
  const guild = sim.guild("Mills", { members: [ada, bob] });
  const channel = guild.channel("engines");
  const stateDir = stateFolder();
  const start = async ({ config, ...more }: Omit<HostOptions, "apiRoot"> = {}) => {
    const customCommands = [{ command: "plan", description: "Plan a trip" }];
    const options = { apiRoot: sim.apiRoot, stateDir, ...more, config: { customCommands, ...config } };
    const host = await started(options);
    await bot.hasCommand("plan");
    return host;
  };
  /** The only thing that is left of a command is a line for whoever gave it. */
  const endsWith = async (line: string) => {
    const shown = await channel.from(ada).hears();
    expect(shown.content).toBe(line);
    expect((shown.flags ?? 0) & MessageFlags.Ephemeral).not.toBe(0);
    expect(channel.from(ada).messages()).toHaveLength(1);
    expect([...channel.from(bob).messages(), ...channel.messages()]).toEqual([]);
  };
  return { sim, bot, ada, guild, channel, here: channel.from(ada), start, endsWith };
}

describe("a slash command that is not answered ends, and only whoever gave it reads that", () => {
  it.each<[string, string, Partial<HostOptions>]>([
    ["the sender is not let in", NOT_FOR_YOU, { config: { guilds: { "*": { users: ["1"] } } } }],
    ["the agent is silent", NO_ANSWER, { agent: silent }],
    ["the agent fails", NO_ANSWER, { agent: broken, config: { failureNotice: false } }],
    [
      "it is too old",
      "This came too late. Please ask again.",
      { clock: aMinuteAhead, limits: { eventMaxAgeMs: 30_000 } },
    ],
  ])("%s", async (_, line, options) => {
    const { here, start, endsWith } = await scene();
    await start(options);
    const press = await here.runs("plan", { text: "the trip" });
    expect((await press.answered()).type).toBe(InteractionResponseType.DeferredChannelMessageWithSource);
    await endsWith(line);
  });

  it("where all of its answers are for one person anyway", async () => {
    const { here, start, endsWith } = await scene();
    await start({ agent: silent, config: { slashCommand: { ephemeral: true } } });
    await here.runs("plan");
    await endsWith(NO_ANSWER);
  });

  it("in a channel that is switched off: at once, since the command is not even kept", async () => {
    const { guild, channel, here, start, endsWith } = await scene();
    const channels = { [channel.id]: { allow: false }, "*": {} };
    await start({ config: { guilds: { [guild.id]: { channels } } } });
    const press = await here.runs("plan");
    expect((await press.answered()).type).toBe(InteractionResponseType.ChannelMessageWithSource);
    await endsWith(NOT_FOR_YOU);
  });

  it("in the next process, when this one ends before Discord is told", async () => {
    const { sim, here, start, endsWith } = await scene();
    const fault = sim.fault({ kind: "status", method: "deleteWebhookMessage", status: 503 });
    const config = { guilds: { "*": { users: ["1"] } } };
    const first = await start({ config });
    await here.runs("plan");
    await fault.hit();
    await first.runtime.stop();
    sim.clearFaults();
    await start({ config });
    await endsWith(NOT_FOR_YOU);
  });
});

describe("a slash command of a stranger in private", () => {
  it("is answered with the code, and the next one with a word that nothing has changed", async () => {
    const { bot, ada, start } = await scene();
    await start({ config: { dmPolicy: "pairing", allowFrom: [] } });
    const chat = ada.with(bot);
    const press = await ada.runs("plan");
    const { message } = await press.answered();
    const code = await chat.hears();
    expect(code).toMatchObject({ id: message?.id, content: expect.stringContaining("Your pairing code") });
    await ada.runs("plan");
    expect((await chat.hears()).content).toBe("You are not approved yet.");
    expect(chat.messages()).toHaveLength(2);
  });
});

it("what an action said to a slash command stays when the agent says nothing more", async () => {
  const { bot, channel, here, start } = await scene();
  const agent: AgentLike = async (turn) => {
    await turn.act("messages.send", { text: "Said by an action" });
    return { type: "silent" };
  };
  const host = await start({ agent });
  await here.runs("plan");
  expect((await channel.hears()).content).toBe("Said by an action");
  await here.runs("status");
  await here.hears();
  expect(host.turns).toHaveLength(1);
  expect(bot.calls("deleteWebhookMessage")).toEqual([]);
  expect(channel.messages()).toHaveLength(1);
});
