import { unknownConnector } from "../config/ids.js";
import type { ConfigOptions } from "../config/load.js";
import { rowOf } from "../config/plugin-auto-enable.js";
import type { PairingLogReport, PairingReport, PairingVerdict } from "../control/shapes.js";
import { aligned, localTime, relativeTime } from "../terminal/layout.js";
import { person, pressureSentence } from "../terminal/people.js";
import { oneLine } from "../text.js";
import { UserError } from "../user-error.js";
import { readLimit } from "./events.js";
import { withOperator } from "./open-operator.js";
import { printJson, printLines } from "./print.js";

interface PairingOptions extends ConfigOptions {
  readonly json?: boolean;
  readonly account?: string;
}

export interface PairingLogOptions extends PairingOptions {
  readonly limit: string;
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

/** Takes an approval back; the sender asks again like any stranger. */
export async function revokePairing(
  connector: string,
  sender: string,
  options: PairingOptions,
): Promise<void> {
  const { account } = options;
  const revocation = { connector: idOf(connector), sender, ...(account === undefined ? {} : { account }) };
  await withOperator(options, (operator) => operator.revoke(revocation));
  if (options.json === true) printJson({});
  else
    printLines([
      `${oneLine(sender)} may not write in private any more, from the next message on. Who stands in allowFrom still may.`,
    ]);
}

/** Who was let in, refused or shut out, when and by whom. */
export async function pairingLog(options: PairingLogOptions): Promise<void> {
  const limit = readLimit(options.limit);
  const report = await withOperator(options, (operator) => operator.pairingLog(limit));
  if (options.json === true) printJson(report);
  else printLines(logLines(report));
}

function verdict(connector: string, code: string, { account }: PairingOptions): PairingVerdict {
  return { connector: idOf(connector), code, ...(account === undefined ? {} : { account }) };
}

function idOf(connector: string): string {
  const row = rowOf(connector);
  if (row === undefined) throw new UserError(unknownConnector(connector));
  return row.id;
}

function pairingLines({ requests, approved, pressure }: PairingReport): string[] {
  const now = Date.now();
  const floods = pressure.flatMap((each) => {
    const sentence = pressureSentence(each);
    return sentence === undefined ? [] : [`  ${each.connector}/${oneLine(each.account)}: ${sentence}.`];
  });
  return [
    requests.length === 0 ? "No open requests." : "Open requests:",
    ...aligned(
      requests.map((each) => [
        `  ${each.id}`,
        `${each.connector}/${oneLine(each.account)}`,
        person(each),
        `ends ${relativeTime(each.expiresAt, now)}`,
      ]),
    ),
    ...floods,
    ...(requests.length === 0
      ? []
      : [
          "Approve with: milady pairing approve <connector> <request id, or the code that the sender was shown>",
        ]),
    "",
    approved.length === 0 ? "Nobody is approved." : "Approved:",
    ...aligned(
      approved.map((each) => [
        `  ${each.connector}/${oneLine(each.account)}`,
        person(each),
        `since ${localTime(each.approvedAt, now)} by ${oneLine(each.by)}`,
      ]),
    ),
    ...(approved.length === 0 ? [] : ["Take it back with: milady pairing revoke <connector> <sender id>"]),
  ];
}

function logLines({ log }: PairingLogReport): string[] {
  if (log.length === 0) return ["Nothing has happened yet."];
  const now = Date.now();
  return aligned(
    log.map(({ at, connector, account, action, sender, by }) => [
      localTime(at, now),
      `${connector}/${oneLine(account)}`,
      `id ${oneLine(sender)}`,
      oneLine(action),
      by === null || by === "" ? "" : `by ${oneLine(by)}`,
    ]),
  );
}
