import type { ConnectorRuntime, RuntimeEvent } from "@elizaos/connector-core";
import { oneLine } from "../text.js";
import { hasTerminal, pressedKey } from "./keys.js";

/** Requests waiting for a key; later ones are left to `milady pairing`. */
const MAX_WAITING = 5;
/** A key that comes sooner than this after the one for the request before, in ms, was meant for that one. */
const READING_MS = 1_000;

/** A stranger's request, and the code that the bot showed. */
export type AskedPairing = Extract<RuntimeEvent, { readonly type: "pairing-request" }>;
export type PairingRequest = AskedPairing["request"];

export interface PairingPrompt {
  /** False when nobody can be asked here. */
  add(asked: AskedPairing): boolean;
  /** The sender was let in elsewhere. */
  settled(connector: string, account: string, sender: string): void;
}

/** Shows pairing requests in the terminal, one at a time, and lets one key decide each. */
export function createPairingPrompt(
  runtime: () => ConnectorRuntime,
  print: (line: string) => void,
  signal: AbortSignal,
): PairingPrompt {
  const waiting: AskedPairing[] = [];
  let asking: { readonly request: PairingRequest; readonly withdrawn: AbortController } | undefined;
  let untold = 0;

  const askAll = async () => {
    let deafMs = 0;
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      if (next.request.expiresAt <= Date.now()) continue;
      const withdrawn = new AbortController();
      asking = { request: next.request, withdrawn };
      await ask(next, AbortSignal.any([signal, withdrawn.signal]), deafMs);
      deafMs = READING_MS;
    }
    asking = undefined;
    if (untold > 0 && !signal.aborted)
      print(
        `${untold} more asked meanwhile and ${untold === 1 ? "was" : "were"} not shown here: milady pairing list`,
      );
    untold = 0;
  };

  const ask = async ({ request, code }: AskedPairing, until: AbortSignal, deafMs: number) => {
    // Listens before it asks: until then the terminal itself shows what is typed.
    const pressed = pressedKey(process.stdin, ["a", "d", "l"], until, deafMs);
    print(
      `${describeStranger(request)} wants to write to ${request.connector}/${request.account} and was shown the code ${code}.`,
    );
    const more = waiting.length + untold;
    print(
      `Press a to approve, d to deny, l to decide later.${more === 0 ? "" : ` ${more} more ${more === 1 ? "waits" : "wait"}.`}`,
    );
    const key = await pressed;
    if (key === undefined) {
      if (!signal.aborted) print(`${describeStranger(request)} was decided on elsewhere.`);
      return;
    }
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
      if (!hasTerminal()) return false;
      if (waiting.length >= MAX_WAITING) {
        if (untold === 0) print("More strangers ask than are shown here: milady pairing list");
        untold += 1;
        return true;
      }
      waiting.push(asked);
      if (asking === undefined) void askAll();
      return true;
    },
    settled(connector, account, sender) {
      const isIt = ({ request }: { readonly request: PairingRequest }) =>
        request.connector === connector && request.account === account && request.sender === sender;
      const index = waiting.findIndex(isIt);
      if (index >= 0) waiting.splice(index, 1);
      if (asking !== undefined && isIt(asking)) asking.withdrawn.abort();
    },
  };
}

/** A stranger can be called anything, so the id always stands beside the name. */
export function describeStranger({ name, sender }: PairingRequest): string {
  return name === undefined
    ? `Somebody (id ${oneLine(sender)})`
    : `“${oneLine(name)}” (id ${oneLine(sender)})`;
}
