import {
  type BotOptions,
  type DiscordSimulatorOptions,
  startDiscordSimulator,
} from "@elizaos/connector-simulators/discord";
import { Client, GatewayIntentBits, Options, Partials } from "discord.js";
import { onTestFinished } from "vitest";

const TOKEN = "FAKE.TOKEN.OF-toy";

export const ALL_INTENTS = [
  GatewayIntentBits.Guilds,
  GatewayIntentBits.GuildMembers,
  GatewayIntentBits.GuildMessages,
  GatewayIntentBits.GuildMessageReactions,
  GatewayIntentBits.GuildMessageTyping,
  GatewayIntentBits.GuildMessagePolls,
  GatewayIntentBits.GuildVoiceStates,
  GatewayIntentBits.GuildScheduledEvents,
  GatewayIntentBits.GuildModeration,
  GatewayIntentBits.DirectMessages,
  GatewayIntentBits.DirectMessageReactions,
  GatewayIntentBits.MessageContent,
];

/** A simulator with one bot, one person and a server with both. Ends with the test. */
export async function open(options: DiscordSimulatorOptions = {}, botOptions: Partial<BotOptions> = {}) {
  const sim = await startDiscordSimulator(options);
  onTestFinished(() => sim.close());
  const bot = sim.bot({ token: TOKEN, username: "toy", ...botOptions });
  const ada = sim.user("Ada");
  const team = sim.guild("Team", { members: [ada] });
  return { sim, bot, ada, team, general: team.channel(), api: rest(sim.apiRoot, bot.token) };
}

export interface RestAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

export type Rest = (verb: string, path: string, body?: unknown) => Promise<RestAnswer>;

/** Calls the API without an SDK. A `FormData` body is sent as it is. */
export function rest(apiRoot: string, token: string): Rest {
  return async (verb, path, body) => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${apiRoot}/v10${path}`, {
      method: verb,
      headers: {
        authorization: `Bot ${token}`,
        ...(body !== undefined && !isForm && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === "" ? undefined : JSON.parse(text);
    return { status: response.status, headers: response.headers, body: parsed };
  };
}

/** discord.js, logged in and ready. */
export async function client(apiRoot: string, token = TOKEN): Promise<Client<true>> {
  const discord = new Client({
    intents: ALL_INTENTS,
    partials: [Partials.Channel, Partials.Message, Partials.Reaction, Partials.User],
    rest: { api: apiRoot, retries: 0 },
    makeCache: Options.cacheEverything(),
  });
  onTestFinished(() => discord.destroy());
  const ready = new Promise<Client<true>>((resolve) => discord.once("clientReady", resolve));
  await discord.login(token);
  return await ready;
}

/** The next event of this kind of discord.js. */
export function next<T>(listen: (resolve: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve) => listen(resolve));
}
