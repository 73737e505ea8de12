import type { ConfigOptions } from "../config/load.js";
import type { AccountReport, StatusReport } from "../control/shapes.js";
import { oneLine } from "../text.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

export async function status(options: ConfigOptions & { readonly json?: boolean }): Promise<void> {
  const report = await withOperator(options, (operator) => operator.status());
  if (options.json === true) printJson(report);
  else printLines(statusLines(report));
}

function statusLines({ host, stateDir, config, publicUrl, connectors }: StatusReport): string[] {
  const shown = connectors.filter(({ accounts }) => accounts.length > 0);
  return [
    host === null
      ? "No host is running."
      : `Host ${host.version} is running: pid ${host.pid}, since ${host.startedAt}, ${host.health}`,
    `State directory ${stateDir}, config ${config ?? "none"}`,
    ...(host === null || host.webhooks === null
      ? []
      : [`Webhooks arrive at ${host.webhooks}${publicUrl === null ? "" : `, from outside at ${publicUrl}`}`]),
    "",
    ...(shown.length === 0 ? ["No connector is configured."] : []),
    ...shown.flatMap(({ id, reason, accounts }) => [
      `${id} (${oneLine(reason)})`,
      ...accounts.flatMap(accountLines),
    ]),
  ];
}

function accountLines(account: AccountReport): string[] {
  const head = [
    account.id,
    account.state,
    account.name ?? undefined,
    account.since === null ? undefined : `since ${account.since}`,
  ];
  return [
    `  ${head
      .filter((part) => part !== undefined)
      .map(oneLine)
      .join("  ")}`,
    ...[account.reason, account.mend, ...account.notes].flatMap((line) =>
      line === null ? [] : [`    ${oneLine(line)}`],
    ),
    ...(account.lastInbound === null ? [] : [`    last message in   ${account.lastInbound}`]),
    ...(account.lastIgnored === null ? [] : [`    last kept out     ${account.lastIgnored}`]),
    ...(account.lastOutbound === null ? [] : [`    last message out  ${account.lastOutbound}`]),
  ];
}
