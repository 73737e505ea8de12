// node checks/summary.mjs <report>: the closing line of a test run, from vitest's JSON report.
import { existsSync, readFileSync } from "node:fs";

const [path = ""] = process.argv.slice(2);
const report = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
if (!report) {
  console.log("The tests left no report: they did not run to their end.");
  process.exitCode = 1;
} else {
  const { numTotalTests, numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = report;
  if (numTotalTests === 0) console.log("No test ran.");
  console.log(
    `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`,
  );
  process.exitCode = success && numPassedTests > 0 ? 0 : 1;
}
