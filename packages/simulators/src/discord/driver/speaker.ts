import { type APIEmbed, MessageFlags } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import { canSee, canSpeak } from "../access.js";
import type { UploadedFile } from "../cdn.js";
import type { Emoji, Message, StoredMessage } from "../message.js";
import { isOver, vote } from "../polls.js";
import { newPoll } from "../rest/polls.js";
import { Asker } from "./asker.js";
import type { MessageRef } from "./conversation.js";

const MAX_CONTENT = 2_000;

/** A file that a person sends. */
export interface SentFile {
  name: string;
  bytes: Uint8Array;
  /** Default: `application/octet-stream`. */
  mediaType?: string;
  /** A voice message: its length in s. */
  voiceSeconds?: number;
}

export interface SayOptions {
  /** 17 to 20 digits. Default: the next free one. */
  id?: string;
  replyTo?: MessageRef;
  /** A reply that does not mention whom it answers. Default: false, it does. */
  silent?: boolean;
  files?: readonly SentFile[];
  /** Ids of stickers of the server. */
  stickers?: readonly string[];
  /** Such as Discord makes of a link. */
  embeds?: readonly APIEmbed[];
}

/** Somebody in a channel, a thread or a private chat. Every verb resolves with the message it made. */
export class Speaker extends Asker {
  async says(content: string, options: SayOptions = {}): Promise<Message> {
    const { world } = this.context;
    this.#checkMaySpeak();
    const { id, files = [], stickers = [], embeds = [], replyTo, silent = false } = options;
    if (content === "" && files.length === 0 && stickers.length === 0)
      throw new SimulatorError("Discord has no empty messages; give a text, a file or a sticker.");
    if ([...content].length > MAX_CONTENT)
      throw new SimulatorError(`People write at most ${MAX_CONTENT} characters.`);
    const isVoice = files.some(({ voiceSeconds }) => voiceSeconds !== undefined);
    const replied = replyTo === undefined ? undefined : this.find(replyTo);
    const stored = world.messages.post(this.channel, {
      author: this.user,
      ...(id !== undefined && { id }),
      content,
      embeds,
      attachments: files.map((file) => this.#upload(file)),
      nonce: world.ids.next(),
      ...(isVoice && { flags: MessageFlags.IsVoiceMessage }),
      ...(replied !== undefined && { replyTo: replied }),
      ...(silent && { allowedMentions: { parse: ["users", "roles", "everyone"], replied_user: false } }),
      ...(stickers.length > 0 && { stickers: stickers.map((id) => this.#sticker(id)) }),
    });
    return this.#show(stored);
  }

  async replies(to: MessageRef, content: string, options: SayOptions = {}): Promise<Message> {
    return await this.says(content, { ...options, replyTo: to });
  }

  async sends(file: SentFile, content = ""): Promise<Message> {
    return await this.says(content, { files: [file] });
  }

  /** Forwards a message of any channel that the person sees. */
  async forwards(original: Pick<Message, "id" | "channel_id">): Promise<Message> {
    this.#checkMaySpeak();
    const { world } = this.context;
    const channel = world.channels.get(original.channel_id);
    const stored = channel?.messages.get(original.id);
    if (channel === undefined || stored === undefined || !canSee(channel, this.user.id, world.clock.now()))
      throw new SimulatorError(`${this.user.username} sees no message ${original.id}.`);
    return this.#show(world.messages.post(this.channel, { author: this.user, forward: { stored, channel } }));
  }

  /** Changes the text of an own message. */
  async edits(message: MessageRef, content: string): Promise<Message> {
    const stored = this.#own(message);
    this.context.world.messages.edit(this.channel, stored, { content });
    return this.#show(stored);
  }

  /** Deletes an own message; moderation of others' goes through the channel. */
  async deletes(message: MessageRef): Promise<void> {
    this.context.world.messages.delete(this.channel, [this.#own(message).message.id]);
  }

  /** Puts an emoji on a message. A custom one is given by its id. */
  async reacts(message: MessageRef, emoji: string): Promise<void> {
    this.context.world.messages.react(this.channel, this.find(message), this.user, this.#emoji(emoji));
  }

  /** Takes an own emoji back. */
  async unreacts(message: MessageRef, emoji: string): Promise<void> {
    const stored = this.find(message);
    if (!this.context.world.messages.unreact(this.channel, stored, this.user.id, this.#emoji(emoji)))
      throw new SimulatorError(`${this.user.username} has no ${emoji} on the message ${message.id}.`);
  }

  /** Votes for an answer of a poll, by its text; once more takes the vote back. */
  async votes(message: MessageRef, answer: string): Promise<void> {
    const { world } = this.context;
    const stored = this.find(message);
    const { poll } = stored.message;
    const found = poll?.answers.find(({ poll_media }) => poll_media.text === answer);
    if (poll === undefined || found === undefined)
      throw new SimulatorError(`The message ${message.id} has no answer "${answer}" to vote for.`);
    if (isOver(world, stored)) throw new SimulatorError("The poll is over.");
    if (!poll.allow_multiselect)
      for (const [other, voters] of stored.votes)
        if (other !== found.answer_id && voters.has(this.user.id))
          vote(world, this.channel, stored, this.user, other, false);
    const isFor = stored.votes.get(found.answer_id)?.has(this.user.id) !== true;
    vote(world, this.channel, stored, this.user, found.answer_id, isFor);
  }

  /** Opens a poll, for a day. */
  async asks(question: string, answers: readonly string[], { several = false } = {}): Promise<Message> {
    const { world } = this.context;
    this.#checkMaySpeak();
    const poll = newPoll(
      {
        question: { text: question },
        answers: answers.map((text) => ({ poll_media: { text } })),
        duration: 24,
        allow_multiselect: several,
        layout_type: 1,
      },
      world.clock.now(),
    );
    return this.#show(world.messages.post(this.channel, { author: this.user, poll }));
  }

  /** The emoji that the person has on a message; a custom one by its id. */
  ownReactions(message: MessageRef): string[] {
    return [...this.find(message).reactions.values()]
      .filter(({ users }) => users.has(this.user.id))
      .map(({ emoji }) => emoji.id ?? emoji.name);
  }

  /** Shows that the person types. */
  types(): void {
    this.context.world.messages.type(this.channel, this.user);
  }

  #own(message: MessageRef): StoredMessage {
    const stored = this.find(message);
    if (stored.message.author.id !== this.user.id)
      throw new SimulatorError("One can change only one's own messages.");
    return stored;
  }

  #show({ message }: StoredMessage): Message {
    return message;
  }

  #upload({ name, bytes, mediaType = "application/octet-stream", voiceSeconds }: SentFile) {
    const { world } = this.context;
    const file: UploadedFile = { name, mediaType, bytes };
    const attachment = world.cdn.add(world.ids.next(), this.channel.id, file);
    return voiceSeconds === undefined
      ? attachment
      : { ...attachment, duration_secs: voiceSeconds, waveform: "AAAA" };
  }

  #sticker(id: string) {
    const sticker = this.channel.guild?.stickers.get(id);
    if (sticker === undefined) throw new SimulatorError(`The server has no sticker ${id}.`);
    return { id, name: sticker.name, format_type: sticker.format_type };
  }

  #emoji(text: string): Emoji {
    const custom = this.channel.guild?.emojis.get(text);
    return custom === undefined ? { id: null, name: text } : { id: text, name: custom.name ?? "" };
  }

  #checkMaySpeak(): void {
    const { channel } = this;
    const { username, id } = this.user;
    if (channel.isDm) return;
    if (channel.guild?.members.has(id) !== true)
      throw new SimulatorError(`${username} is not a member of "${channel.guild?.name}".`);
    if (!channel.holdsMessages)
      throw new SimulatorError(`#${channel.name} holds posts; open one with post().`);
    if (!canSpeak(channel, id, this.context.world.clock.now()))
      throw new SimulatorError(`${username} may not write in #${channel.name}.`);
  }
}
