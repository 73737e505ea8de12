import {
  type AgentNotice,
  ConnectorError,
  type InboundEvent,
  type Json,
  systemClock,
  type Turn,
} from "@elizaos/connector-core";
import { type ManualClock, Watch } from "@elizaos/connector-simulators/kit";
import type { Speaker, TelegramSimulator, UserHandle } from "@elizaos/connector-simulators/telegram";
import { type Host, type HostOptions, letTimePass, simulate, started } from "./harness.js";

/** What came of an action: what it gave back, or the error's kind, text and mend. */
export type Outcome = { readonly result: Json } | { readonly error: string };

export interface ActingOptions extends Pick<HostOptions, "config" | "owners"> {
  readonly clock?: ManualClock;
  /** Ada's id. */
  readonly id?: number;
  readonly start?: (options: HostOptions) => Promise<Host>;
}

/** A host whose agent does what the test says, when somebody writes to it. */
export async function acting({ clock, id, start = started, ...options }: ActingOptions = {}) {
  const { sim, bot } = await simulate(clock ?? systemClock);
  const ada = sim.user("Ada", id === undefined ? {} : { id });
  const watch = new Watch();
  const events: InboundEvent[] = [];
  let job: { readonly name: string; readonly input: Json } | undefined;
  let outcome: Outcome | undefined;
  let turn: Turn | undefined;
  const agent = {
    history: "ours" as const,
    run: async (begun: Turn) => {
      turn = begun;
      const { name, input } = job ?? { name: "", input: null };
      job = undefined;
      if (name === "") return { type: "silent" } as const;
      outcome = await begun.act(name, input).then(
        (result) => ({ result }),
        (error: unknown) => ({ error: told(error) }),
      );
      watch.poke();
      return { type: "silent" } as const;
    },
    observe(notice: AgentNotice) {
      if (notice.type === "context") events.push(notice.event);
      watch.poke();
    },
  };
  const config = { requireMention: false, ...options.config };
  const host = await start({ ...options, apiRoot: sim.apiRoot, agent, config, ...(clock && { clock }) });
  return {
    sim,
    bot,
    ada,
    host,
    /** The turn that the last action was done in. */
    turn: () => turn,
    /** The next events that begin no turn. */
    learns: (count: number) =>
      watch.until(
        () => (events.length >= count ? events : undefined),
        () => `It learnt of ${events.length} events.`,
      ),
    /** Somebody writes, and the agent does this. */
    act: async (name: string, input: Json, by: Speaker = ada.with(bot)): Promise<Outcome> => {
      job = { name, input };
      outcome = undefined;
      await by.says("go");
      const done = watch.until(
        () => outcome,
        () => `${name} came to no end. ${host.log.lines.slice(-5).join("\n")}`,
      );
      return clock === undefined ? done : letTimePass(clock, done);
    },
  };
}

/** A group with the bot, Ada and Bob in it. */
export function groupOf(sim: TelegramSimulator, ada: UserHandle, forum = false) {
  const bob = sim.user("Bob");
  const group = sim.group("Engines", { members: [ada, bob], supergroup: true, forum });
  return { group, bob };
}

function told(error: unknown): string {
  if (!ConnectorError.isInstance(error)) return String(error);
  return [error.code, error.message, error.mend].filter((part) => part !== undefined).join(": ");
}
