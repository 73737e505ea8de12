import type { ConnectorRuntime, RuntimeEvent } from "@elizaos/connector-core";
import { oneLine } from "../text.js";
import { hasTerminal, pressedKey } from "./keys.js";

/** Requests waiting for a key; later ones are left to `milady pairing`. */
const MAX_WAITING = 20;

/** A stranger's request, and the code that the bot showed. */
export type AskedPairing = Extract<RuntimeEvent, { readonly type: "pairing-request" }>;
export type PairingRequest = AskedPairing["request"];

export interface PairingPrompt {
  /** False when nobody can be asked here. */
  add(asked: AskedPairing): boolean;
}

/** Shows pairing requests in the terminal, one at a time, and lets one key decide each. */
export function createPairingPrompt(
  runtime: () => ConnectorRuntime,
  print: (line: string) => void,
  signal: AbortSignal,
): PairingPrompt {
  const waiting: AskedPairing[] = [];
  let asking = false;

  const askAll = async () => {
    asking = true;
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      await ask(next);
    }
    asking = false;
  };

  const ask = async ({ request, code }: AskedPairing) => {
    print(
      `${describeStranger(request)} wants to write to ${request.connector}/${request.account} and was shown the code ${code}.`,
    );
    print("Press a to approve, d to deny, l to decide later.");
    const key = await pressedKey(process.stdin, ["a", "d", "l"], signal);
    if (key === undefined) return;
    const options = { account: request.account, by: "terminal" };
    try {
      if (key === "a") await runtime().pairing.approve(request.connector, request.id, options);
      if (key === "d") await runtime().pairing.deny(request.connector, request.id, options);
      print(
        key === "a"
          ? "Approved."
          : key === "d"
            ? "Denied."
            : `Later: milady pairing approve ${request.connector} ${request.id}`,
      );
    } catch (error) {
      print(error instanceof Error ? error.message : String(error));
    }
  };

  return {
    add(asked) {
      if (waiting.length >= MAX_WAITING || !hasTerminal()) return false;
      waiting.push(asked);
      if (!asking) void askAll();
      return true;
    },
  };
}

/** A stranger can be called anything, so the id always stands beside the name. */
export function describeStranger({ name, sender }: PairingRequest): string {
  return name === undefined
    ? `Somebody (id ${oneLine(sender)})`
    : `“${oneLine(name)}” (id ${oneLine(sender)})`;
}
