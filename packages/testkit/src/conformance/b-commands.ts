import { expect } from "vitest";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** B9: commands that the platform itself knows. */
export function commandChecks({ connector, traits }: Subject): readonly Check[] {
  if (!traits.commands) {
    return [
      {
        id: "B9",
        title: "commands",
        lack: true,
        run: async () => expect(connector.features.events ?? []).not.toContain("command"),
      },
    ];
  }
  return [
    {
      id: "B9",
      title: "a command is a `command` event with its name and all that was written, and is answered",
      async run(bench) {
        expect(connector.features.events).toContain("command");
        const host = await bench.start();
        const group = bench.group();
        for (const [index, chat] of [bench.dm(), group].entries()) {
          await chat.commands?.(bench.ada, bench.account, "plan", "the trip");
          const turn = await until(
            () => host.turns[index],
            () => `the command reaches the agent. ${host.tail()}`,
          );
          expect(turn.events[0]).toMatchObject({
            kind: "command",
            name: "plan",
            sender: { id: bench.ada.id },
            address: { chat: chat.id },
            content: { text: expect.stringMatching(/the trip$/), mentionsSelf: "command" },
          });
          await bench.answers(chat);
        }
      },
    },
    {
      id: "B9",
      title: "a command of the runtime's own is answered by the runtime",
      async run(bench) {
        const host = await bench.start();
        const dm = bench.dm();
        await dm.commands?.(bench.ada, bench.account, "help", "");
        const [answer] = await bench.answers(dm);
        expect(answer?.text).toContain("/status");
        expect(host.turns).toEqual([]);
      },
    },
  ];
}
