import type { Agent, InboundEvent, Turn } from "@elizaos/connector-core";
import { shorten } from "../text.js";
import type { Persona } from "./persona.js";

const LONGEST_QUOTE = 300;

/** Said in the first answer of a session. */
const HOW_TO_GET_A_MIND =
  "No language model is behind me: I quote what arrives, on this machine alone. To answer with one, set `modelProvider` in " +
  "milady.json; an agent of your own goes to createConnectorRuntime() of @elizaos/connector-core.";

/** An agent that needs no network: it quotes what it received and remembers the session. */
export function offlineBrain(persona: Persona): Agent {
  return {
    history: "ours",
    async run(turn) {
      const history = await turn.history();
      const answeredBefore = history.some(({ role }) => role === "assistant");
      const earlier = history.filter(({ role }) => role === "user");
      const last = earlier.at(-1);
      const lines = [received(turn)];
      if (!answeredBefore) lines.push(introduce(persona), HOW_TO_GET_A_MIND);
      else if (last !== undefined) lines.push(remember(earlier.length, last.text));
      return { type: "message", format: "plain", text: lines.join("\n\n") };
    },
  };
}

function introduce({ name, bio }: Persona): string {
  const about = bio[0]?.trim() ?? "";
  return `I am ${name}.${about === "" ? "" : ` ${/[.!?…]$/.test(about) ? about : `${about}.`}`}`;
}

function remember(count: number, last: string): string {
  const many = count === 1 ? "one earlier message" : `${count} earlier messages`;
  return `I remember ${many} here${last === "" ? "." : `; the last one was ${quote(last)}.`}`;
}

function received(turn: Turn): string {
  const attachments = turn.events.flatMap(attachmentTypes);
  const also =
    attachments.length === 0 ? "" : `${turn.text === "" ? "" : ", with "}${attachments.join(", ")}`;
  return turn.text === "" && also === ""
    ? "You wrote nothing I can read."
    : `You wrote ${turn.text === "" ? "no text, but sent: " : `${quote(turn.text)}`}${also}`;
}

function attachmentTypes(event: InboundEvent): string[] {
  if (event.kind !== "message" && event.kind !== "edited" && event.kind !== "command") return [];
  return (event.content.attachments ?? []).map(({ type, name }) =>
    name === undefined ? type : `${type} “${name}”`,
  );
}

function quote(text: string): string {
  return `“${shorten(text.trim(), LONGEST_QUOTE)}”`;
}
