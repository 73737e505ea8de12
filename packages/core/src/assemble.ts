import { configActions } from "./agent/config-actions.js";
import { tellOf } from "./agent/notices.js";
import { Turns } from "./agent/turns.js";
import { ApprovalBook } from "./approvals/book.js";
import { Deciders } from "./approvals/deciders.js";
import { ApprovalDesk } from "./approvals/desk.js";
import { Buttons } from "./buttons/buttons.js";
import { KeptData } from "./buttons/kept.js";
import { Commands, type CommandsOptions } from "./commands/commands.js";
import type { Surroundings } from "./config/writes/check.js";
import type { ConfigWriter } from "./config/writes/edits.js";
import type { AccountHandle } from "./connection/handle.js";
import type { Agent, AgentLike } from "./contract/agent.js";
import type { Clock, Logger } from "./contract/connection.js";
import type { InboundEvent } from "./contract/event.js";
import { Durably } from "./durable.js";
import { Fresh } from "./fresh.js";
import { hasHostKey } from "./heartbeat/wake.js";
import { Aliases } from "./inbox/aliases.js";
import { ChatDirectory } from "./inbox/chats.js";
import { Inbox } from "./inbox/inbox.js";
import { Lanes } from "./lanes/lanes.js";
import type { OutgoingOptions } from "./media/outgoing.js";
import { Spool } from "./media/spool.js";
import { OutboxAdmission } from "./outbox/admission.js";
import { Calls } from "./outbox/calls.js";
import { Ledger } from "./outbox/ledger.js";
import { Outbox } from "./outbox/outbox.js";
import { PaceBook } from "./outbox/paces.js";
import { Receipts } from "./outbox/receipts.js";
import { Sender } from "./outbox/sender.js";
import { Admission } from "./policy/admission.js";
import { PairingDesk } from "./policy/pairing/desk.js";
import { type ApprovedElsewhere, Pairing } from "./policy/pairing/pairing.js";
import { Registry } from "./policy/pairing/registry.js";
import type { ApproveCommand, RuntimeEvent, RuntimeLimits } from "./runtime-types.js";
import { renamePlace, segment } from "./session/key.js";
import type { SessionOptions } from "./session/options.js";
import type { IsOwner } from "./session/people.js";
import { Sessions } from "./session/sessions.js";
import type { Store, StoredEvent } from "./store/port.js";

/** Events that wait for a moment only are not read back from the store. */
const MAX_FRESH = 512;
/**
 * Platform calls under way at once, for each account. Twice the usual number of turns: while every turn ends with a call
 * announced in its commit, as many earlier calls may still be waiting for the platform.
 */
const MAX_CALLS = 64;

export interface AssembleOptions {
  readonly store: Store;
  readonly agent: AgentLike;
  readonly session: SessionOptions;
  /** Undefined hands all commands to the agent. */
  readonly commands: Pick<CommandsOptions, "overview"> | undefined;
  readonly isOwner: IsOwner;
  readonly ownerIds: (connector: string) => readonly string[];
  readonly configWriter: ConfigWriter | undefined;
  readonly surroundings: (handle: AccountHandle) => Surroundings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly redact: (text: string) => string;
  readonly limits: RuntimeLimits;
  readonly approveCommand: ApproveCommand | undefined;
  readonly approvedElsewhere: ApprovedElsewhere | undefined;
  /** Undefined: a temporary folder. */
  readonly spoolDir: string | undefined;
  readonly trustedHosts: readonly string[];
  readonly emit: (event: RuntimeEvent) => void;
  readonly cancelTurns: AbortSignal;
  readonly giveUp: AbortSignal;
  readonly handleOf: (identity: string) => AccountHandle | undefined;
}

/** What all accounts share, in the order in which a message passes it. */
export interface RuntimeParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly durably: Durably;
  readonly aliases: Aliases;
  readonly chats: ChatDirectory;
  readonly buttons: Buttons;
  readonly inbox: Inbox;
  readonly lanes: Lanes;
  readonly outbox: Outbox;
  readonly spool: Spool;
  readonly outgoing: OutgoingOptions;
  readonly receipts: Receipts;
  readonly pairing: Pairing;
  readonly desk: PairingDesk;
  readonly deciders: Deciders;
  readonly book: ApprovalBook;
  readonly approvals: ApprovalDesk;
}

export function assemble(options: AssembleOptions): RuntimeParts {
  const { store, clock, log, random, redact, limits, emit, cancelTurns, giveUp, isOwner } = options;
  const agent = toAgent(options.agent);
  const tell = tellOf(agent, clock);
  const durably = new Durably({
    clock,
    log,
    signal: giveUp,
    onTrouble: (trouble) => emit({ type: "store", trouble }),
  });
  const registry = new Registry(store, clock, (change) => durably.do(change));
  const pairing = new Pairing(registry, options.approvedElsewhere);
  const deciders = new Deciders(options.ownerIds);
  const admission = new Admission(
    pairing,
    deciders,
    async (seq) => (await durably.do(() => store.events([seq])))[0]?.event,
  );
  const chats = new ChatDirectory(store, durably, clock);
  const buttons = new Buttons(new KeptData({ store, durably, clock }), chats);
  const aliases = new Aliases({
    store,
    durably,
    moveWork(handle, from, to) {
      const rename = (key: string) => renamePlace(key, segment(from), segment(to));
      lanes.rename(handle.owner.identity, rename);
      outbox.rename(handle, rename);
      registry.renamed(handle.owner.identity, from, to);
    },
    tell: (handle, from, to) => tell(handle, { type: "renamed", identity: handle.owner.identity, from, to }),
  });
  const receipts = new Receipts(store, durably, clock);
  const spool = new Spool({
    folder: options.spoolDir,
    maxBytes: limits.maxSpoolBytes,
    needed: () => durably.do(() => store.spooled()),
  });
  const outgoing = { spool, clock, trustedHosts: options.trustedHosts };
  const ledger = new Ledger({ store, durably, receipts, spool, clock, redact });
  const paces = new PaceBook(store, clock);
  const calls = new Calls({ ledger, paces, spool, clock, random, signal: giveUp });
  const sender = new Sender({
    store,
    durably,
    ledger,
    admission: new OutboxAdmission(store, admission),
    paces,
    calls,
    chats,
    clock,
    signal: giveUp,
  });
  const outbox = new Outbox({
    sender,
    paces,
    store,
    clock,
    laneHoldMs: limits.laneHoldMs,
    maxCalls: MAX_CALLS,
  });
  const fresh = new Fresh<StoredEvent>(MAX_FRESH);
  const desk = new PairingDesk({
    registry,
    store,
    durably,
    outbox,
    clock,
    signal: cancelTurns,
    approveCommand: options.approveCommand,
    onPairingRequest: (request, code) => emit({ type: "pairing-request", request, code }),
  });
  const isOwnersTurn = (handle: AccountHandle, event: InboundEvent) =>
    !hasHostKey(event) && isOwner(handle.connector.manifest.id, event.sender, (id) => handle.current(id));
  const book = new ApprovalBook({ store, clock, durably: (change) => durably.do(change), redact });
  const approvals = new ApprovalDesk({
    book,
    deciders,
    store,
    durably,
    outbox,
    buttons,
    spool,
    clock,
    limits,
    agentName: agent.name,
    wake: (handle, event) => inbox.wake(handle, event),
    onRequest: (request) => emit({ type: "approval-request", request }),
    redact,
    signal: cancelTurns,
  });
  const turns = new Turns({
    fresh,
    store,
    durably,
    outbox,
    buttons,
    outgoing,
    spool,
    paces,
    admission,
    registry,
    desk,
    commands:
      options.commands &&
      new Commands({ ...options.commands, isOwner, deciders, store, durably, agent, tell, redact }),
    agent,
    tell,
    approvals,
    coreActions: configActions({
      writer: options.configWriter,
      surroundings: options.surroundings,
      isOwner: isOwnersTurn,
      redact,
    }),
    isOwner: isOwnersTurn,
    clock,
    limits,
    random,
    redact,
    signal: cancelTurns,
  });
  const lanes = new Lanes({
    maxRunning: limits.maxTurns,
    clock,
    work: async (identity, _lane, item, aside, following) => {
      const handle = options.handleOf(identity);
      // Its account is known by another identity now; what waits stays in the store for the day it comes back.
      return handle === undefined ? undefined : turns.work(handle, item, aside, following);
    },
  });
  const sessions = new Sessions(options.session);
  const maxWaiting = limits.maxWaitingEvents;
  const inbox = new Inbox({ store, durably, lanes, chats, sessions, buttons, clock, maxWaiting, fresh });
  return {
    store,
    clock,
    log,
    random,
    durably,
    aliases,
    chats,
    buttons,
    inbox,
    lanes,
    outbox,
    spool,
    outgoing,
    receipts,
    pairing,
    desk,
    deciders,
    book,
    approvals,
  };
}

function toAgent(agent: AgentLike): Agent {
  return typeof agent === "function" ? { history: "ours", run: agent } : agent;
}
