import { ManualClock } from "@elizaos/connector-simulators/kit";
import { PermissionFlagsBits as P } from "discord-api-types/v10";
import { expect, it } from "vitest";
import { letTimePass, simulate, started } from "./harness.js";

async function scene() {
  const clock = new ManualClock();
  const { sim, bot } = await simulate({ clock, enforceHeartbeats: false, maxConcurrency: 1_000 });
  const ada = sim.user("Ada");
  const guild = sim.guild("Mills", { members: [ada] });
  const start = async (...channels: readonly string[]) => {
    const named = Object.fromEntries(channels.map((id) => [id, {}]));
    const config = { groupPolicy: "allowlist", guilds: { [guild.id]: { channels: named } } };
    const host = await started({ apiRoot: sim.apiRoot, clock, config });
    return {
      ...host,
      notes: (count: number) =>
        letTimePass(
          clock,
          host.becomes(({ notes }) => notes.length === count),
        ).then(({ notes }) => notes),
    };
  };
  return { sim, bot, guild, start };
}

it("the status names each configured channel in which the bot lacks a permission, and the permission", async () => {
  const { bot, guild, start } = await scene();
  const [fine, hidden, mute] = [
    guild.channel("fine"),
    guild.channel("hidden", { onlyFor: [] }),
    guild.channel("mute"),
  ];
  mute.state.overwrites = [
    { id: bot.id, type: 1, allow: "0", deny: String(P.SendMessages | P.ReadMessageHistory) },
  ];
  const { notes } = await start(fine.id, hidden.id, mute.id);
  expect(await notes(2)).toEqual([
    expect.stringMatching(/^(#hidden|Channel \d+): the bot lacks View Channel/),
    expect.stringMatching(/^#mute: the bot lacks Send Messages and Read Message History\. Give it/),
  ]);
});

it("a note goes when the permission is given", async () => {
  const { bot, guild, start } = await scene();
  const channel = guild.channel("engines");
  guild.allowsEverybody(P.ViewChannel | P.ReadMessageHistory);
  const { notes } = await start(channel.id);
  expect(await notes(1)).toEqual([expect.stringContaining("#engines: the bot lacks Send Messages.")]);
  guild.gives(bot, guild.role("Engineers", { permissions: P.SendMessages }));
  expect(await notes(0)).toEqual([]);
});

it("a server that the bot is not in is named", async () => {
  const { bot, guild, start } = await scene();
  guild.removes(bot);
  const { notes } = await start(guild.channel().id);
  expect(await notes(1)).toEqual([expect.stringContaining(`The bot is not in the server ${guild.id}`)]);
});
