import type { Deciders } from "../approvals/deciders.js";
import { DECIDED_APPROVAL, readNotice, type Told, voidDecision } from "../approvals/notice.js";
import type { AccountHandle } from "../connection/handle.js";
import type { InboundEvent } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import { isWake, WOKEN } from "../heartbeat/wake.js";
import { decide } from "./decide.js";
import type { Pairing } from "./pairing/pairing.js";

/** A decision, and the state of the policy that it was made in. */
export interface Verdict {
  readonly decision: Decision;
  readonly revision: number;
}

/** Decides about events with what holds now. */
export class Admission {
  readonly #pairing: Pairing;
  readonly #deciders: Deciders;
  readonly #event: (seq: number) => Promise<InboundEvent | undefined>;

  /** @param event reads a stored event */
  constructor(
    pairing: Pairing,
    deciders: Deciders,
    event: (seq: number) => Promise<InboundEvent | undefined>,
  ) {
    this.#pairing = pairing;
    this.#deciders = deciders;
    this.#event = event;
  }

  async judge(handle: AccountHandle, event: InboundEvent): Promise<Verdict> {
    // Read first: what changes while it is decided counts as newer.
    const revision = handle.policyRevision;
    if (isWake(event)) return { decision: WOKEN, revision };
    const notice = readNotice(event);
    if (notice !== undefined) return { decision: await this.#judgeNotice(handle, notice), revision };
    const approver = this.#deciders.admit(handle, event);
    if (approver !== undefined) return { decision: approver, revision };
    const isDirect = event.chat.kind === "dm";
    // In groups being paired counts for presses alone.
    const asksPairing = handle.config.dmPolicy === "pairing" && (isDirect || event.kind === "button");
    const supports = handle.connection?.supports(event.address) ?? handle.connector.features;
    const current = (id: string) => handle.current(id);
    const decision = decide({
      event,
      config: handle.config,
      group: handle.groupSettings(event),
      paired: asksPairing && (await this.#pairing.isApproved(handle.owner.identity, event, current)),
      mentionsKnown: supports.mentions,
      mentionPatterns: handle.mentionPatterns,
      current,
      locate: (path) => handle.locate(path),
    });
    return { decision, revision };
  }

  /** What people decided counts as long as whoever asked would be let in today. */
  async #judgeNotice(handle: AccountHandle, { origin }: Told): Promise<Decision> {
    const asked = await this.#event(origin);
    if (asked === undefined) return voidDecision({ reason: "The message that began it is gone." });
    const { decision } = await this.judge(handle, asked);
    return decision.fate === "admitted" ? DECIDED_APPROVAL : voidDecision(decision);
  }

  /** The same verdict while nothing was tightened, else a new one. Costs nothing where nothing was. */
  async again(handle: AccountHandle, event: InboundEvent, verdict: Verdict): Promise<Verdict> {
    return verdict.revision === handle.policyRevision ? verdict : this.judge(handle, event);
  }
}
