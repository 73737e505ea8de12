import type { AttachmentRef, Turn } from "@elizaos/connector-core";
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

/** B4: files that people send. */
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

/** A4: `mediaMaxMb`. */
export function mediaMaxMbChecks({ traits }: Subject): readonly Check[] {
  const wrong: Check = {
    id: "A4",
    title: "mediaMaxMb: nothing and less is refused",
    async run(bench) {
      const host = await bench.start({ config: { mediaMaxMb: 0 } });
      expect(host.status().state).toBe("failed");
      expect(
        host
          .status()
          .issues.map(({ path }) => path)
          .join(),
      ).toContain("mediaMaxMb");
    },
  };
  if (!traits.files) return [wrong];
  return [
    wrong,
    {
      id: "B4",
      title: "a file is fetched when the agent asks for it, byte for byte",
      async run(bench) {
        await bench.start({
          agent: async (turn) => `${Buffer.from(await fetched(turn)).toString("base64")}`,
        });
        const dm = bench.dm();
        await dm.says(bench.ada, "look", { file: FILE });
        const [answer] = await bench.answers(dm);
        expect(answer?.text).toBe(Buffer.from(FILE.bytes).toString("base64"));
      },
    },
    {
      id: "B4",
      title: "a file over mediaMaxMb is refused, said so, and not fetched",
      async run(bench) {
        const refused: (string | undefined)[] = [];
        await bench.start({
          config: { mediaMaxMb: 0.00001 },
          agent: async (turn) => {
            refused.push(attachmentOf(turn).refused);
            return await fetched(turn).then(
              () => "fetched",
              (error: Error) => error.message,
            );
          },
        });
        const dm = bench.dm();
        await dm.says(bench.ada, "look", { file: FILE });
        const [answer] = await bench.answers(dm);
        expect(answer?.text).toContain("mediaMaxMb");
        expect(refused.join()).toContain("mediaMaxMb");
        expect(bench.platform.calls().filter(({ method }) => /file/i.test(method))).toEqual([]);
      },
    },
  ];
}

function attachmentOf({ events: [event] }: Turn): AttachmentRef {
  const [attachment] = event.kind === "message" ? (event.content.attachments ?? []) : [];
  if (attachment === undefined) throw new Error("The message came without its file");
  return attachment;
}

async function fetched(turn: Turn): Promise<Uint8Array> {
  return (await turn.download(attachmentOf(turn))).bytes();
}
