import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { UserError } from "../user-error.js";
import type { AdminClient } from "./admin-client.js";
import type { Door, NewPerson, Person, PlatformSimulation, Said, Where } from "./platform.js";

/** Only the simulator knows it. */
const BOT = { token: "U0lNVUxBVEVE.TOKEN.of-the-simulated-bot", username: "simulated_bot" };

/** Of servers, channels and people (Discord API reference, "Snowflakes"). */
const ID = /^\d{17,20}$/;
/** A bot registers its commands soon after it came online; a line that begins with a slash waits for them so long, in ms. */
const COMMANDS_WITHIN_MS = 1_000;
const LOOK_EVERY_MS = 50;
/** The option into which people write what follows a command of the runtime or the agent. */
const TEXT_OPTION = "text";

interface Component {
  readonly label?: string | undefined;
  /** A row has buttons, and so on. */
  readonly components?: readonly Component[] | undefined;
}

const component: z.ZodType<Component> = z.object({
  label: z.string().optional(),
  get components() {
    return z.array(component).optional();
  },
});

const message = z
  .object({
    id: z.string(),
    channel_id: z.string(),
    content: z.string(),
    components: z.array(component).default([]),
  })
  .transform(
    ({ id, channel_id: chat, content: text, components }): Said => ({
      id,
      chat,
      thread: null,
      text: shown(text),
      buttons: labelsOf(components),
    }),
  );
const person = z
  .object({ id: z.string(), username: z.string(), global_name: z.string().nullish() })
  .transform(({ id, username, global_name }): Person => ({ id, username, name: global_name ?? username }));
const place = z.object({ id: z.string(), name: z.string() });
const state = z.object({
  bots: z.array(
    z.object({
      id: z.string(),
      username: z.string(),
      online: z.boolean(),
      commands: z.array(z.object({ name: z.string(), options: z.array(z.string()) })),
    }),
  ),
  users: z.array(person),
  guilds: z.array(place.extend({ channels: z.array(place.extend({ parent: z.string().nullable() })) })),
});

export const discord: PlatformSimulation = {
  id: "discord",
  name: "Discord",
  outward: /^(?:token|botToken|applicationId|apiRoot|proxy|pluralkit|enabled)$/,
  places: [
    [
      ":group Team/help",
      "write in a channel of a server, each by id or name; :topic News for a thread of it",
    ],
    [":dm", "write in private again"],
    ["/help", "a slash command, where the bot has one of the name"],
  ],
  topic: "thread",
  hasPrivacyMode: false,
  unseen: (isPrivate) =>
    isPrivate
      ? "The connector dropped it: private messages are switched off."
      : "The connector dropped it: the server or the channel is switched off.",
  async start() {
    const { startDiscordSimulator } = await import("@elizaos/connector-simulators/discord");
    const sim = await startDiscordSimulator();
    const { token, username } = sim.bot(BOT);
    return { keys: { token, apiRoot: sim.apiRoot }, bot: username, close: () => sim.close() };
  },
  async openDoor(client, name) {
    const { bots } = await client.get(state, "/state");
    const bot = bots.find(({ username }) => username === name);
    if (bot === undefined) throw new UserError(`the simulator has no bot called ${name}`);
    return new DiscordDoor(client, bot);
  },
};

class DiscordDoor implements Door {
  readonly bot: string;
  readonly mention: string;
  readonly #client: AdminClient;

  constructor(client: AdminClient, { id, username }: { readonly id: string; readonly username: string }) {
    this.#client = client;
    this.bot = username;
    this.mention = `<@${id}>`;
  }

  async people(): Promise<readonly Person[]> {
    return (await this.#state()).users;
  }

  async addPerson(facts: NewPerson): Promise<Person> {
    if (facts.id !== undefined && !ID.test(facts.id))
      throw new UserError(`${facts.id} is no id of Discord: those have 17 to 20 digits`);
    return (await this.#client.post(z.object({ user: person }), "/users", facts)).user;
  }

  async enterGroup(member: Person, wanted: string) {
    const [server = "", ...rest] = wanted.split("/");
    const channel = rest.join("/").replace(/^#/, "");
    const { guilds } = await this.#state();
    const byChannel = rest.length > 0 ? undefined : findPlace(guilds.flatMap(channelsOf), wanted);
    const known = byChannel?.guild ?? findPlace(guilds, server);
    const guild = known ?? (await this.#makeServer(member, server));
    const inside =
      byChannel ??
      (channel === "" ? guild.channels.find(isTopLevel) : findPlace(guild.channels, channel)) ??
      (await this.#makeChannel(guild.id, channel));
    await this.#client.post(z.unknown(), "/join", { user: member.id, guild: guild.id });
    return { chat: inside.id, name: `#${inside.name} of ${guild.name} (id ${inside.id})` };
  }

  async join(member: Person, chat: string): Promise<void> {
    const { guilds } = await this.#state();
    const guild = guilds.find(({ channels }) => channels.some(({ id }) => id === chat));
    if (guild === undefined) throw new UserError(`the simulator has no channel ${chat} any more`);
    await this.#client.post(z.unknown(), "/join", { user: member.id, guild: guild.id });
  }

  /** As Discord's own program: a line that begins with a command of the bot runs it. */
  async say(by: Person, where: Where, text: string): Promise<void> {
    const command = await this.#commandIn(text);
    if (command === undefined)
      await this.#client.post(z.unknown(), "/say", { ...this.#place(by, where), text });
    else await this.#client.post(z.unknown(), "/run", { ...this.#place(by, where), ...command });
  }

  async press(by: Person, where: Where, { id }: Said, button: string): Promise<void> {
    await this.#client.post(z.unknown(), "/press", { ...this.#place(by, where), message: id, button });
  }

  async hear(by: Person, where: Where, timeoutMs: number): Promise<Said | undefined> {
    const heard = z.object({ message: message.nullable() });
    const { message: found } = await this.#client.get(heard, "/hear", {
      ...this.#place(by, where),
      timeoutMs,
    });
    return found === null ? undefined : placed(found, where);
  }

  async messages(by: Person, where: Where): Promise<readonly Said[]> {
    const all = z.object({ messages: z.array(message) });
    const { messages } = await this.#client.get(all, "/messages", this.#place(by, where));
    return messages.map((each) => placed(each, where));
  }

  /** What a bot is shown goes to its open connection at once. */
  async isCaughtUp(): Promise<boolean> {
    return (await this.#self())?.online === true;
  }

  #state() {
    return this.#client.get(state, "/state");
  }

  async #self() {
    return (await this.#state()).bots.find(({ username }) => username === this.bot);
  }

  async #commandIn(text: string) {
    const [, name, rest = ""] = /^\/([\w-]+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
    if (name === undefined) return undefined;
    const until = performance.now() + COMMANDS_WITHIN_MS;
    let commands = (await this.#self())?.commands ?? [];
    while (commands.length === 0 && performance.now() < until) {
      await pause(LOOK_EVERY_MS);
      commands = (await this.#self())?.commands ?? [];
    }
    const command = commands.find((each) => each.name === name.toLowerCase());
    if (command === undefined) return undefined;
    const takesText = rest !== "" && command.options.includes(TEXT_OPTION);
    return { command: command.name, ...(takesText ? { options: { [TEXT_OPTION]: rest } } : {}) };
  }

  async #makeServer(member: Person, wanted: string) {
    const name = ID.test(wanted) ? `Server ${wanted}` : wanted;
    const made = await this.#client.post(z.object({ id: z.string() }), "/guilds", {
      name,
      members: [member.id],
      ...(ID.test(wanted) ? { id: wanted } : {}),
    });
    const { guilds } = await this.#state();
    const guild = guilds.find(({ id }) => id === made.id);
    if (guild === undefined) throw new UserError(`the simulator has no server ${name} any more`);
    return guild;
  }

  async #makeChannel(guild: string, wanted: string) {
    const name = ID.test(wanted) ? `channel-${wanted}` : wanted;
    const { id } = await this.#client.post(z.object({ id: z.string() }), "/channels", {
      guild,
      name,
      ...(ID.test(wanted) ? { id: wanted } : {}),
    });
    return { id, name };
  }

  #place({ id }: Person, where: Where) {
    if (where.kind === "private") return { user: id, bot: this.bot };
    return { user: id, channel: where.chat, ...(where.topic === undefined ? {} : { thread: where.topic }) };
  }
}

type State = z.infer<typeof state>;
type Guild = State["guilds"][number];
type Channel = Guild["channels"][number];

/** What Discord calls the channel of a message is the thread, where it stands in one. */
function placed(said: Said, where: Where): Said {
  if (where.kind === "private" || said.chat === where.chat) return said;
  return { ...said, chat: where.chat, thread: said.chat };
}

function channelsOf(guild: Guild): readonly (Channel & { readonly guild: Guild })[] {
  return guild.channels.filter(isTopLevel).map((channel) => ({ ...channel, guild }));
}

/** Threads have a parent. */
function isTopLevel({ parent }: Pick<Channel, "parent">): boolean {
  return parent === null;
}

/** By id, or by name. */
function findPlace<P extends { readonly id: string; readonly name: string }>(
  places: readonly P[],
  wanted: string,
): P | undefined {
  return places.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted.toLowerCase());
}

/** Discord's programs show an escaped character without its backslash, but not in code. */
function shown(markdown: string): string {
  return markdown.replace(
    /\\([^A-Za-z0-9\s])|(```[\s\S]*?```|`[^`\n]+`)/g,
    (_, escaped?: string, code?: string) => escaped ?? code ?? "",
  );
}

function labelsOf(components: readonly Component[]): readonly string[] {
  return components.flatMap(({ label, components: inner = [] }) => [
    ...(label === undefined ? [] : [label]),
    ...labelsOf(inner),
  ]);
}
