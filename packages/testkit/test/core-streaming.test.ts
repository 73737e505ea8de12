import { type Draft, type Features, RateLimited, Transient, Unknown } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import {
  finish,
  gate,
  lasting,
  memory,
  OPEN,
  onDisk,
  Puppet,
  type PuppetHooks,
  pass,
  quiet,
  rig,
  said,
  until,
} from "./core-puppet.js";

const BLOCK = {
  ...OPEN,
  streamMode: "block",
  blockStreamingCoalesce: { minChars: 20, maxChars: 60, idleMs: 1_000 },
};
const PARTIAL = { ...OPEN, streamMode: "partial" };
const ONE = "The first paragraph, long enough.\n\n";
const TWO = "The second paragraph, long enough.\n\n";

/** An agent whose words come when the test says so. */
function spoken() {
  let said = gate<string | undefined>();
  const words: (string | undefined)[] = [];
  const say = (word: string | undefined) => {
    words.push(word);
    said.open(word);
  };
  async function* run(): AsyncGenerator<string> {
    for (;;) {
      while (words.length === 0) {
        said = gate();
        await said.opened;
      }
      const word = words.shift();
      if (word === undefined) return;
      yield word;
    }
  }
  return { run, say, end: () => say(undefined) };
}

const DRAFTS: Partial<Features> = {
  draft: { everyMs: 1_000 },
  operations: {
    send: { idempotency: { mode: "none" }, onUnknown: "resend" },
    delete: { idempotency: { mode: "none" }, onUnknown: "resend" },
  },
};

/** A platform whose messages can be changed; `drafts` are the states that were shown. */
function drafting(hooks: PuppetHooks = {}) {
  const drafts: Draft[] = [];
  const puppet = new Puppet({
    features: DRAFTS,
    hooks: {
      draft: async (draft) => {
        drafts.push(draft);
        return { message: draft.message ?? "draft-1" };
      },
      ...hooks,
    },
  });
  return { puppet, drafts };
}

describe("an answer in blocks", () => {
  it("says each paragraph as soon as it is complete, and all of them come to the whole text", async () => {
    const { run, say, end } = spoken();
    const { puppet, runtime } = await rig({ config: BLOCK, agent: run });
    await puppet.context().receive([said("go on")]);
    say(ONE.slice(0, 25));
    await quiet();
    expect(puppet.texts()).toEqual([]);
    say(ONE.slice(25));
    say("The sec");
    await until(() => puppet.calls.length === 1);
    expect(puppet.texts()).toEqual([ONE]);
    say("ond paragraph");
    end();
    await until(async () => (await runtime.why("last"))?.event.decision.fate === "answered");
    await until(() => puppet.calls.length === 2);
    expect(puppet.texts().join("")).toBe(`${ONE}The second paragraph`);
  });

  it("says what there is when the agent pauses", async () => {
    const { run, say, end } = spoken();
    const { puppet, clock } = await rig({ config: BLOCK, agent: run });
    await puppet.context().receive([said("go on")]);
    say("One moment, please. I am looking it up");
    await quiet();
    await pass(clock, 900, 300);
    expect(puppet.texts()).toEqual([]);
    await pass(clock, 200, 100);
    expect(puppet.texts()).toEqual(["One moment, please. "]);
    say(" now. ");
    await pass(clock, 1_100, 100);
    expect(puppet.texts()).toEqual(["One moment, please. ", "I am looking it up now. "]);
    end();
  });

  it("never cuts a code fence or a table", async () => {
    const fence =
      "```js\nconst a = 1;\n\nconst b = 2;\n\nconst c = 3; // and more than sixty characters\n```\n\n";
    const table = "| name | value |\n|---|---|\n| one | 1 |\n| two | 2 |\n\n";
    const { puppet } = await rig({
      config: BLOCK,
      agent: async function* () {
        for (const letter of `${ONE}${fence}${table}The end.`) yield letter;
      },
    });
    await puppet.context().receive([said("go on")]);
    await until(() => puppet.texts().at(-1)?.endsWith("The end.") === true);
    expect(puppet.texts().join("")).toBe(`${ONE}${fence}${table}The end.`);
    for (const whole of [fence.trim(), table.trim()])
      expect(puppet.texts().filter((text) => text.includes(whole))).toHaveLength(1);
    expect(puppet.texts().length).toBeGreaterThan(2);
  });

  it.each(["memory", "disk"])("goes on after a crash with what was not said yet (%s)", async (kind) => {
    const store = kind === "memory" ? lasting(memory()) : await onDisk();
    const first = await rig({
      store,
      config: BLOCK,
      agent: async function* () {
        yield `${ONE}The `;
        await new Promise(() => {});
      },
    });
    await first.puppet.context().receive([said("go on")]);
    await until(() => first.puppet.calls.length === 1);
    await first.stop();

    const second = await rig({
      store,
      config: BLOCK,
      agent: async function* () {
        yield ONE.slice(0, 10);
        yield `${ONE.slice(10)}${TWO}Done.`;
      },
    });
    await until(() => second.puppet.texts().at(-1)?.endsWith("Done.") === true);
    expect(second.turns.map(({ said, attempt }) => ({ said, attempt }))).toEqual([
      { said: [ONE], attempt: 2 },
    ]);
    expect([...first.puppet.texts(), ...second.puppet.texts()].join("")).toBe(`${ONE}${TWO}Done.`);
  });

  it("takes the word of an agent that goes on from what was said", async () => {
    let attempts = 0;
    const { puppet, clock, runtime } = await rig({
      config: BLOCK,
      agent: async function* ({ said }) {
        attempts += 1;
        if (attempts > 1) {
          yield `As I said in ${said.length}: ${TWO}`;
          return;
        }
        yield `${ONE}The `;
        await quiet(5);
        throw new Error("out of words");
      },
    });
    await puppet.context().receive([said("go on")]);
    await until(() => puppet.texts().includes(ONE));
    await pass(clock, 3_000);
    await until(async () => (await runtime.why("last"))?.event.decision.fate === "answered");
    expect(puppet.texts().filter((text) => text.includes("paragraph"))).toEqual([
      ONE,
      `As I said in 1: ${TWO}`,
    ]);
  });

  it("is one whole message with blockStreaming", async () => {
    const { puppet } = await rig({
      config: { ...BLOCK, blockStreaming: true },
      agent: async function* () {
        yield ONE;
        yield TWO;
      },
    });
    await puppet.context().receive([said("go on")]);
    await until(() => puppet.calls.length > 0);
    await quiet();
    expect(puppet.texts()).toEqual([ONE + TWO]);
  });
});

describe("an answer that grows in one message", () => {
  it("is shown no more often than the platform bears, and ends complete", async () => {
    const { puppet, drafts } = drafting();
    const { run, say, end } = spoken();
    const { clock } = await rig({ puppet, config: PARTIAL, agent: run });
    await puppet.context().receive([said("go on")]);
    for (const word of ["One", " two", " three", " four"]) {
      say(word);
      await pass(clock, 400, 100);
    }
    expect(drafts.map(({ text, message }) => ({ text, message }))).toEqual([
      { text: "One two three", message: undefined },
    ]);
    await pass(clock, 600, 100);
    expect(drafts.map(({ text, message }) => [text, message]).at(-1)).toEqual([
      "One two three four",
      "draft-1",
    ]);
    await pass(clock, 5_000);
    expect(drafts).toHaveLength(2);
    say(" five");
    end();
    await until(() => puppet.calls.length === 1);
    expect(puppet.texts()).toEqual(["One two three four five"]);
  });

  it("needs no draft when it comes at once", async () => {
    const { puppet, drafts } = drafting();
    const { clock } = await rig({ puppet, config: PARTIAL });
    await puppet.context().receive([said("hi")]);
    await until(() => puppet.calls.length === 1);
    await pass(clock, 5_000);
    expect({ drafts, timers: clock.waiting }).toMatchObject({ drafts: [] });
  });

  it("goes on in the same message after a crash", async () => {
    const store = await onDisk();
    const prepared: unknown[] = [];
    const before = drafting();
    const hanging = spoken();
    const first = await rig({ puppet: before.puppet, store, config: PARTIAL, agent: hanging.run });
    await first.puppet.context().receive([said("go on")]);
    hanging.say("One");
    await pass(first.clock, 1_500, 100);
    expect(before.drafts).toHaveLength(1);
    await first.stop();

    const after = drafting({
      prepare: (operation) => {
        prepared.push(operation);
        return [{ call: operation.kind, payload: "" }];
      },
    });
    const words = spoken();
    const second = await rig({ puppet: after.puppet, store, config: PARTIAL, agent: words.run });
    await until(() => second.turns.length === 1);
    words.say("Two");
    await pass(second.clock, 1_500, 100);
    expect(after.drafts).toMatchObject([{ text: "Two", message: "draft-1" }]);
    words.end();
    await until(() => prepared.length > 0);
    expect(prepared[0]).toMatchObject({ kind: "send", text: "Two", draft: "draft-1" });
  });

  it("waits as long as the platform asks, and is sent all the same", async () => {
    let refusals = 1;
    const drafts: Draft[] = [];
    const { puppet } = drafting({
      draft: async (draft) => {
        if (refusals-- > 0) throw new RateLimited("slow down", { scope: "chat", retryAfterMs: 4_000 });
        drafts.push(draft);
        return { message: "draft-1" };
      },
    });
    const { run, say, end } = spoken();
    const { clock } = await rig({ puppet, config: PARTIAL, agent: run });
    await puppet.context().receive([said("go on")]);
    say("One");
    await pass(clock, 1_200, 100);
    expect(refusals).toBe(0);
    await pass(clock, 3_500, 100);
    expect(drafts).toEqual([]);
    await pass(clock, 700, 100);
    expect(drafts).toHaveLength(1);
    end();
    await until(() => puppet.calls.length === 1);
  });

  it.each([
    ["cannot be reached", new Transient("down"), true],
    ["does not say whether it made the message", new Unknown("cut off"), false],
  ])("comes as a message of its own when the platform %s", async (_, error, isTriedAgain) => {
    let tried = 0;
    const prepared: unknown[] = [];
    const { puppet } = drafting({
      draft: async () => {
        tried += 1;
        throw error;
      },
      prepare: (operation) => {
        prepared.push(operation);
        return [{ call: operation.kind, payload: "" }];
      },
    });
    const { run, say, end } = spoken();
    const { clock } = await rig({ puppet, config: PARTIAL, agent: run });
    await puppet.context().receive([said("go on")]);
    for (const word of ["One", " two", " three"]) {
      say(word);
      await pass(clock, 1_000, 100);
    }
    end();
    await until(() => prepared.length === 1);
    expect(tried > 1).toBe(isTriedAgain);
    expect(prepared[0]).toMatchObject({ text: "One two three" });
    expect(prepared[0]).not.toHaveProperty("draft");
  });

  it("does not overtake what was said before", async () => {
    const blocked = gate();
    const { puppet, drafts } = drafting({
      dispatch: async ({ text }) => {
        if (text === "before") await blocked.opened;
        return { message: "made-1" };
      },
    });
    const { run, say, end } = spoken();
    const { clock, runtime } = await rig({ puppet, config: PARTIAL, agent: run });
    await runtime.send({ connector: "puppet", to: { chat: "ada" }, text: "before" });
    await puppet.context().receive([said("go on")]);
    say("One");
    await pass(clock, 3_000, 500);
    expect(drafts).toEqual([]);
    blocked.open();
    await pass(clock, 1_200, 100);
    expect(drafts).toHaveLength(1);
    end();
  });

  it("is taken back when the agent fails for good", async () => {
    const { puppet, drafts } = drafting();
    const { clock, runtime } = await rig({
      puppet,
      config: PARTIAL,
      limits: { turnRetryMaxMs: 0 },
      agent: async function* () {
        yield "I think that";
        await new Promise<void>((resolve) => clock.after(2_000, resolve));
        throw new Error("no");
      },
    });
    await puppet.context().receive([said("go on")]);
    await pass(clock, 2_500, 100);
    expect(drafts).toHaveLength(1);
    await until(async () => (await runtime.why("last"))?.event.decision.fate === "dead");
    await until(() => puppet.calls.some(({ call }) => call === "delete"));
    expect(puppet.calls.find(({ call }) => call === "delete")?.context.to.chat).toBe("ada");
  });

  it("leaves no timer and no call when the runtime stops", async () => {
    const { puppet } = drafting({ draft: () => new Promise(() => {}) });
    const { run, say } = spoken();
    const bench = await rig({ puppet, config: PARTIAL, agent: run });
    await puppet.context().receive([said("go on")]);
    say("One");
    await pass(bench.clock, 1_500, 100);
    await finish(bench.stop(), bench.clock);
    await quiet();
    expect(bench.clock.waiting).toBe(0);
  });
});

describe("an answer that grows in a preview", () => {
  const PREVIEWS: Partial<Features> = { ...DRAFTS, draft: { everyMs: 500, refreshMs: 20_000 } };

  /** A platform that shows previews; `drafts` are their states. */
  function previewing(hooks: PuppetHooks = {}) {
    const drafts: Draft[] = [];
    const puppet = new Puppet({
      features: PREVIEWS,
      hooks: {
        draft: async (draft) => {
          drafts.push(draft);
          return {};
        },
        ...hooks,
      },
    });
    return { puppet, drafts };
  }

  it("has one number, is shown again before it goes, and is followed by the message, which replaces nothing", async () => {
    const prepared: unknown[] = [];
    const { puppet, drafts } = previewing({
      prepare: (operation) => {
        prepared.push(operation);
        return [{ call: operation.kind, payload: "" }];
      },
    });
    const { run, say, end } = spoken();
    const { clock, store } = await rig({ puppet, config: PARTIAL, agent: run });
    await puppet.context().receive([said("go on")]);
    say("One");
    await pass(clock, 1_000, 100);
    say(" two");
    await pass(clock, 45_000, 100);
    expect(drafts.map(({ text }) => text)).toEqual(["One", "One two", "One two", "One two"]);
    expect(new Set(drafts.map(({ answer }) => answer)).size).toBe(1);
    expect(drafts[0]?.answer).toBeGreaterThan(0);
    expect(await store.stateList("puppet:default", "draft/", { limit: 10, at: clock.now() })).toEqual([]);
    end();
    await until(() => prepared.length === 1);
    expect(prepared[0]).toMatchObject({ kind: "send", text: "One two" });
    expect(prepared[0]).not.toHaveProperty("draft");
    await pass(clock, 45_000, 500);
    expect(drafts).toHaveLength(4);
  });

  it("is the same one after a crash", async () => {
    const store = await onDisk();
    const before = previewing();
    const hanging = spoken();
    const first = await rig({ puppet: before.puppet, store, config: PARTIAL, agent: hanging.run });
    await first.puppet.context().receive([said("go on")]);
    hanging.say("One");
    await pass(first.clock, 1_000, 100);
    await first.stop();
    const after = previewing();
    const words = spoken();
    const second = await rig({ puppet: after.puppet, store, config: PARTIAL, agent: words.run });
    await until(() => second.turns.length === 1);
    words.say("Two");
    await pass(second.clock, 1_000, 100);
    expect(after.drafts).toMatchObject([{ text: "Two", answer: before.drafts[0]?.answer }]);
    words.end();
  });

  it("leaves nothing to take back when the agent fails for good", async () => {
    const { puppet, drafts } = previewing();
    const { clock, runtime } = await rig({
      puppet,
      config: PARTIAL,
      limits: { turnRetryMaxMs: 0 },
      agent: async function* () {
        yield "I think that";
        await new Promise<void>((resolve) => clock.after(2_000, resolve));
        throw new Error("no");
      },
    });
    await puppet.context().receive([said("go on")]);
    await pass(clock, 2_500, 100);
    expect(drafts).toHaveLength(1);
    await until(async () => (await runtime.why("last"))?.event.decision.fate === "dead");
    await quiet();
    expect(puppet.calls.map(({ call }) => call)).not.toContain("delete");
  });

  it("slows nobody else when the platform asks it to wait", async () => {
    const times: Record<string, number[]> = { ada: [], bob: [] };
    const { puppet } = previewing({
      draft: async ({ to }) => {
        times[to.chat]?.push(clock.now());
        if (to.chat === "ada" && times["ada"]?.length === 1)
          throw new RateLimited("slow down", { scope: "method", retryAfterMs: 60_000 });
        return {};
      },
    });
    const agents = { ada: spoken(), bob: spoken() };
    const { clock } = await rig({
      puppet,
      config: PARTIAL,
      agent: ({ events: [event] }) => (event.address.chat === "ada" ? agents.ada.run() : agents.bob.run()),
    });
    await puppet.context().receive([said("go on"), said("go on", { chat: "bob" })]);
    agents.ada.say("One");
    await pass(clock, 1_000, 100);
    agents.bob.say("One");
    agents.ada.end();
    await pass(clock, 1_000, 100);
    expect(times["bob"]).toHaveLength(1);
    expect(puppet.texts()).toEqual(["One"]);
    agents.bob.end();
  });
});
