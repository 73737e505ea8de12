import { createHash, randomInt } from "node:crypto";
import { Rejected } from "../../contract/errors.js";

/** 32 characters, without 0, 1, I and O, which people mistake for one another. */
const CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_LENGTH = 8;
export const CODE_LIFETIME_MS = 60 * 60 * 1000;

export function newCode(): string {
  return Array.from({ length: CODE_LENGTH }, () =>
    CODE_ALPHABET.charAt(randomInt(CODE_ALPHABET.length)),
  ).join("");
}

/** What is kept of a code. */
export function hashCode(code: string): string {
  return createHash("sha256").update(`pairing:${code}`).digest("base64url");
}

/**
 * What the stranger reads.
 *
 * @param approveCommand what the owner types to approve; undefined where there is no such command
 */
export function pairingMessage(code: string, sender: string, approveCommand: string | undefined): string {
  return [
    "Hello! I only talk to people my owner knows, so your message was not delivered.",
    "",
    `Your pairing code: ${code} (valid for one hour)`,
    `Your id: ${sender}`,
    "",
    ...(approveCommand === undefined
      ? ["Ask the owner to approve this code."]
      : ["Ask the owner to approve it with:", approveCommand]),
    "",
    "Then write again.",
  ].join("\n");
}

export function noSuchRequest(connector: string): Rejected {
  return new Rejected(
    `No open pairing request of ${connector} has this code: it is wrong, expired or was used.`,
    {
      mend: "Ask the person to write to the bot again; a new code is sent once the old one has expired.",
    },
  );
}

export function notPaired(connector: string, sender: string): Rejected {
  return new Rejected(`${sender} is not paired with ${connector}.`, {
    mend: "List the approved senders for their ids; who is let in by allowFrom is taken out there.",
  });
}
