import type { RawFile } from "@discordjs/rest";
import {
  type Clock,
  type DispatchContext,
  Gone,
  type SendResult,
  type StateStore,
  Unknown,
} from "@elizaos/connector-core";
import { MessageFlags, Routes } from "discord-api-types/v10";
import { z } from "zod";
import type { Rest } from "../rest.js";
import type { Acknowledger } from "./acknowledger.js";
import { type Answered, type InteractionData, readRoute } from "./route.js";

/** Which answer the deferred one became is remembered under this and the interaction's id. */
const PREFIX = "interaction/";
const LIFETIME_MS = 30 * 60_000;

const messageSchema = z.object({ id: z.string() });

export interface AnswersOptions {
  readonly rest: Rest;
  readonly acknowledger: Acknowledger;
  readonly state: StateStore;
  readonly clock: Clock;
}

type Dispatching = Pick<DispatchContext, "key" | "to" | "signal">;

/** A message as Discord takes it. */
export interface AnswerBody {
  readonly body: object;
  readonly files?: RawFile[];
}

/**
 * Messages by the way that an interaction opened. Each verb gives back undefined where Discord does not take them by that way any more, or
 * never did: then they go to the channel.
 */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** The first message becomes the deferred answer, the others follow it. */
  async post(
    answered: Answered,
    context: Dispatching,
    message: () => Promise<AnswerBody>,
  ): Promise<SendResult | undefined> {
    const door = await this.#door(answered, context);
    if (door === undefined) return undefined;
    const { body, files } = await message();
    const { application, token, isEphemeral } = door;
    const shared = { signal: context.signal, isUnsigned: true, ...(files === undefined ? {} : { files }) };
    if (door.isDeferred && (await this.#isFirst(door, context.key))) {
      const sent = await unlessGone(
        this.#options.rest.call({
          ...shared,
          call: "PATCH interaction answer",
          method: "PATCH",
          route: Routes.webhookMessage(application, token, "@original"),
          body,
          isRepeatable: true,
        }),
      );
      if (sent !== undefined) return { message: idOf(sent, "PATCH interaction answer") };
    }
    const sent = await unlessGone(
      this.#options.rest.call({
        ...shared,
        call: "POST interaction follow-up",
        method: "POST",
        route: Routes.webhook(application, token),
        body: { ...body, ...(isEphemeral ? { flags: MessageFlags.Ephemeral } : {}) },
      }),
    );
    return sent === undefined ? undefined : { message: idOf(sent, "POST interaction follow-up") };
  }

  async edit(
    answered: Answered,
    message: string,
    context: Dispatching,
    body: object,
  ): Promise<SendResult | undefined> {
    const door = await this.#door(answered, context);
    if (door === undefined) return undefined;
    const sent = await unlessGone(
      this.#options.rest.call({
        call: "PATCH interaction message",
        method: "PATCH",
        route: Routes.webhookMessage(door.application, door.token, message),
        body,
        signal: context.signal,
        isUnsigned: true,
        isRepeatable: true,
      }),
    );
    return sent === undefined ? undefined : { message };
  }

  async delete(answered: Answered, message: string, context: Dispatching): Promise<SendResult | undefined> {
    const door = await this.#door(answered, context);
    if (door === undefined) return undefined;
    return unlessGone(
      this.#options.rest
        .call({
          call: "DELETE interaction message",
          method: "DELETE",
          route: Routes.webhookMessage(door.application, door.token, message),
          signal: context.signal,
          isUnsigned: true,
        })
        .then(() => ({})),
    );
  }

  /** Takes the deferred answer away unless a message became it. False where one did, or where Discord takes no answers any more. */
  async withdraw(answered: Answered, context: Dispatching): Promise<boolean> {
    const door = await this.#door(answered, context);
    if (door === undefined || !(await this.#isFirst(door, context.key))) return false;
    await unlessGone(
      this.#options.rest.call({
        call: "DELETE interaction answer",
        method: "DELETE",
        route: Routes.webhookMessage(door.application, door.token, "@original"),
        signal: context.signal,
        isUnsigned: true,
      }),
    );
    return true;
  }

  /** Says something to whoever asked alone, as long as Discord takes it. */
  async tell(answered: Answered, context: Dispatching, content: string): Promise<void> {
    const door = await this.#door(answered, context);
    if (door === undefined) return;
    await unlessGone(
      this.#options.rest.call({
        call: "POST interaction line",
        method: "POST",
        route: Routes.webhook(door.application, door.token),
        body: { content, flags: MessageFlags.Ephemeral },
        signal: context.signal,
        isUnsigned: true,
      }),
    );
  }

  /** What core gives may be the route of another interaction in the same chat. */
  async #door({ interaction }: Answered, { to }: Dispatching): Promise<InteractionData | undefined> {
    const door = readRoute(to);
    if (door?.interaction !== interaction) return undefined;
    await this.#options.acknowledger.told(interaction);
    return door;
  }

  /** Whether this part is the one that the deferred answer becomes; the same over all attempts. */
  async #isFirst({ interaction }: InteractionData, part: string): Promise<boolean> {
    const { state, clock } = this.#options;
    const key = `${PREFIX}${interaction}`;
    const expiresAt = clock.now() + LIFETIME_MS;
    if (await state.batch([{ key, value: { part }, ifVersion: 0, expiresAt }])) return true;
    const taken = z.object({ part: z.string() }).safeParse((await state.get(key))?.value);
    return taken.data?.part === part;
  }
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Gone) return undefined;
    throw error;
  }
}

function idOf(sent: unknown, where: string): string {
  const message = messageSchema.safeParse(sent);
  if (!message.success)
    throw new Unknown("Discord took the answer, but its answer does not name it.", { where });
  return message.data.id;
}
