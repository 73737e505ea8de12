import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AccountStatus,
  type Agent,
  type AgentLike,
  type Clock,
  type ConnectorRuntime,
  createConnectorRuntime,
  type Logger,
  type RuntimeEvent,
  type RuntimeLimits,
  type Turn,
} from "@elizaos/connector-core";
import { onTestFinished, vi } from "vitest";
import {
  startToyPlatform,
  type ToyAccount,
  type ToyPlatform,
  type ToyPlatformOptions,
  toy,
} from "../src/toy/index.js";

export const SECRET = "toy-webhook-secret";

export interface BenchOptions {
  readonly platform?: ToyPlatformOptions;
  /** Account names; `default` is always the first. */
  readonly accounts?: readonly string[];
  /** Base fields of `connectors.toy`. Default: open to everybody. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly agent?: AgentLike;
  readonly clock?: Clock;
  readonly limits?: Partial<RuntimeLimits>;
}

export const OPEN = { dmPolicy: "open", allowFrom: ["*"], groupPolicy: "open" };

interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

/** A toy platform and a runtime with the toy connector on it, state on disk, webhooks over HTTP. All ends with the test. */
export class Bench {
  readonly platform: ToyPlatform;
  /** Every turn that the agent was given. */
  readonly turns: Turn[] = [];
  readonly events: RuntimeEvent[] = [];
  readonly logs: LogLine[] = [];
  readonly webhookUrl: string;
  #options: BenchOptions;
  readonly #stateDir: string;
  #runtime: ConnectorRuntime | undefined;

  private constructor(options: BenchOptions, platform: ToyPlatform, stateDir: string, webhookUrl: string) {
    this.#options = options;
    this.platform = platform;
    this.#stateDir = stateDir;
    this.webhookUrl = webhookUrl;
  }

  static async start(options: BenchOptions = {}): Promise<Bench> {
    const platform = await startToyPlatform({
      ...options.platform,
      ...(options.clock && { clock: options.clock }),
    });
    const stateDir = await mkdtemp(join(tmpdir(), "toy-bench-"));
    let bench: Bench | undefined;
    const server = createServer((request, response) => void bench?.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    bench = new Bench(options, platform, stateDir, `http://127.0.0.1:${port}/toy`);
    onTestFinished(async () => {
      await bench?.stop();
      server.closeAllConnections();
      server.close();
      await platform.close();
      await rm(stateDir, { recursive: true });
    });
    await bench.run();
    return bench;
  }

  /** Like `start`, with events coming by webhook. */
  static async withWebhook(options: BenchOptions = {}): Promise<Bench> {
    const bench = await Bench.start({
      ...options,
      config: { ...OPEN, transport: "webhook", webhookSecret: SECRET, ...options.config },
    });
    await bench.platform.webhook.register({ url: bench.webhookUrl, secret: SECRET });
    return bench;
  }

  get runtime(): ConnectorRuntime {
    if (this.#runtime === undefined) throw new Error("The runtime is not running");
    return this.#runtime;
  }

  account(name = "default"): ToyAccount {
    return this.platform.account(name);
  }

  status(account = "default"): AccountStatus {
    const found = this.runtime.status().find((each) => each.account === account);
    if (found === undefined) throw new Error(`No account ${account}`);
    return found;
  }

  async run(): Promise<void> {
    const {
      accounts = ["default"],
      config = OPEN,
      agent = (turn: Turn) => `You said: ${turn.text}`,
      clock,
      limits,
    } = this.#options;
    const given: Agent = typeof agent === "function" ? { history: "ours", run: agent } : agent;
    const tokens = Object.fromEntries(accounts.map((name) => [name, { token: this.account(name).token }]));
    this.#runtime = await createConnectorRuntime({
      connectors: [toy],
      config: { connectors: { toy: { apiRoot: this.platform.url, ...config, accounts: tokens } } },
      agent: {
        history: given.history,
        run: (turn, options) => {
          this.turns.push(turn);
          return given.run(turn, options);
        },
        observe: (notice) => given.observe?.(notice),
      },
      stateDir: this.#stateDir,
      durability: "process",
      log: this.#log(),
      random: () => 0,
      onEvent: (event) => this.events.push(event),
      ...(clock && { clock }),
      ...(limits && { limits }),
    });
    await this.#runtime.start();
  }

  async stop(): Promise<void> {
    await this.#runtime?.stop();
    this.#runtime = undefined;
  }

  /** Ends the runtime and starts one on the same state, changed as given. */
  async restart(changes: Pick<BenchOptions, "accounts" | "config"> = {}): Promise<void> {
    await this.stop();
    this.#options = { ...this.#options, ...changes };
    await this.run();
  }

  /** Resolves when a send was answered at this time of the clock; turned earlier, the clock would end the call. */
  async sent(clock: Clock): Promise<void> {
    await vi.waitFor(() => {
      if (this.status().lastOutbound !== clock.now())
        throw new Error("No send has been answered at this time");
    });
  }

  /** The newest pairing code that was given out. */
  async code(): Promise<string> {
    return vi.waitFor(() => {
      const request = this.events.findLast((event) => event.type === "pairing-request");
      if (request === undefined) throw new Error("Nobody asked to be paired");
      return request.code;
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const answer = await this.#runtime
      ?.webhook({
        method: request.method ?? "",
        url: request.url ?? "",
        headers,
        body: Buffer.concat(chunks),
      })
      .catch((error: unknown) => ({ status: 500, headers: {}, body: String(error) }));
    response.writeHead(answer?.status ?? 503, answer?.headers);
    response.end(answer?.body);
  }

  #log(): Logger {
    const at = (level: string) => (fields: object, message: string) =>
      void this.logs.push({ level, fields, message });
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }
}

/** Something that tests hold shut until they open it. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
