import { ComponentType, MessageFlags } from "discord-api-types/v10";
import { SimulatorError } from "../kit/errors.js";
import type {
  ConfigBlock,
  GroupOverrides,
  PlatformOptions,
  SayOptions,
  SimulatedAccount,
  SimulatedButton,
  SimulatedChat,
  SimulatedFile,
  SimulatedMessage,
  SimulatedPlatform,
} from "../kit/platform.js";
import { allComponents } from "./components.js";
import type { BotHandle } from "./driver/bot.js";
import type { Conversation } from "./driver/conversation.js";
import type { GuildHandle } from "./driver/guild.js";
import type { SentFile, Speaker } from "./driver/speaker.js";
import type { UserHandle } from "./driver/user.js";
import type { Message } from "./message.js";
import { type DiscordSimulator, startDiscordSimulator } from "./simulator.js";
import { render } from "./text/markdown.js";

/** Real time, as the SDK's heart beats: short, so that a silent connection is noticed within a check. */
const HEARTBEAT_MS = 1_500;
/** A suite that stops time identifies more often than once in 5 s of it. */
const MAX_CONCURRENCY = 1_000;

/** The simulated Discord as the conformance suite drives it: every group is a channel in a server of its own. */
export async function startDiscordConformance(options: PlatformOptions = {}): Promise<SimulatedPlatform> {
  const sim = await startDiscordSimulator({
    ...options,
    heartbeatIntervalMs: HEARTBEAT_MS,
    // The suite turns the simulator's clock, and the SDK's heart beats by its own.
    enforceHeartbeats: false,
    maxConcurrency: MAX_CONCURRENCY,
  });
  return new Adapter(sim).platform;
}

/** What people see, and where: a private chat, a channel or a thread. */
interface Place {
  readonly kind: SimulatedChat["kind"];
  /** Of the channel, not of its thread. */
  readonly id: string;
  readonly view: () => Conversation;
  readonly speaker: (person: UserHandle) => Speaker;
  readonly thread?: string;
  readonly more?: Pick<SimulatedChat, "opensThread" | "shutsOut" | "overrides">;
}

class Adapter {
  readonly platform: SimulatedPlatform;
  readonly #sim: DiscordSimulator;
  /** Where everybody is, so that everybody can be written to. */
  readonly #lobby: GuildHandle;
  readonly #accounts = new Map<string, SimulatedAccount>();
  readonly #bots = new Map<string, BotHandle>();
  readonly #people = new Map<string, UserHandle>();
  readonly #behind = new WeakMap<SimulatedMessage, Message>();
  readonly #edits = new Map<string, number>();

  constructor(sim: DiscordSimulator) {
    this.#sim = sim;
    this.#lobby = sim.guild("Lobby");
    sim.onBotMessage(({ type, message: { id } }) => {
      if (type === "edited") this.#edits.set(id, (this.#edits.get(id) ?? 0) + 1);
    });
    this.platform = {
      url: sim.url,
      clock: sim.clock,
      watch: sim.watch,
      fault: (rule) => sim.fault(rule),
      disconnect: () => sim.disconnect(),
      halfOpen: () => sim.halfOpen(),
      close: () => sim.close(),
      methods: {
        identify: "getCurrentUser",
        send: "createMessage",
        edit: "editMessage",
        delete: "deleteMessage",
        react: "createReaction",
        typing: "triggerTypingIndicator",
        fetch: "attachment",
        receive: "gateway",
        upkeep: ["getGlobalApplicationCommands", "bulkOverwriteGlobalApplicationCommands"],
      },
      calls: () =>
        sim.requests.all().map(({ method, bot, status }) => ({ method, account: bot, status: status ?? 0 })),
      account: (name) => this.#account(name),
      person: (name) => ({ id: this.#person(name).id, name }),
      group: (title, options) => this.#group(title, options),
      dm: ({ name }, account) => {
        const direct = () => this.#person(name).with(this.#bot(account.name));
        return this.#chat({
          kind: "dm",
          id: direct().id,
          view: direct,
          speaker: direct,
          more: { shutsOut: () => direct().blocks() },
        });
      },
      receives: ({ name }) => this.#bot(name).comesOnline(),
      cutOff: ({ name }, quietly = false) => {
        if (quietly) this.#bot(name).hearsNothing();
        else this.#bot(name).drops();
      },
      markup: true,
      longestText: 2_000,
      files: ["image", "file", "audio", "video"],
    };
  }

  #account(name: string): SimulatedAccount {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const bot = this.#sim.bot({
      token: `FAKE.${this.#accounts.size}.TOKEN-of-the-suite`,
      username: `${name}_bot`,
    });
    this.#lobby.adds(bot);
    const { token } = bot;
    const account: SimulatedAccount = {
      id: bot.id,
      name: bot.username,
      mention: bot.mention,
      mentionShown: `@${bot.username}`,
      config: { token, apiRoot: this.#sim.apiRoot },
      revoke: () => bot.revoke(),
      redeliver: () => bot.redeliver("MESSAGE_CREATE"),
      reorder: () => bot.reorder(),
      garble: () => {
        bot.push("MESSAGE_CREATE", { content: "without an id" });
        bot.push("SOMETHING_NEW", { content: "of a kind that nobody knows" });
      },
    };
    this.#accounts.set(name, account);
    this.#bots.set(bot.username, bot);
    return account;
  }

  #bot(username: string): BotHandle {
    const bot = this.#bots.get(username);
    if (bot === undefined) throw new SimulatorError(`There is no account "${username}".`);
    return bot;
  }

  #person(name: string): UserHandle {
    const known = this.#people.get(name);
    if (known !== undefined) return known;
    const person = this.#sim.user(name);
    this.#people.set(name, person);
    this.#lobby.adds(person);
    return person;
  }

  #group(
    title: string,
    { people, accounts, threads = false }: Parameters<SimulatedPlatform["group"]>[1],
  ): SimulatedChat {
    const guild = this.#sim.guild(title, { members: people.map(({ name }) => this.#person(name)), bots: [] });
    const channel = guild.channel();
    for (const { name } of accounts) guild.adds(this.#bot(name));
    const opens = (name: string): SimulatedChat => {
      const thread = channel.thread(name);
      return this.#chat({
        kind: "group",
        id: channel.id,
        view: () => thread,
        speaker: (person) => thread.from(person),
        thread: thread.id,
        more: { overrides: (settings) => overrides(guild.id, thread.id, settings) },
      });
    };
    return this.#chat({
      kind: "group",
      id: channel.id,
      view: () => channel,
      speaker: (person) => channel.from(person),
      more: {
        overrides: (settings) => overrides(guild.id, channel.id, settings),
        shutsOut: ({ name }) => guild.removes(this.#bot(name)),
        ...(threads && { opensThread: opens }),
      },
    });
  }

  #chat({ kind, id, view, speaker, thread, more = {} }: Place): SimulatedChat {
    const show = (message: Message) => this.#show(message, view(), thread);
    const as = ({ name }: { readonly name: string }) => speaker(this.#person(name));
    return {
      id,
      kind,
      ...(thread !== undefined && { thread }),
      ...more,
      says: async (person, text, options = {}) => show(await this.#say(as(person), text, options)),
      commands: async (person, account, name, rest) => {
        await this.#bot(account.name).hasCommand(name);
        await as(person).runs(name, rest === "" ? {} : { text: rest });
      },
      edits: async (person, message, text) => {
        await as(person).edits(this.#message(message), text);
      },
      deletes: (person, message) => as(person).deletes(this.#message(message)),
      sendsAlbum: async (person, text, files) => {
        await as(person).says(text, { files: files.map(sent) });
      },
      presses: async (person, message, button) => {
        const pressed = this.#message(message);
        const press = await as(person).presses(pressed, button);
        return {
          answered: async () => {
            await press.answered();
          },
          redelivered: async () => this.#bot(pressed.author.username).redeliver("INTERACTION_CREATE"),
        };
      },
      reacts: async (person, message, emoji) => {
        const behind = this.#message(message);
        if (emoji !== null) return await as(person).reacts(behind, emoji);
        const own = as(person).ownReactions(behind);
        for (const each of own) await as(person).unreacts(behind, each);
      },
      answers: () =>
        view()
          .messages()
          .filter(
            ({ author, flags = 0 }) =>
              this.#bots.has(author.username) && (flags & MessageFlags.Loading) === 0,
          )
          .map(show),
      now: (message) => {
        const behind = this.#message(message);
        const found = view()
          .messages()
          .find(({ id: other }) => other === behind.id);
        return found && show(found);
      },
      typed: () => view().typed().length,
    };
  }

  async #say(speaker: Speaker, text: string, { replyTo, file }: SayOptions): Promise<Message> {
    return await speaker.says(text, {
      ...(replyTo !== undefined && { replyTo: this.#message(replyTo) }),
      ...(file !== undefined && { files: [sent(file)] }),
    });
  }

  #show(message: Message, view: Conversation, thread: string | undefined): SimulatedMessage {
    const { text, marks } = render(message.content);
    const shown: SimulatedMessage = {
      id: message.id,
      author: message.author.bot === true ? message.author.username : (message.author.global_name ?? ""),
      text,
      marks,
      ...(thread !== undefined && { thread }),
      ...(message.referenced_message != null && { quote: message.referenced_message.content }),
      reactions: view.reactions(message),
      files: message.attachments.map(({ filename, content_type, url }) => ({
        name: filename,
        mediaType: content_type ?? "",
        bytes: this.#sim.file(url) ?? new Uint8Array(),
      })),
      buttons: buttonsOf(message),
      edits: this.#edits.get(message.id) ?? 0,
    };
    this.#behind.set(shown, message);
    return shown;
  }

  #message(shown: SimulatedMessage): Message {
    const message = this.#behind.get(shown);
    if (message === undefined) throw new SimulatorError("This message is not of this simulator.");
    return message;
  }
}

function buttonsOf({ components = [] }: Message): SimulatedButton[][] {
  return components.map((row) =>
    allComponents(row.components ?? [])
      .filter(({ type }) => type === ComponentType.Button)
      .map(({ label = "", url }) => ({ text: label, ...(url !== undefined && { url }) })),
  );
}

function sent({ name, bytes, mediaType }: SimulatedFile): SentFile {
  return { name, bytes, mediaType };
}

function overrides(guild: string, channel: string, { allowFrom, ...settings }: GroupOverrides): ConfigBlock {
  const entry = { ...settings, ...(allowFrom !== undefined && { users: allowFrom }) };
  // A server with a map of channels has the agent in those alone.
  return { guilds: { [guild]: { channels: { [channel]: entry, "*": {} } } } };
}
