import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./numbers.mjs";

const TIMES = 200;
const PAGE_BYTES = 4096;

/** How long the disk under the databases takes to make one page safe, in ms: what `full` pays for a commit at the least. */
export function syncMs() {
  const dir = mkdtempSync(join(tmpdir(), "connectors-bench-disk-"));
  const file = openSync(join(dir, "file"), "w");
  const page = Buffer.alloc(PAGE_BYTES);
  const times = Array.from({ length: TIMES }, (_, index) => {
    const startedAt = performance.now();
    writeSync(file, page, 0, PAGE_BYTES, index * PAGE_BYTES);
    fdatasyncSync(file);
    return performance.now() - startedAt;
  });
  closeSync(file);
  rmSync(dir, { recursive: true });
  return median(times);
}
