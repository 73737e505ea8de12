import type { Connector } from "@elizaos/connector-core";
import type { StartPlatform } from "@elizaos/connector-simulators/kit";
import { describe, test } from "vitest";
import { DEFAULT_TIMEOUT_MS, nameOf, runCheck } from "./check.js";
import { checksFor } from "./checks.js";
import { type ConformanceOptions, readSubject } from "./subject.js";

export { type Check, nameOf, runCheck } from "./check.js";
export { checksFor } from "./checks.js";
export { LINES } from "./lines.js";
export { type ConformanceOptions, readSubject, type Subject, type Traits } from "./subject.js";

/**
 * Adds the conformance suite to a vitest file: one test per check, against the connector as it is, over a real socket to a
 * platform of its own, through the real runtime with a store on disk.
 *
 * @param start starts the simulated platform
 */
export function conformance<C>(
  connector: Connector<C>,
  start: StartPlatform,
  options: ConformanceOptions = {},
): void {
  describe(`conformance: ${connector.manifest.name}`, async () => {
    const subject = await readSubject(connector, start, options);
    for (const check of checksFor(subject)) {
      // Each has a platform and a state directory of its own, and waits more than it computes.
      const options = { timeout: check.timeoutMs ?? DEFAULT_TIMEOUT_MS, concurrent: check.alone !== true };
      test(nameOf(check), options, () => runCheck(subject, check));
    }
  });
}
