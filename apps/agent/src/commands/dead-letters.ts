import type { ConfigOptions } from "../config/load.js";
import { oneLine } from "../text.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

interface DeadLetterOptions extends ConfigOptions {
  readonly json?: boolean;
}

export async function listDeadLetters(options: DeadLetterOptions): Promise<void> {
  const report = await withOperator(options, (operator) => operator.deadLetters());
  if (options.json === true) {
    printJson(report);
    return;
  }
  printLines([
    report.deadLetters.length === 0 ? "No dead letters." : "Dead letters:",
    ...report.deadLetters.map(
      ({ id, identity, at, reason }) => `  ${id}  ${oneLine(identity)}  ${at}  ${oneLine(reason)}`,
    ),
  ]);
}

export async function settleDeadLetter(
  id: string,
  verdict: "retry" | "drop",
  options: DeadLetterOptions,
): Promise<void> {
  await withOperator(options, (operator) => operator.settleDeadLetter(id, verdict));
  if (options.json === true) printJson({});
  else printLines([verdict === "retry" ? `${id} is tried again.` : `${id} was dropped.`]);
}
