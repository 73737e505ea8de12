import { isRecord } from "@elizaos/connector-core";
import { z } from "zod";
import { UserError } from "../../user-error.js";
import type { AdminClient } from "../admin-client.js";
import type { Group, Person } from "../platform.js";
import { type Channel, type Guild, made, state } from "./shapes.js";

/** Of servers, channels, threads and people (API reference, "Snowflakes"). */
const ID = /^\d{17,20}$/;

/** A server that stands in the config. */
export interface NamedServer {
  /** Undefined for `*`. */
  readonly id: string | undefined;
  readonly name: string;
  /** Ids of its channels, and of threads. */
  readonly channels: readonly string[];
}

/** A server by id or name, and a channel of it. */
interface Wanted {
  readonly server: string;
  readonly channel?: string;
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** What the config's `guilds` name. */
export function namedServers({ guilds }: Readonly<Record<string, unknown>>): readonly NamedServer[] {
  return Object.entries(isRecord(guilds) ? guilds : {}).map(([key, entry]) => {
    const id = isId(bare(key)) ? bare(key) : undefined;
    const { slug, channels } = isRecord(entry) ? entry : {};
    return {
      id,
      name: typeof slug === "string" && slug !== "" ? slug : serverName(id),
      channels: Object.keys(isRecord(channels) ? channels : {}).map(bare),
    };
  });
}

/** Servers and channels of a simulated Discord: those that are there, and those that somebody asks for. */
export class Places {
  readonly #client: AdminClient;
  readonly #named: readonly NamedServer[];

  constructor(client: AdminClient, named: readonly NamedServer[]) {
    this.#client = client;
    this.#named = named;
  }

  /**
   * Takes a person to `SERVER`, which means its first channel, to `SERVER/CHANNEL` or to `CHANNEL`, each by id or name. What is not
   * there is made, with the id that it has in the config.
   */
  async enter(member: Person, text: string): Promise<Group> {
    const guilds = await this.guilds();
    const { server, channel } = wantedPlace(text, guilds, this.#named);
    const guild = find(guilds, server) ?? (await this.#makeServer(member, server));
    const inside =
      channel === undefined
        ? guild.channels.find(({ parent }) => parent === null)
        : (find(guild.channels, channel) ?? (await this.#makeChannel(guild, channel)));
    if (inside === undefined) throw new UserError(`the server ${guild.name} has no channel`);
    await this.#join(member, guild);
    return groupOf(guild, inside);
  }

  /** Takes somebody into the server of a channel. */
  async join(member: Person, channel: string): Promise<void> {
    const guild = (await this.guilds()).find(({ channels }) => find(channels, channel) !== undefined);
    if (guild === undefined) throw new UserError(`the simulator has no channel ${channel} any more`);
    await this.#join(member, guild);
  }

  async threadsOf(channel: string): Promise<readonly Channel[]> {
    return (await this.guilds()).flatMap(({ channels }) =>
      channels.filter(({ parent }) => parent === channel),
    );
  }

  async guilds(): Promise<readonly Guild[]> {
    return (await this.#client.get(state, "/state")).guilds;
  }

  async #join({ id: user }: Person, { id: guild }: Guild): Promise<void> {
    await this.#client.post(z.unknown(), "/join", { user, guild });
  }

  async #makeServer({ id: member }: Person, wanted: string): Promise<Guild> {
    const { id, name } = find(this.#named, wanted) ?? newPlace(wanted, serverName);
    const facts = { name, members: [member], ...(id === undefined ? {} : { id }) };
    const { id: guild } = await this.#client.post(made, "/guilds", facts);
    const found = find(await this.guilds(), guild);
    if (found === undefined) throw new UserError(`the simulator has no server ${name} any more`);
    return found;
  }

  async #makeChannel({ id: guild }: Guild, wanted: string): Promise<Channel> {
    const { id, name } = newPlace(wanted, (given) => `channel-${given}`);
    const facts = { guild, name, ...(id === undefined ? {} : { id }) };
    return { ...(await this.#client.post(made, "/channels", facts)), name, parent: null };
  }
}

function wantedPlace(text: string, guilds: readonly Guild[], named: readonly NamedServer[]): Wanted {
  const [server = "", ...rest] = text.split("/");
  if (rest.length > 0) return { server, channel: channelName(rest.join("/")) };
  if (find(guilds, server) !== undefined || find(named, server) !== undefined) return { server };
  const channel = channelName(text);
  const holder = guilds.find(({ channels }) => find(channels, channel) !== undefined);
  if (holder !== undefined) return { server: holder.id, channel };
  const owner = named.find(({ channels }) => channels.includes(channel));
  return owner === undefined ? { server } : { server: owner.id ?? owner.name, channel };
}

function groupOf(guild: Guild, { id, name, parent }: Channel): Group {
  const server = `the server ${guild.name} (id ${guild.id})`;
  if (parent === null) return { chat: id, name: `#${name} (id ${id}) of ${server}` };
  return { chat: parent, topic: id, name: `the thread ${name} (id ${id}) of ${server}` };
}

/** By id, or by name. */
function find<P extends { readonly id: string | undefined; readonly name: string }>(
  places: readonly P[],
  wanted: string,
): P | undefined {
  return places.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted.toLowerCase());
}

function newPlace(wanted: string, nameOf: (id: string) => string) {
  return isId(wanted) ? { id: wanted, name: nameOf(wanted) } : { id: undefined, name: wanted };
}

function serverName(id: string | undefined): string {
  return id === undefined ? "Server" : `Server ${id}`;
}

function channelName(written: string): string {
  return written.replace(/^#/, "");
}

/** As keys of `guilds` may be written. */
function bare(key: string): string {
  return key.trim().replace(/^discord:/i, "");
}
