import { type Action, defineAction, type Json, Unknown } from "@elizaos/connector-core";
import { z } from "zod";
import { toChatId } from "../ids.js";
import { userName } from "../inbound/sender.js";
import { chatSchema, userSchema } from "../inbound/wire.js";
import { addressed, elsewhere } from "./input.js";
import type { Tools } from "./tools.js";

const chat = { chat: elsewhere.chat };

const memberInput = z.strictObject({
  user: z
    .union([z.string(), z.number()])
    .transform(String)
    .refine((written) => /^[1-9]\d{0,15}$/.test(written), { error: "must be a user's id, a number" })
    .optional()
    .describe("Id of the user. Leave it out for whoever wrote the message that you are answering."),
  ...chat,
});
const chatInput = z.strictObject(chat);

const memberSchema = z.looseObject({
  status: z.string(),
  user: userSchema,
  custom_title: z.string().optional(),
  is_member: z.boolean().optional(),
});
const fullChatSchema = chatSchema.extend({
  description: z.string().optional(),
  pinned_message: z.looseObject({ message_id: z.int(), text: z.string().optional() }).optional(),
});

export function lookupActions({ config: { actions }, request }: Tools): readonly Action[] {
  const member = defineAction({
    name: "members.get",
    description:
      "Tells who a member of the chat is: name, username, and whether an administrator, with which rights.",
    input: memberInput,
    async run({ user, ...where }, context) {
      const { chat } = addressed(context, where);
      const ids = { chat_id: toChatId(chat), user_id: Number(user ?? context.event.sender.id) };
      const found: unknown = await request(
        "getChatMember",
        (raw, signal) => raw.getChatMember(ids, signal),
        context.signal,
      );
      return toMember(read("getChatMember", memberSchema, found));
    },
  });
  const info = defineAction({
    name: "chats.get",
    description:
      "Tells about the chat: title, description, number of members, administrators, the pinned message.",
    input: chatInput,
    async run(where, context) {
      const { chat } = addressed(context, where);
      const at = { chat_id: toChatId(chat) };
      const { signal: until } = context;
      const found: unknown = await request("getChat", (raw, signal) => raw.getChat(at, signal), until);
      const full = read("getChat", fullChatSchema, found);
      const about = toChat(full);
      if (full.type === "private") return about;
      const [members, admins]: readonly unknown[] = await Promise.all([
        request("getChatMemberCount", (raw, signal) => raw.getChatMemberCount(at, signal), until),
        request("getChatAdministrators", (raw, signal) => raw.getChatAdministrators(at, signal), until),
      ]);
      return {
        ...about,
        members: read("getChatMemberCount", z.int(), members),
        administrators: read("getChatAdministrators", z.array(memberSchema), admins).map(toMember),
      };
    },
  });
  return [...(actions.memberInfo ? [member] : []), ...(actions.channelInfo ? [info] : [])];
}

function toMember(member: z.infer<typeof memberSchema>) {
  const { status, user, custom_title: title, is_member: isMember } = member;
  // Telegram shows what an administrator may do as `can_…` (Bot API: ChatMemberAdministrator).
  const rights = Object.entries(member).flatMap(([key, value]) =>
    key.startsWith("can_") && value === true ? [key] : [],
  );
  return {
    id: String(user.id),
    name: userName(user),
    status,
    ...(user.username === undefined ? {} : { username: user.username }),
    ...(user.is_bot === true ? { isBot: true } : {}),
    ...(title === undefined ? {} : { title }),
    ...(isMember === undefined ? {} : { isMember }),
    ...(status === "administrator" ? { rights } : {}),
  };
}

function toChat({
  id,
  type,
  title,
  username,
  description,
  is_forum,
  pinned_message: pinned,
}: z.infer<typeof fullChatSchema>) {
  return {
    id: String(id),
    type,
    ...(title === undefined ? {} : { title }),
    ...(username === undefined ? {} : { username }),
    ...(description === undefined ? {} : { description }),
    ...(is_forum === true ? { hasTopics: true } : {}),
    ...(pinned === undefined
      ? {}
      : {
          pinned: {
            message: String(pinned.message_id),
            ...(pinned.text === undefined ? {} : { text: pinned.text }),
          },
        }),
  } satisfies Json;
}

function read<T>(method: string, schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success)
    throw new Unknown(`What Telegram answered to ${method} cannot be read.`, { where: method });
  return parsed.data;
}
