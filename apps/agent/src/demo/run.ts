import type { RuntimeEvent } from "@elizaos/connector-core";
import type { TelegramSimulator, UserHandle } from "@elizaos/connector-simulators/telegram";
import { offlineBrain } from "../brain/offline.js";
import { commandNames } from "../command-names.js";
import { DEFAULT_NAME } from "../config/character.js";
import { type ConfigOptions, canRun, loadPlan, type Plan, planProblems } from "../config/load.js";
import { type Host, openHost, stopHost } from "../host.js";
import { createLog } from "../log.js";
import type { Settings } from "../settings.js";
import { untilStopSignal } from "../signals.js";
import { temporaryStateDir } from "../state-dir.js";
import { hasTerminal } from "../terminal/keys.js";
import type { AskedPairing } from "../terminal/pairing-prompt.js";
import { Stage } from "../terminal/stage.js";
import { hasColors } from "../terminal/style.js";
import { UserError } from "../user-error.js";
import { version } from "../version.js";
import { type DemoCast, PERSON } from "./conversation.js";
import { chat } from "./interactive.js";
import { playConversation } from "./scripted.js";

const BOT_USERNAME = "milady_demo_bot";
/** Only the simulator knows it. */
const BOT_TOKEN = "100001:TOKEN-OF-THE-SIMULATED-BOT";
/** The longest that `setTimeout` can wait, in ms. */
const NO_LIMIT_MS = 2_147_483_647;

/** Runs the simulator and the real connector against it, in a state directory that is gone afterwards. */
export async function runDemo(settings: Settings, options: ConfigOptions): Promise<void> {
  const { startTelegramSimulator } = await import("@elizaos/connector-simulators/telegram");
  const sim = await startTelegramSimulator();
  const stateDir = temporaryStateDir();
  const stopping = new AbortController();
  const stopped = untilStopSignal();
  const asked = new Mailbox<AskedPairing>();
  try {
    const host = await openDemoHost(sim, stateDir, settings, options, (event) => {
      if (event.type === "pairing-request") asked.put(event);
    });
    const log = host.log;
    void stopped.then(() => stopping.abort());
    await host.start();
    const stage = new Stage({
      write: (text) => process.stdout.write(text),
      colors: hasColors(process.stdout),
      columns: process.stdout.columns,
    });
    const { milady, start } = commandNames(process.env);
    const cast: DemoCast = {
      stage,
      person: personOf(sim.user(PERSON, { username: "ada" })),
      botName: `@${BOT_USERNAME}`,
      runtime: host.runtime,
      pairingRequest: () => asked.take(),
      command: milady,
      outlook: [`Health: ${host.healthUrl}`, `Look inside: MILADY_STATE_DIR=${stateDir} ${milady} why last`],
      signal: stopping.signal,
    };
    introduce(stage);
    const playing = hasTerminal() ? chat(cast, start) : playConversation(cast, start);
    await Promise.race([playing, stopped]);
    await stopHost(host, await stopped, log);
  } finally {
    stopping.abort();
    await sim.close();
  }
}

function introduce(stage: Stage): void {
  stage.gap();
  stage.title(`milady ${version()} · demo`);
  stage.gap();
  stage.tell(
    "Nothing is configured, so this is a simulation: a Telegram server on this machine and the real Telegram connector, without any network. Nothing of it is kept.",
  );
  stage.gap();
}

async function openDemoHost(
  sim: TelegramSimulator,
  stateDir: string,
  settings: Settings,
  options: ConfigOptions,
  onEvent: (event: RuntimeEvent) => void,
): Promise<Host & { readonly log: ReturnType<typeof createLog> }> {
  const bot = sim.bot({ token: BOT_TOKEN, username: BOT_USERNAME, name: "Milady" });
  const telegram = { botToken: bot.token, apiRoot: sim.apiRoot };
  const plan: Plan = await loadPlan(
    { character: options.character, connectors: { telegram } },
    { ...settings, environment: {} },
  );
  if (!canRun(plan))
    throw new UserError(["nothing is configured, and the demo cannot run:", ...planProblems(plan)]);
  // The conversation is the output; the log tells only what goes wrong.
  const log = createLog({
    level: settings.logLevel ?? "warn",
    format: settings.logFormat,
    redactor: plan.redactor,
    stream: process.stderr,
  });
  const { name, bio } = plan.character ?? { name: DEFAULT_NAME, bio: [] };
  const agent = offlineBrain({ name, bio });
  const host = await openHost({
    plan,
    stateDir,
    port: settings.port ?? 0,
    webhooks: { port: 0, bind: "127.0.0.1" },
    agent,
    log,
    onEvent,
  });
  return { ...host, log };
}

function personOf(user: UserHandle): DemoCast["person"] {
  return {
    name: user.user.first_name,
    says: (text) => user.says(text),
    hears: async () => (await user.hears({ timeoutMs: NO_LIMIT_MS })).text ?? "",
  };
}

/** Values in order, each taken once. */
class Mailbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  put(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#values.push(value);
    else waiting(value);
  }

  take(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(value);
  }
}
