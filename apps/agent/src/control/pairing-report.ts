import type { Operator as CoreOperator } from "@elizaos/connector-core";
import type { ApprovalReport, PairingCounts, PairingLogReport, PairingReport } from "./shapes.js";
import { isoTime } from "./time.js";

type CorePairing = CoreOperator["pairing"];
type PairingList = Awaited<ReturnType<CorePairing["list"]>>;
type PairingLog = Awaited<ReturnType<CorePairing["log"]>>;

export function pairingReportOf({ requests, approved, pressure }: PairingList): PairingReport {
  return {
    requests: requests.map((request) => ({
      id: request.id,
      connector: request.connector,
      account: request.account,
      sender: request.sender,
      name: request.name ?? null,
      createdAt: isoTime(request.createdAt),
      expiresAt: isoTime(request.expiresAt),
    })),
    approved: approved.map(approvalReportOf),
    pressure: pressure.map(({ connector, account, waiting, evicted }) => ({
      connector,
      account,
      waiting,
      evicted,
    })),
  };
}

export function approvalReportOf(approval: PairingList["approved"][number]): ApprovalReport {
  const { connector, account, sender, name, approvedAt, by } = approval;
  return { connector, account, sender, name: name ?? null, approvedAt: isoTime(approvedAt), by };
}

export function pairingLogReportOf(log: PairingLog): PairingLogReport {
  return {
    log: log.map(({ at, connector, account, action, sender, by }) => ({
      at: isoTime(at),
      connector,
      account,
      action,
      sender,
      by: by ?? null,
    })),
  };
}

/** What waits for the operator at one account. */
export function pairingCountsOf(
  { requests, pressure }: Pick<PairingReport, "requests" | "pressure">,
  connector: string,
  account: string,
): PairingCounts {
  const here = (each: { readonly connector: string; readonly account: string }) =>
    each.connector === connector && each.account === account;
  const { waiting = 0, evicted = 0 } = pressure.find(here) ?? {};
  return { requests: requests.filter(here).length, waiting, evicted };
}
