import { newKey } from "../agent/outcomes.js";
import type { Buttons } from "../buttons/buttons.js";
import type { AccountHandle } from "../connection/handle.js";
import type { OutgoingAttachment } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";
import { Rejected, StoreError } from "../contract/errors.js";
import type { OutboundAttachment } from "../contract/operation.js";
import type { Durably } from "../durable.js";
import { OutgoingMedia, type OutgoingOptions } from "../media/outgoing.js";
import { filesOf, type Spool } from "../media/spool.js";
import type { SendRequest } from "../runtime-types.js";
import { outboxLane } from "../session/key.js";
import type { Store } from "../store/port.js";
import type { Outbox } from "./outbox.js";

export interface HostSendsOptions {
  readonly store: Store;
  readonly durably: Durably;
  readonly outbox: Outbox;
  readonly spool: Spool;
  readonly buttons: Buttons;
  readonly outgoing: OutgoingOptions;
  readonly clock: Clock;
  /** 0: none. */
  readonly operationMaxAgeMs: number;
  /** Aborted when the runtime stops: files are taken no longer. */
  readonly signal: AbortSignal;
}

/** A commit of operations and state alone. */
const NO_EVENTS = {
  events: [],
  attempt: 0,
  decision: { fate: "answered", reason: "The host sent it.", rule: "host.send" },
} as const;

/** What the host says by itself, without a turn. */
export class HostSends {
  readonly #options: HostSendsOptions;

  constructor(options: HostSendsOptions) {
    this.#options = options;
  }

  /**
   * Resolves to the operation's number when it is committed.
   *
   * @throws Rejected when one of its files cannot be taken
   */
  async send(handle: AccountHandle, request: SendRequest): Promise<number> {
    const { attachments = [] } = request;
    if (attachments.length === 0) return handle.places.share(() => this.#enqueue(handle, request, []));
    return this.#sendFiles(handle, request, attachments);
  }

  async #sendFiles(
    handle: AccountHandle,
    request: SendRequest,
    attachments: readonly OutgoingAttachment[],
  ): Promise<number> {
    const { outgoing, signal } = this.#options;
    const media = new OutgoingMedia(outgoing, { handle, to: request.to, signal });
    try {
      const { files, refused } = await media.take(attachments);
      if (refused.length > 0) throw new Rejected(refused.join(" "));
      return await handle.places.share(() => this.#enqueue(handle, request, files));
    } finally {
      media.end();
    }
  }

  async #enqueue(
    handle: AccountHandle,
    { to, text, format = "markdown", buttons }: SendRequest,
    files: readonly OutboundAttachment[],
  ): Promise<number> {
    const { store, durably, outbox, spool, clock, operationMaxAgeMs } = this.#options;
    const send = {
      kind: "send",
      to,
      text,
      format,
      ...(files.length > 0 && { attachments: files }),
      ...(buttons && { buttons }),
    } as const;
    const sealed =
      buttons === undefined ? { operation: send, state: [] } : await this.#options.buttons.seal(handle, send);
    const at = clock.now();
    const operation = {
      key: newKey(),
      operation: sealed.operation,
      lane: outboxLane(handle.currentAddress(to)),
      createdAt: at,
      expiresAt: operationMaxAgeMs === 0 ? 0 : at + operationMaxAgeMs,
    };
    const { lease } = handle.owner;
    const [seq] = await durably.do(() =>
      sealed.state.length === 0
        ? store.enqueue(lease, [operation])
        : store.finish(lease, { ...NO_EVENTS, operations: [operation], state: sealed.state, at }),
    );
    if (seq === undefined) throw new StoreError("broken", "the store did not say which operation it made");
    spool.hold(operation.key, filesOf(operation.operation));
    outbox.add(handle, seq, operation);
    return seq;
  }
}
