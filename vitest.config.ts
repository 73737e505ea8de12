import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";
import { packageFolders, ROOT } from "./scripts/packages.mjs";

const report = process.env.TEST_REPORT;

// Workers and the processes that tests start load the same built modules, some hundreds of them each: compiled once for all.
process.env.NODE_COMPILE_CACHE ??= join(ROOT, "node_modules/.cache/compiled");

/** These measure memory and open handles of their process, so that each file has one of its own. */
const MEASURING = "*conformance*";
const folders = [...packageFolders(), "scripts"];
/** Tests of these start whole hosts, and wait for them. */
const HOSTS = new Set(["apps/agent"]);

// What was built is loaded as users do, by Node, instead of being transformed.
const server = { deps: { external: [/\/dist\//] } };

export default defineConfig({
  test: {
    // Files wait more than they compute, for processes, sockets and time-outs: one more than cores keeps the cores busy.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // A project is named like its folder, `vitest run --project core`. Its files share processes, and so modules: what a test
      // helper keeps between tests, it must not expect to begin anew with each file.
      ...folders.map((root) => ({
        test: {
          name: basename(root),
          root,
          // And no `exclude`, in place of which that of the command line would be ignored.
          include: [`test/**/!(${MEASURING}).test.ts`],
          isolate: false,
          // On a busy machine everything takes its time; only what hangs takes this long.
          testTimeout: HOSTS.has(root) ? 60_000 : 20_000,
          hookTimeout: 30_000,
          server,
        },
      })),
      {
        test: {
          name: "conformance",
          include: folders.map((root) => `${root}/test/**/${MEASURING}.test.ts`),
          server,
        },
      },
    ],
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
