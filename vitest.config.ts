import { basename } from "node:path";
import { defineConfig } from "vitest/config";
import { packageFolders } from "./scripts/packages.mjs";

const report = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    // Files wait more than they compute: for processes, sockets and time-outs. Vitest itself leaves one core idle, which of two is half.
    maxWorkers: "100%",
    // A project is named like its folder: `vitest run --project core`.
    projects: [...packageFolders(), "scripts"].map((root) => ({
      test: { name: basename(root), root, include: ["test/**/*.test.ts"] },
    })),
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
