import type {
  ActionOperation,
  Decision,
  DispatchContext,
  Fate,
  InboundEvent,
  Part,
  SendResult,
} from "@elizaos/connector-core";
import { z } from "zod";
import type { Answers } from "./answers.js";
import { answeredSchema, answersOf, readRoute } from "./route.js";

/** What somebody reads whose command was not taken at all. */
export const NOT_FOR_YOU = "I do not take this from you here.";
const NO_ANSWER = "No answer comes to this.";

/** For whoever gave the command alone; why is for the operator to read. */
const LINES: Readonly<Partial<Record<Fate, string>>> = {
  held: "You are not approved yet.",
  ignored: NOT_FOR_YOU,
  expired: "This came too late. Please ask again.",
};

const NAME = "interaction.end";
const inputSchema = z.object({ text: z.string() });

/** Two calls: what follows a deferred answer that is still there takes its place, and is seen by whoever sees that. */
const WITHDRAW = "DELETE interaction answer";
const TELL = "POST interaction line";
const storedSchema = z.object({ answers: answeredSchema, text: z.string() });
const takenSchema = z.object({ isEnded: z.literal(true) });

/** See `Connector.unanswered`: a command whose "thinking" nothing takes the place of. */
export function unanswered({ address }: InboundEvent, { fate }: Decision): ActionOperation | undefined {
  if (readRoute(address)?.isDeferred !== true) return undefined;
  const { message: _, ...to } = address;
  return { kind: "action", to, name: NAME, input: { text: LINES[fate] ?? NO_ANSWER } };
}

/** The calls that end a command; undefined for any other operation. */
export function prepareEnding({ name, to, input }: ActionOperation): readonly Part[] | undefined {
  if (name !== NAME) return undefined;
  const { text } = inputSchema.parse(input);
  const payload = { ...answersOf(to), text };
  return [
    { call: WITHDRAW, payload },
    { call: TELL, payload },
  ];
}

/** Makes such a call; undefined for any other. Throws the contract's errors. */
export async function dispatchEnding(
  { call, payload }: Part,
  context: Pick<DispatchContext, "key" | "to" | "signal" | "previous">,
  answers: Answers,
): Promise<SendResult | undefined> {
  if (call !== WITHDRAW && call !== TELL) return undefined;
  const stored = storedSchema.safeParse(payload).data;
  if (stored === undefined) return undefined;
  if (call === WITHDRAW) return { data: { isEnded: await answers.withdraw(stored.answers, context) } };
  // Somebody answered it, by an action of the agent.
  if (!takenSchema.safeParse(context.previous[0]?.data).success) return {};
  await answers.tell(stored.answers, context, stored.text);
  return {};
}
