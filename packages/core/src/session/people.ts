import { z } from "zod";
import type { Sender } from "../contract/event.js";

const FORM = /^([a-z][a-z0-9-]*):(\S(?:.*\S)?)$/i;
const EXAMPLE = "such as telegram:123456789";

/** One person on one platform, as the config names them. */
export interface PersonId {
  readonly connector: string;
  readonly sender: string;
}

/** `<connector>:<sender id>`. Ids only: a name can pass to somebody else. */
export const personId = z
  .string({ error: `must be a text <connector>:<sender id>, ${EXAMPLE}` })
  .superRefine((written, context) => {
    const message = problemOf(written);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

/** Who owns the agent, on each platform: the value of the config's `owners`. */
export const ownersSchema = z
  .array(personId, { error: `must be a list of <connector>:<sender id>, ${EXAMPLE}` })
  .describe("People who own the agent, as <connector>:<sender id>.");

/** Undefined for what `personId` refuses. */
export function parsePersonId(written: string): PersonId | undefined {
  const [, connector, sender] = FORM.exec(written.trim()) ?? [];
  return connector === undefined || sender === undefined
    ? undefined
    : { connector: connector.toLowerCase(), sender };
}

function problemOf(written: string): string | undefined {
  const person = parsePersonId(written);
  if (person === undefined) return `"${written}" must be <connector>:<sender id>, ${EXAMPLE}`;
  if (person.sender === "*") return `"${written}" would be everybody; name people one by one, ${EXAMPLE}`;
  // A Matrix id begins with @ too, and goes on with its server.
  if (/^@[^:]*$/.test(person.sender))
    return `"${written}" is a name, which can pass to somebody else; use the sender's id, ${EXAMPLE}`;
  return undefined;
}

/** Something that the config says of people, found by who sent an event. */
export class People<T> {
  readonly #byConnector = new Map<string, Map<string, T>>();

  /** @param entries people as the config names them */
  constructor(entries: Iterable<readonly [written: string, value: T]>) {
    for (const [written, value] of entries) {
      const person = parsePersonId(written);
      if (person === undefined) continue;
      const known = this.#byConnector.get(person.connector) ?? new Map<string, T>();
      this.#byConnector.set(person.connector, known.set(person.sender, value));
    }
  }

  /** @param current the id that an id goes by now: the config may name a sender by a former one */
  find(connector: string, sender: Sender, current: (id: string) => string): T | undefined {
    const known = this.#byConnector.get(connector);
    if (known === undefined) return undefined;
    const ids = [sender.id, ...(sender.aliases ?? [])];
    const written = ids.find((id) => known.has(id));
    if (written !== undefined) return known.get(written);
    const now = new Set(ids.map(current));
    for (const [id, value] of known) if (now.has(current(id))) return value;
    return undefined;
  }
}

/** Whether a sender is one of the people whom the config's `owners` names. */
export type IsOwner = (connector: string, sender: Sender, current: (id: string) => string) => boolean;

/** The sender ids of owners on one connector's platform, each once. */
export function ownerIds(written: readonly string[], connector: string): readonly string[] {
  const people = written.flatMap((each) => parsePersonId(each) ?? []);
  return [...new Set(people.filter((each) => each.connector === connector).map(({ sender }) => sender))];
}

export function ownersOf(written: readonly string[]): IsOwner {
  const owners = new People(written.map((each) => [each, true] as const));
  return (connector, sender, current) => owners.find(connector, sender, current) !== undefined;
}
