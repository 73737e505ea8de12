import { expect } from "vitest";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { gate, until } from "./until.js";

/** F8: what comes late, and what changes meanwhile. */
export function lateChecks({ traits, connector }: Subject): readonly Check[] {
  return [
    traits.lateFailures
      ? {
          id: "F8",
          title: "a send that is reported failed later becomes a dead letter with the reason",
          async run(bench) {
            const host = await bench.start();
            const dm = bench.dm();
            await dm.says(bench.ada, "hello");
            const [answer] = await bench.answers(dm);
            if (answer === undefined) throw new Error("There is no answer");
            bench.platform.failsLater?.(answer, dm, "the phone is gone");
            const letters = await until(async () => {
              const all = await host.runtime.deadLetters.list();
              return all.length > 0 && all;
            }, "there is a dead letter");
            expect(JSON.stringify(letters)).toContain("the phone is gone");
          },
        }
      : {
          id: "F8",
          title: "the platform reports no late failures",
          lack: true,
          async run(bench) {
            const host = await bench.start();
            await bench.roundTrip(host);
            expect(await host.runtime.deadLetters.list()).toEqual([]);
          },
        },
    traits.renames
      ? {
          id: "F8",
          title: "a chat gets another id: its session, its config entries and a waiting answer go on",
          async run(bench) {
            const waiting = gate();
            const heard: (readonly string[])[] = [];
            const group = bench.group();
            const host = await bench.start({
              config: { groupPolicy: "allowlist", groupAllowFrom: [group.id], requireMention: false },
              agent: async (turn) => {
                heard.push((await turn.history()).map(({ text }) => text));
                await waiting.opened;
                return `re: ${turn.text}`;
              },
            });
            const old = group.id;
            await group.says(bench.ada, "before");
            await host.turn("before");
            group.renames?.();
            expect(group.id).not.toBe(old);
            waiting.open();
            await bench.answers(group);
            await group.says(bench.ada, "after");
            expect((await bench.answers(group, 2)).map(({ text }) => text)).toEqual([
              "re: before",
              "re: after",
            ]);
            expect(heard.at(-1)).toEqual(["before", "re: before"]);
            expect(host.turns.at(-1)?.session).not.toContain(old);
          },
        }
      : {
          id: "F8",
          title: "chats keep their ids",
          lack: true,
          run: async () => expect(traits.renames).toBe(false),
        },
    traits.aliases
      ? {
          id: "F8",
          title: "a person gets another id: the approval and the session go on",
          async run(bench) {
            const host = await bench.start({ config: { dmPolicy: "pairing", allowFrom: [] } });
            const dm = bench.dm();
            await dm.says(bench.ada, "let me in");
            await host.runtime.pairing.approve(connector.manifest.id, await host.code());
            await bench.answers(dm);
            await dm.says(bench.ada, "under the old id");
            const before = await host.turn("under the old id");
            const old = bench.ada.id;
            bench.platform.renamesPerson?.(bench.ada);
            expect(bench.ada.id).not.toBe(old);
            await dm.says(bench.ada, "under the new id");
            const after = await host.turn("under the new id");
            await bench.answers(dm, 3);
            expect(after.events[0].sender.id).toBe(bench.ada.id);
            expect((await after.history()).map(({ text }) => text)).toContain("under the old id");
            expect(before.session.replace(old, bench.ada.id)).toBe(after.session);
          },
        }
      : {
          id: "F8",
          title: "people keep their ids",
          lack: true,
          run: async () => expect(traits.aliases).toBe(false),
        },
    traits.routes
      ? {
          id: "F8",
          title: "an expired route: the answer goes another way or is a dead letter, never silently lost",
          async run(bench) {
            const waiting = gate();
            const host = await bench.start({
              agent: async ({ text }) => {
                await waiting.opened;
                return `re: ${text}`;
              },
            });
            const dm = bench.dm();
            await dm.says(bench.ada, "slow one");
            await host.turn("slow one");
            bench.platform.endRoutes?.();
            waiting.open();
            await until(
              async () => dm.answers().length === 1 || (await host.runtime.deadLetters.list()).length === 1,
              "the answer arrives or is kept",
            );
          },
        }
      : {
          id: "F8",
          title: "answers need no route",
          lack: true,
          async run(bench) {
            const host = await bench.start();
            await bench.roundTrip(host);
            expect(host.turns[0]?.events[0].address.route).toBeUndefined();
          },
        },
    traits.edits && (connector.features.events ?? []).includes("edited")
      ? {
          id: "F8",
          title: "an edit of a queued, a running or an answered message starts no second answer",
          async run(bench) {
            const waiting = gate();
            const host = await bench.start({
              agent: async ({ text }) => {
                await waiting.opened;
                return `re: ${text}`;
              },
            });
            const dm = bench.dm();
            const running = await dm.says(bench.ada, "running");
            await host.turn("running");
            const queued = await dm.says(bench.ada, "queued");
            await dm.edits?.(bench.ada, running, "running, changed");
            await dm.edits?.(bench.ada, queued, "queued, changed");
            waiting.open();
            await bench.answers(dm, 2);
            await dm.edits?.(bench.ada, running, "changed once more");
            await bench.roundTrip(host);
            expect(dm.answers()).toHaveLength(2);
            expect(host.turns).toHaveLength(3);
          },
        }
      : {
          id: "F8",
          title: "edits",
          lack: true,
          run: async () => expect(connector.features.events ?? []).not.toContain("edited"),
        },
    {
      id: "F8",
      title: "an answer to a chat that shut the account out is a dead letter, and others go on",
      async run(bench) {
        const group = bench.group();
        const host = await bench.start({
          config: { requireMention: false },
          agent: ({ text }) => {
            if (text === "the end") group.shutsOut?.(bench.account);
            return `re: ${text}`;
          },
        });
        if (group.shutsOut === undefined) throw new Error("The simulator cannot shut an account out");
        await group.says(bench.ada, "the end");
        await until(
          async () => (await host.runtime.deadLetters.list()).length === 1,
          () => `it is kept. ${host.tail()}`,
        );
        expect(group.answers()).toEqual([]);
        await bench.roundTrip(host);
      },
    },
  ];
}
