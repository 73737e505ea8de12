import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { scenes as ofHostAndTelegram } from "./support/runbook-scenes.js";
import { discordScenes } from "./support/runbook-scenes-discord.js";

const RUNBOOK = readFileSync(fileURLToPath(new URL("../../../docs/runbook.md", import.meta.url)), "utf8");
const scenes = { ...ofHostAndTelegram, ...discordScenes };
/** Telegram is asked every 15 s whether it gets through; what a Discord bot may do is looked at some seconds after it is online. */
const PATIENCE_MS = 25_000;

/** A command of the runbook, and lines that it prints among others; `…` stands for anything. */
interface Shown {
  readonly args: readonly string[];
  readonly lines: readonly string[];
}

/** What each entry says that one sees: its blocks that begin with `$ milady`. */
const entries = new Map(
  RUNBOOK.split(/^### /m)
    .slice(1)
    .map((section): [string, readonly Shown[]] => {
      const [heading = "", ...rest] = section.split("\n");
      const blocks = rest.join("\n").matchAll(/^```text\n\$ milady (.+)\n([\s\S]*?)^```$/gm);
      return [
        heading.trim(),
        Array.from(blocks, ([, args = "", body = ""]) => ({
          args: args.split(" "),
          lines: body.split("\n").filter((line) => line !== ""),
        })),
      ];
    }),
);

test("every entry of the runbook is tried here, and every scene stands in the runbook", () => {
  expect(Object.keys(scenes).sort()).toEqual([...entries.keys()].sort());
  for (const [heading, shown] of entries) expect(shown, heading).not.toEqual([]);
});

test.each(Object.entries(scenes))(
  "%s: shows what the runbook says",
  async (heading, scene) => {
    const { workspace, env = {} } = await scene();
    for (const { args, lines } of entries.get(heading) ?? []) {
      const missing = async () => {
        const { stdout, stderr } = await workspace.finish(args, { env });
        const printed = `${stdout}${stderr}`;
        return lines.filter((line) => !patternOf(line).test(printed)).map((line) => ({ line, printed }));
      };
      await expect.poll(missing, { timeout: PATIENCE_MS, interval: 1_000 }).toEqual([]);
    }
  },
  40_000,
);

/** Spaces are as wide as the columns beside them need. */
function patternOf(line: string): RegExp {
  const pattern = line
    .trim()
    .split("…")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+"))
    .join(".*");
  return new RegExp(`^\\s*${pattern}\\s*$`, "m");
}
