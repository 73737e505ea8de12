import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";

/** The commands that a help text lists. */
function commandsIn(help: string): string[] {
  const [, list = ""] = /Commands:\n([\s\S]*?)(?:\n\n|\n$)/.exec(help) ?? [];
  return list
    .split("\n")
    .flatMap((line) => /^ {2}([a-z][\w-]*)/.exec(line)?.[1] ?? [])
    .filter((name) => name !== "help");
}

test("every command says what it does, with examples that exist", async () => {
  const workspace = new Workspace();
  const help = async (...words: string[]) => {
    const { code, stdout, stderr } = await workspace.finish(["help", ...words]);
    expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: "" });
    return stdout;
  };
  const top = commandsIn(await help());
  expect(top).toEqual(
    expect.arrayContaining([
      "start",
      "connect",
      "simulate",
      "config",
      "status",
      "events",
      "pairing",
      "why",
      "dead-letters",
    ]),
  );
  for (const name of top) {
    const text = await help(name);
    expect(text).toMatch(new RegExp(`Examples:\\n  (?:[A-Z_]+=\\S+ |echo \\w+ \\| )?milady ${name}`));
    for (const inner of commandsIn(text)) {
      const nested = await help(name, inner);
      expect(nested).toMatch(new RegExp(`Usage: milady ${name} ${inner}`));
      expect(nested).toMatch(new RegExp(`Examples:\\n  milady ${name} ${inner}`));
    }
  }
});

test.each([
  [["statsu"], "error: unknown command 'statsu'\n(Did you mean status?)"],
  [["help", "statsu"], "error: unknown command 'statsu'\n(Did you mean status?)"],
  [["help", "pairing", "aprove"], "error: unknown command 'aprove'\n(Did you mean approve?)"],
  [["status", "--jsn"], "error: unknown option '--jsn'\n(Did you mean --json?)"],
])("%j suggests the nearest, with exit code 2", async (args, message) => {
  const { code, stdout, stderr } = await new Workspace().finish(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});
