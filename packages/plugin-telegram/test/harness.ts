import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AccountStatus,
  type AgentLike,
  type Clock,
  type ConnectorRuntime,
  createConnectorRuntime,
  type Logger,
  type RuntimeEvent,
  systemClock,
  type Turn,
} from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import type { ManualClock } from "@elizaos/connector-simulators/kit";
import {
  type BotHandle,
  startTelegramSimulator,
  type TelegramSimulator,
} from "@elizaos/connector-simulators/telegram";
import { expect, onTestFinished } from "vitest";
import { telegram } from "../src/index.js";

export const TOKEN = "100001:FAKE-TOKEN-of-the-tests";

/** Runs after the test, last registered first. */
export function afterTest(cleanup: () => unknown): void {
  onTestFinished(async () => void (await cleanup()));
}

/** Keeps every line, so that a test can look for what must not be there. */
export function memoryLog(): Logger & { lines: string[] } {
  const lines: string[] = [];
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(
      `${level} ${message} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? `${value.stack}` : value))}`,
    );
  };
  return { lines, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** `DispatchContext.open` of operations without attachments. */
export const noFiles = () => Promise.reject(new Error("no operation of this test has files"));

/** A simulated Telegram with one bot, @helper_bot. */
export async function simulate(
  clock: Clock = systemClock,
): Promise<{ sim: TelegramSimulator; bot: BotHandle }> {
  const sim = await startTelegramSimulator({ clock });
  afterTest(() => sim.close());
  return {
    sim,
    bot: sim.bot({
      token: TOKEN,
      username: "helper_bot",
      name: "Helper",
      botToBot: true,
      privacyMode: false,
    }),
  };
}

export function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "plugin-telegram-"));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Host {
  readonly runtime: ConnectorRuntime;
  readonly log: { lines: string[] };
  /** Turns that the agent was given, oldest first. */
  readonly turns: Turn[];
  /** Every state that the account went through. */
  readonly states: string[];
  status(): AccountStatus;
  /** The first status, from now on or already there, that fits. */
  becomes(predicate: (status: AccountStatus) => boolean): Promise<AccountStatus>;
}

export interface HostOptions {
  readonly apiRoot: string;
  readonly config?: object;
  readonly clock?: Clock;
  readonly agent?: AgentLike;
  readonly store?: Store;
  readonly stateDir?: string;
  readonly onSecret?: (secret: string) => void;
  readonly owners?: readonly string[];
  /** The runtime answers commands itself. */
  readonly commands?: boolean;
}

/** The real runtime with a real database and an agent that says back what it heard. Not started. */
export async function host(options: HostOptions): Promise<Host> {
  const {
    apiRoot,
    config = {},
    clock = systemClock,
    agent = (turn: Turn) => `You said: ${turn.text}`,
    store,
    stateDir,
    onSecret,
    owners = [],
    commands = true,
  } = options;
  const log = memoryLog();
  const turns: Turn[] = [];
  const watchers = new Set<() => void>();
  const states: string[] = [];
  const onEvent = (event: RuntimeEvent) => {
    if (event.type === "status") states.push(event.status.state);
    for (const watcher of [...watchers]) watcher();
  };
  const answer = typeof agent === "function" ? agent : agent.run.bind(agent);
  const block = {
    botToken: TOKEN,
    apiRoot,
    dmPolicy: "open",
    allowFrom: ["*"],
    groupPolicy: "open",
    ...config,
  };
  const runtime = await createConnectorRuntime({
    connectors: [telegram],
    config: { connectors: { telegram: block } },
    agent: {
      history: "ours",
      ...(typeof agent === "function" ? {} : agent),
      run: (turn, run) => {
        turns.push(turn);
        return answer(turn, run);
      },
    },
    owners,
    commands,
    clock,
    log,
    onEvent,
    ...(onSecret === undefined ? {} : { onSecret }),
    ...(store === undefined
      ? { stateDir: stateDir ?? stateFolder(), durability: "process" as const }
      : { store }),
  });
  afterTest(async () => {
    await runtime.stop();
    expect(log.lines.filter((line) => line.includes(TOKEN) || line.includes("FAKE-TOKEN"))).toEqual([]);
  });
  const status = () => {
    const [only] = runtime.status();
    if (only === undefined) throw new Error("there is no account");
    return only;
  };
  return {
    runtime,
    log,
    turns,
    states,
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

export async function started(options: HostOptions): Promise<Host> {
  const running = await host(options);
  await running.runtime.start();
  return running;
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
