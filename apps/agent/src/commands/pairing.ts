import { unknownConnector } from "../config/ids.js";
import type { ConfigOptions } from "../config/load.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import type { PairingReport, PairingVerdict } from "../control/shapes.js";
import { oneLine } from "../text.js";
import { UserError } from "../user-error.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

interface PairingOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly account?: string;
}

export async function listPairing(options: PairingOptions): Promise<void> {
  const report = await withOperator(options, (operator) => operator.pairing());
  if (options.json === true) printJson(report);
  else printLines(pairingLines(report));
}

export async function approvePairing(
  connector: string,
  code: string,
  options: PairingOptions,
): Promise<void> {
  const approval = await withOperator(options, (operator) =>
    operator.approve(verdict(connector, code, options)),
  );
  if (options.json === true) printJson(approval);
  else
    printLines([
      `${person(approval)} may write to ${approval.connector}/${approval.account} from the next message on.`,
    ]);
}

export async function denyPairing(connector: string, code: string, options: PairingOptions): Promise<void> {
  await withOperator(options, (operator) => operator.deny(verdict(connector, code, options)));
  if (options.json === true) printJson({});
  else printLines(["Denied. The sender gets a new code after writing again."]);
}

function verdict(connector: string, code: string, { account }: PairingOptions): PairingVerdict {
  const row = rowOf(connector);
  if (row === undefined) throw new UserError(unknownConnector(connector));
  return { connector: row.id, code, ...(account === undefined ? {} : { account }) };
}

function pairingLines({ requests, approved }: PairingReport): string[] {
  return [
    requests.length === 0 ? "No open requests." : "Open requests:",
    ...requests.map(
      (each) => `  ${each.id}  ${each.connector}/${each.account}  ${person(each)}  until ${each.expiresAt}`,
    ),
    ...(requests.length === 0
      ? []
      : [
          "Approve with: milady pairing approve <connector> <request id, or the code that the sender was shown>",
        ]),
    "",
    approved.length === 0 ? "Nobody is approved." : "Approved:",
    ...approved.map(
      (each) =>
        `  ${each.connector}/${each.account}  ${person(each)}  since ${each.approvedAt} by ${oneLine(each.by)}`,
    ),
  ];
}

function person({ name, sender }: { readonly name: string | null; readonly sender: string }): string {
  return name === null ? `id ${oneLine(sender)}` : `“${oneLine(name)}” (id ${oneLine(sender)})`;
}
