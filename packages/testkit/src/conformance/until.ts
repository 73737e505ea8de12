import type { ManualClock } from "@elizaos/connector-simulators/kit";

/** Real time between two looks, in ms. */
const LOOK_MS = 4;

export interface UntilOptions {
  /** Longest real time, in ms. Default 12,000. */
  readonly timeoutMs?: number;
  /** Time that passes between two looks, 100 ms at a time unless `stepMs` says otherwise. */
  readonly clock?: ManualClock;
  readonly stepMs?: number;
}

/** Looks until `probe` gives something else than undefined or false; rejects with `what` otherwise. */
export async function until<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  what: string | (() => string),
  { timeoutMs = 12_000, clock, stepMs = 100 }: UntilOptions = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end)
      throw new Error(`Did not happen within ${timeoutMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    await clock?.advance(stepMs);
  }
}

/** Lets time pass until the promise is settled. */
export async function passing<T>(clock: ManualClock, promise: Promise<T>, stepMs = 100): Promise<T> {
  let over = false;
  const done = () => {
    over = true;
  };
  promise.then(done, done);
  await until(() => over, "a promise that time should settle", { clock, stepMs, timeoutMs: 15_000 });
  return promise;
}

/** Something that a check holds shut until it opens it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
