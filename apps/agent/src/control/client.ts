import { z } from "zod";
import { systemCode, systemReason, UserError } from "../user-error.js";
import {
  approvalReport,
  approvalsLogReport,
  approvalsReport,
  deadLetterReport,
  decidedApprovalReport,
  errorReport,
  eventsReport,
  type Operator,
  pairingLogReport,
  pairingReport,
  statusReport,
  whyReport,
} from "./shapes.js";
import { checkControlFolder, controlPlace } from "./socket-path.js";

// An import would evaluate all that the module exports, a WebSocket of 50 ms among it.
const { request } = process.getBuiltinModule("node:http");

/** A host that does not answer for this long, in ms, is reported as stuck. */
const ANSWER_TIMEOUT_MS = 10_000;

/** An operator that talks to the running host; undefined when no host listens on the state directory's socket. */
export async function connectControl(stateDir: string): Promise<Operator | undefined> {
  const place = controlPlace(stateDir);
  checkControlFolder(place);
  const call = <T>(schema: z.ZodType<T>, method: string, path: string, body?: object) =>
    exchange(place.path, method, path, body).then((answer) => read(schema, answer));
  const operator: Operator = {
    status: () => call(statusReport, "GET", "/status"),
    pairing: () => call(pairingReport, "GET", "/pairing"),
    approve: (verdict) => call(approvalReport, "POST", "/pairing/approve", verdict),
    deny: async (verdict) => void (await call(z.object({}), "POST", "/pairing/deny", verdict)),
    revoke: async (revocation) => void (await call(z.object({}), "POST", "/pairing/revoke", revocation)),
    pairingLog: (limit) => call(pairingLogReport, "GET", `/pairing/log?limit=${limit}`),
    approvals: () => call(approvalsReport, "GET", "/approvals"),
    decideApproval: (verdict) => call(decidedApprovalReport, "POST", "/approvals/decide", verdict),
    approvalsLog: (limit) => call(approvalsLogReport, "GET", `/approvals/log?limit=${limit}`),
    events: ({ limit, ...filter }) =>
      call(eventsReport, "GET", `/events?${new URLSearchParams({ limit: String(limit), ...filter })}`),
    why: async (event) =>
      (await call(z.object({ found: whyReport.nullable() }), "GET", `/why/${event}`)).found ?? undefined,
    deadLetters: () => call(deadLetterReport, "GET", "/dead-letters"),
    settleDeadLetter: async (id, verdict) =>
      void (await call(z.object({}), "POST", `/dead-letters/${encodeURIComponent(id)}/${verdict}`, {})),
  };
  try {
    await exchange(place.path, "GET", "/", undefined);
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return undefined;
    throw new UserError(`control socket ${place.path}: cannot be reached: ${systemReason(error)}`, {
      cause: error,
    });
  }
  return operator;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      sent === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(sent) };
    const call = request({ socketPath, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    call.setTimeout(ANSWER_TIMEOUT_MS, () => {
      call.destroy(new Error(`the host did not answer within ${ANSWER_TIMEOUT_MS / 1000} s`));
    });
    call.once("error", reject);
    call.end(sent);
  });
}

function read<T>(schema: z.ZodType<T>, { status, text }: Answer): T {
  const value: unknown = JSON.parse(text);
  if (status === 200) {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new UserError("the running host is of another version; restart it");
  }
  const failure = errorReport.safeParse(value);
  throw new UserError(
    failure.success ? failure.data.error : `the running host answered with status ${status}`,
  );
}
