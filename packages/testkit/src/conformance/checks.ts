import { configChecks } from "./a-config.js";
import { fieldChecks } from "./a-fields.js";
import { inboundChecks } from "./b-inbound.js";
import { policyChecks } from "./c-policy.js";
import type { Check } from "./check.js";
import { sessionChecks } from "./d-sessions.js";
import { outboundChecks } from "./e-outbound.js";
import { faultChecks } from "./f-faults.js";
import { webhookChecks } from "./g-webhooks.js";
import { lifeChecks } from "./h-life.js";
import type { Subject } from "./subject.js";

/** Every check of this connector, in the order of the conformance list. Each line of the list has at least one. */
export function checksFor(subject: Subject): readonly Check[] {
  return [
    ...configChecks(subject),
    ...fieldChecks(subject),
    ...inboundChecks(subject),
    ...policyChecks(subject),
    ...sessionChecks(subject),
    ...outboundChecks(subject),
    ...faultChecks(subject),
    ...webhookChecks(subject),
    ...lifeChecks(subject),
  ];
}
