import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Json, OperationFeature } from "@elizaos/connector-core";
import { expect } from "vitest";
import { type Bench, OPEN } from "./bench.js";
import type { Check } from "./check.js";
import type { CrashPlan, CrashPoint } from "./crash-host.js";
import { ownCalls } from "./e-actions.js";
import { expectOutcome, settled } from "./f-faults.js";
import type { Host } from "./host.js";
import { sampleFor, sampleOf } from "./sample.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const HOST = createRequire(import.meta.url).resolve("#crash-host");
const QUESTION = "what now?";
/** Two messages of 100 at most, whatever the unit. */
const FIRST = Array.from({ length: 13 }, () => "first").join(" ");
const SECOND = Array.from({ length: 13 }, () => "second").join(" ");
const LIMIT = 100;

const POINTS: readonly { readonly point: CrashPoint; readonly title: string }[] = [
  { point: "before-accept", title: "before an event is stored: the platform still has it" },
  { point: "after-accept", title: "after an event is stored and before the platform is told" },
  { point: "during-turn", title: "while the agent answers" },
  { point: "after-commit", title: "after the answer is stored and before it is sent" },
  { point: "between-parts", title: "between the messages of an answer" },
];

/** F5: the process ends as if the power had gone. */
export function crashChecks(subject: Subject): readonly Check[] {
  const { traits, options } = subject;
  const { transport, operations } = subject.connector.features;
  const { send } = operations;
  return [
    ...POINTS.map(
      ({ point, title }): Check => ({
        id: "F5",
        title: `killed ${title}: it is answered once after the restart, or held as declared`,
        timeoutMs: 40_000,
        async run(bench) {
          await killed(bench, { point });
          const host = await restarted(bench);
          if (transport.class === "lossy" && point === "before-accept") {
            await until(() => host.status().gaps.length > 0, "the gap is recorded");
            return;
          }
          if (await isHeld(host, send)) return;
          await expectEachOnce(bench);
          expect((await host.runtime.deadLetters.list()).length).toBe(0);
        },
      }),
    ),
    ...(send === undefined
      ? []
      : [
          {
            id: "F5",
            title:
              "killed after a call and before its result is recorded: doubled, held or resolved as declared, and shown",
            timeoutMs: 40_000,
            async run(bench: Bench) {
              await killed(bench, { point: "before-record" });
              const before = bench.dm().answers().length;
              expect(before).toBe(1);
              const host = await restarted(bench);
              const outcome = await until(
                () => settled(host),
                () => `the answer is settled. ${host.tail()}`,
              );
              const first = bench
                .dm()
                .answers()
                .filter(({ text }) => text === FIRST);
              expectOutcome(bench, { outcome, done: true, feature: send, answers: first.length });
              if (outcome.state === "failed") expect(await host.runtime.deadLetters.list()).toHaveLength(1);
              else expect(bench.dm().answers().at(-1)?.text).toBe(SECOND);
            },
          },
        ]),
    traits.actions.length === 0
      ? {
          id: "F5",
          title: "actions that are not repeated after a kill",
          lack: true,
          run: async () => expect(operations.action).toBeUndefined(),
        }
      : {
          id: "F5",
          title:
            "killed after an action and before the answer: the next attempt is told what came of it, and no call is made again",
          timeoutMs: 40_000,
          async run(bench) {
            const [name = ""] = traits.actions;
            const sample = sampleOf(options, name);
            await killed(bench, { point: "after-action", action: { name, sample } });
            let calls = 0;
            let outcome: Json | undefined;
            await bench.start({
              agent: async (turn) => {
                if (turn.text !== QUESTION) return "later";
                const before = ownCalls(bench);
                outcome = await turn.act(name, sampleFor(turn, sample));
                calls = ownCalls(bench) - before;
                return "done";
              },
            });
            await until(
              () => outcome !== undefined,
              () => `the action is asked for again; there is ${JSON.stringify(bench.dm().answers())}`,
              { timeoutMs: 15_000 },
            );
            expect(calls).toBe(0);
          },
        },
  ];
}

/** One message, and a process that dies at this point of its way. */
async function killed(bench: Bench, { point, action }: Pick<CrashPlan, "point" | "action">): Promise<void> {
  const { connector, subject, account } = bench;
  const plan: CrashPlan = {
    module: subject.options.module ?? connector.manifest.package,
    connector: connector.manifest.id,
    block: {
      ...OPEN,
      ...subject.options.config,
      textChunkLimit: LIMIT,
      accounts: { default: account.config },
    },
    database: join(bench.stateDir, "connectors.sqlite"),
    text: `${FIRST}\n\n${SECOND}`,
    point,
    ...(action && { action }),
  };
  // Secrets go by the environment: arguments can be read by everybody on the machine.
  const child = spawn(process.execPath, [HOST], {
    env: { ...process.env, CRASH_PLAN: JSON.stringify(plan) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed: string[] = [];
  const keep = (chunk: Buffer) => void printed.push(chunk.toString().slice(0, 2_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let ended: { readonly code: number | null; readonly signal: string | null } | undefined;
  child.once("exit", (code, signal) => {
    ended = { code, signal };
  });
  bench.after(() => child.kill("SIGKILL"));
  const tell = () => `the process starts and dies at ${point}; it printed ${printed.join("").slice(-2_000)}`;
  await until(() => printed.join("").includes("started") || ended, tell, { timeoutMs: 15_000 });
  await bench.dm().says(bench.ada, QUESTION);
  const end = await until(() => ended, tell, { timeoutMs: 15_000 });
  expect(end, tell()).toEqual({ code: null, signal: "SIGKILL" });
}

function restarted(bench: Bench) {
  return bench.start({
    agent: () => ({ type: "message", text: `${FIRST}\n\n${SECOND}` }),
    config: { textChunkLimit: LIMIT },
  });
}

/**
 * A call is announced in the commit before it, so that a process which dies between the two leaves a doubt. Where nothing can
 * tell and the connector says `hold`, the operator is asked.
 */
async function isHeld(host: Host, send: OperationFeature | undefined): Promise<boolean> {
  if (send?.idempotency.mode !== "none" || send.onUnknown !== "hold") return false;
  const outcome = await until(
    () => settled(host),
    () => `the answer is settled. ${host.tail()}`,
  );
  if (outcome.state === "done") return false;
  expect(await host.runtime.deadLetters.list()).toHaveLength(1);
  return true;
}

async function expectEachOnce(bench: Bench): Promise<void> {
  const dm = bench.dm();
  await until(
    () => dm.answers().some(({ text }) => text === SECOND),
    () => `the answer is complete; there is ${JSON.stringify(dm.answers().map(({ text }) => text))}`,
    { timeoutMs: 15_000 },
  );
  // Whoever asked last is answered last; what was doubled would stand there by then.
  await bench.roundTrip(bench.current());
  expect(dm.answers().map(({ text }) => text)).toEqual([FIRST, SECOND]);
}
