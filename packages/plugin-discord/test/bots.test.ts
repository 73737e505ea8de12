import { expect, it } from "vitest";
import { simulate, started } from "./harness.js";

it("two of our bots that answer each other come to an end, and go on when a person speaks", async () => {
  const { sim, bot } = await simulate();
  const other = sim.bot({ token: "FAKE.TOKEN.of-the-other", username: "other_bot" });
  const ada = sim.user("Ada");
  const channel = sim.guild("Mills", { members: [ada] }).channel("engines");
  const config = { requireMention: false, streamMode: "off", allowBots: true };
  const agent = () => "And you?";
  const hosts = [
    await started({ apiRoot: sim.apiRoot, config, agent }),
    await started({ apiRoot: sim.apiRoot, agent, config: { ...config, token: other.token } }),
  ];
  const counts = () => hosts.map(({ turns }) => turns.length);
  const rules = async () => {
    const last = await Promise.all(hosts.map(({ runtime }) => runtime.why("last")));
    return last.map((explanation) => explanation?.event.decision.rule);
  };
  const said = () =>
    [bot, other].map(({ id }) => channel.messages().filter(({ author }) => author.id === id).length);
  await channel.from(ada).says("Talk among yourselves");
  // Her message, and five of the other's; the last answer of each is one too many for the other.
  await expect.poll(counts).toEqual([6, 6]);
  await expect.poll(rules).toEqual(["sender.bot.loop", "sender.bot.loop"]);
  expect(said()).toEqual([6, 6]);
  await channel.from(ada).says("Once more");
  await expect.poll(said).toEqual([12, 12]);
  await expect.poll(rules).toEqual(["sender.bot.loop", "sender.bot.loop"]);
  expect(counts()).toEqual([12, 12]);
});
