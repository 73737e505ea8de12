import type { SimulatedFile } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const FILE: SimulatedFile = {
  name: "report.pdf",
  mediaType: "application/pdf",
  bytes: new TextEncoder().encode("%PDF-1.7 not really"),
};

/** B4: files that people send. What `mediaMaxMb` bounds is checked here once connectors download. */
export function fileChecks({ traits }: Subject): readonly Check[] {
  return [
    traits.files
      ? {
          id: "B4",
          title: "an attachment arrives with type, size and name, and no byte of it is fetched",
          async run(bench) {
            const host = await bench.start();
            const dm = bench.dm();
            await dm.says(bench.ada, "look", { file: FILE });
            const turn = await until(() => host.turns[0], "the message reaches the agent");
            const before = bench.platform.calls().length;
            const [event] = turn.events;
            if (event.kind !== "message") throw new Error(`A ${event.kind} came instead of a message`);
            expect(event.content.text).toBe("look");
            expect(event.content.attachments).toMatchObject([
              { type: "file", name: FILE.name, mediaType: FILE.mediaType, size: FILE.bytes.length },
            ]);
            await bench.answers(dm);
            const fetched = bench.platform
              .calls()
              .slice(0, before)
              .filter(({ method }) => /file/i.test(method));
            expect(fetched).toEqual([]);
          },
        }
      : {
          id: "B4",
          title: "people can send no files",
          lack: true,
          async run(bench) {
            const host = await bench.start();
            await bench.roundTrip(host);
            expect(host.turns[0]?.events[0]).not.toHaveProperty("content.attachments");
          },
        },
  ];
}
