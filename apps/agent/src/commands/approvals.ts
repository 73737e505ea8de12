import type { ConfigOptions } from "../config/load.js";
import type { ApprovalsLogReport, ApprovalsReport, ApprovalVerdict } from "../control/shapes.js";
import { aligned, localTime, relativeTime } from "../terminal/layout.js";
import { person } from "../terminal/people.js";
import { oneLine, shorten } from "../text.js";
import { readLimit } from "./events.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

interface ApprovalsOptions extends ConfigOptions {
  readonly json?: boolean;
}

export interface ApprovalsLogOptions extends ApprovalsOptions {
  readonly limit: string;
}

/** UTF-16 units of an input in the log, where it is a reminder only. */
const LONGEST_INPUT = 80;

export async function listApprovals(options: ApprovalsOptions): Promise<void> {
  const report = await withOperator(options, (operator) => operator.approvals());
  if (options.json === true) printJson(report);
  else printLines(approvalLines(report));
}

export async function decideApproval(
  id: string,
  status: ApprovalVerdict["status"],
  options: ApprovalsOptions,
): Promise<void> {
  const decided = await withOperator(options, (operator) => operator.decideApproval({ id, status }));
  if (options.json === true) printJson(decided);
  else
    printLines([
      `${status === "approved" ? "Approved" : "Denied"}: ${oneLine(decided.action)}. The agent is told.`,
    ]);
}

/** What was decided, when, by whom and by which way. */
export async function approvalsLog(options: ApprovalsLogOptions): Promise<void> {
  const limit = readLimit(options.limit);
  const report = await withOperator(options, (operator) => operator.approvalsLog(limit));
  if (options.json === true) printJson(report);
  else printLines(logLines(report));
}

/** Inputs stand there whole: nobody should approve what is not to be seen. */
function approvalLines({ approvals }: ApprovalsReport): string[] {
  if (approvals.length === 0) return ["The agent asks for nothing."];
  const now = Date.now();
  return [
    ...approvals.flatMap((each) => [
      `${each.id}  ${oneLine(each.action)}  ${each.connector}/${oneLine(each.account)}  ends ${relativeTime(each.expiresAt, now)}`,
      `  asked for by ${person(each)} in ${oneLine(each.chat)}`,
      ...(each.summary === null ? [] : [`  the agent says: ${oneLine(each.summary)}`]),
      `  ${oneLine(each.input)}`,
    ]),
    "",
    "Decide with: milady approvals approve <id>, or deny <id>",
  ];
}

function logLines({ log }: ApprovalsLogReport): string[] {
  if (log.length === 0) return ["Nothing was decided yet."];
  const now = Date.now();
  return aligned(
    log.map((each) => [
      localTime(each.at, now),
      each.id,
      each.status,
      each.door === "clock" ? "nobody decided in time" : `by ${oneLine(each.by)} (${each.door})`,
      oneLine(each.action),
      shorten(oneLine(each.input), LONGEST_INPUT),
      each.reason === null ? "" : oneLine(each.reason),
    ]),
  );
}
