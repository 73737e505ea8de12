import { type AgentLike, ConfigError, Transient } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import {
  gate,
  lasting,
  memory,
  OPEN,
  pass,
  quiet,
  type Rig,
  type RigOptions,
  rig,
  said,
  until,
} from "./core-puppet.js";

const MINUTE = 60_000;
const SORRY = "Something went wrong on my side.";
const AGAIN = `${SORRY} I am trying again.`;
const never = <T>() => new Promise<T>(() => {});

const bench = (options: RigOptions): Promise<Rig> =>
  rig({ config: { ...OPEN, failureNotice: true }, ...options });

/** An error as model libraries make them. */
const refusal = () => Object.assign(new Error("invalid x-api-key sk-123"), { isRetryable: false });

describe("a person whose message the agent fails at", () => {
  it("reads one line, and the answer when it works at last; the agent never sees the line", async () => {
    const told: string[] = [];
    const rigged = await bench({
      agent: async (turn) => {
        if (turn.attempt < 4) throw new Error("overloaded: sk-123");
        told.push(...(await turn.history()).map(({ text }) => text));
        return `re: ${turn.text}`;
      },
    });
    await rigged.puppet.context().receive([said("hi"), said("still there?")]);
    await pass(rigged.clock, 2 * MINUTE, 1_000);
    expect(rigged.puppet.texts()).toEqual([AGAIN, "re: hi", AGAIN, "re: still there?"]);
    expect(told).toEqual(["hi", "re: hi"]);
    // The line belongs to the turn, for whoever asks what became of it.
    expect((await rigged.runtime.why(1))?.operations).toHaveLength(2);
  });

  it("reads it once, however long it fails", async () => {
    const rigged = await bench({
      agent: () => {
        throw new Error("overloaded");
      },
    });
    await rigged.puppet.context().receive([said("hi")]);
    await pass(rigged.clock, 11 * MINUTE, 5_000);
    expect(rigged.turns.length).toBeGreaterThan(5);
    expect(rigged.puppet.texts()).toEqual([AGAIN]);
  });

  it("reads it once over restarts, and where they wrote", async () => {
    const store = lasting(memory());
    const agent: AgentLike = () => {
      throw new Error("overloaded");
    };
    const first = await bench({ store, agent });
    await first.puppet.context().receive([said("hi", { chat: "crew", kind: "group", thread: "7" })]);
    await until(() => first.puppet.calls.length === 1);
    expect(first.puppet.calls[0]?.context.to).toEqual({ chat: "crew", thread: "7" });
    await first.stop();
    const second = await bench({ store, agent });
    await pass(second.clock, MINUTE, 1_000);
    expect(second.turns.length).toBeGreaterThan(0);
    expect(second.puppet.calls).toEqual([]);
  });

  it("reads nothing where the account says so", async () => {
    const rigged = await rig({
      config: { ...OPEN, failureNotice: false },
      agent: (turn) => {
        if (turn.attempt === 1) throw new Error("overloaded");
        return "at last";
      },
    });
    await rigged.puppet.context().receive([said("hi")]);
    await pass(rigged.clock, MINUTE);
    expect(rigged.puppet.texts()).toEqual(["at last"]);
  });

  it("reads nothing when the runtime stops under the agent", async () => {
    const store = lasting(memory());
    const first = await bench({ store, agent: () => never<string>() });
    await first.puppet.context().receive([said("hi")]);
    await until(() => first.turns.length === 1);
    await first.stop();
    const second = await bench({ store });
    await until(() => second.puppet.calls.length === 1);
    expect([...first.puppet.texts(), ...second.puppet.texts()]).toEqual(["re: hi"]);
  });

  it.each([
    ["a model library's error", refusal],
    ["an error of the contract", () => new ConfigError([{ path: "model", message: "is missing" }])],
  ])("reads at once that it is over: %s that no other try mends", async (_what, error) => {
    const rigged = await bench({ agent: () => Promise.reject(error()) });
    await rigged.puppet.context().receive([said("hi"), said("and me?")]);
    await pass(rigged.clock, 10_000, 1_000);
    expect(rigged.turns.map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(rigged.puppet.texts()).toEqual([SORRY, SORRY]);
    expect(await rigged.runtime.deadLetters.list()).toMatchObject([
      { id: "event:1", reason: expect.stringContaining(error().message) },
      { id: "event:2" },
    ]);
  });

  it("is answered later where the error may pass", async () => {
    const rigged = await bench({
      agent: (turn) => {
        if (turn.attempt === 1) throw new Transient("ECONNRESET");
        if (turn.attempt === 2) throw Object.assign(new Error("529"), { isRetryable: true });
        return "at last";
      },
    });
    await rigged.puppet.context().receive([said("hi")]);
    await pass(rigged.clock, MINUTE, 1_000);
    expect(rigged.puppet.texts()).toEqual([AGAIN, "at last"]);
  });

  it("reads no second line when a later try ends it for good", async () => {
    const rigged = await bench({
      agent: (turn) => {
        throw turn.attempt === 1 ? new Error("overloaded") : refusal();
      },
    });
    await rigged.puppet.context().receive([said("hi")]);
    await pass(rigged.clock, MINUTE, 1_000);
    expect(rigged.puppet.texts()).toEqual([AGAIN]);
    expect(await rigged.runtime.deadLetters.list()).toHaveLength(1);
  });
});

/** A stream whose next piece never comes, as of a model that hangs; it notes how it is ended. */
function hanging(first: readonly string[] = []) {
  const notes: string[] = [];
  const pieces = [...first];
  const done = gate<IteratorResult<string, undefined>>();
  const stream: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const value = pieces.shift();
        notes.push(value ?? "waiting");
        return value === undefined ? done.opened : Promise.resolve({ value, done: false });
      },
      return() {
        notes.push("returned");
        return Promise.resolve({ value: undefined, done: true });
      },
    }),
  };
  return { stream, notes };
}

describe("C6 a stream that hangs", () => {
  it("is told to return and its signal is aborted at the time limit, and its turn is tried again without a grace", async () => {
    const { stream, notes } = hanging(["half "]);
    const signals: AbortSignal[] = [];
    const rigged = await bench({
      config: OPEN,
      limits: { turnTimeoutMs: MINUTE },
      agent: (_, { signal }) => (signals.push(signal) === 1 ? stream : "whole"),
    });
    await rigged.puppet.context().receive([said("hi")]);
    await until(() => notes.length === 2);
    await pass(rigged.clock, MINUTE - 500);
    expect([notes, signals[0]?.aborted]).toEqual([["half ", "waiting"], false]);
    await pass(rigged.clock, 500);
    expect([notes, signals[0]?.aborted]).toEqual([["half ", "waiting", "returned"], true]);
    // It has settled: no grace is needed.
    await pass(rigged.clock, 5_000);
    expect(rigged.puppet.texts()).toEqual(["whole"]);
  });

  it("is told to return and its signal is aborted when the runtime stops", async () => {
    const { stream, notes } = hanging();
    const signals: AbortSignal[] = [];
    const rigged = await bench({
      agent: (_, { signal }) => {
        signals.push(signal);
        return stream;
      },
    });
    await rigged.puppet.context().receive([said("hi")]);
    await until(() => notes.length === 1);
    await rigged.stop();
    expect([notes, signals[0]?.aborted]).toEqual([["waiting", "returned"], true]);
  });

  it("is not even begun when it comes after its time", async () => {
    const { stream, notes } = hanging(["late"]);
    const opened = gate();
    let runs = 0;
    const rigged = await bench({
      config: OPEN,
      limits: { turnTimeoutMs: MINUTE },
      agent: async () => {
        runs += 1;
        if (runs > 1) return "in time";
        await opened.opened;
        return stream;
      },
    });
    await rigged.puppet.context().receive([said("hi")]);
    await pass(rigged.clock, MINUTE + 1_000);
    opened.open();
    await quiet();
    expect(notes).toEqual(["returned"]);
    await pass(rigged.clock, 5_000);
    expect(rigged.puppet.texts()).toEqual(["in time"]);
  });

  it("that ends or fails by itself is not told anything", async () => {
    const notes: string[] = [];
    const ending = (fails: boolean): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (fails) throw new Error("broken");
          return { value: undefined, done: true };
        },
        return: async () => {
          notes.push("returned");
          return { value: undefined, done: true };
        },
      }),
    });
    const rigged = await bench({ config: OPEN, agent: (turn) => ending(turn.attempt === 1) });
    await rigged.puppet.context().receive([said("hi")]);
    await pass(rigged.clock, 5_000);
    expect((await rigged.runtime.why(1))?.event).toMatchObject({ attempts: 2, decision: { fate: "silent" } });
    expect(notes).toEqual([]);
  });
});
