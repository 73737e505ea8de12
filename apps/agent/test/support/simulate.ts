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

/**
 * Chats with the running host of a workspace, as a stranger who lets herself in.
 *
 * @param more lines after that
 * @returns what became of all of it, for people
 */
export async function chatAsStranger(
  connector: string,
  workspace: Workspace,
  more: readonly string[] = [],
): Promise<string> {
  const { code, stdout, stderr } = await workspace.finish(["simulate", connector, "--as", "Grace"], {
    input: ["Hi", ":approve", "Again", ...more].map((line) => `${line}\n`).join(""),
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Hello! I only talk to people my owner knows[\s\S]*You wrote “Again”/);
  expect(stderr).toMatch(
    /#1 held: .*\n:approve lets Grace in, :deny refuses\.\nGrace is approved.*\n#2 answered: /,
  );
  return stderr;
}
