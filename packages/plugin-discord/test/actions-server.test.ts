import { PermissionFlagsBits as P } from "discord-api-types/v10";
import { describe, expect, it, vi } from "vitest";
import { idAt } from "../src/snowflake.js";
import { acting, resultOf } from "./acting.js";

vi.setConfig({ testTimeout: 20_000 });

const PNG = Buffer.from("89504e470d0a1a0a", "hex");

describe("threads", () => {
  it("are begun at a message or by themselves, listed, archived and opened again", async () => {
    const { act, bob, channel, allows } = await acting();
    allows(P.ManageThreads);
    const hello = await channel.from(bob).says("Hello");
    expect(await act("threads.create", { name: "From it", message: hello.id })).toEqual({
      result: { thread: hello.id, name: "From it" },
    });
    const { thread } = Object(resultOf(await act("threads.create", { name: "Alone" })));
    const secret = channel.thread("Secret", { isPrivate: true });
    expect(await act("threads.archive", { thread: secret.id })).toEqual({
      error: `rejected: ${secret.id} is no public thread of this channel.`,
    });
    const names = async (archived: boolean) =>
      Object(resultOf(await act("threads.list", { archived }))).threads.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names(false)).toEqual(["From it", "Alone"]);
    expect(await act("threads.archive", { thread })).toEqual({ result: { thread, archived: true } });
    expect(await names(true)).toEqual(["Alone"]);
    await act("threads.archive", { thread, archived: false });
    expect(await names(false)).toEqual(["From it", "Alone"]);
    await act("threads.archive", {}, channel.thread("From it").from(bob));
    expect(await names(true)).toEqual(["From it"]);
  });

  it("are posts in a forum, and are of their own channel only", async () => {
    const { act, guild, bob, channel } = await acting();
    const forum = guild.forum("questions", { tags: ["loom"] });
    const post = await forum.post(bob, "How?", "How does it work?");
    const tags = [forum.state.tags[0]?.id ?? ""];
    const made = await act("threads.create", { name: "So", text: "Like **this**", tags }, post.from(bob));
    expect(made).toMatchObject({ result: { name: "So" } });
    expect(forum.thread("So").messages()[0]?.content).toBe("Like **this**");
    expect(await act("threads.create", { name: "So" }, post.from(bob))).toEqual({
      error: expect.stringContaining("a post needs text"),
    });
    expect(await act("threads.archive", { thread: post.id }, channel.from(bob))).toEqual({
      error: `rejected: ${post.id} is no public thread of this channel.`,
    });
  });
});

describe("stickers and emoji", () => {
  it("of the server are listed and sent", async () => {
    const { act, guild, channel } = await acting();
    const id = guild.sticker("wave");
    expect(await act("stickers.list", {})).toEqual({ result: { stickers: [{ id, name: "wave" }] } });
    expect(await act("stickers.send", { stickers: [id] })).toEqual({
      result: { message: expect.any(String) },
    });
    expect((await channel.hears()).sticker_items).toMatchObject([{ id }]);
  });

  it("are made of files in messages", async () => {
    const { act, guild, bob, channel, allows } = await acting();
    allows(P.CreateGuildExpressions);
    const { id: message } = await channel
      .from(bob)
      .sends({ name: "a.png", bytes: PNG, mediaType: "image/png" });
    const { emoji } = Object(resultOf(await act("emojis.upload", { message, name: "loom" })));
    expect([...guild.guild.emojis.keys()].map((id) => `loom:${id}`)).toEqual([emoji]);
    const { sticker } = Object(
      resultOf(await act("stickers.upload", { message, name: "Loom", emoji: "🧵" })),
    );
    expect(guild.guild.stickers.get(sticker)).toMatchObject({ name: "Loom", tags: "🧵", description: null });
  });

  it("are not made of other files, or of too large ones", async () => {
    const { act, bob, channel, changes } = await acting();
    const { id: text } = await channel
      .from(bob)
      .sends({ name: "a.txt", bytes: PNG, mediaType: "text/plain" });
    const bytes = Buffer.alloc(256 * 1_024 + 1);
    const { id: large } = await channel.from(bob).sends({ name: "b.png", bytes, mediaType: "image/png" });
    for (const [message, file, error] of [
      [text, 1, "a.txt is text/plain"],
      [large, 1, "more than the 256 KiB"],
      [large, 2, "has 1 files"],
    ] as const)
      expect(await act("emojis.upload", { message, file, name: "loom" })).toEqual({
        error: expect.stringContaining(error),
      });
    expect(changes()).toEqual([]);
  });
});

describe("search", () => {
  it("finds in this channel, and for owners in the whole server", async () => {
    const id = "200000000000000077";
    const { act, guild, bob, channel, bot } = await acting({ id, owners: [`discord:${id}`] });
    const { id: first } = await channel.from(bob).says("a loom of wood");
    await guild.channel("other").from(bob).says("another loom");
    expect(await act("messages.search", { text: "loom" }, channel.from(bob))).toMatchObject({
      result: { total: 1, messages: [{ id: first, channel: channel.id, text: "a loom of wood" }] },
    });
    expect(await act("messages.search", { text: "loom", everywhere: true })).toMatchObject({
      result: { total: 2 },
    });
    await act("messages.search", { author: bob.id, has: ["image", "link"], oldestFirst: true, limit: 3 });
    expect(bot.calls("searchGuildMessages").at(-1)?.query).toMatchObject({
      author_id: bob.id,
      sort_order: "asc",
    });
  });

  it("tells how long the index takes", async () => {
    const { act, guild } = await acting();
    guild.buildsIndex(30);
    expect(await act("messages.search", { text: "loom" })).toEqual({
      error: expect.stringMatching(
        /^rate-limited: Discord is still indexing this server.*again in (?:30|29) s\.$/,
      ),
    });
  });
});

describe("lookups", () => {
  it("tell of members, roles and voice channels", async () => {
    const { act, guild, ada, bob, bot, channel } = await acting();
    const weavers = guild.role("Weavers", { permissions: P.KickMembers, mentionable: true });
    guild.gives(bob, weavers);
    guild.calls(bob, "Bobbin");
    expect(await act("members.get", {}, channel.from(bob))).toEqual({
      result: {
        id: bob.id,
        name: "Bobbin",
        username: "bob",
        roles: [{ id: weavers.id, name: "Weavers" }],
        joinedAt: expect.any(String),
      },
    });
    expect(await act("members.find", { name: "bobb" })).toMatchObject({
      result: { members: [{ id: bob.id }] },
    });
    expect(await act("roles.list", {})).toMatchObject({
      result: { roles: expect.arrayContaining([{ id: weavers.id, name: "Weavers", mentionable: true }]) },
    });
    expect(await act("roles.get", { role: `<@&${weavers.id}>` })).toMatchObject({
      result: { name: "Weavers", permissions: ["Kick Members"] },
    });
    expect(await act("voice.status", { user: bob.id })).toEqual({ result: { user: bob.id, channel: null } });
    const hall = guild.voiceChannel("Hall");
    guild.talks(bob, hall);
    expect(await act("voice.status", { user: bob.id })).toMatchObject({
      result: { channel: hall.id, name: "Hall", muted: false },
    });
    guild.talks(ada, guild.voiceChannel("Office", { onlyFor: [ada, bot] }));
    expect(await act("voice.status", { user: ada.id }, channel.from(bob))).toEqual({
      result: { user: ada.id, channel: null },
    });
  });

  it("tell of this channel and of those that who asks sees", async () => {
    const { act, guild, ada, bob, bot, channel } = await acting();
    const open = guild.channel("open", { topic: "Anything" });
    const staff = guild.channel("staff", { onlyFor: [ada, bot] });
    expect(await act("channels.get", {})).toMatchObject({
      result: { id: channel.id, type: "text", name: "engines" },
    });
    expect(await act("channels.get", { channel: open.id })).toMatchObject({ result: { topic: "Anything" } });
    const ids = async (by: typeof bob) =>
      Object(resultOf(await act("channels.list", {}, channel.from(by)))).channels.map(
        ({ id }: { id: string }) => id,
      );
    const forAll = await ids(bob);
    expect(forAll).toEqual(expect.arrayContaining([channel.id, open.id]));
    expect(forAll).not.toContain(staff.id);
    expect(await ids(ada)).toEqual([...forAll, staff.id]);
    expect(await act("channels.get", {}, ada.with(bot))).toEqual({
      result: { id: ada.with(bot).id, type: "private" },
    });
  });

  it("tell what the bot may do, as the channel's own permissions change it", async () => {
    const { act, guild, ada, bot, channel, allows } = await acting();
    const list = async (input: object = {}) =>
      Object(resultOf(await act("permissions.get", { ...input }))).permissions as readonly string[];
    expect(await list()).toContain("Send Messages");
    expect(await list()).not.toContain("Timeout Members");
    channel.state.overwrites = [{ id: guild.id, type: 0, allow: "0", deny: String(P.SendMessages) }];
    expect(await list()).not.toContain("Send Messages");
    expect(await list()).not.toContain("Attach Files");
    channel.state.overwrites.push({ id: bot.id, type: 1, allow: String(P.SendMessages), deny: "0" });
    expect(await list()).toContain("Send Messages");
    allows(P.ModerateMembers);
    expect(await list()).toContain("Timeout Members");
    guild.silences(bot, 600);
    expect(await list()).toEqual(["View Channel", "Read Message History"]);
    guild.silences(bot, -1);
    const closed = guild.channel("closed", { onlyFor: [ada] });
    expect(await act("permissions.get", { channel: closed.id })).toEqual({
      error: expect.stringContaining("Let the bot's role view this channel (View Channel)"),
    });
    allows(P.Administrator);
    expect(await act("permissions.get", {})).toMatchObject({ result: { isAdministrator: true } });
  });
});

describe("changes in the server", () => {
  it("give and take roles", async () => {
    const { act, guild, bob, allows, bot } = await acting();
    const role = guild.role("Weavers");
    allows(P.ManageRoles);
    expect(await act("roles.add", { user: bob.mention, role: role.id, reason: "weaves" })).toEqual({
      result: { user: bob.id, added: role.id },
    });
    expect(guild.guild.member(bob.id).roles).toContain(role.id);
    await act("roles.remove", { user: bob.id, role: role.id });
    expect(guild.guild.member(bob.id).roles).toEqual([]);
    expect(bot.calls("addGuildMemberRole")).toHaveLength(1);
  });

  it("make, change and delete channels", async () => {
    const { act, guild, channel, allows } = await acting();
    allows(P.ManageChannels);
    const { id } = Object(
      resultOf(await act("channels.create", { name: "Big News", topic: "What is new", slowmodeSeconds: 10 })),
    );
    expect(guild.channels().find((each) => each.id === id)?.name).toBe("big-news");
    expect(await act("channels.edit", { channel: id, name: "news", topic: "" })).toEqual({
      result: { id, type: "text", name: "news", slowmodeSeconds: 10 },
    });
    await act("channels.edit", { topic: "Steam" });
    expect(channel.state.topic).toBe("Steam");
    expect(await act("channels.delete", { channel: id })).toEqual({ result: { deleted: id } });
    expect(guild.channels().map((each) => each.id)).not.toContain(id);
  });

  it("that are made without an answer of Discord's are of unknown outcome", async () => {
    const { act, sim, bot, allows } = await acting();
    allows(P.ManageChannels);
    sim.fault({ kind: "resetAfter", method: "createGuildChannel", times: 1 });
    expect(await act("channels.create", { name: "twice" })).toEqual({
      error: expect.stringMatching(/^unknown: /),
    });
    expect(bot.calls("createGuildChannel")).toHaveLength(1);
  });

  it("make, list and delete scheduled events", async () => {
    const { act, guild, allows } = await acting();
    allows(P.CreateEvents);
    const fair = {
      name: "Fair",
      start: "2099-05-01T10:00:00Z",
      end: "2099-05-01T18:00:00Z",
      location: "Market",
    };
    const { id } = Object(resultOf(await act("events.create", fair)));
    const hall = guild.voiceChannel("Hall").id;
    await act("events.create", { name: "Talk", start: "2099-05-02T10:00:00Z", channel: hall });
    expect(await act("events.list", {})).toMatchObject({
      result: {
        events: [
          { id, ...fair },
          { name: "Talk", channel: hall },
        ],
      },
    });
    expect(await act("events.delete", { event: id })).toEqual({ result: { deleted: id } });
    expect(guild.guild.events.size).toBe(1);
  });

  it("set the bot's presence, also for later sessions", async () => {
    const { act, bot } = await acting();
    expect(
      await act("presence.set", { status: "idle", activity: { type: "custom", text: "at the loom" } }),
    ).toEqual({
      result: { status: "idle" },
    });
    const shown = { status: "idle", activities: [{ type: 4, name: "Custom Status", state: "at the loom" }] };
    await vi.waitFor(() => expect(bot.presence).toMatchObject(shown));
    const [first = ""] = bot.sessions();
    bot.losesSession();
    await vi.waitFor(
      () => {
        expect(bot.sessions()).not.toContain(first);
        expect(bot.presence).toMatchObject(shown);
      },
      { timeout: 15_000 },
    );
  });
});

describe("moderation", () => {
  it("times out, kicks, bans and lets back in", async () => {
    const { act, guild, bob, bot, allows } = await acting();
    const user = bob.id;
    allows(P.ModerateMembers, P.KickMembers, P.BanMembers);
    const { until } = Object(
      resultOf(await act("moderation.timeout", { user, minutes: 10, reason: "noise" })),
    );
    expect(guild.guild.member(user).timedOutUntil).toBe(until);
    expect(await act("moderation.timeout", { user, minutes: 0 })).toEqual({ result: { user, until: null } });
    expect(await act("moderation.kick", { user })).toEqual({ result: { kicked: user } });
    expect(guild.guild.members.has(user)).toBe(false);
    await act("moderation.ban", { user, reason: "spam", deleteHours: 1 });
    expect(guild.guild.bans.get(user)).toBe("spam");
    expect(bot.calls("createGuildBan")[0]?.body).toEqual({ delete_message_seconds: 3_600 });
    expect(await act("moderation.unban", { user })).toEqual({ result: { unbanned: user } });
    expect(await act("moderation.kick", { user: bot.id })).toEqual({ error: "rejected: This is yourself." });
  });

  it("deletes the newest messages, of anybody or of one person", async () => {
    const { act, ada, bob, channel, allows } = await acting();
    allows(P.ManageMessages);
    const says = (who: typeof bob, text: string) => channel.from(who).says(text);
    // Older than the 14 days that Discord deletes in bulk.
    await channel.from(bob).says("old", { id: idAt(Date.now() - 14 * 24 * 3_600_000) });
    for (const text of ["one", "two"]) await says(bob, text);
    const { id: before } = await says(ada, "three");
    expect(await act("moderation.purge", { count: 1, user: bob.id })).toEqual({ result: { deleted: 1 } });
    const texts = () => channel.messages().map(({ content }) => content);
    expect(texts()).toEqual(["old", "one", "three", "go"]);
    expect(await act("moderation.purge", { count: 100, before })).toEqual({ result: { deleted: 1 } });
    expect(texts()).toEqual(["old", "three", "go", "go"]);
    expect(await act("moderation.purge", { count: 3 })).toEqual({ result: { deleted: 3 } });
    expect(texts()).toEqual(["old", "three"]);
  });
});

describe("a permission that is missing", () => {
  it.each([
    ["moderation.timeout", "Timeout Members", { user: "$bob", minutes: 1 }],
    ["moderation.kick", "Kick Members", { user: "$bob" }],
    ["moderation.ban", "Ban Members", { user: "$bob" }],
    ["moderation.purge", "Manage Messages", { count: 5 }],
    ["roles.add", "Manage Roles", { user: "$bob", role: "$role" }],
    ["channels.create", "Manage Channels", { name: "x" }],
    ["channels.edit", "Manage Channels", { name: "x" }],
    ["channels.delete", "Manage Channels", { channel: "$channel" }],
    ["pins.add", "Pin Messages", {}],
    ["events.create", "Create Events", { name: "x", start: "2099-01-01T00:00:00Z", channel: "$channel" }],
    ["emojis.upload", "Create Expressions", { name: "loom", message: "$file" }],
    ["stickers.upload", "Create Expressions", { name: "loom", emoji: "🧵", message: "$file" }],
    ["polls.create", "Create Polls", { question: "x", answers: ["a"] }],
    ["reactions.add", "Add Reactions", { emoji: "👍" }],
  ])("for %s is named: %s", async (name, permission, input) => {
    const { act, guild, bob, channel, host } = await acting();
    guild.allowsEverybody(P.ViewChannel | P.ReadMessageHistory | P.SendMessages | P.AttachFiles);
    const { id: file } = await channel.from(bob).sends({ name: "a.png", bytes: PNG, mediaType: "image/png" });
    const role = guild.role("Weavers").id;
    const ids: Record<string, string> = { $bob: bob.id, $role: role, $channel: channel.id, $file: file };
    const filled = Object.fromEntries(
      Object.entries(input).map(([key, value]) => [key, ids[String(value)] ?? value]),
    );
    expect(await act(name, filled)).toEqual({
      error: expect.stringMatching(
        new RegExp(`^rejected: Discord refused .*code 50013\\); it needs .*${permission}`),
      ),
    });
    expect(await host.runtime.deadLetters.list()).toEqual([]);
  });
});
