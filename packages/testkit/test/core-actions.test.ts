import {
  type Action,
  type AgentLike,
  defineAction,
  type Json,
  Rejected,
  Transient,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  gate,
  lasting,
  memory,
  OPEN,
  Puppet,
  type PuppetHooks,
  pass,
  quiet,
  rig,
  said,
  until,
} from "./core-puppet.js";

type Pin = Action<{ message: string; silent: boolean }>;

/** A connector with one action, and how often it was done. */
function pinning(run?: Pin["run"], more: Partial<Pin> = {}) {
  const done: unknown[] = [];
  const pin = defineAction({
    name: "pins.add",
    description: "Pins a message.",
    input: z.strictObject({ message: z.string(), silent: z.boolean().default(true) }),
    run: async (input, context) => {
      done.push(input);
      return run === undefined ? { pinned: input.message } : run(input, context);
    },
    ...more,
  });
  const hooks: PuppetHooks = { actions: () => [pin] };
  return { done, puppet: new Puppet({ hooks, capabilities: { pins: "Pin messages." } }) };
}

/** Says what came of one call, as an agent that survives failures. */
function caller(name: string, input: Json): { readonly agent: AgentLike; readonly seen: string[] } {
  const seen: string[] = [];
  const agent: AgentLike = async (turn) => {
    try {
      seen.push(JSON.stringify(await turn.act(name, input)));
    } catch (error) {
      seen.push(error instanceof Error ? `${error.constructor.name}: ${error.message}` : "?");
    }
    return "done";
  };
  return { agent, seen };
}

describe("actions", () => {
  it("are told to the agent with a JSON Schema, and give back what they came to", async () => {
    const { done, puppet } = pinning();
    const { agent, seen } = caller("pins.add", { message: "m1" });
    const { turns } = await rig({ puppet, agent });
    await puppet.context().receive([said("pin it", { chat: "ada" })]);
    await until(() => puppet.texts().length === 1);
    expect(turns[0]?.actions).toEqual([
      {
        name: "pins.add",
        description: "Pins a message.",
        input: expect.objectContaining({
          type: "object",
          properties: { message: { type: "string" }, silent: { type: "boolean", default: true } },
          required: ["message"],
        }),
      },
    ]);
    expect(seen).toEqual(['{"pinned":"m1"}']);
    expect(done).toEqual([{ message: "m1", silent: true }]);
  });

  it("know their chat, and who asked", async () => {
    let where: unknown;
    const { puppet } = pinning(async (_, { to, event }) => {
      where = { to, by: event.sender.id };
      return null;
    });
    await rig({ puppet, agent: caller("pins.add", { message: "m" }).agent });
    await puppet
      .context()
      .receive([said("x", { chat: "room", thread: "7", kind: "group", from: "ada", key: "k" })]);
    await until(() => puppet.texts().length === 1);
    expect(where).toEqual({ to: { chat: "room", thread: "7", message: "k" }, by: "ada" });
  });

  it.each([
    ["pins.add", { mesage: "m" }, 'unknown key "mesage"; did you mean "message"?'],
    ["pins.add", { message: 7 }, "message: must be a string, not 7"],
    ["pins.ad", { message: "m" }, 'There is no action "pins.ad" here; did you mean "pins.add"?'],
    ["pins.add", { message: "m".repeat(70_000) }, "at most 65536 characters"],
  ])("refuse %s of %j before anything is done", async (name, input, message) => {
    const { done, puppet } = pinning();
    const { agent, seen } = caller(name, input);
    await rig({ puppet, agent });
    await puppet.context().receive([said("go")]);
    await until(() => puppet.texts().length === 1);
    expect(seen[0]).toContain("Rejected: ");
    expect(seen[0]).toContain(message);
    expect(done).toEqual([]);
  });

  it("are not there when their flag is off", async () => {
    const { done, puppet } = pinning(undefined, { capability: "pins" });
    const { agent, seen } = caller("pins.add", { message: "m" });
    const { turns } = await rig({ puppet, agent, config: { ...OPEN, capabilities: ["streaming"] } });
    await puppet.context().receive([said("go")]);
    await until(() => puppet.texts().length === 1);
    expect(turns[0]?.actions).toEqual([]);
    expect(seen).toEqual(['Rejected: There is no action "pins.add" here; there are none']);
    expect(done).toEqual([]);
  });

  it("are done once, however often the turn is tried: a later attempt is given the recorded result", async () => {
    const { done, puppet } = pinning();
    const results: Json[] = [];
    const agent: AgentLike = async (turn) => {
      results.push(
        await turn.act("pins.add", { message: "a" }),
        await turn.act("pins.add", { message: "b" }),
      );
      if (turn.attempt < 3) throw new Error("the model broke off");
      return "done";
    };
    const { clock, store } = await rig({ puppet, agent });
    await puppet.context().receive([said("go")]);
    await quiet();
    await pass(clock, 10_000);
    await until(() => puppet.texts().length === 1);
    expect(done).toEqual([
      { message: "a", silent: true },
      { message: "b", silent: true },
    ]);
    expect(results).toEqual([1, 2, 3].flatMap(() => [{ pinned: "a" }, { pinned: "b" }]));
    expect(await store.stateList("puppet:default", "action/", { limit: 10, at: clock.now() })).toEqual([]);
  });

  it("whose process died in between are unknown to the next one, and not repeated", async () => {
    const hanging = gate();
    const first = pinning(async () => {
      await hanging.opened;
      return null;
    });
    const store = lasting(memory());
    const before = await rig({
      puppet: first.puppet,
      store,
      agent: caller("pins.add", { message: "m" }).agent,
    });
    await first.puppet.context().receive([said("go")]);
    await until(() => first.done.length === 1);
    await before.stop();

    const second = pinning();
    const { agent, seen } = caller("pins.add", { message: "m" });
    await rig({ puppet: second.puppet, store, agent, clock: before.clock });
    await until(() => second.puppet.texts().length === 1);
    expect(seen[0]).toMatch(/^Unknown: An earlier attempt of this turn called pins\.add/);
    expect(second.done).toEqual([]);
  });

  it("that did not happen may be tried again; a refusal is the last word", async () => {
    let calls = 0;
    const flaky = pinning(async () => {
      calls += 1;
      if (calls === 1) throw new Transient("not now");
      throw new Rejected("never");
    });
    const seen: string[] = [];
    const agent: AgentLike = async (turn) => {
      for (let tries = 0; tries < 2; tries++)
        await turn.act("pins.add", { message: "m" }).catch((error: Error) => seen.push(error.message));
      if (turn.attempt === 1) throw new Error("again");
      return "done";
    };
    const { clock } = await rig({ puppet: flaky.puppet, agent });
    await flaky.puppet.context().receive([said("go")]);
    await quiet();
    await pass(clock, 10_000);
    await until(() => flaky.puppet.texts().length === 1);
    expect(seen).toEqual(["not now", "never", "never", "never"]);
    expect(calls).toBe(3);
  });

  it("are no more than 64 in a turn, and none after it", async () => {
    const { done, puppet } = pinning();
    let last = "";
    const { turns } = await rig({
      puppet,
      agent: async (turn) => {
        for (let n = 0; n < 70; n++)
          await turn.act("pins.add", { message: String(n) }).catch((error: Error) => {
            last = error.message;
          });
        return "done";
      },
    });
    await puppet.context().receive([said("go")]);
    await until(() => puppet.texts().length === 1);
    expect(done).toHaveLength(64);
    expect(last).toBe("This turn has made 64 calls of actions; no more are made.");
    await expect(turns[0]?.act("pins.add", { message: "late" })).rejects.toThrow("The turn is over");
  });

  it("that are given up are unknown", async () => {
    const { puppet } = pinning(() => new Promise(() => {}));
    let heard = "";
    await rig({
      puppet,
      agent: async (turn) => {
        const giving = new AbortController();
        const acting = turn.act("pins.add", { message: "m" }, { signal: giving.signal });
        await quiet();
        giving.abort();
        heard = await acting.then(String, (error: Error) => `${error.constructor.name}: ${error.message}`);
        return "done";
      },
    });
    await puppet.context().receive([said("go")]);
    await until(() => puppet.texts().length === 1);
    expect(heard).toBe("Unknown: pins.add was given up before it was answered.");
  });
});

describe("capabilities", () => {
  const features = {
    typing: { refreshMs: 4_000 },
    operations: {
      send: { idempotency: { mode: "none" }, onUnknown: "hold" },
      react: { idempotency: { mode: "none" }, onUnknown: "resend" },
    },
  } as const;

  it.each([
    [undefined, 1, 2],
    [["typing"], 1, 1],
    [["reactions"], 0, 2],
    [[], 0, 1],
  ])("%j: typing %i times, %i calls", async (capabilities, typed, calls) => {
    let typing = 0;
    const ends = gate();
    const puppet = new Puppet({ features, hooks: { typing: async () => void typing++ } });
    const { clock } = await rig({
      puppet,
      agent: async function* () {
        await ends.opened;
        yield { type: "react", emoji: "👍" };
        yield "done";
      },
      config: { ...OPEN, ...(capabilities && { capabilities }) },
    });
    await puppet.context().receive([said("go")]);
    await quiet();
    await pass(clock, 1_000);
    ends.open();
    await until(() => puppet.texts().includes("done"));
    await quiet();
    expect({ typing, calls: puppet.calls.length }).toEqual({ typing: typed, calls });
  });

  it("that the connector does not know stop the account, and name what was meant", async () => {
    const puppet = new Puppet({ features });
    const { runtime } = await rig({ puppet, config: { ...OPEN, capabilities: ["typng", "flying"] } });
    expect(runtime.status()[0]).toMatchObject({
      state: "failed",
      issues: [
        { path: "connectors.puppet.capabilities.0", message: 'unknown flag "typng"; did you mean "typing"?' },
        {
          path: "connectors.puppet.capabilities.1",
          message: 'unknown flag "flying"; known: streaming, typing, reactions',
        },
      ],
    });
  });
});
