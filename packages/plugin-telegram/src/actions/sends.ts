import { type SendResult, Unknown } from "@elizaos/connector-core";
import type { Api } from "grammy";
import { z } from "zod";
import type { GrammySignal } from "../client.js";

const replyTo = z.string().optional();
const point = { latitude: z.number(), longitude: z.number() };

const pollCallSchema = z.object({
  call: z.literal("sendPoll"),
  payload: z.object({
    question: z.string(),
    options: z.array(z.string()),
    anonymous: z.boolean(),
    multiple: z.boolean(),
    correct: z.int().optional(),
    explanation: z.string().optional(),
    replyTo,
  }),
});

/** What actions send that is neither text nor file, as it is stored. */
export const thingCallSchemas = [
  pollCallSchema,
  z.object({ call: z.literal("sendLocation"), payload: z.object({ ...point, replyTo }) }),
  z.object({
    call: z.literal("sendVenue"),
    payload: z.object({ ...point, title: z.string(), address: z.string(), replyTo }),
  }),
  z.object({
    call: z.literal("sendContact"),
    payload: z.object({ phone: z.string(), firstName: z.string(), lastName: z.string().optional(), replyTo }),
  }),
] as const;

const thingCallSchema = z.discriminatedUnion("call", thingCallSchemas);
export type ThingCall = z.infer<typeof thingCallSchema>;

const THING_CALLS = new Set<string>(thingCallSchemas.map(({ shape }) => shape.call.value));

export function isThingCall(call: { readonly call: string }): call is ThingCall {
  return THING_CALLS.has(call.call);
}

export interface ThingSender {
  readonly api: Api;
  readonly chat: number | string;
  readonly options: {
    readonly message_thread_id?: number;
    readonly reply_parameters?: { readonly message_id: number; readonly allow_sending_without_reply: true };
  };
  readonly signal: GrammySignal;
}

const sentSchema = z.looseObject({ message_id: z.int() });

/** Makes the call. Gives back the whole message as well: a poll's has its id. */
export async function sendThing(
  call: ThingCall,
  sender: ThingSender,
): Promise<{ readonly result: SendResult; readonly message: unknown }> {
  const message: unknown = await send(call, sender);
  const sent = sentSchema.safeParse(message);
  if (!sent.success)
    throw new Unknown("Telegram took the message, but its answer does not name it.", { where: call.call });
  return { result: { message: String(sent.data.message_id) }, message };
}

function send(call: ThingCall, { api, chat, options, signal }: ThingSender): Promise<unknown> {
  const to = { chat_id: chat, ...options };
  switch (call.call) {
    case "sendPoll": {
      const { question, options: answers, anonymous, multiple, correct, explanation } = call.payload;
      const quiz =
        correct === undefined
          ? { allows_multiple_answers: multiple }
          : {
              type: "quiz" as const,
              correct_option_ids: [correct],
              ...(explanation === undefined ? {} : { explanation }),
            };
      const poll = { question, options: answers.map((text) => ({ text })), is_anonymous: anonymous, ...quiz };
      return api.raw.sendPoll({ ...to, ...poll }, signal);
    }
    case "sendLocation": {
      const { latitude, longitude } = call.payload;
      return api.raw.sendLocation({ ...to, latitude, longitude }, signal);
    }
    case "sendVenue": {
      const { latitude, longitude, title, address } = call.payload;
      return api.raw.sendVenue({ ...to, latitude, longitude, title, address }, signal);
    }
    case "sendContact": {
      const { phone, firstName, lastName } = call.payload;
      const names = { first_name: firstName, ...(lastName === undefined ? {} : { last_name: lastName }) };
      return api.raw.sendContact({ ...to, phone_number: phone, ...names }, signal);
    }
  }
}
