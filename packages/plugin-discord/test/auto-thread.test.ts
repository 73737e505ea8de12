import type { Turn } from "@elizaos/connector-core";
import type { ChannelHandle } from "@elizaos/connector-simulators/discord";
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

/** The thread of this name, when it has been begun at the message. */
async function begun(channel: ChannelHandle, { id }: { readonly id: string }, name: string) {
  await channel.sees((message) => message.id === id && message.thread !== undefined);
  return channel.thread(name);
}

const said = (content: string) => (message: { readonly content: string }) => message.content === content;

describe("autoThread", () => {
  it.each(["off", "partial"])(
    "answers in a thread at the message; question, answer and what follows there are one session (%s)",
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
      expect(second?.session).toBe(first?.session);
      expect((await second?.history())?.map(({ role, text }) => `${role}: ${text.trim()}`)).toEqual([
        "user: Why does it stop?\nTell me.",
        "assistant: You said: \nWhy does it stop?\nTell me.",
      ]);
      const another = await begun(channel, await channel.from(ada).says("Another thing"), "Another thing");
      await another.sees(said("You said: Another thing"));
      expect(host.turns[2]?.session).not.toBe(first?.session);
      expect(await host.turns[2]?.history()).toEqual([]);
      expect(bot.calls("startThreadFromMessage")).toHaveLength(2);
    },
  );

  it("what nobody asked stays in the channel's session; a question edited later is edited in its own", async () => {
    const { ada, bot, channel, start } = await scene({ requireMention: true, streamMode: "off" });
    const host = await start({ agent: ({ text }: Turn) => `Heard: ${text.split(" ").at(-1)}` });
    const mention = `<@${bot.id}>`;
    await channel.from(ada).says("Only talk");
    const question = await channel.from(ada).says(`${mention} Why?`);
    const thread = await begun(channel, question, "@helper_bot Why?");
    await thread.sees(({ author }) => author.id === bot.id);
    await channel.from(ada).edits(question, `${mention} Why not?`);
    await thread.from(ada).says(`${mention} Well?`);
    await thread.sees(said("Heard: Well?"));
    expect((await host.turns[1]?.history())?.map(({ text }) => text)).toEqual([
      "@helper_bot Why not?",
      "Heard: Why?",
    ]);
  });

  it("reactions, typing and actions concern the question where it stands", async () => {
    const { ada, channel, start } = await scene({
      streamMode: "off",
      ackReaction: { emoji: "👀", group: "always" },
    });
    const host = await start({
      agent: async (turn: Turn) => {
        await channel.seesTyping();
        const [{ address }] = turn.events;
        const read = await turn.act("messages.read", { message: address.message ?? "" });
        await turn.act("messages.send", { text: "By an action" });
        return JSON.stringify(read).includes('"Hello"') ? "Read" : "Not found";
      },
    });
    const question = await channel.from(ada).says("Hello");
    await channel.seesReaction(question);
    const thread = await begun(channel, question, "Hello");
    await thread.sees(said("By an action"));
    await thread.sees(said("Read"));
    await thread.from(ada).says("And?");
    await expect.poll(() => host.turns.length).toBe(2);
    expect((await host.turns[1]?.history())?.map(({ text }) => text)).toEqual([
      "Hello",
      "By an action",
      "Read",
    ]);
  });

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

  it("an answer with files goes there, opened once, its text with the first of them", async () => {
    const { ada, bot, channel, start } = await scene({ streamMode: "off" });
    const attachments = Array.from({ length: 11 }, (_, index) => ({
      bytes: new TextEncoder().encode(`File ${index}`),
      name: `${index}.txt`,
    }));
    await start({ agent: () => ({ type: "message", text: "Here they are", attachments }) });
    const question = await channel.from(ada).says("The files, please");
    const thread = await begun(channel, question, "The files, please");
    const first = await thread.sees(said("Here they are"));
    const second = await thread.sees(({ attachments }) => attachments.length === 1);
    expect([...first.attachments, ...second.attachments].map(({ filename }) => filename)).toEqual(
      attachments.map(({ name }) => name),
    );
    expect(channel.messages()).toHaveLength(1);
    expect(bot.calls("startThreadFromMessage")).toHaveLength(1);
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
