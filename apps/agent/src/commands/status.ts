import type { ConfigOptions } from "../config/load.js";
import type { AccountReport, StatusReport } from "../control/shapes.js";
import { aligned, localTime, relativeTime } from "../terminal/layout.js";
import { pressureSentence } from "../terminal/people.js";
import { hasColors, type Paint, painter } from "../terminal/style.js";
import { oneLine } from "../text.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

export async function status(options: ConfigOptions & { readonly json?: boolean }): Promise<void> {
  const report = await withOperator(options, (operator) => operator.status());
  if (options.json === true) printJson(report);
  else printLines(statusLines(report, painter(hasColors(process.stdout))));
}

function statusLines(
  { host, stateDir, config, publicUrl, connectors }: StatusReport,
  paint: Paint,
): string[] {
  const now = Date.now();
  const configured = connectors.filter(({ accounts }) => accounts.length > 0);
  const others = connectors.filter(({ accounts }) => accounts.length === 0).map(({ id }) => id);
  const rows = configured.flatMap(({ id, reason, accounts }) =>
    accounts.map((account) => ({
      cells: accountCells(id, account, now, paint),
      notes: accountNotes(account, reason, now, paint),
    })),
  );
  const heads = aligned(rows.map(({ cells }) => cells));
  const webhooks = host?.webhooks ?? undefined;
  return [
    ...aligned([
      [
        paint("bold", "Host"),
        host === null
          ? `none is running; start one with milady start`
          : `${host.version}, pid ${host.pid}, up since ${localTime(host.startedAt, now)}, ${host.health}`,
      ],
      [paint("bold", "State"), stateDir],
      [paint("bold", "Config"), config ?? "no file"],
      ...(webhooks === undefined
        ? []
        : [
            [
              paint("bold", "Webhooks"),
              `${webhooks}${publicUrl === null ? "" : `, from outside ${publicUrl}`}`,
            ],
          ]),
    ]),
    "",
    ...rows.flatMap(({ notes }, index) => [`${heads[index] ?? ""}`, ...notes]),
    ...(rows.length === 0 ? ["No connector is configured. Begin with: milady connect telegram"] : []),
    ...(others.length === 0 ? [] : ["", paint("gray", `Not configured: ${others.join(", ")}`)]),
  ];
}

function accountCells(connector: string, account: AccountReport, now: number, paint: Paint): string[] {
  const name = account.id === "default" ? connector : `${connector}/${oneLine(account.id)}`;
  const times = [
    ["in", account.lastInbound],
    ["kept out", account.lastIgnored],
    ["out", account.lastOutbound],
  ].flatMap(([what, at]) => (typeof at === "string" ? [`${what} ${relativeTime(at, now)}`] : []));
  const since = account.since === null ? "" : `since ${localTime(account.since, now)}`;
  return [
    name,
    paint(STATE_STYLES[account.state], account.state),
    oneLine(account.name ?? ""),
    since,
    times.length === 0 ? "" : `last message ${times.join(", ")}`,
  ];
}

/** What is wrong, and what to do next. */
function accountNotes(account: AccountReport, reason: string, now: number, paint: Paint): string[] {
  const { requests } = account.pairing;
  const flood = pressureSentence(account.pairing);
  const asking =
    requests === 0 ? [] : [`${requests} ${requests === 1 ? "stranger asks" : "strangers ask"} to be let in`];
  const approvals =
    account.approvals === 0
      ? null
      : `the agent asks for ${account.approvals} ${account.approvals === 1 ? "approval" : "approvals"}.`;
  const waiting = [...asking, ...(flood === undefined ? [] : [flood])];
  // A disabled account's reason is the table's; for the others that is no problem.
  const problem = account.reason ?? (account.state === "disabled" ? reason : null);
  const next = [
    account.mend,
    waiting.length === 0 ? null : "milady pairing list",
    approvals === null ? null : "milady approvals list",
    account.state === "failed" && account.mend === null
      ? `mend what stands above, then restart the host`
      : null,
  ];
  const lost = account.gaps.map(({ at, reason: why }) => `lost at ${localTime(at, now)}: ${why}`);
  const asked = waiting.length === 0 ? null : `${waiting.join("; ")}.`;
  return [
    ...[problem, ...account.notes, ...lost, asked, approvals].flatMap((line) =>
      line === null ? [] : [`    ${oneLine(line)}`],
    ),
    ...next.flatMap((line) => (line === null ? [] : [`    ${paint("bold", "Next:")} ${oneLine(line)}`])),
  ];
}

const STATE_STYLES = {
  online: "green",
  starting: "cyan",
  reconnecting: "yellow",
  "action-needed": "red",
  failed: "red",
  stopped: "gray",
  disabled: "gray",
} as const;
