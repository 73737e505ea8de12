import {
  AdminDoor,
  Journal,
  ManualClock,
  pause,
  SimulatorServer,
  Watch,
} from "@elizaos/connector-simulators/kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { refusal } from "./support.js";

describe("ManualClock", () => {
  it("calls back in order, each at its own time, what callbacks start included", async () => {
    const clock = new ManualClock(1_000);
    const log: string[] = [];
    clock.after(20, () => log.push(`b ${clock.now()}`));
    clock.after(10, () => {
      log.push(`a ${clock.now()}`);
      clock.after(5, () => log.push(`c ${clock.now()}`));
    });
    const cancel = clock.after(12, () => log.push("cancelled"));
    cancel();
    await clock.advance(30);
    expect(log).toEqual(["a 1010", "c 1015", "b 1020"]);
    expect([clock.now(), clock.waiting]).toEqual([1_030, 0]);
  });

  it("pauses end early when aborted", async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const paused = pause(clock, 1_000, stop.signal);
    stop.abort();
    await paused;
    expect(clock.waiting).toBe(0);
  });
});

describe("Journal", () => {
  const journal = (limit = 3) => {
    const watch = new Watch();
    return {
      watch,
      journal: new Journal<{ n: number; done?: boolean }>({
        watch,
        limit,
        describe: ({ n }) => `entry ${n}`,
      }),
    };
  };

  it("keeps the last entries and counts the others", () => {
    const { journal: kept } = journal();
    for (let n = 1; n <= 5; n += 1) kept.add({ n });
    expect([kept.all(), kept.dropped]).toEqual([[{ n: 3 }, { n: 4 }, { n: 5 }], 2]);
  });

  it("waits for entries past and future, or for the next only, and for their completion", async () => {
    const { journal: kept } = journal();
    const first = { n: 1, done: false };
    kept.add(first);
    expect(await kept.waitFor(({ n }) => n === 1)).toBe(first);
    const next = kept.next();
    const done = kept.waitFor((entry) => entry.done === true);
    kept.add({ n: 2 });
    expect(await next).toEqual({ n: 2 });
    first.done = true;
    kept.changed();
    expect(await done).toBe(first);
  });

  it("shows its last lines when a wait ends in vain, and ends waits when closed", async () => {
    const { journal: kept, watch } = journal();
    kept.add({ n: 7 });
    expect(await refusal(kept.waitFor(({ n }) => n === 8, { timeoutMs: 1 }))).toContain("entry 7");
    const waiting = refusal(kept.next());
    watch.close("over");
    expect(await waiting).toBe("over");
    expect(await refusal(kept.next())).toBe("over");
  });
});

describe("SimulatorServer", () => {
  it("is enough for another platform: routes, faults, admin door, its own form of refusal", async () => {
    const server = await SimulatorServer.start();
    onTestFinished(() => server.close());
    new AdminDoor(server);
    server.app.post("/messages", (c) =>
      server.answer(c, {
        target: { method: "post" },
        work: async () => Response.json({ id: 1 }),
        refuse: ({ status }) => Response.json({ code: status }, { status }),
      }),
    );
    const send = () => fetch(`${server.url}/messages`, { method: "POST" });
    expect(await (await send()).json()).toEqual({ id: 1 });
    await fetch(`${server.url}/_sim/faults`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ kind: "flood", retryAfterSeconds: 1 }),
    });
    expect(await (await send()).json()).toEqual({ code: 429 });
  });

  it("says when its port is taken", async () => {
    const server = await SimulatorServer.start();
    onTestFinished(() => server.close());
    expect(await refusal(SimulatorServer.start({ port: server.port }))).toContain(
      "another program listens there",
    );
  });
});
