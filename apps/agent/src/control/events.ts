import { type InboundEvent, knownAccounts, systemClock } from "@elizaos/connector-core";
import type { Store, StoredEvent } from "@elizaos/connector-core/store";
import { shorten } from "../text.js";
import type { EventReport, EventsQuery, EventsReport } from "./shapes.js";
import { isoTime } from "./time.js";

/** What people wrote is theirs: a list shows this many characters of it, `why` shows one message whole. */
const SHOWN_TEXT = 60;
const PAGE = 200;
/** A filter that fits hardly anything must not read a year of events. */
const MAX_SEARCHED = 10_000;

/** The newest events that fit, newest first. */
export async function listEvents(store: Store, query: EventsQuery): Promise<EventsReport> {
  const names = await accountsByIdentity(store);
  const events: EventReport[] = [];
  let before: number | undefined;
  for (let searched = 0; searched < MAX_SEARCHED; searched += PAGE) {
    const page = await store.recentEvents({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const stored of page) {
      const report = reportOf(stored, names.get(stored.identity));
      if (!fits(report, query)) continue;
      events.push(report);
      if (events.length >= query.limit) return { events, truncated: false };
    }
    before = page.at(-1)?.seq;
    if (page.length < PAGE) return { events, truncated: false };
  }
  return { events, truncated: true };
}

function fits(event: EventReport, { connector, account, fate }: EventsQuery): boolean {
  return (
    (connector === undefined || event.connector === connector) &&
    (account === undefined || event.account === account) &&
    (fate === undefined || event.fate === fate)
  );
}

async function accountsByIdentity(store: Store): Promise<ReadonlyMap<string, string>> {
  return new Map(
    (await knownAccounts(store, systemClock)).map(({ identity, account }) => [identity, account]),
  );
}

function reportOf(stored: StoredEvent, account: string | undefined): EventReport {
  const { event, decision, identity } = stored;
  const { address, sender } = event;
  return {
    event: stored.seq,
    at: isoTime(stored.receivedAt),
    connector: identity.split(":", 1)[0] ?? identity,
    account: account ?? null,
    identity,
    chat: address.chat,
    chatKind: event.chat.kind,
    title: event.chat.title ?? null,
    thread: address.thread ?? null,
    message: address.message ?? null,
    sender: sender.id,
    name: sender.name ?? sender.username ?? null,
    kind: event.kind,
    fate: decision.fate,
    reason: decision.reason,
    rule: decision.rule,
    path: decision.path ?? null,
    text: shorten(textOf(event), SHOWN_TEXT),
  };
}

function textOf(event: InboundEvent): string {
  switch (event.kind) {
    case "message":
    case "edited":
    case "command":
      return event.content.text;
    case "reaction":
      return event.added.join(" ");
    case "button":
      return event.data;
    case "notice":
      return event.text;
    case "member":
    case "lifecycle":
      return event.change;
    case "deleted":
    case "vote":
      return "";
  }
}
