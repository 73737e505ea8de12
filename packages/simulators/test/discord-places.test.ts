import { ManualClock } from "@elizaos/connector-simulators/kit";
import { ChannelType, type Message, PermissionFlagsBits as P, ThreadAutoArchiveDuration } from "discord.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { client, next, open, type RestAnswer } from "./discord-support.js";

const idOf = ({ body }: RestAnswer) => z.object({ id: z.string() }).parse(body).id;

/** The bot may do everything that is not about its owner. */
async function asAdministrator(options = {}) {
  const scene = await open(options);
  scene.team.gives(scene.bot, scene.team.role("admins", { permissions: P.Administrator }));
  return scene;
}

describe("channels and threads", () => {
  it("are made, changed and deleted, and everybody who sees them is told", async () => {
    const { sim, team } = await asAdministrator();
    const discord = await client(sim.apiRoot);
    const guild = discord.guilds.cache.get(team.id);
    const made = await guild?.channels.create({
      name: "Release Notes",
      type: ChannelType.GuildText,
      topic: "news",
    });
    expect(made?.name).toBe("release-notes");
    await made?.edit({ topic: "changed" });
    expect(team.channel("release-notes").state.topic).toBe("changed");
    const gone = next<string>((done) => discord.once("channelDelete", ({ id }) => done(id)));
    team.channel("release-notes").vanishes();
    expect(await gone).toBe(made?.id);
  });

  it("let a bot open threads from a message and without one, and find archived ones", async () => {
    const { sim, ada, general, api } = await asAdministrator();
    const discord = await client(sim.apiRoot);
    const heard = next<Message>((done) => discord.once("messageCreate", done));
    await general.from(ada).says("let us talk");
    const starter = await heard;
    const thread = await starter.startThread({
      name: "Talk",
      autoArchiveDuration: ThreadAutoArchiveDuration.OneDay,
    });
    expect(thread.id).toBe(starter.id);
    await thread.send("here");
    expect((await general.thread("Talk").hears()).content).toBe("here");
    const again = await api("POST", `/channels/${general.id}/messages/${starter.id}/threads`, {
      name: "Again",
    });
    expect(again.body).toMatchObject({ code: 160004 });
    if (starter.channel.type !== ChannelType.GuildText) throw new Error("no text channel");
    const free = await starter.channel.threads.create({ name: "Free", type: ChannelType.PublicThread });
    general.thread("Free").archives();
    const { threads } = await starter.channel.threads.fetchArchived();
    expect(threads.map(({ name }) => name)).toEqual(["Free"]);
    expect((await starter.channel.threads.fetchActive()).threads.map(({ name }) => name)).toEqual(["Talk"]);
    await free.setArchived(false);
    await free.members.add(ada.id);
    expect((await free.members.fetch()).map(({ id }) => id)).toContain(ada.id);
    general.thread("Free").archives({ locked: true });
    expect((await api("POST", `/channels/${free.id}/messages`, { content: "x" })).body).toMatchObject({
      code: 50083,
    });
  });

  it("let a forum hold posts with tags", async () => {
    const { sim, ada, team, api } = await open();
    const forum = team.forum("help", { tags: ["bug", "idea"] });
    const discord = await client(sim.apiRoot);
    const opened = next<string[]>((done) =>
      discord.once("threadCreate", ({ appliedTags }) => done(appliedTags)),
    );
    const post = await forum.post(ada, "It crashes", "when I click", { tags: ["bug"] });
    expect(await opened).toEqual([forum.state.tags[0]?.id]);
    expect(post.messages()[0]).toMatchObject({ id: post.id, content: "when I click" });
    const made = await api("POST", `/channels/${forum.id}/threads`, {
      name: "An idea",
      message: { content: "what if" },
      applied_tags: [forum.state.tags[1]?.id],
    });
    expect(made.body).toMatchObject({ name: "An idea", message: { id: idOf(made), content: "what if" } });
    expect((await api("POST", `/channels/${forum.id}/threads`, { name: "Empty" })).body).toMatchObject({
      code: 50035,
    });
    expect((await api("POST", `/channels/${forum.id}/messages`, { content: "x" })).body).toMatchObject({
      code: 50008,
    });
  });

  it("keep private threads to those who are in them", async () => {
    const { api, bot, ada, general } = await open();
    const thread = general.thread("Secret", { by: ada, isPrivate: true });
    expect((await api("GET", `/channels/${thread.id}`)).body).toMatchObject({ code: 50001 });
    const own = await api("POST", `/channels/${general.id}/threads`, { name: "Ours", type: 12 });
    expect(own.body).toMatchObject({ type: 12, owner_id: bot.id, thread_metadata: { invitable: true } });
    expect((await api("PUT", `/channels/${idOf(own)}/thread-members/${ada.id}`)).status).toBe(204);
  });

  it("pin messages, on the old routes and the new, and not without the permission", async () => {
    const { api, bot, ada, team, general } = await open();
    const [first, second] = [await general.from(ada).says("one"), await general.from(ada).says("two")];
    const pins = `/channels/${general.id}/messages/pins`;
    expect((await api("PUT", `${pins}/${first.id}`)).body).toMatchObject({ code: 50013 });
    team.gives(bot, team.role("pinners", { permissions: P.PinMessages }));
    expect((await api("PUT", `${pins}/${first.id}`)).status).toBe(204);
    expect((await api("PUT", `/channels/${general.id}/pins/${second.id}`)).status).toBe(204);
    expect((await api("GET", `${pins}?limit=1`)).body).toMatchObject({
      has_more: true,
      items: [{ message: { id: second.id, pinned: true } }],
    });
    expect((await api("GET", `/channels/${general.id}/pins`)).body).toMatchObject([
      { id: second.id },
      { id: first.id },
    ]);
    expect(general.messages().at(-1)).toMatchObject({
      type: 6,
      message_reference: { message_id: second.id },
    });
    await api("DELETE", `${pins}/${first.id}`);
    expect(general.pins()).toEqual([second.id]);
  });
});

describe("a server", () => {
  it("tells who is in it, and lets a bot moderate below its own role", async () => {
    const { sim, bot, api, ada, team } = await open();
    const bob = sim.user("Bob");
    team.adds(bob);
    const base = `/guilds/${team.id}/members`;
    expect((await api("GET", `${base}/search?query=bo&limit=10`)).body).toMatchObject([
      { user: { username: "bob" } },
    ]);
    expect((await api("GET", `${base}?limit=10`)).body).toHaveLength(3);
    const role = team.role("greeters").id;
    expect((await api("PUT", `${base}/${bob.id}/roles/${role}`)).body).toMatchObject({ code: 50013 });
    team.gives(
      bot,
      team.role("moderators", {
        permissions: P.ManageRoles | P.ModerateMembers | P.KickMembers | P.BanMembers,
      }),
    );
    expect((await api("PUT", `${base}/${bob.id}/roles/${role}`)).status).toBe(204);
    expect((await api("GET", `${base}/${bob.id}`)).body).toMatchObject({ roles: [role] });
    const until = new Date(sim.clock.now() + 60_000).toISOString();
    expect((await api("PATCH", `${base}/${bob.id}`, { communication_disabled_until: until })).status).toBe(
      200,
    );
    await expect(team.channel().from(bob).says("let me speak")).rejects.toThrow("may not write");
    expect(
      (await api("PATCH", `${base}/${ada.id}`, { communication_disabled_until: until })).body,
    ).toMatchObject({ code: 50013 });
    expect((await api("PUT", `/guilds/${team.id}/bans/${bob.id}`, {})).status).toBe(204);
    expect((await api("GET", `${base}/${bob.id}`)).body).toMatchObject({ code: 10007 });
    expect((await api("GET", `/guilds/${team.id}/bans`)).body).toMatchObject([{ user: { id: bob.id } }]);
    expect(() => team.adds(bob)).toThrow("banned");
  });

  it("holds emojis, stickers and scheduled events", async () => {
    const { sim, ada, team, general } = await asAdministrator();
    const discord = await client(sim.apiRoot);
    const guild = await discord.guilds.fetch(team.id);
    const emoji = await guild.emojis.create({ attachment: Buffer.from("89504e47", "hex"), name: "party" });
    const message = await general.from(ada).says("hurray");
    await general.from(ada).reacts(message, emoji.id);
    expect(general.reactions(message)).toEqual(["party"]);
    const sticker = await guild.stickers.create({
      file: { attachment: Buffer.from("89504e47", "hex"), name: "wave.png" },
      name: "wave",
      tags: "wave",
    });
    const channel = await discord.channels.fetch(general.id);
    if (channel?.isSendable() !== true) throw new Error("no text channel");
    await channel.send({ stickers: [sticker.id] });
    expect((await general.hears()).sticker_items).toMatchObject([{ id: sticker.id, name: "wave" }]);
    const event = await guild.scheduledEvents.create({
      name: "Party",
      privacyLevel: 2,
      entityType: 3,
      scheduledStartTime: sim.clock.now() + 60_000,
      scheduledEndTime: sim.clock.now() + 120_000,
      entityMetadata: { location: "here" },
    });
    expect((await guild.scheduledEvents.fetch(event.id)).name).toBe("Party");
    const state = next<string | null>((done) =>
      discord.once("voiceStateUpdate", (_, now) => done(now.channelId)),
    );
    const voice = team.voiceChannel("Voice");
    team.talks(ada, voice);
    expect(await state).toBe(voice.id);
    expect((await guild.voiceStates.fetch(ada.id)).channelId).toBe(voice.id);
  });

  it("asks in polls, and counts the votes", async () => {
    const { sim, bot, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    const channel = await discord.channels.fetch(general.id);
    if (channel?.isSendable() !== true) throw new Error("no text channel");
    const answers = [{ text: "Tea" }, { text: "Coffee" }];
    const sent = await channel.send({
      poll: { question: { text: "What?" }, answers, duration: 1, allowMultiselect: false },
    });
    const voted = next<number>((done) => discord.once("messagePollVoteAdd", ({ id }) => done(id)));
    await general.from(ada).votes(sent, "Tea");
    expect(await voted).toBe(1);
    await general.from(ada).votes(sent, "Coffee");
    expect((await sent.poll?.answers.get(2)?.voters.fetch())?.map(({ id }) => id)).toEqual([ada.id]);
    await sent.poll?.end();
    expect(general.messages().at(-1)).toMatchObject({ type: 46, author: { id: bot.id } });
    await expect(general.from(ada).votes(sent, "Tea")).rejects.toThrow("over");
  });

  it("is searched once its index is ready", async () => {
    const clock = new ManualClock();
    const { api, ada, team, general } = await open({ clock });
    await general.from(ada).says("the red house");
    await general.from(ada).says("a blue house");
    const search = () =>
      api("GET", `/guilds/${team.id}/messages/search?content=red%20house&author_id=${ada.id}`);
    team.buildsIndex(2);
    expect(await search()).toMatchObject({ status: 202, body: { code: 110_000, retry_after: 2 } });
    await clock.advance(2_000);
    expect((await search()).body).toMatchObject({
      total_results: 1,
      messages: [[{ content: "the red house" }]],
    });
  });
});

describe("what people do", () => {
  it("forwards messages, with what they held", async () => {
    const { sim, ada, team, general } = await open();
    const discord = await client(sim.apiRoot);
    const message = await general.from(ada).says("worth knowing");
    const heard = next<Message>((done) =>
      discord.on("messageCreate", (each) => each.reference !== null && done(each)),
    );
    await team.channel("elsewhere").from(ada).forwards(message);
    const forward = await heard;
    expect(forward.messageSnapshots.first()?.content).toBe("worth knowing");
    expect(forward.reference).toMatchObject({ type: 1, messageId: message.id });
  });

  it("mentions users, roles and everyone, and sends stickers, files and links that unfurl", async () => {
    const { sim, bot, ada, team, general } = await open();
    const discord = await client(sim.apiRoot);
    const role = team.role("helpers", { mentionable: true });
    const heard = next<Message>((done) => discord.once("messageCreate", done));
    await general.from(ada).says(`${bot.mention} <@&${role.id}> @everyone`, {
      stickers: [team.sticker("wave")],
      files: [{ name: "hi.ogg", mediaType: "audio/ogg", bytes: new Uint8Array(3), voiceSeconds: 2 }],
    });
    const { mentions, stickers, attachments, flags } = await heard;
    expect([mentions.users.has(bot.id), mentions.roles.has(role.id), mentions.everyone]).toEqual([
      true,
      true,
      true,
    ]);
    expect(stickers.map(({ name }) => name)).toEqual(["wave"]);
    expect(attachments.first()).toMatchObject({ name: "hi.ogg", duration: 2 });
    expect(flags.has("IsVoiceMessage")).toBe(true);
    const link = await general.from(ada).says("https://example.org");
    const updated = next<number | null>((done) =>
      discord.once("messageUpdate", (_, now) => done(now.editedTimestamp)),
    );
    general.unfurls(link, "https://example.org");
    expect(await updated).toBeNull();
  });

  it("deletes several at once", async () => {
    const { sim, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    const messages = [await general.from(ada).says("a"), await general.from(ada).says("b")];
    const gone = next<string[]>((done) => discord.once("messageDeleteBulk", (all) => done([...all.keys()])));
    await general.deletes(...messages);
    expect((await gone).sort()).toEqual(messages.map(({ id }) => id).sort());
  });
});
