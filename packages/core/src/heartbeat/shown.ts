import type { Answer } from "../agent/answer.js";
import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";
import type { Operation } from "../contract/operation.js";
import { isWake } from "./wake.js";

const ALL_IS_WELL = /^[^\p{L}\p{N}]*(?:ok|okay|heartbeat[_ ]?ok)[^\p{L}\p{N}]*$/iu;

/** What a chat sees of an answer, which is less than all only where the host woke the agent. */
export function shownAnswer(handle: AccountHandle, event: InboundEvent, answer: Answer): Answer {
  if (!isWake(event) || answer.operations.length === 0) return answer;
  const { showOk, showAlerts } = handle.config.heartbeat;
  const isOk = saysOk(answer.operations);
  if (isOk ? showOk : showAlerts) return answer;
  const setting = isOk ? "showOk" : "showAlerts";
  const said = isOk ? "said that all is well" : "had something to say";
  const silence = `The agent ${said}, which this chat is not to see: ${handle.locate(`heartbeat.${setting}`)} is false.`;
  return { operations: [], silence };
}

function saysOk(operations: readonly Operation[]): boolean {
  const texts = operations.map((operation) => (operation.kind === "send" ? operation.text : undefined));
  return texts.every((text) => text !== undefined && ALL_IS_WELL.test(text));
}
