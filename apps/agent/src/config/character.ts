import { dirname } from "node:path";
import type { ConfigIssue } from "@elizaos/connector-core";
import { z } from "zod";
import { type Persona, personaShape } from "../brain/persona.js";
import { UserError } from "../user-error.js";
import { readBlocks } from "./ids.js";
import { readObject } from "./read.js";

/** Who the agent is, and which connectors it brings along. */
export interface Character extends Persona {
  /** What the config file says goes before it; unchecked, see `planModel`. */
  readonly modelProvider: unknown;
  /** Blocks by connector id; each stands in for the config file's. */
  readonly connectors: Readonly<Record<string, unknown>>;
  readonly folder: string;
  /** The whole file, secrets included: not for logs, errors or answers. */
  readonly file: Readonly<Record<string, unknown>>;
  readonly issues: readonly ConfigIssue[];
  /** Keys of the file that this host does not read. */
  readonly unused: readonly string[];
}

export const DEFAULT_NAME = "Milady";

const characterSchema = z.object({
  name: z
    .string({ error: "must be text" })
    .trim()
    .min(1, { error: "must not be empty" })
    .default(DEFAULT_NAME),
  bio: z
    .union([z.string().transform((text) => [text]), z.array(z.string())], {
      error: "must be text or a list of texts",
    })
    .default([]),
  ...personaShape,
});

/** `secrets` are read in order to be masked. */
const READ_KEYS = [
  "$schema",
  "connectors",
  "secrets",
  "modelProvider",
  ...Object.keys(characterSchema.shape),
];

/** @throws UserError when the file cannot be read or what it says of the persona is of a wrong type */
export function readCharacter(path: string, shown: string): Character {
  const file = readObject(path, shown);
  const parsed = characterSchema.safeParse(file);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map((issue) => `${shown}: ${issue.path.map(String).join(".")}: ${issue.message}`),
    );
  }
  const { blocks, issues } = readBlocks(file["connectors"]);
  return {
    ...parsed.data,
    connectors: blocks,
    folder: dirname(path),
    file,
    modelProvider: file["modelProvider"],
    issues,
    unused: Object.keys(file).filter((key) => !READ_KEYS.includes(key)),
  };
}
