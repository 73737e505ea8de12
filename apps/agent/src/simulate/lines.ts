import type { EventReport } from "../control/shapes.js";
import { oneLine } from "../text.js";
import { UserError } from "../user-error.js";
import type { Outcome } from "./outcome.js";
import type { PlatformSimulation, Said } from "./platform.js";
import type { Scene } from "./scene.js";

/** What a line came to: lines to show, what became of it on the platform, or the end. */
export type Done =
  | { readonly type: "told"; readonly say: readonly string[] }
  | { readonly type: "done"; readonly outcome: Outcome }
  | { readonly type: "end" };

/**
 * Lines that begin with a colon are for this program; all others, `/why` included, go to the bot. Ends when the signal is
 * aborted.
 */
export async function runLine(line: string, scene: Scene, signal: AbortSignal): Promise<Done> {
  const on = (outcome: Outcome | undefined): Done =>
    outcome === undefined ? { type: "end" } : { type: "done", outcome };
  const told = (...say: readonly string[]): Done => ({ type: "told", say });
  if (!line.startsWith(":")) return on(await scene.say(line, signal));
  const [name = "", ...words] = line.slice(1).trim().split(/\s+/);
  const rest = words.join(" ");
  const needs = (what: string) => {
    if (rest === "") throw new UserError(`:${name} needs ${what}`);
    return rest;
  };
  switch (name) {
    case "as":
      await scene.become(needs("an id or a name"));
      return told(whoAndWhere(scene));
    case "dm":
      scene.enterPrivate();
      return told(whoAndWhere(scene));
    case "group":
      await scene.enterGroup(needs("an id or a name"));
      return told(whoAndWhere(scene));
    case "topic":
      await scene.enterTopic(needs("an id or a name"));
      return told(whoAndWhere(scene));
    case "mention":
      scene.mention = !scene.mention;
      return told(
        scene.mention ? `Lines in groups begin with @${scene.site.door.bot}.` : "Lines go out as they are.",
      );
    case "press":
      return on(await scene.press(needs("the label of a button"), signal));
    case "approve":
    case "deny":
      return told(await scene.decide(name));
    case "quit":
      return { type: "end" };
    case "help":
      return told(...helpLines(scene.site.platform));
    default:
      throw new UserError(`there is no :${oneLine(name)}; :help lists what there is`);
  }
}

export function helpLines({ lines }: PlatformSimulation): string[] {
  const commands = [
    [":as 42", "go on as somebody else, by id or name"],
    ...lines,
    [":dm", "write in private again"],
    [":mention", "begin every line with the bot's name, or stop doing so"],
    [":press Yes", "press a button that the bot showed here"],
    [":approve", "let in who writes here, after a pairing code; :deny refuses"],
    [":quit", "end"],
  ] as const;
  const widest = Math.max(...commands.map(([line]) => line.length));
  return commands.map(([line, meaning]) => `${line.padEnd(widest)}  ${meaning}`);
}

export function whoAndWhere({ person, placeName }: Scene): string {
  const username = person.username === undefined ? "" : `, @${oneLine(person.username)}`;
  return `You are ${oneLine(person.name)} (id ${person.id}${username}), ${oneLine(placeName)}.`;
}

/** A message of the bot with where it stands, if that is elsewhere, and the buttons under it. */
export function spoken({ text, buttons, elsewhere }: Pick<Said, "text" | "buttons" | "elsewhere">): string {
  return [
    ...(elsewhere === undefined ? [] : [`(${elsewhere})`]),
    text || "(no text)",
    ...(buttons.length > 0 ? [buttons.map((label) => `[${label}]`).join(" ")] : []),
  ].join("\n");
}

/** What became of a line, for people. */
export async function outcomeLines(outcome: Outcome, scene: Scene): Promise<string[]> {
  switch (outcome.status) {
    case "unseen":
      return [scene.site.platform.unseen(scene.isPrivate, scene.site.door.bot)];
    case "stuck":
      return ["The connector takes nothing of what it is sent: see milady status."];
    case "handled": {
      const isAsked = outcome.event.fate === "held" && (await scene.openRequests()).length > 0;
      return [
        eventLine(outcome.event),
        ...(isAsked ? [`:approve lets ${oneLine(scene.person.name)} in, :deny refuses.`] : []),
      ];
    }
  }
}

function eventLine({ event, fate, reason, rule, path }: EventReport): string {
  return `#${event} ${fate}: ${oneLine(reason)} (${rule}${path === null ? "" : `, ${oneLine(path)}`})`;
}
