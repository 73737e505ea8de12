import {
  createConnectorRuntime,
  type Logger,
  Rejected,
  type RuntimeEvent,
  Transient,
} from "@elizaos/connector-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { finish, memory, OPEN, Puppet, pass, quiet, START, said } from "./core-puppet.js";

const TOKEN = "made-up-token-of-a-test";

/** An account whose platform and agent put its token into every error there is. */
async function leaky() {
  let identified = 0;
  let looked = 0;
  const say = (what: string) => `${what}: GET https://example.org/bot${TOKEN}/call failed`;
  const puppet = new Puppet({
    hooks: {
      identify: async () => {
        identified += 1;
        if (identified === 1)
          throw new Transient(say("identify"), { mend: say("mend"), where: say("where") });
        return { id: "me" };
      },
      dispatch: async ({ text }) => {
        if (text === "refused") throw new Rejected(say("dispatch"));
        throw new TypeError(say("fetch"));
      },
      hydrate: async (event) => {
        looked += 1;
        if (looked === 1) throw new Transient(say("hydrate"));
        return event;
      },
      probe: async () => {
        throw new Error(say("probe"));
      },
    },
  });
  const clock = new ManualClock(START);
  const lines: string[] = [];
  const at = (fields: object, message: string) => void lines.push(flat(fields) + message);
  const log: Logger = { debug: at, info: at, warn: at, error: at };
  const events: RuntimeEvent[] = [];
  const runtime = await createConnectorRuntime({
    connectors: [puppet.connector],
    config: { connectors: { puppet: { ...OPEN, token: TOKEN } } },
    agent: ({ text }) => {
      if (text === "fail") throw new Error(say("agent"));
      return text;
    },
    store: memory(),
    clock,
    log,
    random: () => 0.5,
    onEvent: (event) => events.push(event),
  });
  onTestFinished(() => finish(runtime.stop(), clock));
  await finish(runtime.start(), clock);
  await pass(clock, 5_000);
  const context = puppet.context();
  context.gap(say("gap"));
  await context.receive([
    said("refused", { chat: "1" }),
    said("fetch", { chat: "2" }),
    said("fail", { chat: "3" }),
    said("pointer", { chat: "4", needsHydration: true }),
  ]);
  await pass(clock, 12 * 60_000, 5_000);
  context.fail(new Transient(say("fail")));
  await quiet();
  return { runtime, events, lines };
}

/** As a log would write it, errors and their causes included. */
function flat(fields: object): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    value instanceof Error ? { ...value, message: value.message, cause: value.cause } : value,
  );
}

describe("a token that stands in every error", () => {
  it("reaches no status, explanation, dead letter or event", async () => {
    const { runtime, events } = await leaky();
    const explanations = await Promise.all([1, 2, 3, 4].map((seq) => runtime.why(seq)));
    const shown = {
      status: runtime.status(),
      letters: await runtime.deadLetters.list(),
      explanations,
      events,
    };
    expect(shown.letters.length).toBeGreaterThanOrEqual(3);
    const found = [...JSON.stringify(shown).matchAll(new RegExp(`"(\\w+)":"[^"]*?${TOKEN}`, "g"))].map(
      ([, key]) => key,
    );
    expect([...new Set(found)]).toEqual([]);
  });

  it("reaches no line of the log", async () => {
    const { lines } = await leaky();
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => line.includes(TOKEN))).toEqual([]);
  });
});
