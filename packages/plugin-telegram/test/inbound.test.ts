import type { CommandEvent, EditedEvent, InboundEvent, MessageEvent } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { readUpdate } from "../src/inbound/index.js";
import { ADA, BOT, BOT_USER, CHANNEL, DM, entity, GROUP, message, OTHER_BOT, update } from "./payloads.js";
import { areThere, replay, samples, WHY_SKIPPED } from "./recordings.js";

function readEvent(raw: unknown): InboundEvent {
  const { reading } = readUpdate(raw, BOT);
  if (reading.type !== "event") throw new Error(`not an event: ${JSON.stringify(reading)}`);
  return reading.event;
}

function readMessage(raw: unknown): MessageEvent {
  const event = readEvent(raw);
  if (event.kind !== "message") throw new Error(`not a message: ${event.kind}`);
  return event;
}

function readEdit(raw: unknown): EditedEvent {
  const event = readEvent(raw);
  if (event.kind !== "edited") throw new Error(`not an edit: ${event.kind}`);
  return event;
}

function said(fields: object): MessageEvent | CommandEvent {
  const event = readEvent(update("message", message(fields)));
  if (event.kind !== "message" && event.kind !== "command") throw new Error(`nothing said: ${event.kind}`);
  return event;
}

const saidInGroup = (fields: object) => said({ chat: GROUP, ...fields });

describe.skipIf(!areThere)(`recorded payloads${WHY_SKIPPED}`, () => {
  it("reads a DM that mentions the bot, and one that does not", () => {
    const { mention, followUp } = replay();
    expect(readMessage(mention)).toEqual({
      kind: "message",
      keys: ["message:7527593:133", "update:1001"],
      sentAt: 1_767_224_888_000,
      order: 1001,
      address: { chat: "7527593", message: "133" },
      chat: { kind: "dm" },
      sender: { id: "7527593", name: "Test User", username: "telegram_test_user" },
      content: {
        text: "@vercelchatsdkbot hi",
        ranges: [{ type: "mention", offset: 0, length: 17, user: "8765336106" }],
        mentionsSelf: "mention",
      },
    });
    expect(readMessage(followUp).content).toEqual({ text: "how are you" });
  });

  it("reads a photo without caption, by its largest size", () => {
    const [sample] = samples();
    expect(readMessage(sample?.payload).content).toEqual({
      text: "",
      attachments: [
        {
          type: "image",
          ref: {
            file: "AgACAgUAAxkBAAMRaH8qXw-VQSGAG4X4VoCg9A5nE50AAvLGMRtBGPlXGt4-FX4l2_oBAAMCAAN5AAM2BA",
            unique: "AQAD8sYxG0EY-Vd-",
          },
          mediaType: "image/jpeg",
          size: 173_215,
        },
      ],
    });
  });
});

describe("who writes", () => {
  it("names a person by id, name and username", () => {
    expect(said({ text: "hi" }).sender).toEqual({ id: "1001", name: "Ada Lovelace", username: "ada" });
  });

  it("marks the bot itself and other bots", () => {
    expect(saidInGroup({ text: "hi", from: BOT_USER }).sender).toMatchObject({
      id: BOT.id,
      isSelf: true,
      isBot: true,
    });
    const other = saidInGroup({ text: "hi", from: OTHER_BOT }).sender;
    expect(other).toMatchObject({ id: "2002", isBot: true });
    expect(other.isSelf).toBeUndefined();
  });

  it("takes an anonymous administrator for the group and not for Telegram's stand-in bot", () => {
    const stand_in = { id: 1087968824, is_bot: true, first_name: "Group", username: "GroupAnonymousBot" };
    expect(saidInGroup({ text: "hi", from: stand_in, sender_chat: GROUP }).sender).toEqual({
      id: "-1001234567890",
      name: "Engines",
      roles: ["anonymous-admin"],
    });
  });

  it("takes a channel's post in its discussion group for the channel", () => {
    const telegram = { id: 777000, is_bot: false, first_name: "Telegram" };
    const sender = saidInGroup({
      text: "news",
      from: telegram,
      sender_chat: CHANNEL,
      is_automatic_forward: true,
    }).sender;
    expect(sender).toEqual({ id: "-1009999999999", name: "News", username: "news" });
  });

  it("says through which bot a message was sent", () => {
    expect(said({ text: "gif", via_bot: OTHER_BOT }).sender.via).toBe("2002");
  });
});

describe("where it was said", () => {
  it("a group message has the group's title and no thread; a forum is told from a group without topics", () => {
    const event = saidInGroup({ text: "hi" });
    expect(event.chat).toEqual({ kind: "group", title: "Engines", hasThreads: true });
    const { is_forum: _, ...plain } = GROUP;
    expect(said({ text: "hi", chat: plain }).chat).toEqual({ kind: "group", title: "Engines" });
    expect(event.address).toEqual({ chat: "-1001234567890", message: "7" });
  });

  it("a topic message has its thread", () => {
    expect(saidInGroup({ text: "hi", is_topic_message: true, message_thread_id: 42 }).address.thread).toBe(
      "42",
    );
  });

  it("a reply in a plain group has no thread, though Telegram gives it a thread id", () => {
    expect(saidInGroup({ text: "hi", message_thread_id: 42 }).address.thread).toBeUndefined();
  });

  it("a channel post is of a channel", () => {
    const event = readMessage(
      update("channel_post", { message_id: 3, date: 1, chat: CHANNEL, sender_chat: CHANNEL, text: "news" }),
    );
    expect(event).toMatchObject({
      chat: { kind: "channel", title: "News" },
      sender: { id: "-1009999999999" },
    });
    expect(event.sender.roles).toBeUndefined();
  });
});

describe("whether the bot is meant", () => {
  it.each([
    ["a mention", "ask @vercelchatsdkbot now", "mention", "@vercelchatsdkbot", "mention"],
    ["a mention in other case", "ask @VercelChatSdkBot now", "mention", "@VercelChatSdkBot", "mention"],
    ["a full command", "/help@vercelchatsdkbot me", "bot_command", "/help@vercelchatsdkbot", "command"],
  ] as const)("%s in a group is for the bot", (_, text, type, part, kind) => {
    expect(saidInGroup({ text, entities: [entity(type, text, part)] }).content.mentionsSelf).toBe(kind);
  });

  it.each([
    ["a mention of somebody else", "ask @other_bot", "mention", "@other_bot"],
    ["a command to another bot", "/help@other_bot", "bot_command", "/help@other_bot"],
    ["a bare command", "/help", "bot_command", "/help"],
  ] as const)("%s in a group is not for the bot", (_, text, type, part) => {
    expect(saidInGroup({ text, entities: [entity(type, text, part)] }).content.mentionsSelf).toBeUndefined();
  });

  it("the bot's name without Telegram's mark is not a mention", () => {
    expect(
      saidInGroup({ text: "mail me at x@vercelchatsdkbot.example" }).content.mentionsSelf,
    ).toBeUndefined();
  });

  it("a bare command in private is for the bot", () => {
    expect(
      said({ text: "/start", entities: [entity("bot_command", "/start", "/start")] }).content.mentionsSelf,
    ).toBe("command");
  });

  it("a mention by name without username is told by the user's id", () => {
    const text = "Helper, look";
    const entities = [entity("text_mention", text, "Helper", { user: BOT_USER })];
    expect(saidInGroup({ text, entities }).content).toMatchObject({
      mentionsSelf: "mention",
      ranges: [{ type: "mention", offset: 0, length: 6, user: BOT.id }],
    });
  });

  it("a mention in a caption counts", () => {
    const caption = "@vercelchatsdkbot what is this?";
    const event = saidInGroup({
      photo: [{ file_id: "f" }],
      caption,
      caption_entities: [entity("mention", caption, "@vercelchatsdkbot")],
    });
    expect(event.content).toMatchObject({ text: caption, mentionsSelf: "mention" });
  });

  it("a reply to the bot counts, one to somebody else does not", () => {
    const own = { message_id: 5, date: 1, chat: GROUP, from: BOT_USER, text: "earlier answer" };
    const reply = saidInGroup({ text: "why?", reply_to_message: own });
    expect(reply.content).toMatchObject({
      mentionsSelf: "reply",
      replyTo: { message: "5", text: "earlier answer", sender: { isSelf: true } },
    });
    const others = saidInGroup({ text: "why?", reply_to_message: { ...own, from: ADA } });
    expect(others.content.mentionsSelf).toBeUndefined();
    expect(others.content.replyTo).toMatchObject({ message: "5", sender: { id: "1001" } });
  });

  it("the service message that began a topic is nothing that was replied to, though the bot made the topic", () => {
    const root = {
      message_id: 42,
      date: 1,
      chat: GROUP,
      from: BOT_USER,
      forum_topic_created: { name: "Topic" },
    };
    const event = saidInGroup({
      text: "hi",
      is_topic_message: true,
      message_thread_id: 42,
      reply_to_message: root,
    });
    expect(event.content).toEqual({ text: "hi" });
  });

  it("a quote stands for the text that is replied to", () => {
    const quoted = { message_id: 5, date: 1, chat: DM, from: BOT_USER, text: "one two three" };
    expect(
      said({ text: "?", reply_to_message: quoted, quote: { text: "two", position: 4 } }).content.replyTo
        ?.text,
    ).toBe("two");
  });
});

describe("what was said", () => {
  it("keeps positions behind emoji, right-to-left text and 4-byte characters", () => {
    const text = "👨‍👩‍👧 שלום 𝒳 @vercelchatsdkbot https://example.org/ä";
    const entities = [
      entity("mention", text, "@vercelchatsdkbot"),
      entity("url", text, "https://example.org/ä"),
      entity("bold", text, "𝒳"),
      entity("custom_emoji", text, "👨‍👩‍👧", { custom_emoji_id: "1" }),
    ];
    const { content } = said({ text, entities });
    expect(
      content.ranges?.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)]),
    ).toEqual([
      ["mention", "@vercelchatsdkbot"],
      ["link", "https://example.org/ä"],
      ["bold", "𝒳"],
      ["emoji", "👨‍👩‍👧"],
    ]);
    expect(content.ranges?.[1]?.url).toBe("https://example.org/ä");
  });

  it("knows links with a text, code with a language, quotes and e-mail addresses; leaves out what nobody reads", () => {
    const text = "see docs code quote a@b.example #tag";
    const entities = [
      entity("text_link", text, "docs", { url: "https://docs.example" }),
      entity("pre", text, "code", { language: "ts" }),
      entity("expandable_blockquote", text, "quote"),
      entity("email", text, "a@b.example"),
      entity("hashtag", text, "#tag"),
      { type: "bold", offset: 30, length: 400 },
    ];
    expect(said({ text, entities }).content.ranges).toEqual([
      { type: "link", offset: 4, length: 4, url: "https://docs.example" },
      { type: "pre", offset: 9, length: 4, language: "ts" },
      { type: "quote", offset: 14, length: 5 },
      { type: "link", offset: 20, length: 11, url: "mailto:a@b.example" },
    ]);
  });

  it.each([
    [
      "document",
      { document: { file_id: "f", file_name: "a.pdf", mime_type: "application/pdf", file_size: 9 } },
      { type: "file", name: "a.pdf", mediaType: "application/pdf", size: 9 },
    ],
    ["voice", { voice: { file_id: "f", duration: 3 } }, { type: "voice", mediaType: "audio/ogg" }],
    [
      "audio",
      { audio: { file_id: "f", mime_type: "audio/mpeg" } },
      { type: "audio", mediaType: "audio/mpeg" },
    ],
    ["video", { video: { file_id: "f", mime_type: "video/mp4" } }, { type: "video" }],
    ["video note", { video_note: { file_id: "f", length: 240 } }, { type: "video", mediaType: "video/mp4" }],
    [
      "sticker",
      { sticker: { file_id: "f", emoji: "👍", is_animated: false, is_video: false } },
      { type: "sticker", name: "👍", mediaType: "image/webp" },
    ],
  ])("refers to a %s by its file id", (_, fields, expected) => {
    expect(said(fields).content.attachments).toEqual([
      expect.objectContaining({ ...expected, ref: { file: "f" } }),
    ]);
  });

  it("takes an animation once, though Telegram also sends it as a document", () => {
    const file = { file_id: "f", file_name: "a.mp4" };
    expect(said({ animation: file, document: file }).content.attachments).toEqual([
      { type: "animation", ref: { file: "f" }, name: "a.mp4", mediaType: "video/mp4" },
    ]);
  });

  it("takes a venue once, with its place", () => {
    const location = { latitude: 51.5, longitude: -0.1 };
    expect(
      said({ location, venue: { location, title: "Works", address: "1 Street" } }).content.attachments,
    ).toEqual([
      {
        type: "location",
        ref: { latitude: 51.5, longitude: -0.1, title: "Works", address: "1 Street" },
        name: "Works",
      },
    ]);
  });

  it("takes a contact with number and name", () => {
    const contact = { phone_number: "+441234", first_name: "Bob", last_name: "B", user_id: 5 };
    expect(said({ contact }).content.attachments).toEqual([
      { type: "contact", ref: { phone: "+441234", name: "Bob B", user: "5" }, name: "Bob B" },
    ]);
  });

  it("gives the messages of an album one key, each with its own identity", () => {
    const [first, second] = [1, 2].map((id) =>
      said({ message_id: id, media_group_id: "g1", photo: [{ file_id: `f${id}` }] }),
    );
    expect([first?.content.album, second?.content.album]).toEqual(["g1", "g1"]);
    expect(first?.keys).not.toEqual(second?.keys);
  });

  it("writes dice and polls out", () => {
    expect(said({ dice: { emoji: "🎲", value: 4 } }).content.text).toBe("🎲 4");
    expect(
      said({ poll: { id: "1", question: "Tea?", options: [{ text: "yes" }, { text: "no" }] } }).content.text,
    ).toBe("Tea?\n- yes\n- no");
  });

  it("flattens a rich message, and finds its mention of the bot", () => {
    const rich_message = {
      blocks: [
        { type: "heading", text: "Plan", size: 1 },
        {
          type: "paragraph",
          text: [
            "Ask ",
            { type: "mention", text: "@vercelchatsdkbot", username: "vercelchatsdkbot" },
            " ",
            { type: "bold", text: ["now"] },
          ],
        },
        { type: "list", items: [{ label: "1.", blocks: [{ type: "paragraph", text: "one" }] }] },
        {
          type: "table",
          cells: [
            [{ text: "a" }, { text: "b" }],
            [{ text: "c" }, {}],
          ],
        },
        { type: "divider" },
        { type: "mathematical_expression", expression: "x^2" },
      ],
    };
    expect(saidInGroup({ rich_message }).content).toEqual({
      text: "Plan\nAsk @vercelchatsdkbot now\n1. one\na\tb\nc\t\nx^2",
      mentionsSelf: "mention",
    });
  });

  it("names the origin of a forwarded message", () => {
    const origin = { type: "hidden_user", date: 1, sender_user_name: "Somebody" };
    expect(said({ text: "x", forward_origin: origin }).content.forwardedFrom).toBe("Somebody");
    expect(
      said({ text: "x", forward_origin: { type: "channel", date: 1, chat: CHANNEL, message_id: 1 } }).content
        .forwardedFrom,
    ).toBe("News");
    expect(
      said({ text: "x", forward_origin: { type: "user", date: 1, sender_user: ADA } }).content.forwardedFrom,
    ).toBe("Ada Lovelace");
  });
});

describe("edits", () => {
  it("carry the whole new content and name the message", () => {
    const event = readEdit(update("edited_message", message({ text: "hello", edit_date: 1_767_225_060 })));
    expect(event).toMatchObject({
      address: { chat: "1001", message: "7" },
      sentAt: 1_767_225_060_000,
      content: { text: "hello" },
    });
  });

  it("of one second are two events; the same delivery is one", () => {
    const edited = message({ text: "a", edit_date: 1_767_225_060 });
    const [first, second] = [update("edited_message", edited), update("edited_message", edited)];
    expect(readEdit(first).keys).not.toEqual(readEdit(second).keys);
    expect(readEdit(first).keys).toEqual(readEdit(first).keys);
  });

  it("share no key with their message, and come after it in order", () => {
    const original = said({ text: "a" });
    const edited = readEdit(update("edited_message", message({ text: "b", edit_date: 1_767_225_060 })));
    expect(original.keys.filter((key) => edited.keys.includes(key))).toEqual([]);
    expect(edited.order).toBeGreaterThan(original.order ?? Number.POSITIVE_INFINITY);
  });

  it("of a live location are left out", () => {
    const { reading } = readUpdate(
      update("edited_message", message({ location: { latitude: 1, longitude: 2 } })),
      BOT,
    );
    expect(reading).toMatchObject({ type: "dropped", malformed: false });
  });
});

describe("what happens to the bot", () => {
  const changed = (chat: object, before: string, after: string) =>
    update("my_chat_member", {
      chat,
      from: ADA,
      date: 1_767_225_000,
      old_chat_member: { user: BOT_USER, status: before },
      new_chat_member: { user: BOT_USER, status: after },
    });

  it.each([
    ["blocked", DM, "member", "kicked"],
    ["unblocked", DM, "kicked", "member"],
    ["added", GROUP, "left", "member"],
    ["removed", GROUP, "administrator", "kicked"],
  ] as const)("is told: %s", (change, chat, before, after) => {
    expect(readEvent(changed(chat, before, after))).toMatchObject({
      kind: "lifecycle",
      change,
      sender: { id: "1001" },
    });
  });

  it("new rights alone are nothing to tell", () => {
    expect(readUpdate(changed(GROUP, "member", "administrator"), BOT).reading).toMatchObject({
      type: "dropped",
      malformed: false,
    });
  });

  it("a group that became a supergroup is told from both sides", () => {
    const group = { id: -500, type: "group", title: "Engines" };
    const expected = { type: "migrated", old: "-500", now: "-1001234567890" };
    expect(
      readUpdate(update("message", message({ chat: group, migrate_to_chat_id: -1001234567890 })), BOT)
        .reading,
    ).toEqual(expected);
    expect(
      readUpdate(update("message", message({ chat: GROUP, migrate_from_chat_id: -500 })), BOT).reading,
    ).toEqual(expected);
  });
});

describe("what cannot be read", () => {
  it.each([
    ["an unknown kind", { update_id: 5, story_reposted: {} }, "story_reposted"],
    [
      "a message without chat",
      { update_id: 5, message: { message_id: 1, date: 1, text: "secret words" } },
      "message.chat",
    ],
    [
      "a chat of an unknown type",
      { update_id: 5, message: message({ chat: { id: 1, type: "planet" } }) },
      "message.chat.type",
    ],
    ["a text that is none", { update_id: 5, message: message({ text: 5 }) }, "message.text"],
    ["an empty update", { update_id: 5 }, "empty"],
  ])("%s is dropped with its id and the reason, quoting nothing", (_, raw, reason) => {
    const read = readUpdate(raw, BOT);
    expect(read).toMatchObject({
      id: 5,
      reading: { type: "dropped", malformed: true, reason: expect.stringContaining(reason) },
    });
    expect(JSON.stringify(read)).not.toContain("secret words");
  });

  it.each([[null], ["text"], [{ update_id: "5" }], [[]]])("%j is no update at all", (raw) => {
    expect(readUpdate(raw, BOT)).toMatchObject({ reading: { type: "dropped", malformed: true } });
    expect(readUpdate(raw, BOT).id).toBeUndefined();
  });

  it("a service message is dropped by its kind, as nothing wrong", () => {
    const { reading } = readUpdate(
      update("message", message({ chat: GROUP, new_chat_title: "Motors" })),
      BOT,
    );
    expect(reading).toEqual({
      type: "dropped",
      reason: "a message without text or attachment (new_chat_title)",
      malformed: false,
    });
  });
});
