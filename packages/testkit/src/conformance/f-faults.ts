import type { OperationFeature } from "@elizaos/connector-core";
import type { FaultKind, FaultRule } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import { connectionChecks } from "./f-connection.js";
import { crashChecks } from "./f-crash.js";
import { lateChecks } from "./f-late.js";
import { loadChecks } from "./f-load.js";
import type { Host } from "./host.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const WAIT_SECONDS = 3;

/** What can go wrong with one call, and whether the platform did what it asked all the same. */
const FAULTS: readonly {
  readonly title: string;
  readonly rule: Pick<FaultRule, "kind"> & { status?: number };
  readonly done: boolean;
}[] = [
  { title: "500", rule: { kind: "status", status: 500 }, done: false },
  { title: "502", rule: { kind: "status", status: 502 }, done: false },
  { title: "a reset before the call is done", rule: { kind: "reset" }, done: false },
  { title: "a reset after the call is done", rule: { kind: "resetAfter" }, done: true },
  { title: "no answer, nothing done", rule: { kind: "hang" }, done: false },
  { title: "no answer, though it is done", rule: { kind: "hangAfter" }, done: true },
  { title: "half an answer", rule: { kind: "truncate" }, done: true },
];

/** F. Faults. */
export function faultChecks(subject: Subject): readonly Check[] {
  const send = subject.connector.features.operations.send;
  return [
    {
      id: "F1",
      title: "429: waits as long as the platform says, sends once; another chat goes on meanwhile",
      async run(bench) {
        const clock = await bench.stopTime();
        const [dm, other] = [bench.dm(), bench.dm(bench.bob)];
        const host = await bench.start();
        const flood = bench.platform.fault({
          kind: "flood",
          method: bench.platform.methods.send,
          chat: dm.id,
          retryAfterSeconds: WAIT_SECONDS,
        });
        await dm.says(bench.ada, "slowly");
        await flood.hit();
        const begin = clock.now();
        await other.says(bench.bob, "and me?");
        await bench.answers(other);
        expect(dm.answers()).toEqual([]);
        await bench.answers(dm, 1, { clock });
        expect(clock.now() - begin).toBeGreaterThanOrEqual(WAIT_SECONDS * 1_000);
        await bench.roundTrip(host, "and now?", { clock });
        expect([dm.answers().length, flood.early]).toEqual([1, 0]);
      },
    },
    {
      id: "F1",
      title: "429: the wait is kept over a restart",
      async run(bench) {
        const clock = await bench.stopTime();
        const dm = bench.dm();
        await bench.start();
        const flood = bench.platform.fault({
          kind: "flood",
          method: bench.platform.methods.send,
          chat: dm.id,
          retryAfterSeconds: 60,
        });
        await dm.says(bench.ada, "slowly");
        await flood.hit();
        await bench.stopHosts();
        await bench.start();
        await bench.answers(dm, 1, { clock, stepMs: 500 });
        expect([dm.answers().length, flood.early]).toEqual([1, 0]);
      },
    },
    ...(send === undefined ? [] : FAULTS.map((fault) => sendCheck(fault, send))),
    ...connectionChecks(subject),
    ...crashChecks(subject),
    ...loadChecks(subject),
    ...lateChecks(subject),
  ];
}

/** F2. The outcome of a call that was cut off is settled as the connector declares. */
function sendCheck({ title, rule, done }: (typeof FAULTS)[number], feature: OperationFeature): Check {
  return {
    id: "F2",
    title: `${title}: the answer is sent again with back-off, doubled or held as declared`,
    async run(bench) {
      const clock = await bench.stopTime();
      const host = await bench.start();
      const dm = bench.dm();
      const fault = bench.platform.fault({ ...faultRule(rule), method: bench.platform.methods.send });
      await dm.says(bench.ada, "are you sure?");
      await fault.hit();
      const outcome = await until(
        () => settled(host),
        () => `the answer is settled. ${host.tail()}`,
        // A call that is never answered is given up when its time is over, which takes hundreds of looks.
        { clock, timeoutMs: 15_000 },
      );
      await bench.roundTrip(host, "still there?", { clock });
      expectOutcome(bench, { outcome, done, feature, answers: dm.answers().length });
    },
  };
}

function faultRule({
  kind,
  status = 500,
}: {
  readonly kind: FaultKind;
  readonly status?: number;
}): FaultRule {
  switch (kind) {
    case "status":
      return { kind, status };
    case "flood":
      return { kind, retryAfterSeconds: WAIT_SECONDS };
    case "delay":
      return { kind, ms: 1_000 };
    default:
      return { kind };
  }
}

export interface Outcome {
  readonly state: "done" | "failed";
  /** A call that may have arrived was made again. */
  readonly uncertain: boolean;
  /** Calls of the part that was in doubt. */
  readonly attempts: number;
}

/** What became of the newest event's answer, once that is final. */
export async function settled(host: Host): Promise<Outcome | undefined> {
  const [operation] = (await host.runtime.why("last"))?.operations ?? [];
  if (operation === undefined || operation.state === "open") return undefined;
  return {
    state: operation.state === "done" ? "done" : "failed",
    uncertain: operation.parts.some(({ uncertain }) => uncertain),
    attempts: Math.max(...operation.parts.map(({ attempts }) => attempts)),
  };
}

export function expectOutcome(
  { connector }: Pick<Bench, "connector">,
  {
    outcome,
    done,
    feature: { idempotency, onUnknown },
    answers,
  }: {
    readonly outcome: Outcome;
    readonly done: boolean;
    readonly feature: OperationFeature;
    readonly answers: number;
  },
): void {
  const about = `${connector.manifest.id}: ${JSON.stringify(outcome)}, ${answers} answers`;
  // Whatever is in doubt must not be called sure: a double or a gap shows as such.
  if (outcome.state === "failed") {
    expect(onUnknown, about).toBe("hold");
    expect(idempotency.mode, about).toBe("none");
    expect(answers, about).toBe(done ? 1 : 0);
    return;
  }
  expect(answers, about).toBeGreaterThanOrEqual(1);
  if (idempotency.mode !== "none" || !done) expect(answers, about).toBe(1);
  expect(answers, about).toBeLessThanOrEqual(2);
  if (answers === 2) expect(outcome.uncertain, about).toBe(true);
}
