import { expect } from "vitest";
import type { Workspace } from "./cli.js";

/** What `milady simulate --json` prints. */
export interface Line {
  readonly type: "message" | "outcome" | "note";
  readonly status?: string;
  readonly fate?: string | null;
  readonly rule?: string;
  readonly path?: string;
  readonly chat?: string;
  readonly thread?: string | null;
  readonly text?: string;
  readonly buttons?: readonly string[];
}

/** Plays lines through `milady simulate CONNECTOR --json`. */
export async function play(
  connector: string,
  workspace: Workspace,
  lines: readonly string[],
  ...options: string[]
): Promise<Line[]> {
  const { code, stdout, stderr } = await workspace.finish(["simulate", connector, "--json", ...options], {
    input: lines.map((line) => `${line}\n`).join(""),
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
}

export function outcomes(lines: readonly Line[]) {
  return lines
    .filter(({ type }) => type === "outcome")
    .map(({ status, fate, rule, path }) => ({ status, fate, rule, path }));
}
