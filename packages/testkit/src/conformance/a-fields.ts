import { expect } from "vitest";
import { capabilitiesChecks, configWritesChecks, heartbeatChecks } from "./a-agent.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";

/** Common fields that not every connector has, and the checks of those that have them. A field without checks fails. */
const CHECKS: Readonly<Record<string, (subject: Subject) => readonly Check[]>> = {
  mediaMaxMb: unwritten("mediaMaxMb"),
  configWrites: configWritesChecks,
  capabilities: capabilitiesChecks,
  heartbeat: heartbeatChecks,
};

/** A4: common fields that a connector does not have are refused like any unknown key. The others are checked where they act. */
export function fieldChecks(subject: Subject): readonly Check[] {
  const fields = subject.connector.config.fields.shape;
  return Object.entries(CHECKS).flatMap(([key, checks]) =>
    key in fields ? checks(subject) : [refused(key)],
  );
}

function refused(key: string): Check {
  return {
    id: "A4",
    title: `${key} is refused as an unknown key`,
    lack: true,
    async run(bench) {
      const host = await bench.start({ config: { [key]: true } });
      const { state, issues } = host.status();
      expect(state).toBe("failed");
      expect(issues.map(({ path, message }) => `${path} ${message}`).join()).toContain(key);
    },
  };
}

function unwritten(key: string) {
  return (): readonly Check[] => [
    {
      id: "A4",
      title: `${key} does what it says`,
      run: () =>
        Promise.reject(new Error(`The connector has the field ${key}, and the suite has no check of it`)),
    },
  ];
}
