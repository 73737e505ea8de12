import { BUTTONS_PATH, buttonScopeOf, isInScope } from "../buttons/scope.js";
import type { CommonConfig } from "../config/fields.js";
import type { GroupSettings } from "../contract/connector.js";
import type { InboundEvent, Sender } from "../contract/event.js";
import type { Decision } from "../contract/fate.js";
import { matchesAny } from "./mentions.js";

/** Rule of a press on a button whose data is gone; its sender is told so. */
export const BUTTON_EXPIRED_RULE = "button.expired";

export interface PolicyInput {
  readonly event: InboundEvent;
  readonly config: CommonConfig;
  /** What the account's block says of the event's group; for DMs not asked. */
  readonly group: GroupSettings;
  /** The sender has been paired. Asked only where it decides: under `pairing`, and for presses in groups. */
  readonly paired: boolean;
  /** The platform tells when the account is mentioned. */
  readonly mentionsKnown: boolean;
  /** `mentionPatterns`, compiled. */
  readonly mentionPatterns: readonly RegExp[];
  /** The id that an id goes by now: lists may name a sender or chat by a former one. */
  current(id: string): string;
  /** Config path of a setting of this account. */
  locate(path: string): string;
}

/**
 * Decides what becomes of an event before any agent sees it. Pure. Every kind goes the same way: only a `message`, `command` or
 * `button` can be `admitted`, everything else that is let in, and a message that nobody wrote there, is `context`; only a `message` or `command` can be `held`, since a
 * stranger asks for pairing by writing.
 */
export function decide(input: PolicyInput): Decision {
  const { event } = input;
  const decision =
    decideSender(input) ??
    decideOwnButton(event) ??
    (event.chat.kind === "dm" ? decideDirect(input) : decideGroup(input));
  if (decision.fate === "held" && !asksForPairing(event)) {
    return {
      ...decision,
      fate: "ignored",
      reason: `The sender is not paired, and a ${event.kind} event asks for no pairing.`,
    };
  }
  if (decision.fate !== "admitted") return decision;
  if (isUnasked(event)) {
    return {
      ...decision,
      fate: "context",
      reason: "The platform put this message there by itself; kept for the session.",
      rule: "message.automatic",
    };
  }
  if (event.kind === "button") return decidePress(input, decision, event.isExpired === true);
  if (asksForAnAnswer(event)) return decision;
  return {
    ...decision,
    fate: "context",
    reason: `A ${event.kind} event; kept for the session.`,
    rule: `${event.kind}.context`,
  };
}

function asksForAnAnswer({ kind }: InboundEvent): boolean {
  return kind === "message" || kind === "command";
}

/** Whoever may write may press, within the account's scope of buttons. */
function decidePress(input: PolicyInput, admitted: Decision, isExpired: boolean): Decision {
  const { event, config, locate } = input;
  const scope = buttonScopeOf(config);
  const path = locate(Array.isArray(config.capabilities) ? "capabilities" : BUTTONS_PATH);
  if (!isInScope(scope, event.chat.kind)) {
    const reason =
      scope === "off"
        ? "Buttons are switched off."
        : `Buttons are for ${scope === "dm" ? "private chats" : "groups"} only.`;
    return { fate: "ignored", reason, rule: "button.scope", path };
  }
  if (scope === "allowlist" && !isListed(input)) {
    const reason = "Only presses of senders who are on a list or paired count.";
    return { fate: "ignored", reason, rule: "button.allowlist", path };
  }
  if (!isExpired) return admitted;
  return {
    fate: "ignored",
    reason: "What the button stood for is no longer kept.",
    rule: BUTTON_EXPIRED_RULE,
  };
}

/** In private, being let in says as much. */
function isListed({ event, config, group, paired, current }: PolicyInput): boolean {
  if (event.chat.kind === "dm" || paired) return true;
  const lists = [config.allowFrom, group.allowFrom?.value ?? []];
  return lists.some((list) => matches(event.sender, list, current));
}

function isUnasked(event: InboundEvent): boolean {
  if (event.kind !== "message" && event.kind !== "command") return false;
  return event.content.isAutomatic === true && event.content.mentionsSelf === undefined;
}

function asksForPairing({ kind }: InboundEvent): boolean {
  return kind === "message" || kind === "command";
}

/** Senders that no list can let in. */
function decideSender({ event: { sender }, config, locate }: PolicyInput): Decision | undefined {
  if (sender.isSelf) return { fate: "ignored", reason: "The agent's own message.", rule: "sender.self" };
  if (!sender.isBot || config.allowBots === true) return undefined;
  const decision = { fate: "ignored", reason: "The sender is a bot.", rule: "sender.bot" } as const;
  // Where nobody can let bots in, nothing decided it.
  return config.allowBots === undefined ? decision : { ...decision, path: locate("allowBots") };
}

/** Whoever may press these is let in before this is asked. */
function decideOwnButton(event: InboundEvent): Decision | undefined {
  if (event.kind !== "button" || event.isDecision !== true) return undefined;
  return {
    fate: "ignored",
    reason: "The button is for those who decide about approvals.",
    rule: "approval.press",
  };
}

function decideDirect({ event, config, paired, current, locate }: PolicyInput): Decision {
  const policyPath = locate("dmPolicy");
  switch (config.dmPolicy) {
    case "closed":
      return { fate: "ignored", reason: "Private messages are closed.", rule: "dm.closed", path: policyPath };
    case "open":
      return {
        fate: "admitted",
        reason: "Private messages are open to everybody.",
        rule: "dm.open",
        path: policyPath,
      };
    case "allowlist":
    case "pairing":
      break;
  }
  if (matches(event.sender, config.allowFrom, current)) {
    return {
      fate: "admitted",
      reason: "The sender is on the allowlist.",
      rule: "dm.allowFrom",
      path: locate("allowFrom"),
    };
  }
  if (config.dmPolicy === "allowlist") {
    return {
      fate: "ignored",
      reason: "The sender is not on the allowlist.",
      rule: "dm.allowlist",
      path: locate("allowFrom"),
    };
  }
  if (paired)
    return { fate: "admitted", reason: "The sender is paired.", rule: "dm.paired", path: policyPath };
  return { fate: "held", reason: "The sender is not paired yet.", rule: "dm.pairing", path: policyPath };
}

function decideGroup(input: PolicyInput): Decision {
  const { event, config, group, locate } = input;
  if (group.enabled?.value === false) {
    return {
      fate: "ignored",
      reason: "This group or thread is switched off.",
      rule: "group.disabled",
      path: locate(group.enabled.path),
    };
  }
  const admission = admitGroup(input);
  if (admission.fate !== "admitted") return admission;
  const list = group.allowFrom ?? group.roles;
  if (list !== undefined && !isOnList(input)) {
    return {
      fate: "ignored",
      reason: "The sender is not on this group's list.",
      rule: "group.sender",
      path: locate(list.path),
    };
  }
  const requireMention = group.requireMention?.value ?? config.requireMention;
  if (!requireMention || !canBeMentioned(input) || event.kind === "button" || isMentioned(input))
    return admission;
  return {
    fate: "context",
    reason: "The agent was not mentioned; kept as context.",
    rule: "group.mention",
    path: locate(group.requireMention?.path ?? "requireMention"),
  };
}

function admitGroup({ event, config, group, current, locate }: PolicyInput): Decision {
  const path = locate("groupPolicy");
  if (config.groupPolicy === "closed")
    return { fate: "ignored", reason: "Groups are closed.", rule: "group.closed", path };
  if (config.groupPolicy === "open")
    return { fate: "admitted", reason: "Groups are open.", rule: "group.open", path };
  if (group.listed !== undefined)
    return {
      fate: "admitted",
      reason: "The group is listed.",
      rule: "group.listed",
      path: locate(group.listed.path),
    };
  if (includesAny(config.groupAllowFrom, [event.address.chat], current)) {
    return {
      fate: "admitted",
      reason: "The group is on the allowlist.",
      rule: "group.groupAllowFrom",
      path: locate("groupAllowFrom"),
    };
  }
  return {
    fate: "ignored",
    reason: "The group is not on the allowlist.",
    rule: "group.allowlist",
    path: locate(group.listableAt ?? "groupAllowFrom"),
  };
}

/** Where nothing tells a mention, asking for one would silence the agent. */
function canBeMentioned({ mentionsKnown, mentionPatterns }: PolicyInput): boolean {
  return mentionsKnown || mentionPatterns.length > 0;
}

/** Somebody means the account: by the platform's word, or by one of the patterns. */
export function isMentioned({
  event,
  mentionPatterns,
}: Pick<PolicyInput, "event" | "mentionPatterns">): boolean {
  if (event.kind !== "message" && event.kind !== "edited" && event.kind !== "command") return false;
  const { mentionsSelf, text } = event.content;
  return mentionsSelf !== undefined || matchesAny(mentionPatterns, text);
}

/** The group's list names the sender by id, or by a role. */
export function isOnList({
  event,
  group: { allowFrom, roles },
  current,
}: Pick<PolicyInput, "event" | "group" | "current">): boolean {
  if (allowFrom !== undefined && matches(event.sender, allowFrom.value, current)) return true;
  return roles !== undefined && includesAny(roles.value, event.sender.roles ?? [], current);
}

/** A list means the sender: by an id or alias of his, former ones included, or by `*`. */
export function matches(sender: Sender, list: readonly string[], current: (id: string) => string): boolean {
  return includesAny(list, [sender.id, ...(sender.aliases ?? [])], current);
}

function includesAny(
  list: readonly string[],
  ids: readonly string[],
  current: (id: string) => string,
): boolean {
  const now = new Set(ids.map(current));
  return list.some((entry) => entry === "*" || now.has(current(entry)));
}
