import type { ConfigOptions } from "../config/load.js";
import type { WhyReport } from "../control/shapes.js";
import { aligned, localTime } from "../terminal/layout.js";
import { person } from "../terminal/people.js";
import { fatePaint, hasColors, type Paint, painter } from "../terminal/style.js";
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
  else printLines(whyLines(report, painter(hasColors(process.stdout))));
}

function whyLines(report: WhyReport, paint: Paint): string[] {
  const { fate, path } = report;
  const next = nextStep(report);
  return [
    `Event ${report.event}: ${report.kind} from ${person(report)} in chat ${oneLine(report.chat)} of ${oneLine(report.identity)}`,
    ...(report.text === null ? [] : [`  “${oneLine(shorten(report.text, LONGEST_TEXT))}”`]),
    `Fate: ${paint(fatePaint(fate), fate)}. ${oneLine(report.reason)}`,
    `Rule: ${report.rule}${path === null ? "" : `, from ${oneLine(path)}`}`,
    ...(report.attempts > 1 ? [`Attempts: ${report.attempts}`] : []),
    "Stages:",
    ...stageLines(report.stages, paint),
    ...(report.sends.length === 0 ? [] : ["Sends:"]),
    ...report.sends.flatMap((send) => sendLines(send, paint)),
    ...(next === undefined ? [] : [`${paint("bold", "Next:")} ${next}`]),
  ];
}

/** Each stage with its time and how long after the one before it came. */
function stageLines(stages: WhyReport["stages"], paint: Paint): string[] {
  const now = Date.now();
  return aligned(
    stages.map(({ name, at }, index) => {
      const before = stages[index - 1];
      const ms = before === undefined ? undefined : Date.parse(at) - Date.parse(before.at);
      return [
        `  ${localTime(at, now)}`,
        paint(
          "gray",
          ms === undefined
            ? ""
            : ms < 0
              ? ""
              : `+${ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`}`,
        ),
        name,
      ];
    }),
  );
}

const PART_STYLES = {
  queued: "cyan",
  attempting: "cyan",
  sent: "green",
  rejected: "red",
  unknown: "yellow",
} as const;

function sendLines(send: WhyReport["sends"][number], paint: Paint): string[] {
  const made = send.platformId === null ? "" : ` as message ${oneLine(send.platformId)}`;
  const times = send.attempts === 1 ? "1 attempt" : `${send.attempts} attempts`;
  const notes = [
    send.uncertain ? "What became of an earlier attempt is not known: the message may be there twice." : null,
    send.state === "unknown" ? "What became of the call is not known: the message may be there." : null,
    send.error,
    send.reason === send.error ? null : send.reason,
  ];
  return [
    `  ${send.call}: ${paint(PART_STYLES[send.state], send.state)}${made}, ${times}`,
    ...notes.flatMap((note) => (note === null || note === "" ? [] : [`    ${oneLine(note)}`])),
  ];
}

/** What a person can do about it; undefined when there is nothing to do. */
function nextStep({ event, fate, path, rule, identity, chat, sends }: WhyReport): string | undefined {
  const connector = identity.split(":", 1)[0] ?? identity;
  const setting = path === null ? "the config" : oneLine(path);
  switch (fate) {
    case "held":
      return `milady pairing list, then milady pairing approve ${connector} <request id>`;
    case "ignored":
      if (rule === "group.allowlist") {
        const entry = setting.endsWith(".groupAllowFrom") ? `${oneLine(chat)} to ${setting}` : setting;
        return `to let such messages in, add ${entry} and restart the host`;
      }
      return rule.startsWith("sender.")
        ? undefined
        : `to let such messages in, change ${setting} and restart the host`;
    case "context":
      return rule === "group.mention"
        ? `to answer without a mention, set ${setting} to false and restart the host`
        : undefined;
    case "dead":
      return `milady dead-letters retry event:${event}, or drop it`;
    case "accepted":
    case "admitted":
      return `it is still being worked on; look again with milady why ${event}`;
    default:
      return sends.some(({ operation }) => operation === "failed")
        ? "milady dead-letters list, then retry or drop what could not be sent"
        : undefined;
  }
}
