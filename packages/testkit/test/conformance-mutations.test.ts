import { checksFor, LINES, nameOf, readSubject, runCheck } from "@elizaos/connector-testkit";
import { startToyConformance, toy } from "@elizaos/connector-testkit/toy";
import { afterAll, describe, expect, test } from "vitest";
import { leaked, MUTANTS } from "./conformance-mutants.js";

afterAll(() => {
  for (const server of leaked) server.close();
});

test("every line of the list has a check, and every check a line", async () => {
  const subject = await readSubject(toy, startToyConformance);
  const ids = new Set(checksFor(subject).map(({ id }) => id));
  expect([...ids].sort()).toEqual(Object.keys(LINES).sort());
});

test("no two checks have one name", async () => {
  const names = checksFor(await readSubject(toy, startToyConformance)).map(nameOf);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

// Whatever fails by waiting fails after seconds; side by side that costs no time.
describe.concurrent("a connector that", () => {
  for (const { defect, connector, caughtBy, module = "@elizaos/connector-testkit/toy" } of MUTANTS) {
    test.for(caughtBy)(`${defect} fails %s`, { timeout: 90_000 }, async (name) => {
      const subject = await readSubject(connector, startToyConformance, { module });
      const found = checksFor(subject).filter((check) => nameOf(check).startsWith(name));
      expect(found.map(nameOf), "one check has this name").toHaveLength(1);
      const [check] = found;
      if (check !== undefined) await expect(runCheck(subject, check)).rejects.toThrow();
    });
  }
});
