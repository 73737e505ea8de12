import type { Agent, Turn } from "../contract/agent.js";
import type { InboundEvent } from "../contract/event.js";
import { type Downloads, withRefusals } from "../media/downloads.js";
import { historyLimit } from "../session/limits.js";
import type { Store } from "../store/port.js";
import type { TurnActions } from "./actions.js";
import type { Admitted } from "./admitted.js";
import { sessionNow } from "./outcomes.js";
import type { AnswerStream } from "./streams.js";

export interface TurnOptions {
  readonly agent: Agent;
  readonly store: Store;
}

/** An attempt, as far as the agent gets to see it. */
export interface Begun extends Admitted {
  readonly number: number;
  readonly stream: AnswerStream;
  readonly actions: TurnActions;
  readonly downloads: Downloads;
}

/** What the agent is given. What costs something is made when it is asked for. */
export function turnOf({ agent, store }: TurnOptions, begun: Begun): Turn {
  const { handle, stored, first, rest, event, verdict, number, stream, actions, downloads } = begun;
  const { decision } = verdict;
  const judged = (each: InboundEvent) => withRefusals(handle, structuredClone(each));
  let events: Turn["events"] | undefined;
  return {
    id: `${handle.owner.identity}/${first.keys[0]}`,
    attempt: number,
    connector: handle.connector.manifest.id,
    account: handle.id,
    identity: handle.owner.identity,
    session: sessionNow(handle, stored),
    // A copy costs more than most of what is done for a message, and many agents read the text alone.
    get events() {
      events ??= [judged(first), ...rest.map((part) => judged(part.event))];
      return events;
    },
    text: textOf(first, ...rest.map((part) => part.event)),
    admitted: decision,
    said: stream.said,
    receivedAt: Math.max(stored.receivedAt, ...rest.map((part) => part.stored.receivedAt)),
    download: (attachment, { signal } = {}) => downloads.fetch(attachment, signal),
    history: async () =>
      agent.history === "own"
        ? []
        : store.history(sessionNow(handle, stored), {
            before: stored.seq,
            limit: historyLimit(handle, event),
          }),
    get systemPrompt() {
      return handle.groupSettings(event).systemPrompt?.value;
    },
    get skills() {
      return handle.groupSettings(event).skills?.value;
    },
    allowsTool: (name) => actions.allows(name),
    get actions() {
      return actions.list();
    },
    act: (name, input, options) => actions.act(name, input, options),
    requestApproval: (ask) => actions.requestApproval(ask),
  };
}

function textOf(...events: readonly InboundEvent[]): string {
  const [only] = events;
  if (only !== undefined && events.length === 1) return textOfOne(only);
  return events
    .map(textOfOne)
    .filter((text) => text !== "")
    .join("\n");
}

function textOfOne(event: InboundEvent): string {
  switch (event.kind) {
    case "message":
    case "edited":
    case "command":
      return event.content.text;
    case "button":
      return event.data;
    case "notice":
      return event.text;
    default:
      return "";
  }
}
