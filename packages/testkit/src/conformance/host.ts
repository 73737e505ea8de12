import type { Connector } from "@elizaos/connector-core";
import {
  type AccountStatus,
  type Agent,
  type AgentLike,
  type AgentNotice,
  type Clock,
  type ConnectorRuntime,
  createConnectorRuntime,
  type Logger,
  type RuntimeEvent,
  type RuntimeOptions,
  type Turn,
} from "@elizaos/connector-core";
import { until } from "./until.js";

export interface LogLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

export interface HostOptions extends Partial<Omit<RuntimeOptions, "connectors" | "agent" | "config">> {
  readonly connector: Connector;
  /** The connector's whole block. */
  readonly block: unknown;
  /** `connectors.defaults` of the config. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Default: says back what it heard. */
  readonly agent?: AgentLike;
  readonly stateDir: string;
  readonly clock?: Clock;
}

/** A runtime with its agent, and all that was seen of both. */
export class Host {
  readonly runtime: ConnectorRuntime;
  /** Every turn that the agent was given, oldest first; a repeated attempt is one more. */
  readonly turns: readonly Turn[];
  /** What the agent learned besides. */
  readonly notices: readonly AgentNotice[];
  readonly events: readonly RuntimeEvent[];
  readonly logs: readonly LogLine[];
  readonly #connector: string;
  #stopped = false;

  private constructor(
    runtime: ConnectorRuntime,
    connector: string,
    seen: Pick<Host, "turns" | "notices" | "events" | "logs">,
  ) {
    this.runtime = runtime;
    this.#connector = connector;
    this.turns = seen.turns;
    this.notices = seen.notices;
    this.events = seen.events;
    this.logs = seen.logs;
  }

  /** Makes a runtime; `runtime.start()` opens its accounts. */
  static async create({ connector, block, defaults, agent, ...options }: HostOptions): Promise<Host> {
    const seen: { turns: Turn[]; notices: AgentNotice[]; events: RuntimeEvent[]; logs: LogLine[] } = {
      turns: [],
      notices: [],
      events: [],
      logs: [],
    };
    const given = wholeAgent(agent ?? ((turn) => `You said: ${turn.text}`));
    const runtime = await createConnectorRuntime({
      connectors: [connector],
      config: { connectors: { ...(defaults && { defaults }), [connector.manifest.id]: block } },
      agent: {
        history: given.history,
        run: (turn, run) => {
          seen.turns.push(turn);
          return given.run(turn, run);
        },
        observe: (notice) => {
          seen.notices.push(notice);
          return given.observe?.(notice);
        },
      },
      durability: "process",
      log: logInto(seen.logs),
      random: () => 0,
      onEvent: (event) => seen.events.push(event),
      ...options,
    });
    return new Host(runtime, connector.manifest.id, seen);
  }

  /** Texts that the agent was asked to answer, oldest first. */
  texts(): string[] {
    return this.turns.map(({ text }) => text);
  }

  /** The first turn, past or future, with this text. */
  async turn(text: string): Promise<Turn> {
    return until(
      () => this.turns.find((turn) => turn.text === text),
      () => `the agent is given "${text}"; it was given ${JSON.stringify(this.texts())}. ${this.tail()}`,
    );
  }

  status(account = "default"): AccountStatus {
    const found = this.runtime
      .status()
      .find((each) => each.connector === this.#connector && each.account === account);
    if (found === undefined) throw new Error(`There is no account "${account}"`);
    return found;
  }

  /** States that an account went through, in order. */
  states(account = "default"): string[] {
    return this.events.flatMap((event) =>
      event.type === "status" && event.status.account === account ? [event.status.state] : [],
    );
  }

  /** The newest pairing code that was given out. */
  async code(): Promise<string> {
    return until(
      () => this.events.findLast((event) => event.type === "pairing-request")?.code,
      () => `a pairing code is given out. ${this.tail()}`,
    );
  }

  /** Logged warnings and errors, for the errors of waits. */
  tail(): string {
    const lines = this.logs.filter(({ level }) => level === "warn" || level === "error").slice(-4);
    return `Logged: ${lines.map(({ message, fields }) => `${message} ${printable(fields)}`).join("; ") || "no trouble"}`;
  }

  /** Once; more often does no harm. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.runtime.stop();
  }

  /** Everything that an operator could have read. */
  everything(): string {
    return [...this.logs, ...this.events, ...this.runtime.status()].map(printable).join("\n");
  }
}

function wholeAgent(agent: AgentLike): Agent {
  return typeof agent === "function" ? { history: "ours", run: agent } : agent;
}

function logInto(lines: LogLine[]): Logger {
  const at = (level: LogLine["level"]) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
    if (lines.length > 50_000) lines.shift();
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

function printable(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (!(each instanceof Error)) return each;
    return `${each.stack ?? each.message} ${each.cause === undefined ? "" : printable(each.cause)}`;
  });
}
