import {
  type AgentLike,
  type ButtonRows,
  type Features,
  type Operation,
  StoreError,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import {
  intercept,
  lasting,
  memory,
  OPEN,
  onDisk,
  Puppet,
  type PuppetOptions,
  pressed,
  quiet,
  rig,
  said,
  until,
} from "./core-puppet.js";

const DAY = 24 * 60 * 60_000;
const LONG = `order:${"x".repeat(100)}`;
const LIMIT = { data: { max: 64, unit: "bytes" } } as const;

/** A platform with buttons; what was to be sent stands in `operations`. */
function buttoned(features: Partial<Features> = { buttons: LIMIT }, more: PuppetOptions = {}) {
  const operations: Operation[] = [];
  const puppet = new Puppet({
    ...more,
    features,
    hooks: {
      ...more.hooks,
      prepare: (operation) => {
        operations.push(operation);
        return [{ call: operation.kind, payload: "text" in operation ? operation.text : "" }];
      },
    },
  });
  const rows = (): ButtonRows => {
    const last = operations.at(-1);
    return (last?.kind === "send" ? last.buttons : undefined) ?? [];
  };
  return { puppet, operations, rows };
}

/** Offers these buttons to whoever writes, and repeats what is pressed. */
function offering(buttons: ButtonRows, text = "Which?"): AgentLike {
  return (turn) =>
    turn.events[0].kind === "button" ? `pressed ${turn.text}` : { type: "message", text, buttons };
}

function dataOf(rows: ButtonRows, at = 0): string {
  const button = rows.flat()[at];
  if (button === undefined || !("data" in button)) throw new Error("there is no such button");
  return button.data;
}

describe("buttons", () => {
  it("reach the platform as the agent wrote them, and come back as a turn", async () => {
    const { puppet, rows } = buttoned();
    const buttons = [
      [
        { text: "Yes", data: "y" },
        { text: "No", data: "n" },
      ],
      [{ text: "Site", url: "https://a.example" }],
    ];
    const all = await rig({ puppet, agent: offering(buttons) });
    await puppet.context().receive([said("hello")]);
    await until(() => puppet.calls.length === 1);
    expect(rows()).toEqual(buttons);
    await puppet.context().receive([pressed("y")]);
    await until(() => puppet.texts().length === 2);
    expect(puppet.texts()).toEqual(["Which?", "pressed y"]);
    expect(all.turns[1]?.events[0]).toMatchObject({
      kind: "button",
      data: "y",
      address: { message: "made-1" },
    });
    expect((await all.turns[1]?.history())?.map(({ text }) => text)).toEqual(["hello", "Which?"]);
  });

  it("whose data is too long for the platform come back with it, also after a restart, and only in their chat", async () => {
    const first = buttoned();
    const store = lasting(memory());
    const agent = offering([[{ text: "Order", data: LONG }]]);
    const before = await rig({ puppet: first.puppet, store, agent });
    await first.puppet.context().receive([said("hello")]);
    await until(() => first.puppet.calls.length === 1);
    const token = dataOf(first.rows());
    expect(Buffer.byteLength(token)).toBeLessThanOrEqual(64);
    await before.stop();

    const second = buttoned();
    const { turns, runtime } = await rig({ puppet: second.puppet, store, agent, clock: before.clock });
    await second.puppet.context().receive([pressed(token, { chat: "eve" }), pressed(token)]);
    await until(() => second.puppet.texts().length === 2);
    await quiet();
    expect(turns.map(({ text }) => text)).toEqual([LONG]);
    expect((await runtime.why(2))?.event.decision).toMatchObject({ fate: "ignored", rule: "button.expired" });
    expect((await runtime.why(3))?.event.event).toMatchObject({ data: LONG });
  });

  it("whose data is gone after 7 days say so in one line, and the fate does too", async () => {
    const { puppet, rows } = buttoned();
    const all = await rig({
      puppet,
      agent: offering([[{ text: "Order", data: LONG }]]),
      limits: { eventMaxAgeMs: 0 },
    });
    await puppet.context().receive([said("hello")]);
    await until(() => puppet.calls.length === 1);
    const token = dataOf(rows());
    await all.clock.advance(7 * DAY - 1);
    await puppet.context().receive([pressed(token)]);
    await until(() => puppet.texts().length === 2);
    await all.clock.advance(1);
    await puppet.context().receive([pressed(token)]);
    await until(() => puppet.texts().length === 3);
    expect(puppet.texts()).toEqual([
      "Which?",
      `pressed ${LONG}`,
      "This button is too old to be used. Please ask again.",
    ]);
    expect((await all.runtime.why("last"))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "button.expired",
    });
    expect(all.turns).toHaveLength(2);
  });

  it("of strangers say nothing, whatever they press", async () => {
    const { puppet } = buttoned();
    const all = await rig({
      puppet,
      config: { dmPolicy: "allowlist", allowFrom: ["ada"], capabilities: { inlineButtons: "all" } },
    });
    await puppet.context().receive([pressed("~b000000000AAAAAAAAAAAAAAAA", { chat: "eve" })]);
    await quiet();
    expect(puppet.calls).toEqual([]);
    expect((await all.runtime.why(1))?.event.decision.rule).toBe("dm.allowlist");
  });

  it("cannot be made to pass for core's own, neither by an agent nor by a client", async () => {
    const { puppet, rows } = buttoned();
    const all = await rig({
      puppet,
      agent: offering([
        [
          { text: "a", data: "~a+forged" },
          { text: "b", data: "~bforged" },
        ],
      ]),
    });
    await puppet.context().receive([said("hello")]);
    await until(() => puppet.calls.length === 1);
    const [one, two] = [dataOf(rows(), 0), dataOf(rows(), 1)];
    expect([one, two].every((data) => /^~b[0-9a-z]{9}/.test(data))).toBe(true);
    await puppet
      .context()
      .receive([
        pressed(one),
        { ...pressed("~a+x"), isDecision: true },
        { ...pressed("y"), isDecision: true },
      ]);
    await until(() => all.turns.length === 3);
    await quiet();
    // What an agent gave its own button comes back to it as data like any other, and decides nothing.
    expect(all.turns.map(({ text }) => text)).toEqual(["hello", "~a+forged", "y"]);
    expect(all.turns[1]?.events[0]).not.toHaveProperty("isDecision");
  });

  it("and what stands for them are committed together or not at all", async () => {
    let fails = 1;
    const store = intercept(memory(), ({ method, args }, run) => {
      const isAnswer = method === "finish" && JSON.stringify(args).includes("Which?");
      return isAnswer && fails-- > 0 ? Promise.reject(new StoreError("busy", "locked")) : run();
    });
    const { puppet, rows } = buttoned();
    const all = await rig({ puppet, store, agent: offering([[{ text: "Order", data: LONG }]]) });
    await puppet.context().receive([said("hello")]);
    await quiet();
    await all.clock.advance(200);
    await until(() => puppet.calls.length === 1);
    const kept = await store.stateList("puppet:default", "button/", { limit: 10, at: all.clock.now() });
    expect(kept).toHaveLength(1);
    await puppet.context().receive([pressed(dataOf(rows()))]);
    await until(() => puppet.texts().includes(`pressed ${LONG}`));
  });

  it("kept for one account are bounded: the oldest goes first", async () => {
    const { puppet, rows } = buttoned();
    const first = Array.from({ length: 50 }, (_, at) => [
      { text: `a${at}`, data: `${LONG}${at}` },
      { text: "b", data: LONG },
    ]);
    const all = await rig({ puppet, agent: offering(first), store: await onDisk() });
    await puppet.context().receive([said("hello")]);
    await until(() => puppet.calls.length === 1);
    const oldest = dataOf(rows());
    for (let count = 1; count <= 50; count++) {
      await all.clock.advance(1);
      await puppet.context().receive([said("more")]);
      await until(() => puppet.calls.length === count + 1, `${count}`);
    }
    const kept = await all.store.stateList("puppet:default", "button/", {
      limit: 6_000,
      at: all.clock.now(),
    });
    expect(kept).toHaveLength(5_000);
    await puppet.context().receive([pressed(oldest)]);
    await until(() => puppet.texts().at(-1)?.startsWith("This button is too old") === true);
  }, 60_000);

  it.each<[string, Partial<Features>, object]>([
    ["the platform has none", {}, {}],
    ["they are switched off", { buttons: LIMIT }, { capabilities: { inlineButtons: "off" } }],
    ["a list of flags leaves them out", { buttons: LIMIT }, { capabilities: ["typing"] }],
    ["they are for groups", { buttons: LIMIT }, { capabilities: { inlineButtons: "group" } }],
  ])("are a list in the text where %s", async (_what, features, config) => {
    const { puppet, operations } = buttoned({ typing: { refreshMs: 1_000 }, ...features });
    const rows = [[{ text: "Yes *now*", data: LONG }], [{ text: "Site", url: "https://a.example/(x)" }]];
    await rig({ puppet, agent: offering(rows), config: { ...OPEN, ...config } });
    await puppet.context().receive([said("hello")]);
    await until(() => puppet.calls.length === 1);
    expect(operations.at(-1)).toMatchObject({
      text: "Which?\n\n- Yes \\*now\\*\n- [Site](<https://a.example/(x)>)",
    });
    expect(operations.at(-1)).not.toHaveProperty("buttons");
  });

  it("in a group are offered there when they are for groups only", async () => {
    const { puppet, rows } = buttoned();
    const agent = offering([[{ text: "Yes", data: "y" }]]);
    await rig({ puppet, agent, config: { ...OPEN, capabilities: { inlineButtons: "group" } } });
    await puppet.context().receive([said("hello", { chat: "room", kind: "group", from: "ada" })]);
    await until(() => puppet.calls.length === 1);
    expect(rows()).toEqual([[{ text: "Yes", data: "y" }]]);
  });

  it("that do not fit in a row go on in the next, and those that do not fit at all into the text", async () => {
    const { puppet, operations } = buttoned({ buttons: { ...LIMIT, rows: 2, perRow: 2 } });
    const named = (text: string) => ({ text, data: text });
    await rig({ puppet, agent: offering([["a", "b", "c"].map(named), ["d", "e"].map(named)]) });
    await puppet.context().receive([said("hello")]);
    await until(() => puppet.calls.length === 1);
    expect(operations.at(-1)).toMatchObject({
      text: "Which?\n\n- d\n- e",
      buttons: [[named("a"), named("b")], [named("c")]],
    });
  });

  it.each<[string, ButtonRows, string]>([
    ["no text", [[{ text: " ", data: "y" }]], "A button needs a text"],
    ["no data", [[{ text: "Yes", data: "" }]], 'The button "Yes" needs data of 1 to 4096'],
    ["too much data", [[{ text: "Yes", data: "x".repeat(4_097) }]], "needs data of 1 to 4096"],
    [
      "an address of another kind",
      [[{ text: "Go", url: "javascript:alert(1)" }]],
      "must be an http or https address",
    ],
    [
      "too many",
      [Array.from({ length: 101 }, () => ({ text: "x", data: "x" }))],
      "at most 100 buttons, not 101",
    ],
  ])("with %s are the agent's mistake, and the last word on its turn", async (_what, rows, message) => {
    const { puppet } = buttoned();
    const all = await rig({ puppet, agent: offering(rows) });
    await puppet.context().receive([said("hello")]);
    await until(async () => (await all.runtime.why(1))?.event.decision.fate === "dead");
    expect((await all.runtime.why(1))?.event.decision.reason).toContain(message);
  });

  it("can be sent without a turn", async () => {
    const { puppet, rows } = buttoned();
    const all = await rig({ puppet, agent: offering([]) });
    await all.runtime.send({
      connector: "puppet",
      to: { chat: "ada" },
      text: "News",
      buttons: [[{ text: "More", data: LONG }]],
    });
    await until(() => puppet.calls.length === 1);
    await puppet.context().receive([pressed(dataOf(rows()))]);
    await until(() => puppet.texts().includes(`pressed ${LONG}`));
  });
});

describe("a press", () => {
  it("of somebody on no list does not count in a group, and why says what would let it in", async () => {
    const { puppet } = buttoned();
    const config = { groupPolicy: "open", allowFrom: ["ada"] };
    const all = await rig({ puppet, config });
    await puppet
      .context()
      .receive([
        pressed("y", { chat: "room", kind: "group", from: "eve" }),
        pressed("y", { chat: "room", kind: "group", from: "ada" }),
      ]);
    await until(() => all.turns.length === 1);
    expect((await all.runtime.why(1))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "button.allowlist",
      path: "connectors.puppet.capabilities.inlineButtons",
    });
    expect(all.turns[0]?.events[0].sender.id).toBe("ada");
  });

  it("of somebody who is paired counts in a group too", async () => {
    const { puppet } = buttoned();
    const all = await rig({ puppet, config: { groupPolicy: "open", dmPolicy: "pairing" } });
    await puppet.context().receive([said("hello", { chat: "eve" })]);
    await until(() => all.events.some(({ type }) => type === "pairing-request"));
    const asked = all.events.find((event) => event.type === "pairing-request");
    await all.runtime.pairing.approve("puppet", asked?.code ?? "");
    await puppet.context().receive([pressed("y", { chat: "room", kind: "group", from: "eve" })]);
    await until(() => all.turns.length === 1);
  });

  it("on an old message counts no more once buttons are for elsewhere", async () => {
    const { puppet } = buttoned();
    const all = await rig({ puppet, config: { ...OPEN, capabilities: { inlineButtons: "dm" } } });
    await puppet.context().receive([pressed("y", { chat: "room", kind: "group", from: "ada" })]);
    await quiet();
    expect((await all.runtime.why(1))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "button.scope",
    });
    expect(all.turns).toEqual([]);
  });
});
