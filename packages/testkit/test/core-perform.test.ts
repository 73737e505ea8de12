import {
  type Action,
  type ActionContext,
  type ActionRequest,
  type AgentLike,
  defineAction,
  type Features,
  type Json,
  placeOf,
  RateLimited,
  Rejected,
  Unknown,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  gate,
  lasting,
  memory,
  Puppet,
  type PuppetHooks,
  pass,
  quiet,
  rig,
  said,
  until,
} from "./core-puppet.js";

const CERTAIN = { idempotency: { mode: "none" }, onUnknown: "hold" } as const;
const features: Partial<Features> = {
  operations: { send: CERTAIN, edit: CERTAIN, delete: CERTAIN, react: CERTAIN, action: CERTAIN },
  media: { inbound: [], outbound: ["file"] },
};

/** A connector whose only action, `do`, asks the outbox for this. */
function performing(
  request: (context: ActionContext) => ActionRequest,
  hooks: PuppetHooks = {},
  run?: Action["run"],
) {
  const action = defineAction({
    name: "do",
    description: "Does it.",
    input: z.strictObject({ n: z.number().optional() }),
    run:
      run ??
      (async (_, context) => {
        const results = await context.perform(request(context));
        return { messages: results.flatMap(({ message }) => message ?? []) };
      }),
  });
  return new Puppet({ features, hooks: { actions: () => [action], ...hooks } });
}

/** An agent that does it once in every attempt and says what came of it. */
function doer(seen: string[], after: (attempt: number) => void = () => {}): AgentLike {
  return async (turn) => {
    const told = (error: Error) => `${error.constructor.name}: ${error.message}`;
    seen.push(await turn.act("do", {}).then((result: Json) => JSON.stringify(result), told));
    after(turn.attempt);
    return "done";
  };
}

const poll = ({ to }: ActionContext): ActionRequest => ({
  kind: "action",
  to,
  name: "poll",
  input: { n: 1 },
});
const send =
  (text: string) =>
  (context: ActionContext): ActionRequest => ({
    kind: "send",
    to: placeOf(context),
    text,
    format: "plain",
  });

describe("what an action has the outbox do", () => {
  it("is done before the action goes on, and known as the agent's own", async () => {
    const seen: string[] = [];
    const puppet = performing(poll);
    const { store, turns } = await rig({ puppet, agent: doer(seen) });
    await puppet.context().receive([said("go", { chat: "room" })]);
    await until(() => puppet.texts().includes("done"));
    expect(seen).toEqual(['{"messages":["made-1"]}']);
    expect(puppet.calls.map(({ call }) => call)).toEqual(["action", "send"]);
    const operation = await store.operationOfMessage("puppet:default", "room", "made-1");
    const [made] = await store.operations([operation ?? 0]);
    expect(made?.operation).toMatchObject({ kind: "action", name: "poll", input: { n: 1 } });
    expect(turns).toHaveLength(1);
  });

  it("waits out what the platform asks for", async () => {
    const seen: string[] = [];
    let calls = 0;
    const puppet = performing(poll, {
      dispatch: async ({ call }) => {
        calls += 1;
        if (call === "action" && calls === 1)
          throw new RateLimited("slowly", { scope: "chat", retryAfterMs: 20_000 });
        return { message: `m${calls}` };
      },
    });
    const { clock } = await rig({ puppet, agent: doer(seen) });
    await puppet.context().receive([said("go")]);
    await quiet();
    expect(seen).toEqual([]);
    await pass(clock, 21_000);
    await until(() => seen.length === 1);
    expect(seen).toEqual(['{"messages":["m2"]}']);
  });

  it("that the platform refuses is told with its mend, and is no dead letter: the agent knows", async () => {
    const seen: string[] = [];
    const puppet = performing(poll, {
      dispatch: async ({ call }) => {
        if (call === "action") throw new Rejected("no rights", { mend: "Give it the right to pin." });
        return { message: "m" };
      },
    });
    const { runtime } = await rig({ puppet, agent: doer(seen) });
    await puppet.context().receive([said("go")]);
    await until(() => seen.length === 1);
    expect(seen).toEqual(["Rejected: no rights. Give it the right to pin."]);
    expect(await runtime.deadLetters.list()).toEqual([]);
  });

  it("that may have happened is unknown, and the operator's to look at", async () => {
    const seen: string[] = [];
    const puppet = performing(poll, {
      dispatch: async ({ call }) => {
        if (call === "action") throw new Unknown("the line went dead");
        return { message: "m" };
      },
    });
    const { runtime, clock } = await rig({ puppet, agent: doer(seen) });
    await puppet.context().receive([said("go")]);
    await quiet();
    await pass(clock, 5_000);
    await until(() => seen.length === 1);
    expect(seen).toEqual(["Unknown: It may or may not have arrived: the line went dead"]);
    expect(await runtime.deadLetters.list()).toHaveLength(1);
  });

  it("is found again by the next attempt when the process died before the platform answered", async () => {
    const hanging = gate();
    const store = lasting(memory());
    const dying = performing(poll, {
      dispatch: async () => {
        await hanging.opened;
        return { message: "never told" };
      },
    });
    const before = await rig({ puppet: dying, store, agent: doer([]) });
    await dying.context().receive([said("go")]);
    await until(() => dying.calls.length === 1);
    await before.stop();

    const seen: string[] = [];
    const puppet = new Puppet({
      features: {
        ...features,
        operations: {
          send: CERTAIN,
          action: { idempotency: { mode: "native", windowMs: 60_000 }, onUnknown: "hold" },
        },
      },
      hooks: performing(poll).hooks,
    });
    const { clock } = await rig({ puppet, store, agent: doer(seen), clock: before.clock });
    await quiet();
    await pass(clock, 5_000);
    await until(() => puppet.texts().includes("done"));
    expect(seen).toEqual(['{"messages":["made-1"]}']);
    expect(puppet.calls.map(({ context }) => context.key).slice(0, 1)).toEqual(
      dying.calls.map(({ context }) => context.key),
    );
    expect(puppet.calls.map(({ call }) => call)).toEqual(["action", "send"]);
  });

  it("is done once however often the turn is tried, and is no part of the answer", async () => {
    const seen: string[] = [];
    const puppet = performing(send("done"));
    const agent = doer(seen, (attempt) => {
      if (attempt < 3) throw new Error("the model broke off");
    });
    const { clock, store } = await rig({ puppet, agent });
    await puppet.context().receive([said("go", { chat: "ada" })]);
    await quiet();
    await pass(clock, 10_000);
    await until(() => puppet.texts().length === 2);
    expect(puppet.texts()).toEqual(["done", "done"]);
    expect(seen).toEqual(Array(3).fill('{"messages":["made-1"]}'));
    const [session] = (await store.recentEvents({ limit: 1 })).map((event) => event.session);
    const history = await store.history(session ?? "", { before: 99, limit: 9 });
    expect(history.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      "user: go",
      "assistant: done",
      "assistant: done",
    ]);
  });

  it("that the agent gives up is unknown, and done all the same", async () => {
    const slow = gate();
    const puppet = performing(poll, {
      dispatch: async ({ call }) => {
        if (call === "action") await slow.opened;
        return { message: call };
      },
    });
    let heard = "";
    const { store } = await rig({
      puppet,
      agent: async (turn) => {
        const giving = new AbortController();
        const acting = turn.act("do", {}, { signal: giving.signal });
        await until(() => puppet.calls.length === 1);
        giving.abort();
        heard = await acting.then(String, (error: Error) => error.constructor.name);
        return "done";
      },
    });
    await puppet.context().receive([said("go")]);
    await until(() => heard !== "");
    slow.open();
    await until(() => puppet.texts().includes("done"));
    await quiet();
    expect(heard).toBe("Unknown");
    expect(await store.operationOfMessage("puppet:default", "ada", "action")).toBeDefined();
  });

  it.each(["edit", "delete"] as const)("is no %s of somebody else's message", async (kind) => {
    const seen: string[] = [];
    const change = ({ to }: ActionContext): ActionRequest => ({
      kind,
      to: { ...to, message: to.message ?? "" },
      ...{ text: "mine now", format: "plain" },
    });
    const puppet = performing(change);
    await rig({ puppet, agent: doer(seen) });
    await puppet.context().receive([said("go", { key: "theirs" })]);
    await until(() => puppet.texts().length === 1);
    expect(seen[0]).toContain("Rejected: Message theirs is not known to be the agent's own");
    expect(puppet.texts()).toEqual(["done"]);
  });

  it("sends files by the rules of answers; one that cannot be had keeps everything back", async () => {
    const seen: string[] = [];
    const puppet = performing((context) => ({
      kind: "send",
      to: placeOf(context),
      text: "look",
      format: "plain",
      attachments: [{ bytes: Buffer.from("hello"), name: "a.txt" }, { path: "/no/such/file" }],
    }));
    await rig({ puppet, agent: doer(seen) });
    await puppet.context().receive([said("go")]);
    await until(() => puppet.texts().length === 1);
    expect(seen).toEqual(["Rejected: There is no file /no/such/file."]);
    expect(puppet.texts()).toEqual(["done"]);
  });
});

describe("another chat", () => {
  const elsewhere = (context: ActionContext): ActionRequest => ({
    kind: "send",
    to: placeOf(context, { chat: "board" }),
    text: "for all",
    format: "plain",
  });

  it("is written to when an owner asks, and is no part of the conversation here", async () => {
    const seen: string[] = [];
    const puppet = performing(elsewhere);
    const { store } = await rig({ puppet, agent: doer(seen), owners: ["puppet:ada"] });
    await puppet.context().receive([said("go", { chat: "ada" })]);
    await until(() => puppet.texts().length === 2);
    expect(puppet.calls.map(({ text, context }) => `${context.to.chat}: ${text}`)).toEqual([
      "board: for all",
      "ada: done",
    ]);
    const [session] = (await store.recentEvents({ limit: 1 })).map((event) => event.session);
    const history = await store.history(session ?? "", { before: 99, limit: 9 });
    expect(history.map(({ text }) => text)).toEqual(["go", "done"]);
  });

  it("is refused to everybody else, in a sentence", async () => {
    const seen: string[] = [];
    const puppet = performing(elsewhere);
    await rig({ puppet, agent: doer(seen), owners: ["puppet:ada"] });
    await puppet.context().receive([said("go", { chat: "mallory" })]);
    await until(() => puppet.texts().length === 1);
    expect(seen[0]).toContain("another chat may be named by an owner of the agent");
    expect(puppet.texts()).toEqual(["done"]);
  });

  it("is the chat itself where its input names that", async () => {
    const seen: string[] = [];
    const puppet = performing((context) => ({
      kind: "send",
      to: placeOf(context, { chat: "room", thread: "7" }),
      text: "here",
      format: "plain",
    }));
    await rig({ puppet, agent: doer(seen) });
    await puppet
      .context()
      .receive([said("go", { chat: "room", thread: "7", kind: "group", from: "mallory" })]);
    await until(() => puppet.texts().length === 2);
    expect(puppet.calls[0]?.context.to).toEqual({ chat: "room", thread: "7" });
  });
});
