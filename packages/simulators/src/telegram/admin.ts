import type { Message } from "@grammyjs/types";
import { z } from "zod";
import { AdminDoor, pick } from "../kit/admin.js";
import { SimulatorError } from "../kit/errors.js";
import type { SimulatorServer } from "../kit/server.js";
import type { Conversation } from "./driver/conversation.js";
import type { GroupHandle, TopicHandle } from "./driver/group.js";
import type { Speaker } from "./driver/speaker.js";
import type { TelegramSimulator } from "./simulator.js";
import type { World } from "./world.js";

/** Bot API: the General topic has the id 1, and its messages no `message_thread_id`. */
const GENERAL_TOPIC = "1";
const ref = z.union([z.string().min(1), z.int()]);
/** Where something happens: a private chat (`user`, and `bot` if there are several), or a group (`chat`, `topic`). */
const place = {
  user: ref.optional(),
  chat: ref.optional(),
  topic: z.string().optional(),
  bot: ref.optional(),
};
const speaking = { ...place, user: ref };
const waiting = { timeoutMs: z.coerce.number().int().min(0).max(60_000).default(0) };
const messageId = z.int();

/** The Telegram part of the admin door. */
export function openAdminDoor(server: SimulatorServer, sim: TelegramSimulator, world: World): AdminDoor {
  const door = new AdminDoor(server);
  const find = new Finder(sim);

  door.get("/state", "Bots, people, groups, pending updates, faults", z.strictObject({}), () => ({
    bots: sim.bots().map((bot) => ({
      id: bot.id,
      username: bot.username,
      polling: bot.account.updates.polling,
      pendingUpdates: bot.pendingUpdates().length,
      webhook:
        bot.webhook === undefined ? null : { url: bot.webhook.url, lastError: bot.webhook.lastError ?? null },
      revoked: bot.account.revoked,
    })),
    users: sim.users().map(({ user }) => user),
    chats: [...world.chats.values()].map((chat) => ({
      id: chat.id,
      type: chat.info.type,
      title: chat.title,
      messages: chat.messages.size,
      topics: [...chat.topics.values()],
    })),
    faults: server.faults.active(server.clock.now()).map(({ id, rule, hits }) => ({ id, rule, hits })),
    requests: { kept: sim.requests.all().length, dropped: sim.requests.dropped },
  }));

  door.get(
    "/requests",
    "Calls of the Bot API: ?method=&bot=&limit=",
    z.strictObject({
      method: z.string().optional(),
      bot: z.string().optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    ({ method, bot, limit }) => ({
      requests: sim.requests
        .all(
          (call) =>
            (method === undefined || call.method.toLowerCase() === method.toLowerCase()) &&
            (bot === undefined || call.bot === bot),
        )
        .slice(-limit),
    }),
  );

  door.post(
    "/bots",
    "Makes a bot known: {token, username, name?, privacyMode?}",
    z.strictObject({
      token: z.string(),
      username: z.string().min(1),
      name: z.string().exactOptional(),
      privacyMode: z.boolean().exactOptional(),
    }),
    (options) => ({ bot: sim.bot(options).user }),
  );

  door.post(
    "/users",
    "Makes a person: {name, username?, id?}",
    z.strictObject({
      name: z.string().min(1),
      username: z.string().exactOptional(),
      id: z.int().positive().exactOptional(),
    }),
    ({ name, ...options }) => ({ user: sim.user(name, options).user }),
  );

  door.post(
    "/groups",
    "Makes a group with all bots: {title, members?, supergroup?, forum?, id?}",
    z.strictObject({
      title: z.string().min(1),
      members: z.array(ref).default([]),
      supergroup: z.boolean().exactOptional(),
      forum: z.boolean().exactOptional(),
      id: z.int().negative().exactOptional(),
    }),
    ({ title, members, ...options }) => ({
      id: sim.group(title, { ...options, members: members.map((member) => find.user(member)) }).id,
    }),
  );

  door.post(
    "/join",
    "Somebody joins a group, unless a member already: {user, chat}",
    z.strictObject({ user: ref, chat: ref }),
    ({ user, chat }) => {
      const group = find.group(chat);
      const person = find.user(user);
      if (!group.state.isMember(person.id)) group.adds(person);
    },
  );

  door.post(
    "/say",
    "Somebody writes: {user, text, html?, replyTo?, chat?, topic?, bot?}",
    z.strictObject({
      ...speaking,
      text: z.string().min(1),
      html: z.boolean().default(false),
      replyTo: messageId.optional(),
    }),
    async ({ text, html, replyTo, ...where }) => ({
      message: await find
        .speaker(where)
        .says(text, { html, ...(replyTo === undefined ? {} : { replyTo: { message_id: replyTo } }) }),
    }),
  );

  door.post(
    "/edit",
    "Somebody edits an own message: {user, message, text, chat?, topic?, bot?}",
    z.strictObject({ ...speaking, message: messageId, text: z.string().min(1) }),
    async ({ message, text, ...where }) => ({
      message: await find.speaker(where).edits({ message_id: message }, text),
    }),
  );

  door.post(
    "/react",
    "Somebody reacts: {user, message, emoji (null takes it away), chat?, topic?, bot?}",
    z.strictObject({ ...speaking, message: messageId, emoji: z.string().nullable() }),
    async ({ message, emoji, ...where }) => await find.speaker(where).reacts({ message_id: message }, emoji),
  );

  door.post(
    "/press",
    "Somebody presses an inline button: {user, message, button, chat?, topic?, bot?}",
    z.strictObject({ ...speaking, message: messageId, button: z.string() }),
    async ({ message, button, ...where }) => {
      const { id } = await find.speaker(where).presses({ message_id: message }, button);
      return { id };
    },
  );

  door.post(
    "/block",
    "Somebody blocks the bot, or unblocks it: {user, blocked?, bot?}",
    z.strictObject({ user: ref, bot: ref.optional(), blocked: z.boolean().default(true) }),
    ({ user, bot, blocked }) => {
      const chat = find.user(user).with(find.bot(bot));
      if (blocked) chat.blocks();
      else chat.unblocks();
    },
  );

  door.post(
    "/revoke",
    "A bot's token stops working: {bot?}",
    z.strictObject({ bot: ref.optional() }),
    ({ bot }) => find.bot(bot).revoke(),
  );

  door.post(
    "/updates",
    "Gives a bot a raw update: {update, bot?, keepId?}",
    z.strictObject({ bot: ref.optional(), update: z.looseObject({}), keepId: z.boolean().default(false) }),
    ({ bot, update, keepId }) => ({ updateId: sim.push(find.bot(bot).token, update, { keepId }) ?? null }),
  );

  door.get(
    "/messages",
    "The messages of a chat: ?user=|chat=&topic=&bot=",
    z.strictObject(place),
    (where): { messages: Message[] } => ({ messages: find.conversation(where).messages() }),
  );

  door.get(
    "/hear",
    "The bot's next message, each once; null when none comes in time: ?user=|chat=&topic=&bot=&timeoutMs=",
    z.strictObject({ ...place, ...waiting }),
    async ({ timeoutMs, ...where }) => {
      const conversation = find.conversation(where);
      try {
        return { message: await conversation.hears({ timeoutMs }) };
      } catch (error) {
        if (error instanceof SimulatorError) return { message: null };
        throw error;
      }
    },
  );
  return door;
}

type Where = { [K in keyof typeof place]?: z.output<(typeof place)[K]> };

/** Finds what a request names: by id, by username (with or without `@`), or by name. */
class Finder {
  readonly #sim: TelegramSimulator;

  constructor(sim: TelegramSimulator) {
    this.#sim = sim;
  }

  user(wanted: string | number) {
    const users = this.#sim.users();
    const names = users.map(({ user }) => user.first_name).join(", ") || "none";
    return pick(
      users,
      ({ user }) => [user.id, user.username, user.first_name],
      wanted,
      `person "${wanted}"; there are: ${names}`,
    );
  }

  bot(wanted: string | number | undefined) {
    const bots = this.#sim.bots();
    const [only, ...others] = bots;
    if (wanted === undefined && only !== undefined && others.length === 0) return only;
    const names = bots.map(({ username }) => username).join(", ") || "none";
    if (wanted === undefined) throw new SimulatorError(`Say which bot with "bot"; there are: ${names}.`);
    return pick(bots, ({ id, username }) => [id, username], wanted, `bot "${wanted}"; there are: ${names}`);
  }

  speaker({ user, chat, topic, bot }: Where): Speaker {
    if (user === undefined) throw new SimulatorError('Say who with "user".');
    const person = this.user(user);
    if (chat === undefined) return person.with(this.bot(bot));
    const place = this.#place(chat, topic);
    return place.from(person);
  }

  conversation({ user, chat, topic, bot }: Where): Conversation {
    if (chat !== undefined) return this.#place(chat, topic);
    if (user === undefined)
      throw new SimulatorError('Say where with "user" (private chat) or "chat" (group).');
    return this.user(user).with(this.bot(bot));
  }

  /** A topic is named by its id or its name; `1` is General, whose messages stand in the group itself. */
  #place(chat: string | number, topic: string | undefined): GroupHandle | TopicHandle {
    const group = this.group(chat);
    if (topic === undefined || topic === GENERAL_TOPIC) return group;
    return /^\d+$/.test(topic) ? group.topicWithId(Number(topic)) : group.topic(topic);
  }

  group(wanted: string | number) {
    const groups = this.#sim.groups();
    const names = groups.map(({ title }) => title).join(", ") || "none";
    return pick(groups, ({ id, title }) => [id, title], wanted, `group "${wanted}"; there are: ${names}`);
  }
}
