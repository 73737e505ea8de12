/** One Ctrl+C can arrive twice, from the terminal and from the package manager that runs this process. */
const SAME_SIGNAL_MS = 500;
const EXIT_FORCED = 1;

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. A later one ends the process at once. */
export function untilStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const take = (signal: NodeJS.Signals) => {
      const now = performance.now();
      if (first === undefined) {
        first = now;
        resolve(signal);
      } else if (now - first > SAME_SIGNAL_MS) {
        process.exit(EXIT_FORCED);
      }
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, take);
  });
}
