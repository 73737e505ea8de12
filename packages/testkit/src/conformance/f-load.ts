import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { expect } from "vitest";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const BACKLOG = 10_000;
const CHATS = 20;
/** What the process may grow by while it works through the backlog: the simulator, the agent's notes and all. */
const GROWTH_BYTES = 400 * 1_024 * 1_024;
const HOUR_MS = 3_600_000;
/** No other work of the process waits longer for a store that is locked. */
const STALL_MS = 250;
const ROOM_BYTES = 1_024 * 1_024;
/** UTF-16 units of a text that people write on most platforms. */
const LONG = 3_000;
/** UTF-16 units of text that do not fit into it. */
const MORE_THAN_ROOM = 900_000;

/** F6 and F7: much at once, and a store that takes nothing. */
export function loadChecks({ connector }: Subject): readonly Check[] {
  const { transport } = connector.features;
  return [
    {
      id: "F6",
      title: `${BACKLOG} events while away: all handled once, in order per session, before what comes live, in bounded memory`,
      alone: true,
      timeoutMs: 90_000,
      async run(bench) {
        const first = await bench.start({ agent: () => ({ type: "silent" }) });
        await bench.platform.receives(bench.account);
        await first.stop();
        const people = Array.from({ length: CHATS }, (_, index) => bench.platform.person(`Person ${index}`));
        const dms = people.map((person) => bench.dm(person));
        for (let count = 0; count < BACKLOG; count++) {
          const place = count % CHATS;
          const person = people[place];
          if (person !== undefined) await dms[place]?.says(person, `${Math.floor(count / CHATS)}`);
        }
        const before = process.memoryUsage().rss;
        let most = before;
        const heard = new Map<string, string[]>();
        await bench.start({
          agent: ({ session, text }) => {
            const texts = heard.get(session) ?? [];
            heard.set(session, texts);
            texts.push(text);
            return { type: "silent" };
          },
        });
        for (const [place, person] of people.entries()) await dms[place]?.says(person, "live");
        const total = () => [...heard.values()].reduce((sum, texts) => sum + texts.length, 0);
        const expected = transport.class === "lossy" ? CHATS : BACKLOG + CHATS;
        await until(
          () => {
            most = Math.max(most, process.memoryUsage().rss);
            return total() >= expected;
          },
          () => `all events are handled; ${total()} were`,
          { timeoutMs: 75_000 },
        );
        const all = [...Array.from({ length: BACKLOG / CHATS }, (_, index) => `${index}`), "live"];
        for (const texts of heard.values())
          expect(texts).toEqual(transport.class === "lossy" ? ["live"] : all);
        expect(most - before).toBeLessThan(GROWTH_BYTES);
      },
    },
    {
      id: "F6",
      title: "what is too old to be answered expires, and says so",
      async run(bench) {
        const clock = await bench.stopTime();
        const host = await bench.start();
        await bench.platform.receives(bench.account);
        const dm = bench.dm();
        // Some platforms list nobody's private chats: what came in an unknown one cannot be read later.
        await dm.says(bench.ada, "before that");
        await bench.answers(dm, 1, { clock });
        await bench.stopHosts();
        await dm.says(bench.ada, "long ago");
        await clock.advance(2 * HOUR_MS);
        const later = await bench.start({ limits: { eventMaxAgeMs: HOUR_MS } });
        if (transport.class !== "lossy") {
          const fate = () => later.runtime.why("last").then((found) => found?.event.decision.fate);
          await until(async () => (await fate()) === "expired", "it expires", { clock });
        }
        await bench.roundTrip(later, "and now?", { clock });
        expect([...host.texts(), ...later.texts()]).not.toContain("long ago");
      },
    },
    {
      id: "F7",
      title: "a locked store: nothing is lost, the event loop stays free, it recovers",
      alone: true,
      async run(bench) {
        const host = await bench.start();
        await bench.roundTrip(host);
        const database = new DatabaseSync(join(bench.stateDir, "connectors.sqlite"));
        bench.after(() => database.close());
        database.exec("BEGIN IMMEDIATE");
        const dm = bench.dm();
        await dm.says(bench.ada, "are you stuck?");
        let longest = 0;
        await until(() => {
          const before = performance.now();
          setImmediate(() => {
            longest = Math.max(longest, performance.now() - before);
          });
          return host.events.some((event) => event.type === "store" && event.trouble !== undefined);
        }, "the trouble is told");
        expect(host.texts()).not.toContain("are you stuck?");
        database.exec("ROLLBACK");
        await bench.answers(dm);
        expect(host.texts().filter((text) => text === "are you stuck?")).toHaveLength(1);
        expect(longest).toBeLessThan(STALL_MS);
      },
    },
    {
      id: "F7",
      title: "a full store: nothing accepted is lost, and what was not is answered when there is room",
      alone: true,
      timeoutMs: 40_000,
      async run(bench) {
        const path = join(bench.stateDir, "connectors.sqlite");
        const store = (maxBytes?: number) =>
          openSqliteStore({ path, durability: "process", ...(maxBytes !== undefined && { maxBytes }) });
        // With room for the number before it.
        const length = (bench.platform.longestText ?? LONG) - 10;
        const asked = Array.from(
          { length: Math.ceil(MORE_THAN_ROOM / length) },
          (_, index) => `${index} ${"x".repeat(length)}`,
        );
        const agent = () => ({ type: "silent" }) as const;
        const host = await bench.start({ store: await store(ROOM_BYTES), agent });
        await bench.platform.receives(bench.account);
        const dm = bench.dm();
        for (const text of asked) await dm.says(bench.ada, text);
        const full = () => host.events.some((event) => event.type === "store" && event.trouble !== undefined);
        await until(full, () => `the trouble is told. ${host.tail()}`);
        await host.stop();
        const roomy = await bench.start({ store: await store(), agent });
        const answered = () => new Set([...host.texts(), ...roomy.texts()]);
        await until(
          () => asked.every((text) => answered().has(text)),
          () => `all are handled; ${answered().size} of ${asked.length} were. ${roomy.tail()}`,
          { timeoutMs: 20_000 },
        );
      },
    },
  ];
}
