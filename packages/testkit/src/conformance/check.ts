import { Bench } from "./bench.js";
import type { Subject } from "./subject.js";

/** One thing that every connector shows. */
export interface Check {
  /** Letter and number of the line in the conformance list, such as `B5`. */
  readonly id: string;
  readonly title: string;
  /** The platform or the connector has nothing of the kind; the check shows that it is not claimed either. */
  readonly lack?: true;
  /** It measures the process, or works it hard: no other check runs beside it. */
  readonly alone?: true;
  /** Longest real time, in ms. Default 20,000. */
  readonly timeoutMs?: number;
  run(bench: Bench): Promise<void>;
}

export const DEFAULT_TIMEOUT_MS = 45_000;

/** Letter and number first, so that a table can be made of names alone. */
export function nameOf({ id, title, lack }: Check): string {
  return lack ? `${id} lack declared: ${title}` : `${id} ${title}`;
}

/** Runs one check on a platform and a state directory of its own. Rejects when the connector does not show it. */
export async function runCheck(subject: Subject, check: Check): Promise<void> {
  const bench = await Bench.open(subject);
  let failure: { readonly error: unknown } | undefined;
  try {
    await check.run(bench);
  } catch (error) {
    failure = { error };
  }
  try {
    await bench.close();
  } catch (error) {
    failure ??= { error };
  }
  if (failure !== undefined) throw failure.error;
}
