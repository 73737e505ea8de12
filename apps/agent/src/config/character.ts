import { dirname } from "node:path";
import type { ConfigIssue } from "@elizaos/connector-core";
import { z } from "zod";
import { UserError } from "../user-error.js";
import { readBlocks } from "./ids.js";
import { readObject } from "./read.js";

/** Who the agent is, and which connectors it brings along. */
export interface Character {
  readonly name: string;
  /** Sentences. */
  readonly bio: readonly string[];
  readonly description: string | undefined;
  /** Goes before the config file's. */
  readonly modelProvider: string | undefined;
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
  description: z.string({ error: "must be text" }).optional(),
  modelProvider: z.string({ error: "must be text" }).trim().optional(),
});

/** `secrets` are read in order to be masked. What the model is told besides is the brain's to read. */
const READ_KEYS = [...Object.keys(characterSchema.shape), "$schema", "connectors", "secrets"];

/** @throws UserError when the file cannot be read or a key that is read has a value of a wrong type */
export function readCharacter(path: string, shown: string): Character {
  const file = readObject(path, shown);
  const parsed = characterSchema.safeParse(file);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map((issue) => `${shown}: ${issue.path.map(String).join(".")}: ${issue.message}`),
    );
  }
  const { name, bio, description, modelProvider } = parsed.data;
  const { blocks, issues } = readBlocks(file["connectors"]);
  return {
    name,
    bio,
    description,
    modelProvider,
    connectors: blocks,
    folder: dirname(path),
    file,
    issues,
    unused: Object.keys(file).filter((key) => !READ_KEYS.includes(key)),
  };
}
