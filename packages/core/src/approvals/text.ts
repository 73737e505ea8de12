import { oneLine, timeOf } from "../commands/text.js";
import type { Json } from "../contract/json.js";
import type { StoredDecision, StoredRequest } from "./records.js";

/** UTF-16 units of an input that people see. */
const LONGEST_INPUT = 1_500;
const LONGEST_OUTCOME = 150;

/** An input as people see it. What shows nothing, or turns text around, is written as an escape, so that nothing hides in it. */
export function inputText(input: Json, redact: (text: string) => string, longest = LONGEST_INPUT): string {
  const text = visible(redact(JSON.stringify(input)));
  if (text.length <= longest) return text;
  return `${text.slice(0, longest).toWellFormed()}… (the first ${longest} of ${text.length} characters)`;
}

function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (character) =>
    Array.from(character, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`).join(""),
  );
}

/** How a request's messages begin, by which they are found again. */
export function headOf({ id }: Pick<StoredRequest, "id">): string {
  return `Approval ${id} is needed.`;
}

/** What approvers read. Plain text; what comes from outside stands on lines of its own. */
export function requestText(
  request: StoredRequest,
  { redact, code }: { readonly redact: (text: string) => string; readonly code: string | undefined },
): string {
  const { action, input, summary, expiresAt } = request;
  return [
    headOf(request),
    "",
    `Action: ${visible(action)}`,
    `Input: ${inputText(input, redact)}`,
    ...(summary === null ? [] : [`The agent says: ${visible(redact(oneLine(summary)))}`]),
    `Asked for by: ${visible(who(request))}, ${visible(where(request))}`,
    `Until: ${timeOf(expiresAt)}; then it is denied`,
    ...(code === undefined ? [] : ["", `Answer with /approve ${code} or /deny ${code}`]),
  ].join("\n");
}

function who({ sender: { id, name } }: StoredRequest): string {
  return name === undefined ? id : `${oneLine(name)} (${id})`;
}

function where({ chat, address }: StoredRequest): string {
  if (chat.kind === "dm") return "in private";
  return chat.title === undefined ? `in ${address.chat}` : `in ${oneLine(chat.title)} (${address.chat})`;
}

/** What the approvers' messages show afterwards. */
export function outcomeText(decision: StoredDecision, redact: (text: string) => string): string {
  const { action, input } = decision;
  return `${decided(decision)}\n${visible(action)} ${inputText(input, redact, LONGEST_OUTCOME)}`;
}

export function decided({ id, status, by, at }: StoredDecision): string {
  if (status === "expired") return `Approval ${id}: nobody decided in time, and it is denied.`;
  return `Approval ${id}: ${status} by ${visible(by)}, ${timeOf(at)}.`;
}

/** What the agent reads. */
export function noticeText({ id, action, status, by, isOwn }: StoredDecision): string {
  const head = `Your request ${id} (${action})`;
  if (status === "expired") return `${head} was not decided in time: it is denied, and nothing was done.`;
  if (status === "denied") return `${head} was denied by ${by}, and nothing was done.`;
  return isOwn ? `${head} was approved by ${by}: do it now, once.` : `${head} was approved by ${by}.`;
}
