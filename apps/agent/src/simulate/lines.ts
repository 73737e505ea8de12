import type { EventReport } from "../control/shapes.js";
import { oneLine } from "../text.js";
import { UserError } from "../user-error.js";
import type { Outcome } from "./outcome.js";
import type { Scene } from "./scene.js";

/** Lines that begin with a colon are for this program; all others, `/why` included, go to the bot. */
const COMMANDS: readonly (readonly [line: string, meaning: string])[] = [
  [":as 42", "go on as somebody else, by id or name"],
  [":group Team", "write in a group, by id or title; :topic News for a topic of it"],
  [":dm", "write in private again"],
  [":mention", "begin every line with the bot's name, or stop doing so"],
  [":approve", "let in who writes here, after a pairing code; :deny refuses"],
  [":quit", "end"],
];

/** What a local command came to: lines to show, or the end. */
export type Done = { readonly say: readonly string[] } | "quit";

/** Runs a local command; undefined when the line is for the bot. */
export async function runLocal(line: string, scene: Scene): Promise<Done | undefined> {
  if (!line.startsWith(":")) return undefined;
  const [name = "", ...words] = line.slice(1).trim().split(/\s+/);
  const rest = words.join(" ");
  const needs = (what: string) => {
    if (rest === "") throw new UserError(`:${name} needs ${what}`);
    return rest;
  };
  switch (name) {
    case "as":
      await scene.become(needs("an id or a name"));
      return { say: [whoAndWhere(scene)] };
    case "dm":
      scene.enterPrivate();
      return { say: [whoAndWhere(scene)] };
    case "group":
      await scene.enterGroup(needs("an id or a title"));
      return { say: [whoAndWhere(scene)] };
    case "topic":
      await scene.enterTopic(needs("an id or a name"));
      return { say: [whoAndWhere(scene)] };
    case "mention":
      scene.mention = !scene.mention;
      return {
        say: [scene.mention ? `Lines in groups begin with @${scene.site.bot}.` : "Lines go out as they are."],
      };
    case "approve":
    case "deny":
      return { say: [await scene.decide(name)] };
    case "quit":
      return "quit";
    case "help":
      return { say: helpLines() };
    default:
      throw new UserError(`there is no :${oneLine(name)}; :help lists what there is`);
  }
}

export function helpLines(): string[] {
  const widest = Math.max(...COMMANDS.map(([line]) => line.length));
  return COMMANDS.map(([line, meaning]) => `${line.padEnd(widest)}  ${meaning}`);
}

export function whoAndWhere({ person, placeName }: Scene): string {
  const username = person.username === undefined ? "" : `, @${oneLine(person.username)}`;
  return `You are ${oneLine(person.first_name)} (id ${person.id}${username}), ${oneLine(placeName)}.`;
}

/** What became of a line, for people. */
export async function outcomeLines(outcome: Outcome, scene: Scene): Promise<string[]> {
  switch (outcome.status) {
    case "unseen":
      return [
        scene.isPrivate
          ? "The connector dropped it: private messages are switched off."
          : `The bot did not get it, or dropped it: groups are switched off, or its privacy mode shows it only commands, replies and lines with @${scene.site.bot} (:mention; --sees-all turns privacy mode off).`,
      ];
    case "stuck":
      return ["The connector fetches no messages: see milady status."];
    case "handled": {
      const isAsked = outcome.event.fate === "held" && (await scene.openRequests()).length > 0;
      return [
        eventLine(outcome.event),
        ...(isAsked ? [`:approve lets ${oneLine(scene.person.first_name)} in, :deny refuses.`] : []),
      ];
    }
  }
}

function eventLine({ event, fate, reason, rule, path }: EventReport): string {
  return `#${event} ${fate}: ${oneLine(reason)} (${rule}${path === null ? "" : `, ${oneLine(path)}`})`;
}
