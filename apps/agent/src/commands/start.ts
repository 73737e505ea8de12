import type { AccountStatus, RuntimeEvent } from "@elizaos/connector-core";
import { chooseBrain } from "../brain/choose.js";
import {
  type ConfigOptions,
  canRun,
  loadPlan,
  type Plan,
  planProblems,
  unavailableConnectors,
} from "../config/load.js";
import { openHost, stopHost } from "../host.js";
import { createLog, type Logger } from "../log.js";
import {
  DEFAULT_PORT,
  DEFAULT_WEBHOOK_BIND,
  DEFAULT_WEBHOOK_PORT,
  readSettings,
  type Settings,
} from "../settings.js";
import { untilStopSignal } from "../signals.js";
import { prepareStateDir } from "../state-dir.js";
import { createPairingPrompt, describeStranger, type PairingPrompt } from "../terminal/pairing-prompt.js";
import { showLines } from "../terminal/show.js";
import { hasColors } from "../terminal/style.js";
import { oneLine } from "../text.js";
import { UserError } from "../user-error.js";
import { version } from "../version.js";

/** `milady start`: runs until a signal stops it. */
export async function start(options: ConfigOptions): Promise<void> {
  const settings = readSettings(process.env, process.cwd());
  const plan = await loadPlan(options, settings);
  if (plan.connectors.every(({ mentioned }) => !mentioned)) {
    const { runDemo } = await import("../demo/run.js");
    return await runDemo(settings, options);
  }
  const problems = planProblems(plan);
  if (problems.length > 0 && !canRun(plan)) throw new UserError(problems);
  await run(plan, settings);
}

async function run(plan: Plan, settings: Settings): Promise<void> {
  const log = createLog({
    level: settings.logLevel ?? "info",
    format: settings.logFormat,
    redactor: plan.redactor,
    stream: process.stdout,
  });
  const stateWarning = prepareStateDir(settings.stateDir);
  const stopping = new AbortController();
  const stopped = untilStopSignal().then((signal) => {
    stopping.abort();
    return signal;
  });
  const prompt = createPairingPrompt(
    () => host.runtime,
    (line) => process.stdout.write(`${line}\n`),
    stopping.signal,
  );
  const { agent, description } = chooseBrain(plan, log);
  const host = await openHost({
    plan,
    stateDir: settings.stateDir,
    port: settings.port ?? DEFAULT_PORT,
    webhooks: {
      port: settings.webhookPort ?? DEFAULT_WEBHOOK_PORT,
      bind: settings.webhookBind ?? DEFAULT_WEBHOOK_BIND,
    },
    agent,
    log,
    onEvent: createTeller(log, prompt),
  });
  log.info(
    {
      health: host.healthUrl,
      ...(host.webhookUrl && { webhooks: host.webhookUrl }),
      state: settings.stateDir,
      config: plan.file ?? "environment",
    },
    `milady ${version()} is running`,
  );
  log.info({}, description);
  for (const warning of [...(stateWarning === undefined ? [] : [stateWarning]), ...plan.warnings])
    log.warn({}, warning);
  for (const problem of unavailableConnectors(plan)) log.error({}, problem);
  if (!canRun(plan)) log.warn({}, `nothing is switched on: ${whyNothing(plan)}`);
  await Promise.race([host.start(), stopped]);
  await stopHost(host, await stopped, log);
}

function whyNothing({ connectors }: Plan): string {
  const reasons = connectors.flatMap(({ mentioned, enabled, reason }) =>
    mentioned && !enabled ? [reason] : [],
  );
  return reasons.length === 0 ? "every account says enabled: false" : reasons.join("; ");
}

/** Shows on the screen what an account needs a person to see; without a screen the log says so, and not what it is. */
function createShower(log: Logger): (status: AccountStatus) => void {
  const shown = new Map<string, string>();
  return ({ connector, account, show }) => {
    const where = `${connector}/${account}`;
    if (show === undefined || shown.get(where) === show.value) return;
    shown.set(where, show.value);
    if (process.stdout.isTTY !== true) {
      log.warn(
        { connector, account },
        "there is something to show that no log may hold; run milady start in a terminal",
      );
      return;
    }
    void showLines(where, show, hasColors(process.stdout)).then(
      (lines) => process.stdout.write(`${lines.join("\n")}\n`),
      (error: unknown) =>
        log.error({ connector, account, err: error }, "what is to be shown cannot be drawn"),
    );
  };
}

/** Tells the log, or the person at the terminal, what core itself does not log. */
function createTeller(log: Logger, prompt: PairingPrompt): (event: RuntimeEvent) => void {
  const states = new Map<string, string>();
  const shower = createShower(log);
  return (event) => {
    if (event.type === "status") {
      shower(event.status);
      const { connector, account, state, reason = "", mend = "" } = event.status;
      const key = `${connector}/${account}`;
      const before = states.get(key);
      states.set(key, state);
      if (state === before) return;
      if (state === "action-needed") log.warn({ connector, account }, `${reason} ${mend}`.trim());
      else if (state === "online" && before === "reconnecting")
        log.info({ connector, account }, "online again");
    } else if (event.type === "pairing-request") {
      const { connector, account, id } = event.request;
      const command = `milady pairing approve ${connector} ${id}${account === "default" ? "" : ` --account ${account}`}`;
      // By request id: the code is the stranger's proof, and logs are read by more people than it is meant for.
      if (!prompt.add(event))
        log.info(
          { connector, account },
          `${describeStranger(event.request)} asks to be let in; to allow it: ${command}`,
        );
    } else if (event.type === "approval-request") {
      const { connector, account, id, action } = event.request;
      log.info(
        { connector, account },
        `the agent asks for an approval of ${oneLine(action)}; to see it: milady approvals list, to allow it: milady approvals approve ${id}`,
      );
    } else if (event.type === "pairing-approved") {
      const { connector, account, sender, by } = event.approval;
      prompt.settled(connector, account, sender);
      log.info({ connector, account, sender, by }, "pairing approved");
    }
  };
}
