import { z } from "zod";

/** Who the agent is, for its system prompt. The keys are those that elizaOS's character files use. */
export interface Persona {
  readonly name: string;
  readonly description?: string | undefined;
  /** Sentences, as in all lists here. */
  readonly bio: readonly string[];
  /** Instructions of the character's author; they come before everything that is derived. */
  readonly system?: string | undefined;
  readonly lore?: readonly string[] | undefined;
  readonly adjectives?: readonly string[] | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly style?:
    | { readonly all?: readonly string[] | undefined; readonly chat?: readonly string[] | undefined }
    | undefined;
}

const text = z.string({ error: "must be text" }).trim();
const list = z.union([text.transform((one) => [one]), z.array(z.string())], {
  error: "must be text or a list of texts",
});

/** What a character file may say of its persona besides name and bio; further keys are not looked at. */
export const personaShape = {
  description: text.optional(),
  system: text.optional(),
  lore: list.optional(),
  adjectives: list.optional(),
  topics: list.optional(),
  style: z.object({ all: list.optional(), chat: list.optional() }, { error: "must be an object" }).optional(),
};

/** Where a conversation takes place. */
export interface Place {
  /** Id of the connector. */
  readonly connector: string;
  readonly isDirect: boolean;
  /** What the person on the other side of a DM is called. */
  readonly person: string | undefined;
  /** What the config says to the agent there. */
  readonly instructions: string | undefined;
  /** Unix time in ms. */
  readonly now: number;
}

/** What a model is told before a conversation. */
export function systemPrompt(persona: Persona, place: Place): string {
  const { name, description, bio, system, lore, adjectives, topics, style } = persona;
  const parts = [
    `You are ${name}.${sentence(description)}`,
    system,
    section("About you:", bio),
    section("What you know and have lived through:", lore),
    line("You are", adjectives),
    line("You like to talk about", topics),
    section("How you write:", [...(style?.all ?? []), ...(style?.chat ?? [])]),
    place.instructions,
    whereabouts(place),
    HOW_TO_ANSWER,
  ];
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

const HOW_TO_ANSWER =
  "Answer as people write in a messenger: short, to the point, in the language you are written to in. Plain Markdown " +
  "(bold, italics, links, lists, code) is shown as meant; headings, tables and HTML are better left out. A note in square " +
  "brackets stands for something that you cannot see, such as a picture.";

function whereabouts({ connector, isDirect, person, now }: Place): string {
  const day = new Date(now).toISOString().slice(0, 10);
  const chat = isDirect
    ? `You are in a private chat on ${connector}${person === undefined ? "" : ` with somebody called ${JSON.stringify(person)}`}.`
    : `You are in a group on ${connector}. Each message of the others begins with its sender's name and a colon; yours do not.`;
  return `${chat} Today is ${day} (UTC).`;
}

function sentence(text: string | undefined): string {
  return text === undefined || text === "" ? "" : ` ${/[.!?…]$/.test(text) ? text : `${text}.`}`;
}

function section(title: string, lines: readonly string[] | undefined): string | undefined {
  const filled = filledOnly(lines);
  return filled.length === 0 ? undefined : [title, ...filled.map((each) => `- ${each}`)].join("\n");
}

function line(opening: string, words: readonly string[] | undefined): string | undefined {
  const filled = filledOnly(words);
  return filled.length === 0 ? undefined : `${opening} ${filled.join(", ")}.`;
}

function filledOnly(lines: readonly string[] = []): string[] {
  return lines.map((each) => each.trim()).filter((each) => each !== "");
}
