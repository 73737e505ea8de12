import { dirname } from "node:path";
import type { ConfigIssue } from "@elizaos/connector-core";
import { z } from "zod";
import { type Persona, personaShape } from "../brain/persona.js";
import { UserError } from "../user-error.js";
import { checkConnectorIds } from "./check.js";
import { readObject } from "./read.js";

/** Who the agent is, and which connectors it brings along. */
export interface Character extends Persona {
  /** Unchecked; see `planModel`. */
  readonly modelProvider: unknown;
  readonly connectors: Readonly<Record<string, unknown>>;
  readonly folder: string;
  /** Any JSON; never shown. */
  readonly secrets: unknown;
  readonly issues: readonly ConfigIssue[];
  /** Keys of the file that this host does not read. */
  readonly unused: readonly string[];
}

export const DEFAULT_NAME = "Milady";

const characterSchema = z.object({
  name: z.string().trim().min(1).default(DEFAULT_NAME),
  bio: z.union([z.string().transform((text) => [text]), z.array(z.string())]).default([]),
  ...personaShape,
});

const READ_KEYS = [
  "$schema",
  "connectors",
  "secrets",
  "modelProvider",
  ...Object.keys(characterSchema.shape),
];

/** @throws UserError when the file cannot be read or what it says of the persona is of a wrong type */
export function readCharacter(path: string, shown: string): Character {
  const raw = readObject(path, shown);
  const parsed = characterSchema.safeParse(raw);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map(({ path: [key, ...rest], message }) => {
        if (key === "bio") return `${shown}: bio: must be text or a list of texts`;
        if (key === "name") return `${shown}: name: must be text`;
        return `${shown}: ${[key, ...rest].map(String).join(".")}: ${message}`;
      }),
    );
  }
  const { connectors, issues } = checkConnectorIds(raw["connectors"]);
  return {
    ...parsed.data,
    connectors,
    folder: dirname(path),
    secrets: raw["secrets"],
    modelProvider: raw["modelProvider"],
    issues,
    unused: Object.keys(raw).filter((key) => !READ_KEYS.includes(key)),
  };
}
