import { createInterface } from "node:readline";
import { knownSecrets } from "../known-secrets.js";
import { safeLines } from "../text.js";
import { outcomeLines, runLine, spoken } from "./lines.js";
import type { Outcome } from "./outcome.js";
import type { Heard, Scene } from "./scene.js";

/**
 * Reads lines from standard input, each after the one before it was dealt with. Without `json` the bot's messages go to
 * standard output and everything else to standard error.
 */
export async function playScript(scene: Scene, json: boolean, signal: AbortSignal): Promise<void> {
  const print = json ? printJsonLine : printText;
  const input = createInterface({ input: process.stdin });
  signal.addEventListener("abort", () => input.close(), { once: true });
  for await (const raw of input) {
    const line = raw.trim();
    if (signal.aborted) return;
    if (line === "") continue;
    const done = await runLine(line, scene, signal);
    if (done.type === "end") return;
    if (done.type === "told") {
      for (const text of done.say) print({ type: "note", text });
      continue;
    }
    for (const heard of await scene.hear({ wait: false })) print(messageOf(heard, json));
    for (const heard of await scene.edits()) print(messageOf(heard, json));
    print({
      type: "outcome",
      ...outcomeFields(done.outcome),
      lines: json ? undefined : await outcomeLines(done.outcome, scene),
    });
  }
}

type Line =
  | { readonly type: "note"; readonly text: string }
  | {
      readonly type: "message";
      readonly chat: string;
      readonly thread: string | null;
      readonly message: string;
      readonly text: string;
      readonly buttons: readonly string[];
      readonly elsewhere: string | undefined;
      readonly edited: boolean;
    }
  | {
      readonly type: "outcome";
      readonly status: Outcome["status"];
      readonly event: number | null;
      readonly fate: string | null;
      readonly reason: string | null;
      readonly rule: string | null;
      readonly path: string | null;
      readonly lines: readonly string[] | undefined;
    };

function messageOf({ message, edited }: Heard, json: boolean): Line {
  const { chat, thread, id, text, buttons, elsewhere } = message;
  return {
    type: "message",
    chat,
    thread,
    message: id,
    text,
    buttons,
    edited,
    elsewhere: json ? undefined : elsewhere,
  };
}

function outcomeFields(outcome: Outcome) {
  const { status } = outcome;
  if (status !== "handled") return { status, event: null, fate: null, reason: null, rule: null, path: null };
  const { event, fate, reason, rule, path } = outcome.event;
  return { status, event, fate, reason, rule, path };
}

function printJsonLine(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function printText(line: Line): void {
  if (line.type === "message") process.stdout.write(`${safeLines(spoken(line)).join("\n")}\n`);
  else {
    const lines = line.type === "note" ? [line.text] : (line.lines ?? []);
    process.stderr.write(lines.map((each) => `${knownSecrets.redact(each)}\n`).join(""));
  }
}
