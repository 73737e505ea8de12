import type { InputFile, Transformer } from "grammy";
import type { ApiResponse } from "grammy/types";
import { type CallSignal, type HttpClient, NoAnswer } from "./http.js";

/** Of a call without one. */
const NEVER: CallSignal = new AbortController().signal;

export interface TransportOptions {
  readonly http: HttpClient;
  /** Part of every path, so that no path may reach an error. */
  readonly token: string;
  /** grammY's. */
  readonly InputFile: typeof InputFile;
}

/**
 * Makes calls in the place of grammY's own client, whose timers, races and signals cost as much as the request itself. That client goes
 * on making forms out of files.
 */
export function transport({ http, token, InputFile: Input }: TransportOptions): Transformer {
  const hasFile = (value: unknown): boolean =>
    typeof value === "object" &&
    value !== null &&
    (value instanceof Input || Object.values(value).some(hasFile));
  return async (prev, method, payload, signal) =>
    hasFile(payload)
      ? prev(method, payload, signal)
      : toResponse(await http.post(`/bot${token}/${method}`, JSON.stringify(payload), signal ?? NEVER));
}

/** What a method resulted in is parsed where it is used. */
function toResponse<T>(answer: unknown): ApiResponse<T> {
  if (isResponse<T>(answer)) return answer;
  throw new NoAnswer("the answer is not one of a Bot API server", true);
}

function isResponse<T>(answer: unknown): answer is ApiResponse<T> {
  return typeof answer === "object" && answer !== null && "ok" in answer;
}
