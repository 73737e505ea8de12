import { dirname } from "node:path";
import type { ConfigIssue } from "@elizaos/connector-core";
import { z } from "zod";
import { UserError } from "../user-error.js";
import { checkConnectorIds } from "./check.js";
import { readObject } from "./read.js";

/** Who the agent is, and which connectors it brings along. */
export interface Character {
  readonly name: string;
  /** Sentences. */
  readonly bio: readonly string[];
  readonly connectors: Readonly<Record<string, unknown>>;
  /** Its `connectors.defaults`, as written. */
  readonly defaults: unknown;
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
});

const READ_KEYS = ["$schema", "name", "bio", "connectors", "secrets"];

/** @throws UserError when the file cannot be read or its name or bio is of a wrong type */
export function readCharacter(path: string, shown: string): Character {
  const raw = readObject(path, shown);
  const parsed = characterSchema.safeParse(raw);
  if (!parsed.success) {
    throw new UserError(
      parsed.error.issues.map((issue) =>
        issue.path[0] === "bio"
          ? `${shown}: bio: must be text or a list of texts`
          : `${shown}: name: must be text`,
      ),
    );
  }
  const { connectors, defaults, issues } = checkConnectorIds(raw["connectors"]);
  return {
    ...parsed.data,
    connectors,
    defaults,
    folder: dirname(path),
    secrets: raw["secrets"],
    issues,
    unused: Object.keys(raw).filter((key) => !READ_KEYS.includes(key)),
  };
}
