import type { NewOperation, Spooled } from "@elizaos/connector-core/store";
import { expect } from "vitest";
import type { Check } from "./bench.js";
import { NOW, send } from "./fixtures.js";

export function spooledChecks(check: Check): void {
  check(
    "tell which files they need until they are over; a dead letter still needs its own",
    async (bench) => {
      const [a, b] = [withFiles(send("a"), "one", "two"), withFiles(send("b"), "two")];
      const first = await bench.enqueue(a);
      const second = await bench.enqueue(b);
      await bench.enqueue(send("no files"));
      await bench.restart();
      expect(sorted(await bench.store.spooled())).toEqual(
        sorted([
          { operation: a.key, files: ["one", "two"] },
          { operation: b.key, files: ["two"] },
        ]),
      );
      const end = { reason: "as the test says", at: NOW } as const;
      await bench.store.close(bench.lease, { operation: first, state: "failed", ...end });
      await bench.store.close(bench.lease, { operation: second, state: "dropped", ...end });
      expect(await bench.store.spooled()).toEqual([{ operation: a.key, files: ["one", "two"] }]);
    },
  );
}

function withFiles(added: NewOperation, ...files: readonly string[]): NewOperation {
  if (added.operation.kind !== "send") throw new Error("only sends have files");
  const attachments = files.map(
    (spool) => ({ spool, type: "file", name: spool, mediaType: "text/plain", size: 1 }) as const,
  );
  return { ...added, operation: { ...added.operation, attachments } };
}

function sorted(spooled: readonly Spooled[]) {
  return spooled.toSorted((x, y) => (x.operation < y.operation ? -1 : 1));
}
