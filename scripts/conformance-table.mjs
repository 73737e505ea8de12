// The table connector x check, made of vitest's JSON report of the conformance suites.

const SUITE = /^conformance: (.+)$/;
const NAME = /^([A-H]\d+) (lack declared: )?(.+)$/;

/**
 * Every check that ran, by connector. A report that holds other tests too is fine.
 *
 * @param {any} report
 * @returns {Map<string, { id: string, title: string, state: "pass" | "lack" | "fail" }[]>}
 */
export function readReport(report) {
  const byConnector = new Map();
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  for (const { ancestorTitles, title, status } of tests) {
    const connector = SUITE.exec(ancestorTitles[0] ?? "")?.[1];
    const [, id, lack, rest] = NAME.exec(title) ?? [];
    if (connector === undefined || id === undefined) continue;
    const state = status !== "passed" ? "fail" : lack ? "lack" : "pass";
    byConnector.set(connector, [...(byConnector.get(connector) ?? []), { id, title: rest, state }]);
  }
  return new Map([...byConnector].sort(([a], [b]) => a.localeCompare(b)));
}

/**
 * @param {ReturnType<typeof readReport>} results
 * @param {Readonly<Record<string, string>>} lines what each line of the list is about
 */
export function conformanceTable(results, lines) {
  const connectors = [...results.keys()];
  const row = (cells) => `| ${cells.join(" | ")} |`;
  const rows = Object.entries(lines).map(([id, about]) =>
    row([
      id,
      about,
      ...connectors.map((name) => cell(results.get(name)?.filter((check) => check.id === id) ?? [])),
    ]),
  );
  const lacks = connectors.flatMap((name) => [
    "",
    `## What ${name} declares as lacking`,
    "",
    ...(results.get(name) ?? [])
      .filter(({ state }) => state === "lack")
      .map(({ id, title }) => `- ${id} ${title}`),
  ]);
  return [
    "# Conformance",
    "",
    "Made by `npx -y pnpm@12 conformance`; do not edit. Every number is a check of `@elizaos/connector-testkit` that ran against the",
    "connector over a real socket, with the real runtime and a store on disk. *lack*: the platform or the connector has nothing of the",
    "kind, and a check showed that it claims nothing of the kind.",
    "",
    row(["", "What is checked", ...connectors]),
    row(["---", "---", ...connectors.map(() => "---")]),
    ...rows,
    ...lacks,
    "",
  ].join("\n");
}

function cell(checks) {
  const count = (state) => checks.filter((check) => check.state === state).length;
  const parts = [
    ...(count("fail") > 0 ? [`**${count("fail")} FAIL**`] : []),
    ...(count("pass") > 0 ? [`${count("pass")} pass`] : []),
    ...(count("lack") > 0 ? [`${count("lack")} lack`] : []),
  ];
  return parts.length === 0 ? "**not checked**" : parts.join(", ");
}
