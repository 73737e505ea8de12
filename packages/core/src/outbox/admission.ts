import type { AccountHandle } from "../connection/handle.js";
import type { Admission } from "../policy/admission.js";
import { BUTTON_EXPIRED_RULE } from "../policy/decide.js";
import type { Store, StoredOperation } from "../store/port.js";

/** Fate of events whose operation is the pairing message. */
const HELD = "held";

/** Whether what was committed under an older policy may still be sent. */
export class OutboxAdmission {
  readonly #store: Store;
  readonly #admission: Admission;

  constructor(store: Store, admission: Admission) {
    this.#store = store;
    this.#admission = admission;
  }

  /**
   * Asked before each try to send. Undefined at once while the policy is what it was.
   *
   * @param revision of the policy that the operation was committed under; undefined when an earlier run committed it
   * @returns resolves to why the operation is not to be sent any more
   */
  refusal(
    handle: AccountHandle,
    { turn, parts }: StoredOperation,
    revision: number | undefined,
  ): Promise<string | undefined> | undefined {
    if (revision === handle.policyRevision || turn === undefined) return undefined;
    // What arrived, or may have, cannot be taken back; it is brought to its end.
    if (parts.some(({ state, uncertain }) => state !== "queued" || uncertain > 0)) return undefined;
    return this.#judge(handle, turn);
  }

  async #judge(handle: AccountHandle, turn: number): Promise<string | undefined> {
    const [stored] = await this.#store.events([turn]);
    if (stored === undefined) return "The message that it answers is gone, and with it what let it in.";
    const { decision } = await this.#admission.judge(handle, stored.event);
    const expected = stored.decision.fate === HELD ? HELD : "admitted";
    // Whoever pressed a button in vain is told so, as long as a press would count.
    if (decision.fate === expected || decision.rule === BUTTON_EXPIRED_RULE) return undefined;
    if (expected === HELD && decision.fate === "admitted")
      return "The sender was let in before the code was sent.";
    return `The policy was tightened before it could be sent. ${decision.reason}`;
  }
}
