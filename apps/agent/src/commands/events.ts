import { nearest } from "@elizaos/connector-core";
import { unknownConnector } from "../config/ids.js";
import type { ConfigOptions } from "../config/load.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import { type EventReport, type EventsReport, FATE_NAMES, MAX_EVENTS } from "../control/shapes.js";
import { aligned, localTime } from "../terminal/layout.js";
import { person } from "../terminal/people.js";
import { fatePaint, hasColors, type Paint, painter } from "../terminal/style.js";
import { oneLine } from "../text.js";
import { UsageError, UserError } from "../user-error.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

export interface EventsOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly limit: string;
  readonly connector?: string;
  readonly account?: string;
  readonly fate?: string;
}

/** `milady events`: the newest events, one line each. */
export async function events(options: EventsOptions): Promise<void> {
  const { account } = options;
  const limit = readLimit(options.limit);
  const fate = options.fate === undefined ? undefined : knownFate(options.fate);
  const row = options.connector === undefined ? undefined : rowOf(options.connector);
  if (options.connector !== undefined && row === undefined)
    throw new UserError(unknownConnector(options.connector));
  const report = await withOperator(options, (operator) =>
    operator.events({
      limit,
      ...(row === undefined ? {} : { connector: row.id }),
      ...(account === undefined ? {} : { account }),
      ...(fate === undefined ? {} : { fate }),
    }),
  );
  if (options.json === true) printJson(report);
  else printLines(eventLines(report, painter(hasColors(process.stdout))));
}

/** @throws UsageError unless it is a number that may be asked for */
export function readLimit(value: string): number {
  const limit = Number(value);
  if (/^\d+$/.test(value) && limit >= 1 && limit <= MAX_EVENTS) return limit;
  throw new UsageError(`--limit: give a number from 1 to ${MAX_EVENTS}, not "${value}"`);
}

function knownFate(value: string): string {
  if (FATE_NAMES.includes(value)) return value;
  const guess = nearest(value, FATE_NAMES);
  const hint = guess === undefined ? `known: ${FATE_NAMES.join(", ")}` : `did you mean "${guess}"?`;
  throw new UsageError(`--fate: unknown fate "${value}"; ${hint}`);
}

function eventLines({ events: found, truncated }: EventsReport, paint: Paint): string[] {
  if (found.length === 0 && !truncated)
    return ["No events. Write to the bot, or chat with it here: milady simulate telegram"];
  const now = Date.now();
  return [
    ...aligned(found.map((event) => cells(event, now, paint))),
    ...(truncated ? ["Older events were not looked through."] : []),
  ];
}

function cells(event: EventReport, now: number, paint: Paint): string[] {
  const place = event.chatKind === "dm" ? "dm" : `${event.chatKind} ${oneLine(event.title ?? event.chat)}`;
  return [
    paint("bold", `#${event.event}`),
    paint("gray", localTime(event.at, now)),
    paint("cyan", `${event.connector}/${oneLine(event.account ?? event.identity)}`),
    event.thread === null ? place : `${place} > ${oneLine(event.thread)}`,
    person(event),
    event.kind,
    paint(fatePaint(event.fate), event.fate),
    event.rule,
    oneLine(event.text),
  ];
}
