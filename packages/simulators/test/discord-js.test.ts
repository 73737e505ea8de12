import { type Message, Routes } from "discord.js";
import { describe, expect, it } from "vitest";
import { client, next, open } from "./discord-support.js";

describe("discord.js", () => {
  it("logs in, hears people in a server and in private, and answers them", async () => {
    const { sim, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    discord.on("messageCreate", async (message) => {
      if (!message.author.bot) await message.reply(`You said: ${message.content}`);
    });
    expect(discord.guilds.cache.map(({ name }) => name)).toEqual(["Team"]);
    await general.from(ada).says("hello");
    expect(await general.hears()).toMatchObject({
      content: "You said: hello",
      author: { username: "toy", bot: true },
      type: 19,
      message_reference: { channel_id: general.id },
      mentions: [{ id: ada.id }],
    });
    await ada.says("psst");
    expect((await ada.hears()).content).toBe("You said: psst");
  });

  it("tells of edits, deletions, reactions, typing and threads", async () => {
    const { sim, ada, bot, general } = await open();
    const discord = await client(sim.apiRoot);
    const message = await general.from(ada).says(`<@${bot.id}> look`);

    const edited = next<string | null>((done) =>
      discord.once("messageUpdate", (_, now) => done(now.content)),
    );
    await general.from(ada).edits(message, "changed");
    expect(await edited).toBe("changed");

    const reacted = next<string | null>((done) =>
      discord.once("messageReactionAdd", ({ emoji }) => done(emoji.name)),
    );
    await general.from(ada).reacts(message, "👍");
    expect(await reacted).toBe("👍");

    const typed = next<string>((done) => discord.once("typingStart", ({ user }) => done(user.id)));
    general.from(ada).types();
    expect(await typed).toBe(ada.id);

    const opened = next<string>((done) => discord.once("threadCreate", ({ name }) => done(name)));
    const thread = general.threadFrom(message, "About it", ada);
    expect(await opened).toBe("About it");
    expect(thread.id).toBe(message.id);
    const inThread = next<Message>((done) => discord.once("messageCreate", done));
    await thread.from(ada).says("in the thread");
    expect((await inThread).channel.isThread()).toBe(true);

    const deleted = next<string>((done) => discord.once("messageDelete", ({ id }) => done(id)));
    await general.from(ada).deletes(message);
    expect(await deleted).toBe(message.id);
  });

  it("resumes by itself after a lost connection and misses nothing", async () => {
    const { sim, bot, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    const heard: string[] = [];
    discord.on("messageCreate", ({ content }) => heard.push(content));
    const resumed = next<number>((done) => discord.once("shardResume", (_, replayed) => done(replayed)));
    const sessions = bot.sessions();
    bot.drops();
    await general.from(ada).says("one");
    await general.from(ada).says("two");
    await resumed;
    expect(heard).toEqual(["one", "two"]);
    expect(bot.sessions()).toEqual(sessions);
  });

  it("edits, deletes, reacts and reads back over its own REST client", async () => {
    const { sim, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    const channel = await discord.channels.fetch(general.id);
    if (channel?.isSendable() !== true) throw new Error("no text channel");
    const sent = await channel.send({
      content: "draft",
      files: [{ attachment: Buffer.from("abc"), name: "a.txt" }],
    });
    await sent.edit("final");
    await sent.react("✅");
    expect(general.messages().at(-1)).toMatchObject({
      content: "final",
      attachments: [{ filename: "a.txt", size: 3 }],
    });
    expect(general.reactions(sent)).toEqual(["✅"]);
    const url = sent.attachments.first()?.url ?? "";
    expect(await (await fetch(url)).text()).toBe("abc");
    await general.from(ada).says("after");
    const found = await channel.messages.fetch({ after: sent.id });
    expect(found.map(({ content }) => content)).toEqual(["after"]);
    await sent.delete();
    await general.seesDeletion(sent);
    expect(await discord.rest.get(Routes.user())).toMatchObject({ username: "toy" });
  });

  it("sends private messages to people of its servers", async () => {
    const { sim, ada } = await open();
    const discord = await client(sim.apiRoot);
    await (await discord.users.fetch(ada.id)).send("good morning");
    expect((await ada.hears()).content).toBe("good morning");
  });
});
