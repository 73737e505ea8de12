import { type AttachmentRef, ConnectorError, type Turn } from "@elizaos/connector-core";
import type { SimulatedFile } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench, StartOptions } from "./bench.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";

const FILE: SimulatedFile = {
  name: "report.pdf",
  mediaType: "application/pdf",
  bytes: new TextEncoder().encode("%PDF-1.7 not really"),
};
/** Less than `FILE` has, in MB. */
const TOO_SMALL_MB = 0.00001;

/** B4: files that people send, and `mediaMaxMb`. */
export function fileChecks({ connector, traits }: Subject): readonly Check[] {
  const inbound = connector.features.media?.inbound ?? [];
  if (!inbound.includes("file")) {
    return [
      {
        id: "B4",
        title: "files that people send",
        lack: true,
        async run(bench) {
          const { attachment } = await sent(bench, async () => "seen");
          expect(attachment).toBeUndefined();
        },
      },
    ];
  }
  return [
    {
      id: "B4",
      title: "an attachment arrives with type, size and name, and no byte of it is fetched",
      async run(bench) {
        expect(traits.files, "the platform's people can send files").toBe(true);
        const { attachment } = await sent(bench, async () => "seen");
        expect(attachment).toMatchObject({
          type: "file",
          name: FILE.name,
          mediaType: FILE.mediaType,
          size: FILE.bytes.length,
        });
        expect(fetches(bench)).toBe(0);
      },
    },
    {
      id: "B4",
      title: "its bytes come when they are asked for",
      async run(bench) {
        let bytes: Uint8Array | undefined;
        const { attachment } = await sent(bench, async (turn, file) => {
          const got = await turn.download(file);
          bytes = await got.bytes();
          return `${got.name ?? ""} ${got.mediaType}`;
        });
        expect(attachment?.refused).toBeUndefined();
        expect(new TextDecoder().decode(bytes)).toBe(new TextDecoder().decode(FILE.bytes));
        expect(bench.dm().answers().at(-1)?.text).toBe(`${FILE.name} ${FILE.mediaType}`);
      },
    },
    {
      id: "B4",
      title: "over mediaMaxMb it is refused, said so, and not fetched",
      async run(bench) {
        const config = { mediaMaxMb: TOO_SMALL_MB };
        const { attachment } = await sent(
          bench,
          (turn, file) =>
            turn.download(file).then(
              () => "fetched",
              (error: unknown) => (ConnectorError.isInstance(error) ? error.code : String(error)),
            ),
          { config },
        );
        expect(attachment?.refused).toContain("mediaMaxMb");
        expect(bench.dm().answers().at(-1)?.text).toBe("rejected");
        expect(fetches(bench)).toBe(0);
      },
    },
  ];
}

/** A message with the file, and an agent that does something with it; gives the attachment as the agent had it. */
async function sent(
  bench: Bench,
  use: (turn: Turn, file: AttachmentRef) => Promise<string>,
  options: StartOptions = {},
) {
  let attachment: AttachmentRef | undefined;
  await bench.start({
    ...options,
    agent: async (turn) => {
      const [event] = turn.events;
      [attachment] = event.kind === "message" ? (event.content.attachments ?? []) : [];
      return attachment === undefined ? "nothing came" : use(turn, attachment);
    },
  });
  const dm = bench.dm();
  await dm.says(bench.ada, "look", { file: FILE });
  await bench.answers(dm);
  return { attachment };
}

function fetches({ platform }: Bench): number {
  return platform.calls().filter(({ method }) => method === platform.methods.fetch).length;
}

/** A4: `mediaMaxMb`. What it bounds is checked by B4 and E3. */
export function mediaMaxMbChecks(): readonly Check[] {
  return [
    {
      id: "A4",
      title: "mediaMaxMb: nothing and less is refused",
      async run(bench) {
        const host = await bench.start({ config: { mediaMaxMb: 0 } });
        const { state, issues } = host.status();
        expect(state).toBe("failed");
        expect(issues.map(({ path }) => path).join()).toContain("mediaMaxMb");
      },
    },
  ];
}
