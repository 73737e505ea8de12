import { PermissionFlagsBits as P } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { simulate, started, stateFolder } from "./harness.js";

async function scene(config: object = {}) {
  const { sim, bot } = await simulate();
  const ada = sim.user("Ada");
  const guild = sim.guild("Mills", { members: [ada] });
  const channel = guild.channel("engines");
  const stateDir = stateFolder();
  const guilds = { [guild.id]: { channels: { [channel.id]: { autoThread: true } } } };
  const start = (more: object = {}) =>
    started({
      apiRoot: sim.apiRoot,
      stateDir,
      ...more,
      config: { requireMention: false, guilds, ...config },
    });
  return { sim, bot, ada, guild, channel, start };
}

const said = (content: string) => (message: { readonly content: string }) => message.content === content;

describe("autoThread", () => {
  it.each(["off", "partial"])(
    "answers in a thread at the message; what follows there is its own session (%s)",
    async (streamMode) => {
      const { ada, bot, channel, start } = await scene({ streamMode, replyToMode: "all" });
      const host = await start();
      const question = await channel.from(ada).says("\nWhy does it stop?\nTell me.");
      await expect.poll(() => bot.calls("startThreadFromMessage").length).toBe(1);
      const thread = channel.thread("Why does it stop?");
      expect(thread.id).toBe(question.id);
      await thread.sees(said("You said: \nWhy does it stop?\nTell me."));
      await thread.from(ada).says("And then?");
      await thread.sees(said("You said: And then?"));
      expect(channel.messages().map(({ author }) => author.username)).toEqual(["ada"]);
      const [first, second] = host.turns;
      expect(second?.session).not.toBe(first?.session);
      expect(bot.calls("startThreadFromMessage")).toHaveLength(1);
    },
  );

  it("names the thread with 100 characters at most", async () => {
    const { ada, bot, channel, start } = await scene();
    await start();
    await channel.from(ada).says(`${"x".repeat(98)}😀 and more`);
    const statuses = () => bot.calls("startThreadFromMessage").map(({ status }) => status);
    await expect.poll(statuses).toEqual([200]);
    expect(bot.calls("startThreadFromMessage")[0]?.body).toMatchObject({ name: `${"x".repeat(98)}…` });
  });

  it("a thread that is there already is used, after a restart as well", async () => {
    const { ada, sim, bot, channel, start } = await scene({ streamMode: "off" });
    const first = await start();
    const fault = sim.fault({ kind: "status", method: "createMessage", status: 503, times: 1 });
    await channel.from(ada).says("Hello");
    await fault.hit();
    await first.runtime.stop();
    const second = await start();
    await channel.thread("Hello").sees(said("You said: Hello"), { timeoutMs: 15_000 });
    await second.runtime.stop();
    expect(channel.messages()).toHaveLength(1);
    expect(bot.calls("startThreadFromMessage").map(({ status }) => status)).toEqual([200, 400]);
  });

  it("what is sent unasked goes into the channel", async () => {
    const { ada, channel, guild, start } = await scene({ streamMode: "off" });
    const { runtime } = await start();
    await channel.from(ada).says("Hello");
    await channel.sees(({ thread }) => thread !== undefined);
    await runtime.send({ connector: "discord", to: { space: guild.id, chat: channel.id }, text: "News" });
    await channel.sees(said("News"));
  });

  it("without the permission the answer goes into the channel, and the status says why", async () => {
    const { ada, channel, guild, start } = await scene();
    guild.allowsEverybody(P.ViewChannel | P.SendMessages | P.ReadMessageHistory);
    const host = await start();
    await channel.from(ada).says("Hello");
    await channel.sees(said("You said: Hello"));
    expect(host.status().notes).toEqual([expect.stringContaining("Create Public Threads")]);
  });
});
