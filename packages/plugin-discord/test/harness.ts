import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AccountStatus,
  type AgentLike,
  type Clock,
  type ConnectorRuntime,
  createConnectorRuntime,
  type RuntimeOptions,
  systemClock,
  type Turn,
} from "@elizaos/connector-core";
import {
  type BotHandle,
  type DiscordSimulator,
  type DiscordSimulatorOptions,
  startDiscordSimulator,
} from "@elizaos/connector-simulators/discord";
import type { ManualClock } from "@elizaos/connector-simulators/kit";
import { expect, onTestFinished } from "vitest";
import { discord } from "../src/index.js";

export const TOKEN = "FAKE.TOKEN.of-the-tests";

/** Runs after the test, last registered first. */
export function afterTest(cleanup: () => unknown): void {
  onTestFinished(async () => void (await cleanup()));
}

/** A simulated Discord with one bot, helper_bot. */
export async function simulate(
  options: DiscordSimulatorOptions = {},
): Promise<{ sim: DiscordSimulator; bot: BotHandle }> {
  const sim = await startDiscordSimulator(options);
  afterTest(() => sim.close());
  return { sim, bot: sim.bot({ token: TOKEN, username: "helper_bot" }) };
}

export function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "plugin-discord-"));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Host {
  readonly runtime: ConnectorRuntime;
  /** Turns that the agent was given, oldest first. */
  readonly turns: Turn[];
  /** Every line of the log. */
  readonly lines: string[];
  status(): AccountStatus;
  /** The first status, from now on or already there, that fits. */
  becomes(predicate: (status: AccountStatus) => boolean): Promise<AccountStatus>;
}

export interface HostOptions extends Pick<RuntimeOptions, "owners" | "environment" | "limits"> {
  readonly apiRoot: string;
  readonly config?: object;
  readonly clock?: Clock;
  readonly agent?: AgentLike;
  readonly stateDir?: string;
}

/** The real runtime with a real database and an agent that says back what it heard. */
export async function started(options: HostOptions): Promise<Host> {
  const {
    apiRoot,
    config = {},
    clock = systemClock,
    agent = (turn: Turn) => `You said: ${turn.text}`,
    stateDir = stateFolder(),
    ...more
  } = options;
  const turns: Turn[] = [];
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    const text = JSON.stringify(fields, (_, value) => (value instanceof Error ? value.stack : value));
    lines.push(`${level} ${message} ${text}`);
  };
  const watchers = new Set<() => void>();
  const own = typeof agent === "function" ? { history: "ours" as const, run: agent } : agent;
  const runtime = await createConnectorRuntime({
    ...more,
    connectors: [discord],
    config: {
      connectors: {
        discord: {
          token: TOKEN,
          apiRoot,
          dmPolicy: "open",
          allowFrom: ["*"],
          groupPolicy: "open",
          ...config,
        },
      },
    },
    agent: {
      ...own,
      run: (turn, run) => {
        turns.push(turn);
        return own.run(turn, run);
      },
    },
    clock,
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    onEvent: () => {
      for (const watcher of [...watchers]) watcher();
    },
    stateDir,
    durability: "process",
  });
  afterTest(async () => {
    await runtime.stop();
    expect(lines.filter((line) => line.includes(TOKEN))).toEqual([]);
  });
  await runtime.start();
  const status = () => {
    const [only] = runtime.status();
    if (only === undefined) throw new Error("there is no account");
    return only;
  };
  return {
    runtime,
    turns,
    lines,
    status,
    becomes: (predicate) =>
      new Promise((resolve) => {
        const look = () => {
          const now = status();
          if (!predicate(now)) return;
          watchers.delete(look);
          resolve(now);
        };
        watchers.add(look);
        look();
      }),
  };
}

/** Lets simulated time run, in small steps with room for the network between them, until the promise is settled. */
export async function letTimePass<T>(clock: ManualClock, until: Promise<T>): Promise<T> {
  let over = false;
  const done = () => {
    over = true;
  };
  until.then(done, done);
  while (!over) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(100);
  }
  return until;
}
