import {
  type ActionContext,
  type ActionOperation,
  type Json,
  type Part,
  Rejected,
} from "@elizaos/connector-core";
import { z } from "zod";

/** What a message may bring besides text and files, as it is stored. */
export const extraFields = {
  stickers: z.array(z.string()).optional(),
  poll: z
    .object({
      question: z.string(),
      answers: z.array(z.string()),
      hours: z.int(),
      multiple: z.boolean(),
    })
    .optional(),
};
type Extras = z.infer<z.ZodObject<typeof extraFields>>;

const replyTo = z.string().optional();
const inputs = {
  "polls.create": extraFields.poll.unwrap().extend({ replyTo }),
  "stickers.send": z.object({ stickers: extraFields.stickers.unwrap(), replyTo }),
};

/** Has the outbox send one into the turn's chat. */
export async function sendExtra(
  { to, perform }: Pick<ActionContext, "to" | "perform">,
  name: keyof typeof inputs,
  { replyTo, ...input }: { readonly [key: string]: Json | undefined; readonly replyTo?: string | undefined },
) {
  const { message: _, ...here } = to;
  const quote = replyTo === undefined ? {} : { replyTo };
  const [sent] = await perform({ kind: "action", to: here, name, input: { ...input, ...quote } });
  return { message: sent?.message ?? null };
}

/** The call of an action that sends a message of a kind of its own. */
export function prepareAction({ name, input }: ActionOperation): Part {
  const payload = payloadOf(name, input);
  if (payload === undefined) throw new Rejected(`The Discord connector sends nothing for "${name}".`);
  const { replyTo, ...extras } = payload;
  return {
    call: "POST channel messages",
    payload: { content: "", ...extras, ...(replyTo === undefined ? {} : { replyTo }) },
  };
}

function payloadOf(name: string, input: unknown) {
  switch (name) {
    case "polls.create": {
      const { replyTo, ...poll } = inputs[name].parse(input);
      return { poll, replyTo };
    }
    case "stickers.send":
      return inputs[name].parse(input);
    default:
      return undefined;
  }
}

/** The same in the body of the call (Discord: "Create Message", "Poll Create Request Object"). */
export function extraBody({ stickers, poll }: Extras): object {
  return {
    ...(stickers === undefined ? {} : { sticker_ids: stickers }),
    ...(poll === undefined
      ? {}
      : {
          poll: {
            question: { text: poll.question },
            answers: poll.answers.map((text) => ({ poll_media: { text } })),
            duration: poll.hours,
            allow_multiselect: poll.multiple,
          },
        }),
  };
}
