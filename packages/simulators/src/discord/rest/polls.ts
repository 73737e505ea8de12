import { type APIPoll, PollLayoutType } from "discord-api-types/v10";
import { z } from "zod";
import { text } from "../form.js";
import { snowflake } from "../snowflake.js";
import { timestamp } from "../world.js";

const HOUR_MS = 3_600_000;

const media = z.object({
  text: text(55).nullish(),
  emoji: z.object({ id: snowflake.nullish(), name: z.string().nullish() }).nullish(),
});

/** Discord, "Poll Create Request Object". */
export const pollField = z.object({
  question: z.object({ text: text(300, 1) }),
  answers: z
    .array(z.object({ poll_media: media }))
    .min(1)
    .max(10),
  duration: z.int().min(1).max(768).default(24),
  allow_multiselect: z.boolean().default(false),
  layout_type: z.literal(PollLayoutType.Default).default(PollLayoutType.Default),
});

export function newPoll(input: z.output<typeof pollField>, now: number): APIPoll {
  return {
    question: input.question,
    answers: input.answers.map(({ poll_media: { text: label, emoji } }, index) => ({
      answer_id: index + 1,
      poll_media: {
        ...(label != null && { text: label }),
        ...(emoji != null && { emoji: { id: emoji.id ?? null, name: emoji.name ?? null } }),
      },
    })),
    expiry: timestamp(now + input.duration * HOUR_MS),
    allow_multiselect: input.allow_multiselect,
    layout_type: input.layout_type,
  };
}
