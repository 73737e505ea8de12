import { ConnectorError, type Json, systemClock, type Turn } from "@elizaos/connector-core";
import type { DiscordSimulatorOptions, Speaker } from "@elizaos/connector-simulators/discord";
import { type ManualClock, Watch } from "@elizaos/connector-simulators/kit";
import { type HostOptions, letTimePass, simulate, started } from "./harness.js";

/** What came of an action: what it gave back, or the error's kind, text and mend. */
export type Outcome = { readonly result: Json } | { readonly error: string };

export interface ActingOptions extends Pick<HostOptions, "owners"> {
  /** May depend on the id of the channel. */
  readonly config?: object | ((channel: string) => object);
  readonly clock?: ManualClock;
  readonly simulator?: DiscordSimulatorOptions;
  /** Ada's id. */
  readonly id?: string;
}

/** Every gate open or shut. */
export function gates(isOn: boolean): Record<string, boolean> {
  return Object.fromEntries(GATES.map((gate) => [gate, isOn]));
}

const GATES = [
  "reactions",
  "stickers",
  "emojiUploads",
  "stickerUploads",
  "polls",
  "permissions",
  "messages",
  "threads",
  "pins",
  "search",
  "memberInfo",
  "roleInfo",
  "roles",
  "channelInfo",
  "voiceStatus",
  "events",
  "moderation",
  "channels",
  "presence",
];

/** A server with Ada, who owns it, and Bob; and a host whose agent does what the test says, when somebody writes to it. */
export async function acting({ clock, simulator, id, config, owners }: ActingOptions = {}) {
  const { sim, bot } = await simulate({ ...simulator, ...(clock && { clock }) });
  const ada = sim.user("Ada", id === undefined ? {} : { id });
  const bob = sim.user("Bob");
  const guild = sim.guild("Mills", { members: [ada, bob] });
  const channel = guild.channel("engines");
  const watch = new Watch();
  let job: { readonly name: string; readonly input: Json } | undefined;
  let outcome: Outcome | undefined;
  let turn: Turn | undefined;
  const agent = {
    history: "ours" as const,
    run: async (begun: Turn) => {
      // Other messages begin turns as well.
      if (job === undefined || !begun.text.endsWith("go")) return { type: "silent" } as const;
      const { name, input } = job;
      job = undefined;
      turn = begun;
      outcome = await begun.act(name, input).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: told(error) }),
      );
      watch.poke();
      return { type: "silent" } as const;
    },
  };
  const host = await started({
    apiRoot: sim.apiRoot,
    agent,
    clock: clock ?? systemClock,
    config: {
      requireMention: false,
      // So that all calls are those of actions.
      commands: { native: false, nativeSkills: false },
      actions: gates(true),
      ...(typeof config === "function" ? config(channel.id) : config),
    },
    ...(owners && { owners }),
  });
  const act = async (name: string, input: Json, by: Speaker = channel.from(ada)): Promise<Outcome> => {
    job = { name, input };
    outcome = undefined;
    await by.says("go");
    const done = watch.until(
      () => outcome,
      () => `${name} came to no end. ${host.lines.slice(-5).join("\n")}`,
    );
    return clock === undefined ? done : letTimePass(clock, done);
  };
  return {
    sim,
    bot,
    ada,
    bob,
    guild,
    channel,
    host,
    act,
    /** The turn that the last action was done in. */
    turn: () => turn,
    /** The bot has a role with these permissions, above those of members. */
    allows: (...permissions: readonly bigint[]) => {
      const role = guild.role("Helpers", { permissions: permissions.reduce((all, bit) => all | bit, 0n) });
      guild.gives(bot, role);
      return role;
    },
    /** The calls that change something, by their name in Discord's documentation. */
    changes: () =>
      bot
        .calls()
        .map(({ method }) => method)
        .filter((method) => CHANGE.test(method)),
  };
}

const CHANGE = /^(?:create|edit|delete|modify|add|remove|start|pin|unpin|bulk|endPoll|search)/;

/** What an action gave back; throws what it was refused with. */
export function resultOf(outcome: Outcome): Json {
  if ("error" in outcome) throw new Error(outcome.error);
  return outcome.result;
}

function told(error: unknown): string {
  if (!ConnectorError.isInstance(error)) return String(error);
  return [error.code, error.message, error.mend].filter((part) => part !== undefined).join(": ");
}
