import { untilAborted } from "../abort.js";
import type { AccountHandle } from "../connection/handle.js";
import type { ActionRequest } from "../contract/actions.js";
import type { Address } from "../contract/address.js";
import type { StateChange } from "../contract/connection.js";
import { Rejected, Unknown } from "../contract/errors.js";
import type { Operation, OutboundAttachment, SendResult } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import { OutgoingMedia, type OutgoingOptions } from "../media/outgoing.js";
import { doubtsOf } from "../outbox/calls.js";
import type { Outbox } from "../outbox/outbox.js";
import { outboxLane } from "../session/key.js";
import type { Store, StoredEvent, StoredOperation } from "../store/port.js";
import type { Outcomes } from "./outcomes.js";

export interface PerformingOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly outcomes: Outcomes;
  readonly outgoing: OutgoingOptions;
}

export interface PerformingPlace {
  readonly handle: AccountHandle;
  /** The turn's first event. */
  readonly stored: StoredEvent;
  /** The revision of the policy that lets the turn in. Rejects when none does any more. */
  readonly admit: () => Promise<number>;
  /** Of the action. */
  readonly name: string;
  /** Key of the operation that an earlier attempt of the turn came to. */
  readonly earlier: string | undefined;
  /** What is committed with an operation, by its key, so that a later attempt finds it. */
  readonly noted: (key: string) => readonly StateChange[];
}

/** What one call of an action has the outbox do, see `ActionContext.perform`. */
export class Performing {
  readonly #options: PerformingOptions;
  readonly #place: PerformingPlace;
  #isAsked = false;
  #isBegun: boolean;

  constructor(options: PerformingOptions, place: PerformingPlace) {
    this.#options = options;
    this.#place = place;
    this.#isBegun = place.earlier !== undefined;
  }

  /** There is an operation, whatever becomes of it. */
  get isBegun(): boolean {
    return this.#isBegun;
  }

  async perform(request: ActionRequest, signal: AbortSignal): Promise<readonly SendResult[]> {
    const { name } = this.#place;
    if (this.#isAsked) throw new Error(`${name} asks the outbox a second time`);
    this.#isAsked = true;
    const seq = (await this.#earlier()) ?? (await this.#begin(request, signal));
    const error = () =>
      new Unknown(`${name} was given up before it was done. It stays in the outbox and may yet be done.`, {
        where: name,
      });
    return await this.#outcome(await untilAborted(this.#ended(seq), signal, { error }));
  }

  /** The number of the operation that an earlier attempt made. */
  async #earlier(): Promise<number | undefined> {
    const { store, durably } = this.#options;
    const { stored, earlier } = this.#place;
    if (earlier === undefined) return undefined;
    const operations = await durably.do(() => store.operationsOfTurn(stored.seq));
    const found = operations.find(({ key }) => key === earlier);
    if (found === undefined)
      throw new Unknown("What an earlier attempt of this turn did is not on record any more.");
    return found.seq;
  }

  async #begin(request: ActionRequest, signal: AbortSignal): Promise<number> {
    const { handle } = this.#place;
    if (request.kind === "edit" || request.kind === "delete") await this.#checkOwn(request.to);
    if (request.kind !== "send") return await this.#add(request, signal);
    const { attachments = [], ...send } = request;
    const media = new OutgoingMedia(this.#options.outgoing, { handle, to: send.to, signal });
    try {
      const { files, refused } = await media.take(attachments);
      if (refused.length > 0) throw new Rejected(refused.join(" "));
      return await this.#add({ ...send, ...withFiles(files), isAside: true }, signal);
    } finally {
      media.end();
    }
  }

  async #add(operation: Operation, signal: AbortSignal): Promise<number> {
    const { handle, stored, admit, noted } = this.#place;
    const policyRevision = await admit();
    signal.throwIfAborted();
    const lane = (to: Address) => outboxLane(handle.currentAddress(to));
    // What was said elsewhere is no part of this conversation.
    const isRemembered = lane(operation.to) === lane(stored.event.address);
    this.#isBegun = true;
    return await this.#options.outcomes.add(handle, stored, operation, {
      isRemembered,
      policyRevision,
      state: noted,
    });
  }

  async #checkOwn({ chat, message }: Address & { readonly message: string }): Promise<void> {
    const { store, durably } = this.#options;
    const { handle, name } = this.#place;
    const made = await durably.do(() =>
      store.operationOfMessage(handle.owner.identity, handle.current(chat), message),
    );
    if (made === undefined)
      throw new Rejected(
        `Message ${message} is not known to be the agent's own, and only its own messages are changed or deleted.`,
        { where: name },
      );
  }

  async #ended(seq: number): Promise<StoredOperation> {
    const { store, durably, outbox } = this.#options;
    for (;;) {
      let stop = () => {};
      const over = new Promise<void>((resolve) => {
        stop = outbox.onOver(seq, resolve);
      });
      try {
        // Looked at after the watch began, so that no end is missed.
        const [operation] = await durably.do(() => store.operations([seq]));
        if (operation === undefined) throw new Unknown("What came of it is not on record any more.");
        if (operation.state !== "open") return operation;
        await over;
      } finally {
        stop();
      }
    }
  }

  async #outcome({ seq, state, reason, parts }: StoredOperation): Promise<readonly SendResult[]> {
    const { name, handle } = this.#place;
    if (state === "done") return parts.map(({ result }) => result ?? {});
    const told = reason ?? parts.find(({ error }) => error !== undefined)?.error ?? "It was not done.";
    const isDoubtful = parts.some((part) => part.state !== "sent" && doubtsOf(part) > 0);
    const sent = parts.filter((part) => part.state === "sent").length;
    if (isDoubtful) throw new Unknown(told, { where: name });
    // The agent is told and may do something about it; the operator need not.
    if (state === "failed") {
      const { store, durably, outgoing } = this.#options;
      const request = {
        id: `operation:${seq}`,
        verdict: "drop",
        at: outgoing.clock.now(),
        expiresAt: 0,
      } as const;
      await durably.do(() => store.settleDeadLetter(handle.owner.lease, request));
      await outgoing.spool.sweep();
    }
    throw new Rejected(
      sent === 0 ? told : `${told} (${sent} of ${parts.length} messages were sent before that.)`,
      {
        where: name,
      },
    );
  }
}

function withFiles(files: readonly OutboundAttachment[]) {
  return files.length === 0 ? {} : { attachments: files };
}
