import type { Message, MessageEntity } from "@grammyjs/types";
import { SimulatorError } from "../kit/errors.js";
import type {
  ConfigBlock,
  GroupOverrides,
  PlatformOptions,
  RequestFlaw,
  SayOptions,
  SimulatedAccount,
  SimulatedButton,
  SimulatedChat,
  SimulatedFile,
  SimulatedMark,
  SimulatedMessage,
  SimulatedPlatform,
  SimulatedWebhooks,
} from "../kit/platform.js";
import type { BotHandle } from "./driver/bot.js";
import type { Conversation } from "./driver/conversation.js";
import type { GroupHandle } from "./driver/group.js";
import type { Media } from "./driver/media.js";
import type { Speaker } from "./driver/speaker.js";
import type { UserHandle } from "./driver/user.js";
import { startTelegramSimulator, type TelegramSimulator } from "./simulator.js";
import { isService } from "./visibility.js";

const FIRST_BOT_ID = 100_001;
const SECRET = "fake-webhook-secret_of-the-suite";

/** File id of a sticker that is there from the beginning, as those of public sets are. */
export const CONFORMANCE_STICKER = "SIMULATED_FILE_1";

/** The simulated Telegram as the conformance suite drives it: bots see every group message, those of other bots too. */
export async function startTelegramConformance(options: PlatformOptions = {}): Promise<SimulatedPlatform> {
  return new Adapter(await startTelegramSimulator(options)).platform;
}

/** What people see, and where: a private chat, a group or a topic. */
interface Place {
  readonly kind: SimulatedChat["kind"];
  readonly view: () => Conversation;
  readonly speaker: (person: UserHandle) => Speaker;
  readonly thread?: number;
  readonly more?: Pick<SimulatedChat, "opensThread" | "renames" | "shutsOut" | "overrides">;
}

class Adapter {
  readonly platform: SimulatedPlatform;
  readonly #sim: TelegramSimulator;
  readonly #accounts = new Map<string, SimulatedAccount>();
  readonly #bots = new Map<string, BotHandle>();
  readonly #people = new Map<string, UserHandle>();
  readonly #behind = new WeakMap<SimulatedMessage, Message>();
  readonly #edits = new Map<string, number>();

  constructor(sim: TelegramSimulator) {
    this.#sim = sim;
    if (sim.sticker(Buffer.from("sticker")) !== CONFORMANCE_STICKER)
      throw new SimulatorError("The first file of a simulator has another id.");
    sim.onBotMessage(({ type, message: { chat, message_id }, drafts }) => {
      const key = `${chat.id}/${message_id}`;
      // What was shown as a draft before is to people an earlier state of the message.
      const changes = type === "edited" ? 1 : drafts;
      if (changes > 0) this.#edits.set(key, (this.#edits.get(key) ?? 0) + changes);
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
        identify: "getMe",
        send: "sendMessage",
        edit: "editMessageText",
        delete: "deleteMessage",
        react: "setMessageReaction",
        typing: "sendChatAction",
        fetch: "getFile",
        receive: "getUpdates",
        upkeep: ["getMyCommands", "setMyCommands", "deleteMyCommands"],
      },
      calls: () =>
        sim.requests.all().map(({ method, bot, status }) => ({ method, account: bot, status: status ?? 0 })),
      account: (name) => this.#account(name),
      person: (name) => ({ id: String(this.#person(name).id), name }),
      group: (title, options) => this.#group(title, options),
      dm: ({ name }, account) => {
        const direct = () => this.#person(name).with(this.#bot(account.name));
        return this.#chat({
          kind: "dm",
          view: direct,
          speaker: direct,
          more: { shutsOut: () => direct().blocks() },
        });
      },
      receives: async ({ name }) => {
        const bot = this.#bot(name);
        if (bot.webhook === undefined) await bot.polls();
      },
      cutOff: (_, quietly = false) => {
        if (quietly) sim.halfOpen();
        else sim.disconnect();
      },
      refusesMarkup: () =>
        void sim.fault({
          kind: "status",
          status: 400,
          method: "sendMessage",
          description: "Bad Request: can't parse entities: unexpected end of the message",
        }),
      files: ["image", "file", "audio", "video"],
      webhooks: webhooks(sim, (name) => this.#bot(name)),
    };
  }

  #account(name: string): SimulatedAccount {
    const known = this.#accounts.get(name);
    if (known !== undefined) return known;
    const id = FIRST_BOT_ID + this.#accounts.size;
    const bot = this.#sim.bot({
      token: `${id}:FAKE-TOKEN-of-the-suite`,
      username: `${name}_bot`,
      name,
      privacyMode: false,
      botToBot: true,
    });
    const { token } = bot;
    const account: SimulatedAccount = {
      id: String(id),
      name: bot.username,
      mention: `@${bot.username}`,
      config: { botToken: token, apiRoot: this.#sim.apiRoot },
      revoke: () => bot.revoke(),
      redeliver: () => void bot.redeliver(),
      reorder: () => bot.reorder(),
      garble: () => {
        this.#sim.push(token, { message: { text: "without an id" } });
        this.#sim.push(token, { message: "no object" });
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
    const person = this.#people.get(name) ?? this.#sim.user(name);
    this.#people.set(name, person);
    return person;
  }

  #group(
    title: string,
    { people, accounts, threads = false }: Parameters<SimulatedPlatform["group"]>[1],
  ): SimulatedChat {
    let group: GroupHandle = this.#sim.group(title, {
      members: people.map(({ name }) => this.#person(name)),
      bots: accounts.map(({ name }) => this.#bot(name)),
      forum: threads,
    });
    const topic = (name: string): SimulatedChat => {
      const opened = group.topic(name);
      return this.#chat({
        kind: "group",
        view: () => opened,
        speaker: (person) => opened.from(person),
        thread: opened.threadId,
        more: { overrides: (settings) => overrides(group.id, opened.threadId, settings) },
      });
    };
    return this.#chat({
      kind: "group",
      view: () => group,
      speaker: (person) => group.from(person),
      more: {
        overrides: (settings) => overrides(group.id, undefined, settings),
        shutsOut: ({ name }) => group.kicks(this.#bot(name)),
        ...(threads
          ? { opensThread: topic }
          : {
              renames: () => {
                group = group.migrates();
              },
            }),
      },
    });
  }

  #chat({ kind, view, speaker, thread, more = {} }: Place): SimulatedChat {
    const show = (message: Message) => this.#show(message);
    const as = ({ name }: { readonly name: string }) => speaker(this.#person(name));
    // In the group itself, what stands in topics is not "here".
    const here = () =>
      view()
        .messages()
        .filter((message) => (message.is_topic_message ? message.message_thread_id : undefined) === thread);
    const isBot = ({ from }: Message) => this.#bots.has(from?.username ?? "");
    return {
      kind,
      ...(thread !== undefined && { thread: String(thread) }),
      ...more,
      get id() {
        return String(view().id);
      },
      says: async (person, text, options = {}) => show(await this.#say(as(person), text, options)),
      commands: async (person, account, name, rest) => {
        const to = kind === "dm" ? "" : `@${account.name}`;
        await this.#say(as(person), `/${name}${to} ${rest}`.trim());
      },
      edits: async (person, message, text) => {
        await as(person).edits(this.#message(message), text);
      },
      sendsAlbum: async (person, text, files) => {
        await as(person).sendsAlbum(files.map(mediaOf), text === "" ? {} : { caption: text });
      },
      presses: async (person, message, button) => {
        const pressed = this.#message(message);
        const bot = this.#bot(pressed.from?.username ?? "");
        const press = await as(person).presses(pressed, button);
        return {
          answered: async () => {
            await press.answered();
          },
          redelivered: async () => {
            await bot.catchesUp();
            bot.redeliver();
          },
        };
      },
      reacts: (person, message, emoji) => as(person).reacts(this.#message(message), emoji),
      answers: () => [
        ...here()
          .filter((message) => isBot(message) && !isService({ message }))
          .map(show),
        // To people a draft is a message that is being written.
        ...draftIn(view()),
      ],
      now: (message) => {
        const { message_id: id } = this.#message(message);
        const found = view()
          .messages()
          .find(({ message_id }) => message_id === id);
        return found && show(found);
      },
      typed: () => view().actions().length,
    };
  }

  async #say(speaker: Speaker, text: string, { replyTo, file }: SayOptions = {}): Promise<Message> {
    const reply = replyTo === undefined ? {} : { replyTo: this.#message(replyTo) };
    if (file === undefined) return await speaker.says(text, reply);
    return await speaker.sends(mediaOf(file), { ...reply, ...(text !== "" && { caption: text }) });
  }

  #show(message: Message): SimulatedMessage {
    const text = message.text ?? message.caption ?? "";
    const quote = message.quote?.text ?? message.reply_to_message?.text;
    const marks = (message.entities ?? message.caption_entities ?? []).flatMap((entity) =>
      mark(text, entity),
    );
    const shown: SimulatedMessage = {
      id: String(message.message_id),
      author: message.from?.username ?? message.from?.first_name ?? "",
      text,
      marks,
      ...(message.is_topic_message && { thread: String(message.message_thread_id) }),
      ...(quote !== undefined && { quote }),
      reactions: this.#reactions(message),
      files: this.#files(message),
      buttons: buttonsOf(message),
      edits: this.#edits.get(`${message.chat.id}/${message.message_id}`) ?? 0,
    };
    this.#behind.set(shown, message);
    return shown;
  }

  #files({ photo, document, video, audio, voice, animation, sticker }: Message): SimulatedFile[] {
    // What plays by itself is told as a document too.
    const plain = animation === undefined ? document : undefined;
    return [photo?.at(-1), plain, video, audio, voice, animation, sticker].flatMap((file) => {
      if (file === undefined) return [];
      const name = "file_name" in file ? file.file_name : undefined;
      const mediaType = "mime_type" in file ? file.mime_type : undefined;
      return [{ name: name ?? "", mediaType: mediaType ?? "", bytes: this.#sim.file(file.file_id) }];
    });
  }

  #reactions(message: Message): string[] {
    const chats: readonly Conversation[] =
      message.chat.type === "private"
        ? [...this.#bots.values()].flatMap((bot) =>
            [...this.#people.values()]
              .filter(({ id }) => id === message.chat.id)
              .map((person) => person.with(bot)),
          )
        : this.#sim.groups();
    const chat = chats.find((each) => each.id === message.chat.id && each.messages().includes(message));
    return chat?.reactions(message) ?? [];
  }

  #message(message: SimulatedMessage): Message {
    const found = this.#behind.get(message);
    if (found === undefined) throw new SimulatorError("This message was not made by this simulator.");
    return found;
  }
}

function draftIn(view: Conversation): SimulatedMessage[] {
  const draft = view.draft();
  if (draft === undefined) return [];
  const { id, text, entities } = draft;
  const marks = entities.flatMap((entity) => mark(text, entity));
  return [{ id: `draft ${id}`, author: "", text, marks, reactions: [], files: [], edits: 0 }];
}

function buttonsOf({ reply_markup: markup }: Message): SimulatedButton[][] {
  const rows = markup?.inline_keyboard ?? [];
  return rows.map((row) =>
    row.map((button) => ({ text: button.text, ...("url" in button && { url: button.url }) })),
  );
}

const MARKS: Partial<Record<MessageEntity["type"], SimulatedMark["type"]>> = {
  bold: "bold",
  italic: "italic",
  strikethrough: "strike",
  code: "code",
  pre: "pre",
  text_link: "link",
  url: "link",
  blockquote: "quote",
  expandable_blockquote: "quote",
  spoiler: "spoiler",
  underline: "underline",
  mention: "mention",
};

function mark(text: string, entity: MessageEntity): SimulatedMark[] {
  const type = MARKS[entity.type];
  if (type === undefined) return [];
  const words = text.slice(entity.offset, entity.offset + entity.length);
  return [{ type, text: words, ...(entity.type === "text_link" && { url: entity.url }) }];
}

function mediaOf({ name, mediaType, bytes }: NonNullable<SayOptions["file"]>): Media {
  if (mediaType.startsWith("image/")) return { photo: bytes };
  if (mediaType.startsWith("video/")) return { video: bytes, fileName: name };
  if (mediaType.startsWith("audio/")) return { audio: bytes, fileName: name };
  return { document: bytes, fileName: name, mimeType: mediaType };
}

function overrides(chat: number, topic: number | undefined, settings: GroupOverrides): ConfigBlock {
  const entry = topic === undefined ? settings : { topics: { [topic]: settings } };
  return { groups: { [chat]: entry } };
}

function webhooks(sim: TelegramSimulator, botOf: (name: string) => BotHandle): SimulatedWebhooks {
  const path = (name: string) => `/telegram/${name}`;
  let last = 0;
  return {
    deadlineMs: 60_000,
    config: ({ name }, url) => ({ webhookUrl: `${url}${path(name)}`, webhookSecret: SECRET }),
    request({ name }, text, flaw) {
      const secret = secretFor(flaw);
      if (secret === undefined) return undefined;
      last += 1;
      const from = { id: 909_090, is_bot: false, first_name: "Hook" };
      const chat = { id: from.id, type: "private", first_name: from.first_name };
      const message = { message_id: last, date: Math.floor(sim.clock.now() / 1_000), chat, from, text };
      const update = { update_id: botOf(name).account.user.id * 1_000 + last, message };
      return {
        method: "POST",
        url: path(name),
        headers: {
          "content-type": "application/json",
          ...(secret !== "" && { "x-telegram-bot-api-secret-token": secret }),
        },
        body: flaw === "malformed" ? "this is no JSON" : JSON.stringify(update),
      };
    },
  };
}

/** Telegram shows one secret, which says nothing of body and time; undefined: there is no such request. */
function secretFor(flaw: RequestFlaw | undefined): string | undefined {
  if (flaw === undefined || flaw === "malformed") return SECRET;
  if (flaw === "unsigned") return "";
  return flaw === "forged" ? `${SECRET}-of-somebody-else` : undefined;
}
