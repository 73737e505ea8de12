import type { ApprovalLogEntry, ApprovalRequest } from "@elizaos/connector-core";
import type {
  ApprovalsLogReport,
  ApprovalsReport,
  ApprovalVerdict,
  DecidedApprovalReport,
} from "./shapes.js";
import { isoTime } from "./time.js";

type Redact = (text: string) => string;

export function approvalsReportOf(requests: readonly ApprovalRequest[], redact: Redact): ApprovalsReport {
  return {
    approvals: requests.map((request) => ({
      ...asked(request, redact),
      createdAt: isoTime(request.createdAt),
      expiresAt: isoTime(request.expiresAt),
    })),
  };
}

export function decidedReportOf(
  request: ApprovalRequest,
  status: ApprovalVerdict["status"],
  redact: Redact,
): DecidedApprovalReport {
  return { ...asked(request, redact), status };
}

export function approvalsLogReportOf(log: readonly ApprovalLogEntry[], redact: Redact): ApprovalsLogReport {
  return {
    log: log.map((entry) => {
      const { at, status, by, door, reason } = entry;
      return { ...asked(entry, redact), at: isoTime(at), status, by, door, reason: reason ?? null };
    }),
  };
}

/** Of a stopped host's store core knows no secrets, so that they are masked here. */
function asked(request: Omit<ApprovalRequest, "createdAt" | "expiresAt">, redact: Redact) {
  const { id, connector, account, action, input, summary, sender, name, chat } = request;
  return {
    id,
    connector,
    account,
    action,
    input: redact(input),
    summary: summary === undefined ? null : redact(summary),
    sender,
    name: name ?? null,
    chat,
  };
}
