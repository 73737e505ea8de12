import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PermissionFlagsBits as P } from "discord-api-types/v10";
import { describe, expect, it, vi } from "vitest";
import { acting, gates, resultOf } from "./acting.js";
import { stateFolder } from "./harness.js";

vi.setConfig({ testTimeout: 20_000 });

const ID = "200000000000000077";
const OWNED = { id: ID, owners: [`discord:${ID}`] };

/** A file on the agent's machine. */
function onDisk(text: string): string {
  const path = join(stateFolder(), "a.txt");
  writeFileSync(path, text);
  return path;
}

describe("messages", () => {
  it("are sent beside the answer: rendered, quoted, and long ones in parts", async () => {
    const { act, ada, channel } = await acting();
    const before = await channel.from(ada).says("before");
    const sent = await act("messages.send", { text: "**Look** @everyone", replyTo: before.id });
    const heard = await channel.hears();
    expect(sent).toEqual({ result: { messages: [heard.id] } });
    expect(heard).toMatchObject({ content: "**Look** @everyone", mention_everyone: false });
    expect(heard.referenced_message?.id).toBe(before.id);
    expect(await act("messages.send", { text: "word ".repeat(600) })).toEqual({
      result: { messages: [expect.any(String), expect.any(String)] },
    });
  });

  it("stay in their thread and in their private chat", async () => {
    const { act, ada, bot, channel } = await acting();
    const thread = channel.thread("Looms");
    await act("messages.send", { text: "here" }, thread.from(ada));
    expect((await thread.hears()).content).toBe("here");
    await act("messages.send", { text: "between us" }, ada.with(bot));
    expect((await ada.with(bot).hears()).content).toBe("between us");
  });

  it("of the bot are edited and deleted; those of others are not, before any call", async () => {
    const { act, ada, bot, channel } = await acting();
    await act("messages.send", { text: "first" });
    const { id: message } = await channel.hears();
    expect(await act("messages.edit", { message, text: "*second*" })).toEqual({ result: { message } });
    await channel.sees(({ content }) => content === "*second*");
    expect(await act("messages.delete", { message })).toEqual({ result: { deleted: message } });
    expect(channel.messages().map(({ id }) => id)).not.toContain(message);
    const { id: theirs } = await channel.from(ada).says("mine");
    for (const [name, input] of [
      ["messages.edit", { message: theirs, text: "x" }],
      ["messages.delete", { message: theirs }],
    ] as const)
      expect(await act(name, input)).toEqual({
        error: expect.stringContaining("not known to be the agent's own"),
      });
    expect(bot.calls("editMessage")).toHaveLength(1);
    expect(bot.calls("deleteMessage")).toHaveLength(1);
  });

  it("are sent once where the first call was not answered", async () => {
    const { act, sim, channel } = await acting();
    const fault = sim.fault({ kind: "resetAfter", method: "createMessage", times: 1 });
    expect(await act("messages.send", { text: "once" })).toEqual({
      result: { messages: [expect.any(String)] },
    });
    expect(fault.hits).toBe(1);
    expect(channel.messages().filter(({ content }) => content === "once")).toHaveLength(1);
  });

  it("are read whole, and listed oldest first with long ones cut", async () => {
    const { act, ada, bob, channel, bot } = await acting();
    const long = "long ".repeat(200).trim();
    const first = await channel.from(bob).says(long);
    await channel.from(bob).reacts(first, "👍");
    const second = await channel.from(ada).replies(first, `Hello <@${bob.id}>`);
    expect(await act("messages.read", { message: first.id })).toEqual({
      result: {
        id: first.id,
        at: expect.any(String),
        author: { id: bob.id, name: "Bob", username: "bob" },
        text: long,
        reactions: [{ emoji: "👍", count: 1 }],
      },
    });
    const { messages } = Object(resultOf(await act("messages.history", { limit: 10 })));
    expect(messages.map(({ text }: { text: string }) => text)).toEqual([
      `${long.slice(0, 500)}…`,
      "Hello @Bob",
      "go",
      "go",
    ]);
    expect(messages[1].replyTo).toBe(first.id);
    const older = Object(resultOf(await act("messages.history", { before: second.id })));
    expect(older.messages.map(({ id }: { id: string }) => id)).toEqual([first.id]);
    expect(bot.calls("getChannelMessages").at(-1)?.query).toMatchObject({ limit: "20", before: second.id });
  });

  it("have files of the agent's machine for owners only, and by address from public ones only", async () => {
    const { act, changes, bob, channel } = await acting(OWNED);
    const path = onDisk("secret");
    expect(await act("messages.send", { files: [{ path }] }, channel.from(bob))).toEqual({
      error: expect.stringContaining("only an owner of the agent may have such files sent"),
    });
    expect(await act("messages.send", { files: [{ url: "http://127.0.0.1:9/a.txt" }] })).toEqual({
      error: expect.stringMatching(/^rejected: .*127\.0\.0\.1/),
    });
    expect(changes()).toEqual([]);
    await act("messages.send", { text: "notes", files: [{ path, name: "notes.txt" }] });
    expect((await channel.hears()).attachments).toMatchObject([{ filename: "notes.txt" }]);
  });
});

describe("another channel", () => {
  it("of the server is written in where the policy admits it and who asks may write there too", async () => {
    const { act, guild, ada, bob, bot, channel, allows } = await acting();
    const open = guild.channel("open");
    const staff = guild.channel("staff", { onlyFor: [ada, bot] });
    allows(P.ViewChannel);
    expect(await act("messages.send", { text: "Hi", channel: open.id }, channel.from(bob))).toEqual({
      result: { messages: [expect.any(String)] },
    });
    expect((await open.hears()).content).toBe("Hi");
    expect(await act("messages.send", { text: "Hi", channel: staff.id }, channel.from(bob))).toEqual({
      error: expect.stringMatching(/^rejected: Whoever asks for this has no View Channel, Send Messages in/),
    });
    expect(await act("channels.get", { channel: staff.id }, channel.from(bob))).toEqual({
      error: expect.stringContaining("has no View Channel"),
    });
    expect(bot.calls("createMessage")).toHaveLength(1);
    await act("messages.send", { text: "Hello", channel: `<#${staff.id}>` }, channel.from(ada));
    expect((await staff.hears()).content).toBe("Hello");
  });

  it.each([
    ["guilds.*.channels", (channel: string) => ({ guilds: { "*": { channels: { [channel]: {} } } } })],
    [
      "guilds.*.channels.*.users",
      (channel: string) => ({ guilds: { "*": { channels: { [channel]: {}, "*": { users: ["1"] } } } } }),
    ],
    ["groupAllowFrom", (channel: string) => ({ groupPolicy: "allowlist", groupAllowFrom: [channel] })],
  ])("that the config keeps them out of by %s is refused, before any call", async (path, config) => {
    const { act, guild, bob, channel, bot } = await acting({ config });
    const other = guild.channel("other").id;
    const before = bot.calls().length;
    for (const name of ["messages.send", "channels.get", "permissions.get", "channels.edit"])
      expect(
        await act(
          name,
          {
            channel: other,
            ...(name === "messages.send" && { text: "x" }),
            ...(name === "channels.edit" && { name: "x" }),
          },
          channel.from(bob),
        ),
        name,
      ).toEqual({
        error: `rejected: The config keeps the agent out of channel ${other}, or the sender: ${path}.`,
      });
    expect(bot.calls().slice(before)).toEqual([]);
    expect(Object(resultOf(await act("channels.list", {}, channel.from(bob)))).channels).toMatchObject([
      { id: channel.id },
    ]);
  });

  it("is read by owners only, and so is another server and another person", async () => {
    const { act, sim, ada, bob, guild, channel, changes, bot } = await acting(OWNED);
    const other = guild.channel("other");
    const { id: message } = await other.from(bob).says("Of Bob's");
    const away = sim.guild("Away", { members: [ada, bob] }).channel("far");
    const asks: readonly (readonly [string, Record<string, string>])[] = [
      ["messages.read", { message, channel: other.id }],
      ["messages.history", { channel: other.id }],
      ["messages.search", { text: "Bob", channel: other.id }],
      ["messages.search", { text: "Bob", everywhere: "true" }],
      ["messages.send", { text: "x", channel: away.id }],
      ["channels.get", { channel: away.id }],
      ["channels.delete", { channel: away.id }],
      ["messages.send", { text: "x", user: ada.id }],
    ];
    for (const [name, { everywhere, ...input }] of asks)
      expect(
        await act(name, everywhere === undefined ? input : { ...input, everywhere: true }, channel.from(bob)),
        name,
      ).toEqual({ error: expect.stringMatching(/^rejected: .*owner/) });
    for (const name of ["channels.get", "messages.history"])
      expect(await act(name, { channel: other.id }, bob.with(bot)), name).toEqual({
        error: expect.stringMatching(/^rejected: .*owner/),
      });
    expect(changes()).toEqual([]);
    expect(await act("messages.read", { message, channel: other.id })).toMatchObject({
      result: { text: "Of Bob's" },
    });
    await act("messages.send", { text: "far away", channel: away.id }, ada.with(bot));
    expect((await away.hears()).content).toBe("far away");
    await act("messages.send", { text: "Psst", user: bob.id });
    expect((await bob.with(bot).hears()).content).toBe("Psst");
  });
});

describe("reactions", () => {
  it("are added, listed and taken back", async () => {
    const { act, bob, bot, channel, guild } = await acting();
    const hello = await channel.from(bob).says("Hello");
    const own = guild.emoji("loom");
    await channel.from(bob).reacts(hello, "🔥");
    const { id: message } = hello;
    expect(await act("reactions.add", { message, emoji: "🔥" })).toEqual({
      result: { message, emoji: "🔥" },
    });
    expect(await act("emojis.list", {})).toEqual({ result: { emojis: [`loom:${own.id}`] } });
    await act("reactions.add", { message, emoji: `loom:${own.id}` });
    expect(await act("reactions.list", { message })).toEqual({
      result: {
        message,
        reactions: [
          { emoji: "🔥", count: 2, mine: true },
          { emoji: `loom:${own.id}`, count: 1, mine: true },
        ],
      },
    });
    expect(await act("reactions.list", { message, emoji: "🔥" })).toMatchObject({
      result: {
        users: expect.arrayContaining([
          expect.objectContaining({ id: bob.id, name: "Bob" }),
          expect.objectContaining({ id: bot.id, isBot: true }),
        ]),
      },
    });
    await act("reactions.remove", { message, emoji: "🔥" });
    expect(channel.reactions(hello)).toEqual(["🔥", "loom"]);
    await act("reactions.remove", { message });
    expect(channel.reactions(hello)).toEqual(["🔥"]);
  });
});

describe("polls", () => {
  it("are sent, counted and ended", async () => {
    const { act, bob, channel } = await acting();
    const { message } = Object(
      resultOf(await act("polls.create", { question: "Tea?", answers: ["Yes", "No"], hours: 2 })),
    );
    const heard = await channel.hears();
    expect(heard).toMatchObject({
      id: message,
      poll: { question: { text: "Tea?" }, allow_multiselect: false },
    });
    await channel.from(bob).votes(heard, "No");
    const answers = [
      { answer: 1, text: "Yes", votes: 0 },
      { answer: 2, text: "No", votes: 1 },
    ];
    expect(await act("polls.results", { message, answer: 2 })).toEqual({
      result: {
        question: "Tea?",
        answers,
        isOver: false,
        isFinal: false,
        endsAt: expect.any(String),
        voters: [{ id: bob.id, name: "Bob", username: "bob" }],
      },
    });
    expect(await act("polls.end", { message })).toMatchObject({ result: { answers, isOver: true } });
    expect(await act("polls.end", { message })).toEqual({ error: expect.stringContaining("Poll expired") });
  });

  it("that are ended without an answer of Discord's are of unknown outcome", async () => {
    const { act, sim } = await acting();
    const { message } = Object(resultOf(await act("polls.create", { question: "Tea?", answers: ["Yes"] })));
    sim.fault({ kind: "resetAfter", method: "endPoll", times: 1 });
    expect(await act("polls.end", { message })).toEqual({ error: expect.stringMatching(/^unknown: /) });
  });
});

describe("pins", () => {
  it("are added, listed and removed", async () => {
    const { act, bob, channel, allows } = await acting();
    const hello = await channel.from(bob).says("Hello");
    const { id: message } = hello;
    allows(P.PinMessages);
    expect(await act("pins.add", { message })).toEqual({ result: { pinned: message } });
    expect(channel.pins()).toEqual([message]);
    expect(await act("pins.list", {})).toMatchObject({
      result: { messages: [{ id: message, pinned: true, pinnedAt: expect.any(String) }], more: false },
    });
    expect(await act("pins.remove", { message })).toEqual({ result: { unpinned: message } });
    expect(channel.pins()).toEqual([]);
  });
});

describe("input that Discord would refuse", () => {
  it.each([
    ["messages.send", {}, "needs a text or files"],
    ["messages.send", { files: [{ name: "a" }] }, "needs either url or path"],
    ["messages.send", { text: "x", replyTo: "first" }, "must be an id"],
    ["messages.send", { text: "x", channel: "1", user: "2" }, "either to a channel or to a user"],
    ["messages.history", { limit: 51 }, "limit"],
    ["messages.history", { before: "1", after: "2" }, "takes one of before, after and around"],
    ["messages.edit", { message: "5", text: " " }, "text"],
    ["messages.search", {}, "needs text, author, mentions, has or pinned"],
    ["messages.search", { text: "x", limit: 26 }, "limit"],
    ["reactions.add", { emoji: "nothing" }, "is no emoji"],
    ["polls.create", { question: "x".repeat(301), answers: ["a"] }, "question"],
    ["polls.create", { question: "x", answers: Array(11).fill("a") }, "answers"],
    ["polls.create", { question: "x", answers: ["a".repeat(56)] }, "answers"],
    ["polls.create", { question: "x", answers: ["a"], hours: 769 }, "hours"],
    ["stickers.send", { stickers: ["1", "2", "3", "4"] }, "stickers"],
    ["threads.create", { name: "x".repeat(101) }, "name"],
    ["threads.create", { name: "x", message: "5", private: true }, "is not private"],
    ["threads.create", { name: "x", text: "a post" }, "is no forum"],
    ["threads.archive", {}, "This is no thread"],
    ["moderation.timeout", { user: "5", minutes: 40_321 }, "minutes"],
    ["moderation.ban", { user: "5", deleteHours: 169 }, "deleteHours"],
    ["moderation.purge", { count: 101 }, "count"],
    ["roles.add", { user: "Bob", role: "5" }, "must be an id"],
    ["channels.create", { name: "" }, "name"],
    ["channels.edit", {}, "changes nothing"],
    ["events.create", { name: "x", start: "2099-01-01T00:00:00Z" }, "needs either location or channel"],
    ["events.create", { name: "x", start: "2099-01-01T00:00:00Z", location: "y" }, "is needed with location"],
    ["events.create", { name: "x", start: "2001-01-01T00:00:00Z", channel: "5" }, "start is in the past"],
    ["presence.set", { activity: { type: "custom", text: "x".repeat(129) } }, "activity.text"],
    ["emojis.upload", { name: "a b" }, "letters, digits or underscores"],
    ["stickers.upload", { name: "x", emoji: "👋" }, "name"],
  ])("%s with %j is refused before any call", async (name, input, message) => {
    const { act, changes } = await acting();
    expect(await act(name, input)).toEqual({ error: expect.stringContaining(message) });
    expect(changes()).toEqual([]);
  });
});

describe("every action", () => {
  it("says what each field of its input is for", async () => {
    const { act, turn } = await acting();
    await act("none", {});
    const fields = (turn()?.actions ?? []).flatMap(({ name, input: { properties } }) =>
      Object.entries(Object(properties)).map(([field, schema]) => ({
        field: `${name} ${field}`,
        description: Object(schema).description,
      })),
    );
    expect(fields.length).toBeGreaterThan(50);
    expect(fields.filter(({ description }) => !description)).toEqual([]);
  });
});

describe("gates", () => {
  const names: Readonly<Record<string, readonly string[]>> = {
    reactions: ["emojis.list", "reactions.add", "reactions.list", "reactions.remove"],
    stickers: ["stickers.list", "stickers.send"],
    emojiUploads: ["emojis.upload"],
    stickerUploads: ["stickers.upload"],
    polls: ["polls.create", "polls.end", "polls.results"],
    permissions: ["permissions.get"],
    messages: ["messages.delete", "messages.edit", "messages.history", "messages.read", "messages.send"],
    threads: ["threads.archive", "threads.create", "threads.list"],
    pins: ["pins.add", "pins.list", "pins.remove"],
    search: ["messages.search"],
    memberInfo: ["members.find", "members.get"],
    roleInfo: ["roles.get", "roles.list"],
    roles: ["roles.add", "roles.remove"],
    channelInfo: ["channels.get", "channels.list"],
    voiceStatus: ["voice.status"],
    events: ["events.create", "events.delete", "events.list"],
    moderation: [
      "moderation.ban",
      "moderation.kick",
      "moderation.purge",
      "moderation.timeout",
      "moderation.unban",
    ],
    channels: ["channels.create", "channels.delete", "channels.edit"],
    presence: ["presence.set"],
  };
  const OFF = ["emojiUploads", "stickerUploads", "roles", "events", "moderation", "channels", "presence"];
  const IN_PRIVATE = ["messages", "reactions", "polls", "pins", "presence"];

  /** Names of what is offered in the server, or in private. */
  async function offered(config: object, inPrivate = false) {
    const { act, turn, ada, bot } = await acting({ config });
    if (inPrivate) await act("none", {}, ada.with(bot));
    else await act("none", {});
    return turn()
      ?.actions.map(({ name }) => name)
      .sort();
  }

  it.each(Object.keys(names))("%s switches its actions, and no others", async (gate) => {
    expect(await offered({ actions: { ...gates(false), [gate]: true } })).toEqual(names[gate]);
  });

  it("are off by default for what has power over others or the whole server", async () => {
    const on = Object.keys(names).filter((gate) => !OFF.includes(gate));
    expect(await offered({ actions: {} })).toEqual(on.flatMap((gate) => names[gate] ?? []).sort());
  });

  it("leave in private what needs no server", async () => {
    expect(await offered({}, true)).toEqual(
      [...IN_PRIVATE.flatMap((gate) => names[gate] ?? []), "channels.get"]
        .filter((name) => name !== "emojis.list")
        .sort(),
    );
  });

  it("need a reaction level for reacting", async () => {
    expect(await offered({ reactionLevel: "ack" })).not.toContain("reactions.add");
  });

  it("that do not exist are named", async () => {
    const { host } = await acting({ config: { actions: { pols: true } } });
    expect(host.status().issues).toEqual([
      { path: "connectors.discord.actions.pols", message: expect.stringContaining("polls") },
    ]);
  });
});
