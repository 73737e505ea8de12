import { dirname } from "node:path";
import { findConfigFile } from "../config/find.js";
import { type ConfigOptions, type Plan, planProblems, readPlan } from "../config/load.js";
import { loadInstalled } from "../config/planned.js";
import { type ShownConnector, shownConfig } from "../config/show.js";
import { readSettings, type Settings } from "../settings.js";
import { oneLine } from "../text.js";
import { UserError } from "../user-error.js";
import { printJson, printLines } from "./print.js";

interface ConfigCommandOptions extends ConfigOptions {
  readonly json?: boolean;
}

/** `milady config check`: one line for each problem; fails when there is one. */
export async function checkConfigFile(options: ConfigCommandOptions): Promise<void> {
  const settings = readSettings(process.env, process.cwd());
  const { file, problems, warnings, running } = await examine(options, settings);
  if (options.json === true) printJson({ ok: problems.length === 0, config: file, problems, warnings });
  else
    printLines([
      ...warnings.map((warning) => `warning: ${oneLine(warning)}`),
      problems.length === 0 ? `${file ?? "no config file"}: in order; ${running}` : "Not in order:",
    ]);
  if (problems.length > 0) throw new UserError(options.json === true ? [] : problems);
}

interface Examination {
  readonly file: string | null;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** What would run, in one phrase. */
  readonly running: string;
}

async function examine(options: ConfigOptions, settings: Settings): Promise<Examination> {
  try {
    const { plan, problems } = await readPlan(options, settings);
    return {
      file: plan.file ?? null,
      problems: [...problems, ...planProblems(plan)].map(plan.redactor.redact),
      warnings: [...plan.warnings, ...notesOf(plan)].map(plan.redactor.redact),
      running: runningOf(plan),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { file: null, problems: error.lines, warnings: [], running: "" };
  }
}

/** Each said once, however many accounts it is said of. */
function notesOf({ connectors }: Plan): string[] {
  return [
    ...new Set(
      connectors.flatMap(({ notes, accounts }) => [...notes, ...accounts.flatMap((each) => each.notes)]),
    ),
  ];
}

function runningOf({ connectors }: Plan): string {
  const accounts = connectors.flatMap(({ row, accounts }) =>
    accounts.flatMap(({ id, enabled }) => (enabled ? [`${row.id}/${id}`] : [])),
  );
  return accounts.length === 0 ? "nothing is switched on" : `it runs ${accounts.join(", ")}`;
}

/** `milady config show`: what every account runs with, and where each value comes from. */
export async function showConfig(options: ConfigCommandOptions): Promise<void> {
  const { plan, problems } = await readPlan(options, readSettings(process.env, process.cwd()));
  if (problems.length > 0) throw new UserError(problems);
  const shown = shownConfig(plan);
  if (options.json === true) printJson(shown);
  else
    printLines([
      `Config ${shown.config ?? "none"}`,
      ...valueLines(shown.settings, ""),
      ...(shown.connectors.length === 0
        ? ["No connector is configured."]
        : shown.connectors.flatMap(connectorLines)),
    ]);
}

function connectorLines({ id, reason, unvalidated, accounts }: ShownConnector): string[] {
  const unchecked = unvalidated ? "; not checked, since its package is not installed" : "";
  return [
    "",
    `${id} (${oneLine(reason)}${unchecked})`,
    ...accounts.flatMap((account) => [
      `  ${oneLine(account.id)}${account.enabled ? "" : "  does not run"}`,
      ...valueLines(account.values, "    "),
      ...[...account.problems, ...account.notes].map((line) => `    ! ${oneLine(line)}`),
    ]),
  ];
}

type Values = Readonly<
  Record<string, { readonly value: unknown; readonly from: string; readonly path?: string }>
>;

function valueLines(values: Values, indent: string): string[] {
  const widest = Math.max(0, ...Object.keys(values).map((key) => key.length));
  return Object.entries(values).flatMap(([key, { value, from, path }]) =>
    value === undefined
      ? []
      : [`${indent}${key.padEnd(widest)}  ${oneLine(JSON.stringify(value))}  (${oneLine(path ?? from)})`],
  );
}

/** `milady config schema`: JSON Schema of a config file, with the connectors that are installed where the file stands. */
export async function printSchema(options: ConfigOptions): Promise<void> {
  const settings = readSettings(process.env, process.cwd());
  const path = findConfigFile(options.config, settings);
  const folders = [...(path === undefined ? [] : [dirname(path)]), settings.cwd];
  const { configSchema } = await import("../config/schema.js");
  const { connectors, problems } = await loadInstalled(folders);
  for (const problem of problems) process.stderr.write(`warning: ${oneLine(problem)}\n`);
  printJson(configSchema(connectors));
}
