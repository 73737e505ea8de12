import type { AgentNotice } from "@elizaos/connector-core";
import { expect, it } from "vitest";
import { simulate, started } from "./harness.js";

/** Two servers, in one of which Bob has a role. */
async function servers() {
  const { sim, bot } = await simulate();
  const [ada, bob, eve] = [sim.user("Ada"), sim.user("Bob"), sim.user("Eve")];
  const guild = sim.guild("Mills", { members: [ada, bob, eve] });
  const elsewhere = sim.guild("Looms", { members: [ada] }).channel("weaving");
  const channel = guild.channel("engines");
  const role = guild.role("Engineers");
  guild.gives(bob, role);
  return { sim, bot, ada, bob, eve, guild, channel, elsewhere, role };
}

it("reactionNotifications of a server go before the account's; allowlist: those of people who are listed", async () => {
  const { sim, ada, bob, eve, guild, channel, elsewhere, role } = await servers();
  const learnt: string[] = [];
  const host = await started({
    apiRoot: sim.apiRoot,
    config: {
      dmPolicy: "pairing",
      allowFrom: [],
      reactionNotifications: "off",
      guilds: { [guild.id]: { reactionNotifications: "allowlist", users: [ada.id], roles: [role.id] } },
    },
    agent: {
      history: "own",
      run: () => ({ type: "silent" }),
      observe(notice: AgentNotice) {
        if (notice.type === "context" && notice.event.kind === "reaction")
          learnt.push(`${notice.event.sender.name} ${notice.event.added}`);
      },
    },
  });
  const here = await channel.from(ada).says("A thought");
  const there = await elsewhere.from(ada).says("Another");
  await elsewhere.from(ada).reacts(there, "❤️");
  await channel.from(eve).reacts(here, "👎");
  await channel.from(bob).reacts(here, "🔥");
  await channel.from(ada).reacts(here, "👍");
  await expect.poll(() => learnt).toEqual(["Bob 🔥", "Ada 👍"]);
  expect(host.turns).toEqual([]);
});

it("who takes a reaction back is known by the roles that decide there, and asked for nowhere else", async () => {
  const { sim, bot, ada, bob, eve, guild, channel, elsewhere, role } = await servers();
  const learnt: string[] = [];
  await started({
    apiRoot: sim.apiRoot,
    config: {
      reactionNotifications: "all",
      guilds: { [guild.id]: { reactionNotifications: "allowlist", roles: [role.id] } },
    },
    agent: {
      history: "own",
      run: () => ({ type: "silent" }),
      observe(notice: AgentNotice) {
        if (notice.type === "context" && notice.event.kind === "reaction")
          learnt.push(`${notice.event.sender.name ?? "somebody"} ${notice.event.removed}`);
      },
    },
  });
  const here = await channel.from(ada).says("A thought");
  const there = await elsewhere.from(ada).says("Another");
  for (const who of [bob, eve]) await channel.from(who).reacts(here, "🔥");
  await channel.from(bob).reacts(here, "👍");
  await elsewhere.from(ada).reacts(there, "❤️");
  await elsewhere.from(ada).unreacts(there, "❤️");
  await channel.from(eve).unreacts(here, "🔥");
  await channel.from(bob).unreacts(here, "🔥");
  await channel.from(bob).unreacts(here, "👍");
  await expect.poll(() => learnt.filter((text) => !text.endsWith(" "))).toHaveLength(3);
  expect(learnt.filter((text) => !text.endsWith(" ")).sort()).toEqual(["Bob 👍", "Bob 🔥", "somebody ❤️"]);
  expect(bot.calls("getGuildMember")).toHaveLength(2);
});
