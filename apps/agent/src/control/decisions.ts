import { ConnectorError, type Operator as CoreOperator, toldOf } from "@elizaos/connector-core";
import { UserError } from "../user-error.js";
import { approvalsLogReportOf, approvalsReportOf, decidedReportOf } from "./approvals-report.js";
import { approvalReportOf, pairingLogReportOf, pairingReportOf } from "./pairing-report.js";
import { deadLetterReportOf } from "./reports.js";
import type { Operator } from "./shapes.js";

type Decisions = Pick<
  Operator,
  | "pairing"
  | "approve"
  | "deny"
  | "revoke"
  | "pairingLog"
  | "approvals"
  | "decideApproval"
  | "approvalsLog"
  | "deadLetters"
  | "settleDeadLetter"
>;

/** What an operator decides, the same over a running host and over the store of a stopped one. */
export function decisionsOf(
  { pairing, approvals, deadLetters }: CoreOperator,
  redact: (text: string) => string,
): Decisions {
  return {
    pairing: async () => pairingReportOf(await pairing.list()),
    approve: ({ connector, code, account }) =>
      refusable(async () => approvalReportOf(await pairing.approve(connector, code, byOperator(account)))),
    deny: ({ connector, code, account }) =>
      refusable(() => pairing.deny(connector, code, byOperator(account))),
    revoke: ({ connector, sender, account }) =>
      refusable(() => pairing.revoke(connector, sender, byOperator(account))),
    pairingLog: async (limit) => pairingLogReportOf(await pairing.log(limit)),
    approvals: async () => approvalsReportOf(await approvals.list(), redact),
    decideApproval: ({ id, status }) =>
      refusable(async () => {
        const decide = status === "approved" ? approvals.approve : approvals.deny;
        return decidedReportOf(await decide(id, { by: "operator" }), status, redact);
      }),
    approvalsLog: async (limit) => approvalsLogReportOf(await approvals.log(limit), redact),
    deadLetters: async () => deadLetterReportOf(await deadLetters.list()),
    settleDeadLetter: (id, verdict) => refusable(() => deadLetters[verdict](id)),
  };
}

function byOperator(account: string | undefined): { readonly by: string; readonly account?: string } {
  return account === undefined ? { by: "operator" } : { by: "operator", account };
}

/** What core refuses is the user's to mend; anything else is a fault of ours and goes on as it is. */
async function refusable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!ConnectorError.isInstance(error)) throw error;
    throw new UserError(toldOf(error), { cause: error });
  }
}
