import type { OutcomesOptions } from "../agent/outcomes.js";
import { Outcomes } from "../agent/outcomes.js";
import type { CommandReply } from "../commands/commands.js";
import { timeOf } from "../commands/text.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { ApprovalState } from "../contract/approval.js";
import type { Receipt } from "../contract/connection.js";
import { Rejected, StoreError } from "../contract/errors.js";
import type { InboundEvent } from "../contract/event.js";
import type { Json } from "../contract/json.js";
import type { EditOperation, SendOperation } from "../contract/operation.js";
import { newCode } from "../policy/pairing/codes.js";
import { pairingAccount } from "../policy/pairing/desk.js";
import { names } from "../policy/tools.js";
import { COMMAND_RULE_PREFIX } from "../store/history.js";
import type { StoredEvent, StoredOperation } from "../store/port.js";
import { type ApprovalBook, MAX_OPEN } from "./book.js";
import { digestOf, hashSecret, newToken } from "./codes.js";
import { containsOne } from "./config.js";
import { type Deciders, decisionData, type Ruling } from "./deciders.js";
import { noticeOf } from "./notice.js";
import type { Terms } from "./pending.js";
import {
  type ApprovalRequest,
  OPEN,
  type StoredDecision,
  type StoredRequest,
  type Verdict,
} from "./records.js";
import { decided, headOf, outcomeText, requestText } from "./text.js";

/** After a fault of the store or this program. */
const FAULT_RETRY_MS = 60_000;
/** A message to an approver that is still on its way is looked at again after so long, … */
const WAIT_MS = 2_000;
/** … and no more after this. */
const LONGEST_WAIT_MS = 60_000;
const ID_LENGTH = 16;
const LONGEST_ACTION = 100;
const LONGEST_SUMMARY = 500;

export interface ApprovalDeskOptions extends OutcomesOptions {
  readonly book: ApprovalBook;
  readonly deciders: Deciders;
  /** The agent's name, for `agentFilter`. */
  readonly agentName: string | undefined;
  /** Takes an event that core made. */
  readonly wake: (handle: AccountHandle, event: InboundEvent) => Promise<Receipt | undefined>;
  readonly onRequest: (request: ApprovalRequest) => void;
  readonly redact: (text: string) => string;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
}

/** Where an agent asks. */
export interface AskingTurn {
  readonly handle: AccountHandle;
  /** The turn's first event. */
  readonly stored: StoredEvent;
  readonly session: string;
  /** The event for which the turn was let in, and the number of the one whose sender it is about. */
  readonly event: InboundEvent;
  readonly origin: number;
  readonly policyRevision: number;
}

export interface Asked {
  readonly action: string;
  readonly input: Json;
  readonly summary?: string | undefined;
  /** The agent does it itself. */
  readonly isOwn: boolean;
}

/**
 * Asks people whether the agent may, and tells the session what they said. Nothing waits for a person: a request is in the store before
 * it is sent, and the decision begins a turn of its own.
 */
export class ApprovalDesk {
  readonly #options: ApprovalDeskOptions;
  readonly #outcomes: Outcomes;
  readonly #timers = new Map<string, () => void>();

  constructor(options: ApprovalDeskOptions) {
    this.#options = options;
    this.#outcomes = new Outcomes(options);
    options.signal.addEventListener("abort", () => {
      for (const cancel of this.#timers.values()) cancel();
    });
  }

  /** Whether the config says that an action needs an approval, whoever could give it. */
  isNeededFor({ config }: AccountHandle, action: string): boolean {
    return names(config.execApprovals?.actions, action);
  }

  terms(handle: AccountHandle): Terms {
    return { count: this.#options.deciders.of(handle).length, timeoutMs: timeoutOf(handle) };
  }

  /**
   * The request's state; the first time, people are asked. The same action and input in the same turn are the same request.
   *
   * @throws Rejected when too many wait already, or what is asked is none
   */
  async ask(turn: AskingTurn, asked: Asked): Promise<ApprovalState> {
    const { book, clock } = this.#options;
    const { handle, stored } = turn;
    const reason = this.#refusal(turn);
    if (reason !== undefined) return { id: "", status: "denied", reason };
    const action = String(asked.action).trim();
    if (action === "" || action.length > LONGEST_ACTION)
      throw new Rejected(`An action that needs an approval has a name of 1 to ${LONGEST_ACTION} characters.`);
    const digest = digestOf([handle.owner.identity, stored.seq, asked.isOwn, action, asked.input]);
    const id = digest.slice(0, ID_LENGTH);
    const owner = pairingAccount(handle);
    const known = await book.find(owner, id);
    if (known !== undefined) return this.#stateOf(known, digest);
    if ((await book.open(owner)).length >= MAX_OPEN)
      throw new Rejected(`${MAX_OPEN} approvals wait for a decision already; nothing more is asked.`, {
        mend: "Decide about some of them, or let their time run out.",
      });
    const now = clock.now();
    const { address, chat, sender } = turn.event;
    const { message: __, route: ___, ...place } = handle.currentAddress<Address>(address);
    const [code, token] = [newCode(), newToken()];
    const request: StoredRequest = {
      id,
      digest,
      action,
      input: asked.input,
      isOwn: asked.isOwn,
      summary: asked.summary?.slice(0, LONGEST_SUMMARY).toWellFormed() ?? null,
      origin: turn.origin,
      turn: stored.seq,
      address: place,
      chat: { kind: chat.kind, ...(chat.title !== undefined && { title: chat.title }) },
      sender: {
        id: sender.id,
        ...(sender.name !== undefined && { name: sender.name }),
        ...(sender.aliases && { aliases: [...sender.aliases] }),
      },
      createdAt: now,
      expiresAt: now + timeoutOf(handle),
      code: hashSecret(code),
      token: hashSecret(token),
    };
    const operations = await this.#messages(turn, request, { code, token });
    try {
      await this.#outcomes.say(handle, stored, operations, {
        state: [{ key: OPEN + id, value: request, ifVersion: 0 }],
        isRemembered: false,
        isSealed: true,
        policyRevision: turn.policyRevision,
      });
    } catch (error) {
      // Asked twice at once; or the lease is lost, and this fails as well.
      const other =
        error instanceof StoreError && error.problem === "stale" ? await book.find(owner, id) : undefined;
      if (other === undefined) throw error;
      return this.#stateOf(other, digest);
    }
    this.#arm(handle, request);
    this.#options.onRequest(book.shown(owner, request));
    handle.log.info({ approval: id, action }, "the agent asks for an approval");
    return { id, status: "pending" };
  }

  /** What an earlier run left: times that run on, and sessions that were not told. */
  async resume(handle: AccountHandle): Promise<void> {
    const { book } = this.#options;
    if (handle.config.execApprovals === undefined) return;
    await this.#safely(handle, "resume", async () => {
      const owner = pairingAccount(handle);
      for (const { request } of await book.open(owner)) this.#arm(handle, request);
      for (const decision of await book.decided(owner)) if (!decision.isTold) this.told(handle, decision);
    });
  }

  /** Tells the session, and shows the approvers what became of it. Tried again until it is done. */
  told(handle: AccountHandle, decision: StoredDecision): void {
    this.#timers.get(decision.id)?.();
    this.#timers.delete(decision.id);
    void this.#safely(handle, decision.id, () => this.#tell(handle, decision));
  }

  /** Whoever asked is not let in any more. */
  voided(handle: AccountHandle, id: string, reason: string): Promise<void> {
    return this.#options.book.voided(pairingAccount(handle), id, reason);
  }

  /** Undefined for whatever decides nothing. Only those come here whom `Deciders.admit` or the policy let in. */
  async answer(
    handle: AccountHandle,
    stored: StoredEvent,
    event: InboundEvent,
  ): Promise<CommandReply | undefined> {
    const { deciders } = this.#options;
    const ruling = deciders.read(handle, event);
    if (ruling === undefined) return undefined;
    const { message: _, ...to } = stored.event.address;
    const text = deciders.isOne(handle, event.sender)
      ? await this.#decide(handle, event, ruling)
      : `You do not decide about approvals. Your id is ${handle.current(event.sender.id)}; those who do are named in ${deciders.pathOf(handle)}.`;
    const name = ruling.door === "button" ? "approval" : ruling.status === "approved" ? "approve" : "deny";
    return {
      decision: {
        fate: "answered",
        reason: "The runtime took the decision about an approval itself.",
        rule: `${COMMAND_RULE_PREFIX}${name}`,
        path: deciders.pathOf(handle),
      },
      operations: [{ kind: "send", to, text, format: "plain" }],
    };
  }

  async #decide(handle: AccountHandle, { sender }: InboundEvent, ruling: Ruling): Promise<string> {
    const { book, clock } = this.#options;
    const { status, door, secret } = ruling;
    if (secret === "")
      return `Write /${status === "approved" ? "approve" : "deny"} with the code of the approval.`;
    const owner = pairingAccount(handle);
    const hashed = hashSecret(secret);
    const isMeant = (request: StoredRequest) => (door === "button" ? request.token : request.code) === hashed;
    const open = (await book.open(owner)).find(({ request }) => isMeant(request))?.request;
    if (open !== undefined && open.expiresAt > clock.now()) {
      const by = handle.current(sender.id);
      const decision = await book.decide(owner, open.id, { status, by, door });
      if (decision !== undefined) {
        handle.log.info(
          { approval: open.id, action: open.action, status, by, door },
          "an approval was decided",
        );
        this.told(handle, decision);
        return `${decided(decision)} The agent is told.`;
      }
    }
    const over = (await book.decided(owner)).findLast(isMeant);
    if (over !== undefined) {
      // Their own decision, pressed twice or looked at again after a crash, is no news.
      const isTheirs = over.by === handle.current(sender.id) && over.status === status;
      return isTheirs ? decided(over) : `Too late. ${decided(over)}`;
    }
    if (open !== undefined)
      return `Too late: the time for approval ${open.id} ended at ${timeOf(open.expiresAt)}.`;
    return "No approval has this code: it is wrong, or was decided long ago.";
  }

  #refusal({ handle, session }: AskingTurn): string | undefined {
    const { deciders, agentName = "" } = this.#options;
    const { execApprovals } = handle.config;
    if (execApprovals === undefined) return `${handle.connector.manifest.name} has no approvals.`;
    const at = (key: string) => handle.locate(`execApprovals.${key}`);
    if (!execApprovals.enabled) return `Nobody is asked for approvals: ${at("enabled")} is not true.`;
    const { agentFilter, sessionFilter } = execApprovals;
    if (agentFilter !== undefined && !agentFilter.includes(agentName))
      return `This agent may not ask for approvals: ${at("agentFilter")} does not name "${agentName}".`;
    if (sessionFilter !== undefined && !containsOne(sessionFilter, session))
      return `In this session nobody may be asked for approvals: ${at("sessionFilter")} has nothing for it.`;
    if (deciders.of(handle).length === 0)
      return `Nobody decides about approvals: name somebody in ${at("approvers")}, or in owners.`;
    return undefined;
  }

  #stateOf(known: StoredRequest | StoredDecision, digest: string): ApprovalState {
    if (known.digest !== digest)
      throw new Rejected("Another request has the same id; change the input a little.");
    if (!isDecision(known)) return { id: known.id, status: "pending" };
    const { id, status, by, at } = known;
    return { id, status, by, at };
  }

  /** To each approver in private, or else into the chat where it was asked. */
  async #messages(
    { handle }: AskingTurn,
    request: StoredRequest,
    secrets: { readonly code: string; readonly token: string },
  ): Promise<readonly SendOperation[]> {
    const { buttons, deciders, redact } = this.#options;
    const { directAddress } = handle.connector;
    const { space, chat, thread } = request.address;
    const here: Address = {
      chat,
      ...(space !== undefined && { space }),
      ...(thread !== undefined && { thread }),
    };
    const places = directAddress === undefined ? [here] : deciders.of(handle).map((id) => directAddress(id));
    return Promise.all(
      places.map(async (to): Promise<SendOperation> => {
        const hasButtons = (await buttons.offeredAt(handle, to)) !== undefined;
        const text = requestText(request, { redact, code: hasButtons ? undefined : secrets.code });
        const send = { kind: "send", to, text, format: "plain" } as const;
        if (!hasButtons) return send;
        const row = [
          { text: "Approve", data: decisionData("approved", secrets.token) },
          { text: "Deny", data: decisionData("denied", secrets.token) },
        ];
        return { ...send, buttons: [row] };
      }),
    );
  }

  #arm(handle: AccountHandle, { id, expiresAt }: StoredRequest): void {
    const expire = () => void this.#safely(handle, id, () => this.#expire(handle, id));
    const leftMs = expiresAt - this.#options.clock.now();
    if (leftMs > 0) this.#after(leftMs, id, expire);
    else expire();
  }

  #after(ms: number, id: string, work: () => void): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    this.#timers.get(id)?.();
    this.#timers.set(id, clock.after(ms, work));
  }

  async #expire(handle: AccountHandle, id: string): Promise<void> {
    this.#timers.delete(id);
    const verdict: Verdict = { status: "expired", by: "clock", door: "clock" };
    const decision = await this.#options.book.decide(pairingAccount(handle), id, verdict);
    if (decision !== undefined) this.told(handle, decision);
  }

  async #tell(handle: AccountHandle, decision: StoredDecision): Promise<void> {
    const { store, book, durably, clock, wake, redact } = this.#options;
    const { lease } = handle.owner;
    await wake(handle, noticeOf(handle, decision));
    const [asked] = await store.events([decision.turn]);
    const sent = (await store.operationsOfTurn(decision.turn)).filter((each) => isRequest(each, decision));
    // What is on its way to another approver shows buttons until it can be changed.
    if (sent.some(({ state }) => state === "open") && clock.now() - decision.at < LONGEST_WAIT_MS) {
      this.#after(WAIT_MS, decision.id, () => this.told(handle, decision));
      return;
    }
    const state = await book.told(pairingAccount(handle), decision);
    // Another time it was told meanwhile.
    if (state.length === 0) return;
    if (asked === undefined) {
      await durably.do(() => store.stateBatch(lease, state, clock.now()));
      return;
    }
    const here = handle.connection?.supports(asked.event.address) ?? handle.connector.features;
    const text = outcomeText(decision, redact);
    const edits = here.operations.edit === undefined ? [] : sent.flatMap((each) => editOf(each, text));
    await this.#outcomes.say(handle, asked, edits, {
      state,
      isRemembered: false,
      isSealed: true,
      policyRevision: handle.policyRevision,
    });
  }

  /** Never rejects. Tried again later where it fails. */
  async #safely(handle: AccountHandle, name: string, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#options;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      handle.log.error(
        { err: error, approval: name },
        "an approval could not be brought on; it will be tried again",
      );
      this.#after(FAULT_RETRY_MS, name, () => void this.#safely(handle, name, work));
    }
  }
}

/** One of the messages that asked. */
function isRequest({ operation, session }: StoredOperation, decision: StoredDecision): boolean {
  return operation.kind === "send" && session === undefined && operation.text.startsWith(headOf(decision));
}

/** The message that asked, without buttons and with what came of it. */
function editOf({ operation, parts }: StoredOperation, text: string): EditOperation[] {
  const last = parts.findLast(({ result }) => result?.message !== undefined)?.result;
  if (last?.message === undefined) return [];
  const { message: _, ...to } = last.to ?? operation.to;
  return [{ kind: "edit", to: { ...to, message: last.message }, text, format: "plain", buttons: [] }];
}

function timeoutOf({ config }: AccountHandle): number {
  return (config.execApprovals?.timeoutSeconds ?? 0) * 1_000;
}

function isDecision(known: StoredRequest | StoredDecision): known is StoredDecision {
  return "status" in known;
}
