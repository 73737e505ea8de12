import { ConnectorError, type Logger } from "@elizaos/connector-core";
import {
  type APIInteractionResponse,
  InteractionResponseType,
  MessageFlags,
  Routes,
} from "discord-api-types/v10";
import type { Rest } from "../rest.js";

/** Afterwards whoever asked is told that the bot did not answer (API reference, "Responding to an Interaction"). */
const LIMIT_MS = 3_000;

/** What Discord waits for. */
export interface Acknowledgement {
  readonly interaction: string;
  readonly token: string;
  /** A component stays as it is; of a command "thinking" is shown. */
  readonly of: "component" | "command";
  /** "Thinking" is shown to whoever asked alone. */
  readonly isEphemeral?: boolean;
  /** The command is not taken: this is said of it, to whoever asked alone. */
  readonly refusal?: string;
}

/** Tells Discord that interactions arrived. Nothing waits for it but the answers that need it. */
export class Acknowledger {
  readonly #rest: Rest;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: { readonly rest: Rest; readonly log: Logger; readonly signal: AbortSignal }) {
    this.#rest = options.rest;
    this.#log = options.log;
    this.#signal = options.signal;
  }

  /** Begins to tell it. Never throws. */
  begin(acknowledgement: Acknowledgement): void {
    const { interaction } = acknowledgement;
    const call = this.#tell(acknowledgement).finally(() => this.#running.delete(interaction));
    this.#running.set(interaction, call);
  }

  /** Resolves when Discord knows of this interaction, or when it is of no use to wait. Never rejects. */
  async told(interaction: string): Promise<void> {
    await this.#running.get(interaction);
  }

  /** Resolves when no call is under way. Never rejects. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** One that is late, or was told before, is no error: the answer finds another way. */
  async #tell(acknowledgement: Acknowledgement): Promise<void> {
    const { interaction, token } = acknowledgement;
    try {
      await this.#rest.call({
        call: "POST interaction callback",
        method: "POST",
        route: Routes.interactionCallback(interaction, token),
        body: responseTo(acknowledgement),
        isUnsigned: true,
        limitMs: LIMIT_MS,
        signal: this.#signal,
      });
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!ConnectorError.isInstance(error)) throw error;
      this.#log.debug({ err: error, interaction }, "Discord could not be told that an interaction arrived");
    }
  }
}

function responseTo({ of, isEphemeral, refusal }: Acknowledgement): APIInteractionResponse {
  if (of === "component") return { type: InteractionResponseType.DeferredMessageUpdate };
  if (refusal !== undefined)
    return {
      type: InteractionResponseType.ChannelMessageWithSource,
      data: { content: refusal, flags: MessageFlags.Ephemeral },
    };
  return {
    type: InteractionResponseType.DeferredChannelMessageWithSource,
    ...(isEphemeral === true ? { data: { flags: MessageFlags.Ephemeral } } : {}),
  };
}
