import { expect } from "vitest";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const CLOSE_LIMIT_MS = 5_000;
const PROBE_EVERY_MS = 5 * 60_000;
const STARTS = 50;

/** H. Life. */
export function lifeChecks({ connector }: Subject): readonly Check[] {
  const probes = [
    { title: "good", status: "ok", break: () => {} },
    { title: "unauthorised", status: "unauthorised", break: "revoke" },
    { title: "unreachable", status: "unreachable", break: "down" },
  ] as const;
  return [
    ...probes.map(
      ({ title, status, break: how }): Check => ({
        id: "H1",
        title: `a probe tells that the platform is ${title}`,
        async run(bench) {
          const clock = await bench.stopTime();
          const host = await bench.start();
          await bench.platform.receives(bench.account);
          if (how === "revoke") bench.account.revoke();
          if (how === "down")
            bench.platform.fault({ kind: "hang", method: bench.platform.methods.identify, times: "always" });
          const begin = clock.now();
          const isDue = () => clock.now() - begin >= PROBE_EVERY_MS;
          await until(isDue, "a probe is due", { clock, stepMs: PROBE_EVERY_MS / 10 });
          const found = await until(
            // Receiving may learn sooner than the probe that credentials are refused.
            () => {
              const { state, reason, probe } = host.status();
              return state === "failed" ? { status: "unauthorised", reason } : probe;
            },
            "the account is probed",
            // Its call has little time, and the machine may be busy.
            { clock },
          );
          expect(found.status).toBe(status);
          if (found.status !== "ok") expect(found).toHaveProperty("reason", expect.stringMatching(/./));
        },
      }),
    ),
    {
      id: "H2",
      title: "stopping ends within 5 s while the agent is at work, and the turn is answered next time",
      async run(bench) {
        const host = await bench.start({ agent: () => new Promise<string>(() => {}) });
        const dm = bench.dm();
        await dm.says(bench.ada, "still there?");
        await host.turn("still there?");
        const before = performance.now();
        await host.stop();
        expect(performance.now() - before).toBeLessThan(CLOSE_LIMIT_MS);
        await bench.start();
        expect((await bench.answers(dm)).map(({ text }) => text)).toEqual(["You said: still there?"]);
      },
    },
    {
      id: "H2",
      title: "the connection closes by itself, its receiving and its timers with it",
      async run(bench) {
        const host = await bench.start();
        await bench.platform.receives(bench.account);
        await host.stop();
        const slow = host.logs.filter(({ message }) => /did not close|closing .* failed/.test(message));
        expect(slow).toEqual([]);
        const calls = bench.platform.calls().length;
        await bench.dm().says(bench.ada, "nobody is there");
        await new Promise((resolve) => setImmediate(resolve));
        expect(bench.platform.calls().length).toBe(calls);
        expect(host.turns).toEqual([]);
      },
    },
    {
      id: "H3",
      title: `starting and stopping ${STARTS} times leaks nothing`,
      alone: true,
      timeoutMs: 60_000,
      async run(bench) {
        const rounds: number[] = [];
        for (let round = 0; round < STARTS; round++) {
          const host = await bench.start();
          expect(host.status().state).toBe("online");
          await host.stop();
          rounds.push(process.getActiveResourcesInfo().filter((name) => name !== "Immediate").length);
        }
        const [early = 0, late = 0] = [rounds[4], rounds.at(-1)];
        expect(
          late - early,
          `open handles by round: ${rounds.join(" ")}; ${connector.manifest.id}`,
        ).toBeLessThan(5);
      },
    },
  ];
}
