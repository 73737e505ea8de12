import { expect, test } from "vitest";
import { conformanceTable, readReport } from "../conformance-table.mjs";

function result(connector: string, title: string, status = "passed") {
  return { ancestorTitles: [`conformance: ${connector}`], title, status };
}

const report = {
  testResults: [
    {
      assertionResults: [{ ancestorTitles: ["the store"], title: "A1 looks like a check", status: "failed" }],
    },
    {
      assertionResults: [
        result("Zeta", "A1 it starts"),
        result("Zeta", "A1 it stops", "failed"),
        result("Zeta", "B2 lack declared: threads"),
        result("Alpha", "A1 it starts"),
      ],
    },
  ],
};

test("the table counts what passed, failed and lacks, by line and connector, and hides no line without a check", () => {
  const page = conformanceTable(readReport(report), { A1: "Start", B2: "Threads" });
  expect(page).toContain("|  | What is checked | Alpha | Zeta |");
  expect(page).toContain("| A1 | Start | 1 pass | **1 FAIL**, 1 pass |");
  expect(page).toContain("| B2 | Threads | **not checked** | 1 lack |");
  expect(page).toContain("## What Zeta declares as lacking\n\n- B2 threads");
});

test("a lack that is not shown is a failure, not a lack", () => {
  const failed = {
    testResults: [{ assertionResults: [result("Zeta", "B2 lack declared: threads", "failed")] }],
  };
  expect(conformanceTable(readReport(failed), { B2: "Threads" })).toContain("| B2 | Threads | **1 FAIL** |");
});
