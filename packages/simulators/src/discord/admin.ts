import { z } from "zod";
import { AdminDoor, pick } from "../kit/admin.js";
import { SimulatorError } from "../kit/errors.js";
import type { SimulatorServer } from "../kit/server.js";
import type { ChannelHandle } from "./driver/channel.js";
import type { Conversation } from "./driver/conversation.js";
import type { Speaker } from "./driver/speaker.js";
import type { DiscordSimulator } from "./simulator.js";

const ref = z.string().min(1);
/** Where something happens: a private chat (`user`, and `bot` if there are several), or a channel, or a thread of it. */
const place = {
  user: ref.optional(),
  channel: ref.optional(),
  thread: ref.optional(),
  bot: ref.optional(),
};
const speaking = { ...place, user: ref };
/** Discord API reference, "Snowflakes". */
const ID = /^\d{17,20}$/;
const waiting = { timeoutMs: z.coerce.number().int().min(0).max(60_000).default(0) };

/** The Discord part of the admin door. */
export function openAdminDoor(server: SimulatorServer, sim: DiscordSimulator): AdminDoor {
  const door = new AdminDoor(server);
  const find = new Finder(sim);

  door.get("/state", "Bots, people, servers, channels, faults", z.strictObject({}), () => ({
    bots: sim.bots().map((bot) => ({
      id: bot.id,
      username: bot.username,
      online: bot.online,
      sessions: bot.sessions().length,
      pendingEvents: bot.pendingEvents,
      commands: bot.commands().length,
      revoked: bot.account.revoked,
    })),
    users: sim.users().map(({ user }) => user),
    guilds: sim.guilds().map((guild) => ({
      id: guild.id,
      name: guild.name,
      members: [...guild.guild.members.keys()],
      channels: guild.channels().map(({ id, name, state }) => ({
        id,
        name,
        type: state.type,
        parent: state.parent?.id ?? null,
        messages: state.messages.size,
      })),
    })),
    faults: server.faults.active(server.clock.now()).map(({ id, rule, hits }) => ({ id, rule, hits })),
    requests: { kept: sim.requests.all().length, dropped: sim.requests.dropped },
  }));

  door.get(
    "/requests",
    "Calls of the REST API: ?method=&bot=&limit=",
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
    "Makes a bot known: {token, username, id?}",
    z.strictObject({ token: z.string(), username: z.string().min(1), id: z.string().exactOptional() }),
    (options) => ({ bot: sim.bot(options).user }),
  );

  door.post(
    "/users",
    "Makes a person: {name, username?, id?}",
    z.strictObject({
      name: z.string().min(1),
      username: z.string().exactOptional(),
      id: z.string().exactOptional(),
    }),
    ({ name, ...options }) => ({ user: sim.user(name, options).user }),
  );

  door.post(
    "/guilds",
    "Makes a server with all bots and a channel general: {name, members?, id?}",
    z.strictObject({
      name: z.string().min(1),
      members: z.array(ref).default([]),
      id: z.string().exactOptional(),
    }),
    ({ name, members, ...options }) => {
      const guild = sim.guild(name, { ...options, members: members.map((member) => find.user(member)) });
      return { id: guild.id, channel: guild.channel().id };
    },
  );

  door.post(
    "/channels",
    "Makes a text channel, if there is none of the name: {guild, name, id?}",
    z.strictObject({ guild: ref, name: z.string().min(1), id: z.string().exactOptional() }),
    ({ guild, name, ...options }) => ({ id: find.guild(guild).channel(name, options).id }),
  );

  door.post(
    "/join",
    "Somebody joins a server, unless a member already: {user, guild}",
    z.strictObject({ user: ref, guild: ref }),
    ({ user, guild }) => find.guild(guild).adds(find.user(user)),
  );

  door.post(
    "/say",
    "Somebody writes: {user, text, replyTo?, channel?, thread?, bot?}",
    z.strictObject({ ...speaking, text: z.string().min(1), replyTo: z.string().optional() }),
    async ({ text, replyTo, ...where }) => ({
      message: await find
        .speaker(where)
        .says(text, replyTo === undefined ? {} : { replyTo: { id: replyTo } }),
    }),
  );

  door.post(
    "/edit",
    "Somebody edits an own message: {user, message, text, channel?, thread?, bot?}",
    z.strictObject({ ...speaking, message: ref, text: z.string().min(1) }),
    async ({ message, text, ...where }) => ({
      message: await find.speaker(where).edits({ id: message }, text),
    }),
  );

  door.post(
    "/delete",
    "Somebody deletes an own message: {user, message, channel?, thread?, bot?}",
    z.strictObject({ ...speaking, message: ref }),
    ({ message, ...where }) => find.speaker(where).deletes({ id: message }),
  );

  door.post(
    "/react",
    "Somebody puts an emoji on a message, or takes it off: {user, message, emoji, remove?, channel?, thread?, bot?}",
    z.strictObject({ ...speaking, message: ref, emoji: ref, remove: z.boolean().default(false) }),
    async ({ message, emoji, remove, ...where }) => {
      const speaker = find.speaker(where);
      if (remove) await speaker.unreacts({ id: message }, emoji);
      else await speaker.reacts({ id: message }, emoji);
    },
  );

  door.post(
    "/press",
    "Somebody presses a button: {user, message, button, channel?, thread?, bot?}",
    z.strictObject({ ...speaking, message: ref, button: ref }),
    async ({ message, button, ...where }) => {
      const { id } = await find.speaker(where).presses({ id: message }, button);
      return { id };
    },
  );

  door.get(
    "/commands",
    "The slash commands that somebody is offered: ?user=&channel=&thread=&bot=",
    z.strictObject(speaking),
    (where) => ({
      commands: find
        .speaker(where)
        .commands()
        .map(({ id, name, description, options }) => ({ id, name, description, options })),
    }),
  );

  door.post(
    "/run",
    "Somebody runs a slash command: {user, command, options?, channel?, thread?, bot?}",
    z.strictObject({
      ...speaking,
      command: ref,
      options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    }),
    async ({ command, options, ...where }) => {
      const { id } = await find.speaker(where).runs(command, options);
      return { id };
    },
  );

  door.post(
    "/gateway",
    "Something happens to a bot's gateway connection: {what: drop|freeze|reconnect|invalidate|close, code?, bot?}",
    z.strictObject({
      what: z.enum(["drop", "freeze", "reconnect", "invalidate", "close"]),
      code: z.int().min(4000).max(4999).default(4000),
      bot: ref.optional(),
    }),
    ({ what, code, bot: wanted }) => {
      const bot = find.bot(wanted);
      if (what === "drop") bot.drops();
      else if (what === "freeze") bot.freezes();
      else if (what === "reconnect") bot.isAskedToReconnect();
      else if (what === "invalidate") bot.losesSession();
      else bot.isClosedWith(code);
    },
  );

  door.post(
    "/revoke",
    "A bot's token stops working: {bot?}",
    z.strictObject({ bot: ref.optional() }),
    ({ bot }) => find.bot(bot).revoke(),
  );

  door.post(
    "/events",
    "Sends a bot a raw event: {event, data, bot?}",
    z.strictObject({ event: ref, data: z.unknown(), bot: ref.optional() }),
    ({ event, data, bot }) => find.bot(bot).push(event, data),
  );

  door.get(
    "/messages",
    "The messages of a private chat, or of a channel as everybody or one person sees it: ?user=&channel=&thread=&bot=",
    z.strictObject(place),
    (where) => ({ messages: find.conversation(where).messages() }),
  );

  door.get(
    "/hear",
    "The bot's next message, each once; null when none comes in time: ?user=&channel=&thread=&bot=&timeoutMs=",
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
  readonly #sim: DiscordSimulator;

  constructor(sim: DiscordSimulator) {
    this.#sim = sim;
  }

  user(wanted: string) {
    const users = this.#sim.users();
    const names = users.map(({ name }) => name).join(", ") || "none";
    return pick(
      users,
      ({ user, name }) => [user.id, user.username, name],
      wanted,
      `person "${wanted}"; there are: ${names}`,
    );
  }

  bot(wanted: string | undefined) {
    const bots = this.#sim.bots();
    const [only, ...others] = bots;
    if (wanted === undefined && only !== undefined && others.length === 0) return only;
    const names = bots.map(({ username }) => username).join(", ") || "none";
    if (wanted === undefined) throw new SimulatorError(`Say which bot with "bot"; there are: ${names}.`);
    return pick(bots, ({ id, username }) => [id, username], wanted, `bot "${wanted}"; there are: ${names}`);
  }

  guild(wanted: string) {
    const guilds = this.#sim.guilds();
    const names = guilds.map(({ name }) => name).join(", ") || "none";
    return pick(guilds, ({ id, name }) => [id, name], wanted, `server "${wanted}"; there are: ${names}`);
  }

  speaker({ user, channel, thread, bot }: Where): Speaker {
    if (user === undefined) throw new SimulatorError('Say who with "user".');
    const person = this.user(user);
    return channel === undefined ? person.with(this.bot(bot)) : this.#channel(channel, thread).from(person);
  }

  /** What everybody sees of a channel, or what one person sees. */
  conversation({ user, channel, thread, bot }: Where): Conversation {
    if (user !== undefined) return this.speaker({ user, channel, thread, bot });
    if (channel !== undefined) return this.#channel(channel, thread);
    throw new SimulatorError('Say where with "user" (private chat) or "channel" (server).');
  }

  /** A channel by id, by name, or as `server/name`; a thread of it by id or name, made when there is none. */
  #channel(wanted: string, thread: string | undefined): ChannelHandle {
    const channels = this.#sim
      .guilds()
      .flatMap((guild) =>
        guild.channels().map((channel) => ({ channel, path: `${guild.name}/${channel.name}` })),
      );
    const paths = channels.map(({ path }) => path).join(", ") || "none";
    const { channel } = pick(
      channels,
      (each) => [each.channel.id, each.path, each.channel.name],
      wanted,
      `channel "${wanted}"; there are: ${paths}`,
    );
    if (thread === undefined) return channel;
    const known = channels.find((each) => each.channel.id === thread);
    if (known !== undefined) return known.channel;
    return ID.test(thread) ? channel.thread(`thread-${thread}`, { id: thread }) : channel.thread(thread);
  }
}
