import type { EventKind } from "@elizaos/connector-core";
import type { SimulatedChat, SimulatedMessage } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import type { Host } from "./host.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

interface Notification {
  readonly kind: EventKind;
  readonly title: string;
  readonly exists: boolean;
  /** What a person does to a message. */
  readonly act: (bench: Bench, chat: SimulatedChat, message: SimulatedMessage) => Promise<void> | undefined;
  readonly expected: (message: SimulatedMessage) => object;
}

/** B4 and B5: what comes besides text. */
export function notificationChecks(subject: Subject): readonly Check[] {
  const { traits, connector } = subject;
  const brought = connector.features.events ?? [];
  const kinds: readonly Notification[] = [
    {
      kind: "edited",
      title: "an edit",
      exists: traits.edits,
      act: (bench, chat, message) => chat.edits?.(bench.ada, message, "changed"),
      expected: ({ id }) => ({ address: { message: id }, content: { text: "changed" } }),
    },
    {
      kind: "deleted",
      title: "a deletion",
      exists: traits.deletions,
      act: (bench, chat, message) => chat.deletes?.(bench.ada, message),
      expected: ({ id }) => ({ messages: [id] }),
    },
    {
      kind: "reaction",
      title: "a reaction",
      exists: traits.reactions,
      act: (bench, chat, message) => chat.reacts?.(bench.ada, message, "👍"),
      expected: ({ id }) => ({ address: { message: id }, added: ["👍"] }),
    },
  ];
  return [
    ...kinds.map((each) => (brought.includes(each.kind) ? arrives(each) : isLacking(each))),
    {
      id: "B5",
      title: "no event of a kind that is not declared exists on the platform",
      run: async () => {
        const claimed = kinds.filter(({ kind, exists }) => brought.includes(kind) && !exists);
        expect(claimed.map(({ kind }) => kind)).toEqual([]);
      },
    },
  ];
}

function arrives({ kind, title, act, expected }: Notification): Check {
  return {
    id: "B5",
    title: `${title} arrives as its event and starts no turn`,
    async run(bench) {
      const { host, message } = await said(bench, act);
      const event = await until(
        () => contexts(host).find((each) => each.kind === kind),
        () => `a ${kind} event reaches the agent. ${host.tail()}`,
      );
      expect(event).toMatchObject(expected(message));
      expect(host.turns).toHaveLength(2);
    },
  };
}

/** Nobody has to believe a declaration: what is done on the platform must not come either. */
function isLacking({ kind, title, act }: Notification): Check {
  return {
    id: "B5",
    title: `${title} does not arrive`,
    lack: true,
    async run(bench) {
      const { host } = await said(bench, act);
      expect(contexts(host).filter((each) => each.kind === kind)).toEqual([]);
      expect(host.status().state).toBe("online");
    },
  };
}

async function said(bench: Bench, act: Notification["act"]) {
  const host = await bench.start();
  const dm = bench.dm();
  const message = await dm.says(bench.ada, "first");
  await bench.answers(dm);
  await act(bench, dm, message);
  await bench.roundTrip(host);
  return { host, message };
}

function contexts(host: Host) {
  return host.notices.flatMap((notice) => (notice.type === "context" ? [notice.event] : []));
}
