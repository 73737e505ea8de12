import { expect } from "vitest";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** F3 and F4: the connection is lost, or its credentials are. */
export function connectionChecks({ connector }: Subject): readonly Check[] {
  return [
    {
      id: "F3",
      title: "a lost connection: reconnecting, back by itself, catches up, online",
      async run(bench) {
        const clock = await bench.stopTime();
        const host = await bench.start();
        const { platform, account } = bench;
        await platform.receives(account);
        const down = platform.fault({
          kind: "status",
          status: 502,
          method: platform.methods.receive,
          times: "always",
        });
        platform.cutOff(account);
        const lost = await until(
          () => host.status().state === "reconnecting" && host.status(),
          "it says so",
          { clock },
        );
        expect(lost.reason).toMatch(/./);
        const dm = bench.dm();
        await dm.says(bench.ada, "while you were away");
        down.remove();
        if (connector.features.transport.class === "lossy") {
          await until(() => host.status().gaps.length > 0, "the gap is recorded", { clock });
        } else {
          await bench.answers(dm, 1, { clock });
        }
        await until(() => host.status().state === "online", "it is online again", { clock });
        await bench.roundTrip(host, "and now?", { clock });
        expect(host.states().filter((state) => state === "failed")).toEqual([]);
      },
    },
    {
      id: "F3",
      title: "a connection that stays open and says nothing is noticed",
      async run(bench) {
        const clock = await bench.stopTime();
        const host = await bench.start();
        const { platform, account } = bench;
        await platform.receives(account);
        platform.cutOff(account, true);
        const dm = bench.dm();
        await dm.says(bench.ada, "can you hear me?");
        const patience = { clock, stepMs: 500, timeoutMs: 15_000 };
        if (connector.features.transport.class === "lossy")
          await until(() => host.status().gaps.length > 0, "the gap is recorded", patience);
        else await bench.answers(dm, 1, patience);
        await until(() => host.status().state === "online", "it is online", { clock });
      },
    },
    {
      id: "F4",
      title: "credentials that are revoked while online: stops, says why and how to mend it",
      async run(bench) {
        const clock = await bench.stopTime();
        const host = await bench.start();
        const { platform, account } = bench;
        await platform.receives(account);
        account.revoke();
        platform.cutOff(account);
        await until(
          () => host.status().state === "failed",
          () => `it stops. ${host.tail()}`,
          { clock, stepMs: 1_000 },
        );
        expect(host.status()).toMatchObject({
          reason: expect.stringMatching(/./),
          mend: expect.stringMatching(/./),
        });
        const calls = platform.calls().length;
        await clock.advance(600_000);
        expect(platform.calls().length).toBe(calls);
      },
    },
    {
      id: "F4",
      title: "an answer that meets revoked credentials stops the account and is kept",
      async run(bench) {
        const clock = await bench.stopTime();
        const host = await bench.start({
          agent: ({ text }) => {
            bench.account.revoke();
            return `You said: ${text}`;
          },
        });
        await bench.dm().says(bench.ada, "last words");
        await until(
          () => host.status().state === "failed",
          () => `it stops. ${host.tail()}`,
          { clock, stepMs: 1_000 },
        );
        const found = await host.runtime.why("last");
        expect(found?.event.decision.fate).toBe("answered");
        expect(found?.operations.map(({ state }) => state)).not.toContain("done");
      },
    },
  ];
}
