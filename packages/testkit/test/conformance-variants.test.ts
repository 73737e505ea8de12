import type { Connector } from "@elizaos/connector-core";
import { checksFor, nameOf, readSubject, runCheck } from "@elizaos/connector-testkit";
import { startToyConformance, type ToyConfig, toy } from "@elizaos/connector-testkit/toy";
import { describe, test } from "vitest";
import { withoutApprovals, withoutButtons } from "./lesser-toys.js";

const MODULE = "@elizaos/connector-testkit/toy";
const ACTIONS = { "messages.read": { message: "$message" } };

/** A toy connector whose documents promise this of sends. */
function sending(send: NonNullable<Connector["features"]["operations"]["send"]>): Connector<ToyConfig> {
  return { ...toy, features: { ...toy.features, operations: { ...toy.features.operations, send } } };
}

/** What the platform and the config may be like besides; the checks that look at it must pass as well. */
const VARIANTS = [
  {
    title: "with native keys",
    connector: sending({ idempotency: { mode: "native", windowMs: 600_000 }, onUnknown: "hold" }),
    rules: { idempotency: "native" },
    config: {},
    checks: /^(F2|F5) /,
  },
  {
    title: "that can be asked what it took",
    connector: sending({ idempotency: { mode: "detect" }, onUnknown: "hold" }),
    rules: { idempotency: "detect" },
    config: {},
    checks: /^(F2|F5) /,
  },
  {
    title: "where sends in doubt are made again",
    connector: sending({ idempotency: { mode: "none" }, onUnknown: "resend" }),
    rules: {},
    config: { onUnknown: "resend" },
    checks: /^(F2|F5) /,
  },
  {
    title: "whose transport is lossy",
    connector: { ...toy, features: { ...toy.features, transport: { class: "lossy", windowMs: 2_700_000 } } },
    rules: {},
    config: { catchUp: false },
    checks: /^(F3|F5 killed before|F6) /,
  },
  {
    title: "whose events only point to messages",
    connector: toy,
    rules: { thin: true },
    config: {},
    checks: /^(B1|B2|B8|C4|D2) /,
  },
  {
    title: "that lets nobody answer without a ticket",
    connector: toy,
    rules: { tickets: "required" },
    config: {},
    checks: /^(B1 |E1 |F1 429: waits|F8 an expired)/,
  },
  {
    title: "whose connector has no buttons",
    connector: withoutButtons(toy),
    rules: {},
    config: {},
    checks: /^(E8|E9) /,
  },
  {
    title: "on which nobody can approve anything",
    connector: withoutApprovals,
    rules: {},
    config: {},
    checks: /^E9 /,
  },
] as const;

describe.each(VARIANTS)("a toy platform $title", async ({ connector, rules, config, checks }) => {
  const start = (options: object) => startToyConformance({ ...options, ...rules });
  const subject = await readSubject(connector, start, { module: MODULE, config, actions: ACTIONS });
  for (const check of checksFor(subject).filter((each) => checks.test(nameOf(each)))) {
    const options = { timeout: check.timeoutMs ?? 45_000, concurrent: check.alone !== true };
    test(nameOf(check), options, () => runCheck(subject, check));
  }
});
