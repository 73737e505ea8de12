import type { ConfigOptions } from "../config/load.js";
import type { WhyReport } from "../control/shapes.js";
import { oneLine, shorten } from "../text.js";
import { UserError } from "../user-error.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

const LONGEST_TEXT = 200;

export async function why(
  event: number | "last",
  options: ConfigOptions & { readonly json?: boolean },
): Promise<void> {
  const report = await withOperator(options, (operator) => operator.why(event));
  if (report === undefined) {
    throw new UserError(
      event === "last" ? "no event has arrived yet" : `there is no event ${event}; it may have been pruned`,
    );
  }
  if (options.json === true) printJson(report);
  else printLines(whyLines(report));
}

function whyLines(report: WhyReport): string[] {
  const who = report.name === null ? report.sender : `${report.name} (id ${report.sender})`;
  return [
    `Event ${report.event}: ${report.kind} from ${oneLine(who)} in chat ${oneLine(report.chat)} of ${oneLine(report.identity)}`,
    ...(report.text === null ? [] : [`  “${oneLine(shorten(report.text, LONGEST_TEXT))}”`]),
    `Fate: ${report.fate}. ${oneLine(report.reason)}`,
    `Rule: ${report.rule}${report.path === null ? "" : `, from ${report.path}`}`,
    ...(report.attempts > 1 ? [`Attempts: ${report.attempts}`] : []),
    "Stages:",
    ...report.stages.map(({ name, at }) => `  ${at}  ${name}`),
    ...(report.sends.length === 0 ? [] : ["Sends:"]),
    ...report.sends.flatMap(sendLines),
  ];
}

function sendLines(send: WhyReport["sends"][number]): string[] {
  const made = send.platformId === null ? "" : ` as message ${send.platformId}`;
  const times = send.attempts === 1 ? "1 attempt" : `${send.attempts} attempts`;
  const notes = [
    send.uncertain ? "What became of an earlier attempt is not known: the message may be there twice." : null,
    send.error,
    send.reason,
  ];
  return [
    `  ${send.call}: ${send.state}${made}, ${times}`,
    ...notes.flatMap((note) => (note === null || note === "" ? [] : [`    ${oneLine(note)}`])),
  ];
}
