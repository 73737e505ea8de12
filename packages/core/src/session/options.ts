import { z } from "zod";
import { nearest } from "../config/nearest.js";
import { ConfigError } from "../contract/errors.js";
import { ownersSchema, parsePersonId, personId } from "./people.js";

const DM_SCOPES = ["per-account-channel-peer", "per-channel-peer", "per-peer", "main"] as const;
export const DEFAULT_SCOPE = "per-account-channel-peer";
const KEYS = ["dmScope", "identityLinks", "retentionDays"] as const;

/**
 * Which private chats share a session: none by default; those of one sender with all accounts of a connector (`per-channel-peer`);
 * those of one linked person on all platforms as well (`per-peer`); all there are (`main`).
 */
export type DmScope = (typeof DM_SCOPES)[number];

/** How conversations are kept: the value of the config's `session`. */
export interface SessionOptions {
  /** Default `per-account-channel-peer`: private chats share nothing. */
  readonly dmScope?: DmScope | undefined;
  /** Who is who across accounts and platforms: a name of the owner's choice with `<connector>:<sender id>`s. */
  readonly identityLinks?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Finished events and their answers are kept so many days; a fraction is allowed, 0 keeps them for ever. Default 30. */
  readonly retentionDays?: number | undefined;
}

const identityLinks = z
  .record(z.string(), z.array(personId, { error: "must be a list of <connector>:<sender id>" }), {
    error: 'must be an object of names with lists, such as { "ada": ["telegram:123", "discord:456"] }',
  })
  .superRefine((links, context) => {
    const names = new Map<string, string>();
    for (const [name, ids] of Object.entries(links)) {
      if (name.trim() === "") context.addIssue({ code: "custom", path: [name], message: "needs a name" });
      for (const [index, written] of ids.entries()) {
        const person = parsePersonId(written);
        if (person === undefined) continue;
        const id = `${person.connector}:${person.sender}`;
        const other = names.get(id);
        names.set(id, other ?? name);
        if (other === undefined || other === name) continue;
        const message = `${id} is listed under "${other}" and "${name}"; one person has one name`;
        context.addIssue({ code: "custom", path: [name, index], message });
      }
    }
  });

/** Checks the config's `session`. Messages go on from the path that each issue has. */
export const sessionSchema = z.strictObject(
  {
    dmScope: z
      .enum(DM_SCOPES, { error: ({ input }) => scopeMessage(input) })
      .optional()
      .describe("Which private chats share a session. Default: `per-account-channel-peer`, none of them."),
    identityLinks: identityLinks
      .optional()
      .describe("Who is who across accounts and platforms: names with lists of `<connector>:<sender id>`."),
    retentionDays: z
      .number({ error: "must be a number of days; 0 keeps everything for ever" })
      .min(0, { error: "must not be negative; 0 keeps everything for ever" })
      .optional()
      .describe("Days that finished messages and answers are kept; 0 for ever. Default: 30."),
  },
  {
    error: (issue) => {
      if (issue.code === "unrecognized_keys") return issue.keys.map(unknownKeyMessage).join("; ");
      return `must be an object with ${KEYS.join(", ")}`;
    },
  },
);

function scopeMessage(written: unknown): string {
  const guess = typeof written === "string" ? nearest(written, DM_SCOPES) : undefined;
  return guess === undefined
    ? `must be one of ${DM_SCOPES.join(", ")}`
    : `"${String(written)}" is no scope; did you mean "${guess}"?`;
}

function unknownKeyMessage(key: string): string {
  const guess = nearest(key, KEYS);
  return guess === undefined
    ? `unknown key "${key}"; known: ${KEYS.join(", ")}`
    : `unknown key "${key}"; did you mean "${guess}"?`;
}

/** @throws ConfigError with everything that is wrong in them */
export function checkSessionOptions(options: {
  readonly session?: unknown;
  readonly owners?: unknown;
}): void {
  const issues = [
    ...issuesOf("session", sessionSchema.optional(), options.session),
    ...issuesOf("owners", ownersSchema.optional(), options.owners),
  ];
  if (issues.length > 0) throw new ConfigError(issues, { mend: "Mend the config and start again." });
}

/** What is no error and yet not what was meant, probably. */
export function sessionNotes({
  dmScope = DEFAULT_SCOPE,
  identityLinks = {},
}: SessionOptions): readonly string[] {
  if (dmScope === "per-channel-peer" || dmScope === "per-peer" || Object.keys(identityLinks).length === 0)
    return [];
  return [
    `session.identityLinks joins nothing while session.dmScope is "${dmScope}": set it to "per-channel-peer" or "per-peer"`,
  ];
}

function issuesOf(at: string, schema: z.ZodType, value: unknown) {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({
    path: [at, ...path.map(String)].join("."),
    message,
  }));
}
