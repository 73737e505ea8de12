import { describe, test } from "vitest";
import { aliasChecks } from "./alias.js";
import { Bench, type OpenStore } from "./bench.js";
import { concurrencyChecks } from "./concurrency.js";
import { deadLetterChecks } from "./dead-letters.js";
import { eventChecks } from "./events.js";
import { historyChecks } from "./history.js";
import { leaseChecks } from "./leases.js";
import { lifeChecks } from "./life.js";
import { operationChecks } from "./operations.js";
import { partChecks } from "./parts.js";
import { pruneChecks } from "./prune.js";
import { receiptChecks } from "./receipts.js";
import { sessionChecks } from "./sessions.js";
import { spooledChecks } from "./spooled.js";
import { stateChecks } from "./state.js";
import { turnChecks } from "./turns.js";

export type { OpenedStore, OpenOptions, OpenStore } from "./bench.js";
export { seededRandom } from "./random.js";

/**
 * Vitest tests of everything that the store port of `@elizaos/connector-core` promises. Every store passes them unchanged. Each
 * test opens a store of its own.
 *
 * @param options.seed fixes what the tests choose at random; a failure is repeated with the same seed. Default 1.
 */
export function storeSuite(name: string, open: OpenStore, options: { readonly seed?: number } = {}): void {
  const seed = options.seed ?? 1;
  const check = (title: string, body: (bench: Bench) => Promise<void>) => {
    test(title, (context) => Bench.run(open, seed, context, body));
  };
  describe(name, () => {
    describe("events", () => eventChecks(check));
    describe("turns", () => turnChecks(check));
    describe("history", () => historyChecks(check));
    describe("sessions", () => sessionChecks(check));
    describe("operations", () => operationChecks(check));
    describe("operations, part by part,", () => partChecks(check));
    describe("operations with files", () => spooledChecks(check));
    describe("receipts and the sent index", () => receiptChecks(check));
    describe("dead letters", () => deadLetterChecks(check));
    describe("leases", () => leaseChecks(check));
    describe("state and chats", () => stateChecks(check));
    describe("alias", () => aliasChecks(check));
    describe("pruning", () => pruneChecks(check));
    describe("life", () => lifeChecks(check));
    describe("many callers", () => concurrencyChecks(check));
  });
}
