import { type Running, Workspace } from "./cli.js";
import { discordConfig, discordWithBot, type SimulatedDiscord } from "./discord.js";
import type { Scene } from "./runbook-scenes.js";

const OPEN = { dmPolicy: "open", allowFrom: ["*"] };

/** A host that runs, with one bot. */
async function online(
  { sim }: SimulatedDiscord,
  settings: Readonly<Record<string, unknown>> = OPEN,
): Promise<{ readonly workspace: Workspace; readonly host: Running }> {
  const workspace = new Workspace();
  workspace.file("milady.json", discordConfig(sim, settings));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  return { workspace, host };
}

/** What the entries about Discord are about. */
export const discordScenes: Readonly<Record<string, () => Promise<Scene>>> = {
  "Discord rejects the bot token": async () => {
    const discord = await discordWithBot();
    const { workspace, host } = await online(discord);
    discord.bot.revoke();
    await host.says(/401/);
    return { workspace };
  },

  "The Discord bot is online, but silent in channels": async () => {
    const discord = await discordWithBot({ privilegedIntents: [] });
    const ada = discord.sim.user("Ada");
    const guild = discord.sim.guild("Mills", { members: [ada] });
    const hidden = guild.channel("hidden", { onlyFor: [] });
    const { workspace } = await online(discord, {
      ...OPEN,
      guilds: { [guild.id]: { channels: { [hidden.id]: {} } } },
    });
    const other = discord.sim.guild("Looms", { members: [ada] });
    await other.channel().from(ada).says(`${discord.bot.mention} hello`);
    return { workspace };
  },

  "Discord slows the bot down": async () => {
    const discord = await discordWithBot();
    const ada = discord.sim.user("Ada");
    discord.sim.guild("Mills", { members: [ada] });
    const { workspace } = await online(discord);
    const fault = discord.sim.fault({ kind: "flood", method: "createMessage", retryAfterSeconds: 60 });
    await ada.with(discord.bot).says("Hello");
    await fault.hit();
    return { workspace };
  },
};
