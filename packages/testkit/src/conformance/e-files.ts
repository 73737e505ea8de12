import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import type { OutgoingAttachment } from "@elizaos/connector-core";
import { expect } from "vitest";
import type { Bench, StartOptions } from "./bench.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const NAME = "notes.txt";
const BYTES = new TextEncoder().encode("These are the notes.");
const CAPTION = "Here they are.";
const TOO_SMALL_MB = 0.00001;

const SOURCES: readonly {
  readonly title: string;
  readonly make: (
    bench: Bench,
  ) => Promise<{ readonly attachment: OutgoingAttachment; readonly options?: StartOptions }>;
}[] = [
  {
    title: "bytes",
    make: async () => ({ attachment: { bytes: BYTES, name: NAME, mediaType: "text/plain" } }),
  },
  {
    title: "path",
    async make({ stateDir }) {
      const path = join(stateDir, NAME);
      await writeFile(path, BYTES);
      return { attachment: { path } };
    },
  },
  {
    title: "URL",
    async make(bench) {
      const server = createServer((_, response) => response.end(BYTES));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      bench.after(() => server.close());
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const attachment = { url: `http://127.0.0.1:${port}/${NAME}` };
      return { attachment, options: { trustedHosts: [`127.0.0.1:${port}`] } };
    },
  },
];

/** E3: files that the agent sends. */
export function sentFileChecks({ connector }: Subject): readonly Check[] {
  const outbound = connector.features.media?.outbound ?? [];
  if (!outbound.includes("file")) {
    return [
      {
        id: "E3",
        title: "files that the agent sends: the text goes, the file is a dead letter",
        lack: true,
        run: (bench) => isRefused(bench, {}),
      },
    ];
  }
  return [
    ...SOURCES.map(
      ({ title, make }): Check => ({
        id: "E3",
        title: `a file by ${title} goes out with its caption, byte for byte`,
        async run(bench) {
          const { attachment, options = {} } = await make(bench);
          const dm = bench.dm();
          await bench.start({
            ...options,
            agent: () => ({ type: "message", text: CAPTION, attachments: [{ ...attachment, type: "file" }] }),
          });
          await dm.says(bench.ada, "the notes, please");
          const [answer, ...others] = await bench.answers(dm);
          expect(others).toEqual([]);
          expect(answer?.text).toBe(CAPTION);
          expect(answer?.files?.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)])).toEqual([
            [NAME, new TextDecoder().decode(BYTES)],
          ]);
        },
      }),
    ),
    {
      id: "E3",
      title: "a file over mediaMaxMb is refused before any upload; the text goes",
      run: (bench) => isRefused(bench, { mediaMaxMb: TOO_SMALL_MB }, /mediaMaxMb/),
    },
  ];
}

async function isRefused(bench: Bench, config: StartOptions["config"] = {}, reason = /./): Promise<void> {
  const host = await bench.start({
    config,
    agent: () => ({
      type: "message",
      text: CAPTION,
      attachments: [{ bytes: BYTES, name: NAME, type: "file" }],
    }),
  });
  const dm = bench.dm();
  await dm.says(bench.ada, "the notes, please");
  const [answer] = await bench.answers(dm);
  expect([answer?.text, answer?.files ?? []]).toEqual([CAPTION, []]);
  const letters = await until(
    async () => {
      const all = await host.runtime.deadLetters.list();
      return all.length > 0 && all;
    },
    () => `the file is a dead letter. ${host.tail()}`,
  );
  expect(letters.map((letter) => letter.reason).join()).toMatch(reason);
  expect(dm.answers()).toHaveLength(1);
}
