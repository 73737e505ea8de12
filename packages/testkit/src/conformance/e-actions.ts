import { type ActionInfo, ConnectorError, type Json, type Turn } from "@elizaos/connector-core";
import { expect } from "vitest";
import type { Bench, StartOptions } from "./bench.js";
import type { Check } from "./check.js";
import type { Host } from "./host.js";
import { preparedSample, sampleFor } from "./sample.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** What the agent says when it has acted. */
const ANSWER = "That is it";
/** Fits no action's schema. */
const NONSENSE = { "no such field": { at: ["all"] } };

/** E7: what an agent may do besides answering. Core's own actions, `config.*`, are checked with `configWrites`. */
export function actionChecks({ connector, traits, options }: Subject): readonly Check[] {
  if (traits.actions.length === 0) {
    return [
      {
        id: "E7",
        title: "actions; one that does not exist is refused",
        lack: true,
        async run(bench) {
          const { offered, outcome } = await acting(bench, (turn) => turn.act("no.such.action", {}));
          expect(offered).toEqual([]);
          expect(outcome).toBe("rejected");
          expect(Object.keys(connector.capabilities ?? {})).toEqual([]);
        },
      },
    ];
  }
  return [
    {
      id: "E7",
      title: "every action says what it is for and what it takes",
      async run(bench) {
        const { offered } = await acting(bench, async () => null);
        for (const { name, description, input } of offered) {
          expect(description, name).toMatch(/\w{3}/);
          expect(input, name).toMatchObject({ type: "object", properties: expect.any(Object) });
        }
      },
    },
    ...["no.such.action", ...traits.actions].map(
      (name): Check => ({
        id: "E7",
        title: `${name} with input that it does not take is refused before any call`,
        async run(bench) {
          const { outcome, calls } = await acting(bench, (turn) => turn.act(name, NONSENSE));
          expect({ outcome, calls }).toEqual({ outcome: "rejected", calls: 0 });
        },
      }),
    ),
    ...traits.actions.map(
      (name): Check => ({
        id: "E7",
        title: `${name} works, and does what it does once`,
        async run(bench) {
          const { outcome, calls } = await acting(bench, async (turn) => {
            await turn.act(name, await preparedSample(turn, options, name));
            return null;
          });
          expect(outcome).toBe("done");
          expect(calls).toBeGreaterThanOrEqual(1);
        },
      }),
    ),
    ...Object.keys(connector.capabilities ?? {}).map(
      (flag): Check => ({
        id: "E7",
        title: `the actions of the flag ${flag} are gone when it is off, and cannot be done`,
        async run(bench) {
          const others = Object.keys(connector.capabilities ?? {}).filter((each) => each !== flag);
          const { offered } = await acting(bench, async () => null, { config: { capabilities: others } });
          const kept = offered.map(({ name }) => name);
          const gone = traits.actions.filter((name) => !kept.includes(name));
          expect(gone.length).toBeGreaterThan(0);
          for (const name of gone) {
            const { outcome } = await acting(
              bench,
              (turn) => turn.act(name, sampleFor(turn, options.actions?.[name] ?? {})),
              {
                config: { capabilities: others },
              },
            );
            expect(outcome).toBe("rejected");
          }
        },
      }),
    ),
  ];
}

/** The connector's own actions that a turn offers. */
export function ownActions({ actions }: Turn): readonly ActionInfo[] {
  return actions.filter(({ name }) => !name.startsWith("config."));
}

/** One turn in which the agent does this: what it was offered, what came of it, and how many calls it took. */
async function acting(bench: Bench, act: (turn: Turn) => Promise<Json>, options: StartOptions = {}) {
  await bench.stopHosts();
  let offered: readonly ActionInfo[] = [];
  let outcome: string | undefined;
  let calls = 0;
  const host = await bench.start({
    ...options,
    agent: async (turn) => {
      if (outcome !== undefined) return `${ANSWER} before`;
      offered = ownActions(turn);
      const before = ownCalls(bench);
      outcome = await act(turn).then(
        () => "done",
        (error: unknown) => (ConnectorError.isInstance(error) ? error.code : String(error)),
      );
      calls = ownCalls(bench) - before;
      return ANSWER;
    },
  });
  await turnOver(bench, host);
  return { offered, outcome, calls };
}

/** Says something and waits for the answer, beside which the action may have sent something as well. */
async function turnOver(bench: Bench, host: Host): Promise<void> {
  const dm = bench.dm();
  const before = dm.answers().length;
  await dm.says(bench.ada, "do it");
  await until(
    () =>
      dm
        .answers()
        .slice(before)
        .some(({ text }) => text.startsWith(ANSWER)),
    () => `the turn is over. ${host.tail()}`,
  );
}

/** Calls without those that come whenever they like: what receives, shows typing, or keeps things up. */
export function ownCalls({ platform }: Bench): number {
  const { receive, typing, upkeep = [] } = platform.methods;
  const others = new Set([receive, typing, ...upkeep]);
  return platform.calls().filter(({ method }) => !others.has(method)).length;
}
