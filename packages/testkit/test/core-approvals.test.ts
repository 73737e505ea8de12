import {
  type AgentLike,
  type ApprovalState,
  defineAction,
  type Json,
  type Operation,
  type Turn,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  finish,
  gate,
  lasting,
  memory,
  Puppet,
  pass,
  pressed,
  quiet,
  type Rig,
  type RigOptions,
  rig,
  said,
  until,
} from "./core-puppet.js";

const MINUTE = 60_000;
const REPEAT = { idempotency: { mode: "none" }, onUnknown: "resend" } as const;
const ASKING = {
  dmPolicy: "allowlist",
  allowFrom: ["ada"],
  groupPolicy: "open",
  failureNotice: false,
  execApprovals: { enabled: true, approvers: ["boss"], actions: ["pins.*"] },
};

interface StageOptions {
  readonly isDirect?: boolean;
  readonly hasButtons?: boolean;
  readonly hasEdits?: boolean;
  /** What the action does besides being counted. */
  readonly run?: () => Promise<Json>;
  readonly rig?: RigOptions;
}

/** A platform with an action that pins, what was sent to it, and an agent that pins when it is told so. */
async function stage({
  isDirect = true,
  hasButtons = true,
  hasEdits = true,
  run,
  rig: options,
}: StageOptions = {}) {
  const done: Json[] = [];
  const operations: Operation[] = [];
  const pin = defineAction({
    name: "pins.add",
    description: "Pins a message.",
    input: z.strictObject({ message: z.string() }),
    run: async (input, { to, event }) => {
      done.push({
        ...input,
        chat: to.chat,
        by: event.sender.id,
        ...(to.message !== undefined && { under: to.message }),
      });
      return run === undefined ? { pinned: input.message } : run();
    },
  });
  const puppet = new Puppet({
    hasApprovals: true,
    isDirect,
    features: {
      operations: { send: { ...REPEAT, onUnknown: "hold" }, ...(hasEdits && { edit: REPEAT }) },
      ...(hasButtons && { buttons: { data: { max: 64, unit: "bytes" } } }),
    },
    hooks: {
      actions: () => [pin],
      prepare: (operation) => {
        operations.push(operation);
        return [{ call: operation.kind, payload: "text" in operation ? operation.text : "" }];
      },
    },
  });
  const heard: string[] = [];
  const agent: AgentLike = async (turn) => {
    heard.push(turn.text);
    if (!turn.text.startsWith("pin")) return "";
    try {
      return `pinned: ${JSON.stringify(await turn.act("pins.add", { message: turn.text }))}`;
    } catch (error) {
      return error instanceof Error ? `${error.constructor.name}: ${error.message}` : "?";
    }
  };
  const all = await rig({ puppet, agent, config: ASKING, ...options });
  const sentTo = (chat: string) => operations.filter(({ to }) => to.chat === chat);
  return { ...all, done, operations, heard, sentTo };
}

type Stage = Awaited<ReturnType<typeof stage>>;

const ask = (at: Stage, text = "pin it") => at.puppet.context().receive([said(text, { chat: "ada" })]);
const toBoss = (at: Stage) => at.operations.filter(({ kind, to }) => kind === "send" && to.chat === "boss");
const last = (operations: readonly Operation[]): string => {
  const operation = operations.at(-1);
  return operation !== undefined && "text" in operation ? operation.text : "";
};

/** The data of a button under the request to the approver. */
function button(at: Stage, label: "Approve" | "Deny", request = 0): string {
  const operation = toBoss(at).filter(({ kind }) => kind === "send")[request];
  const rows = operation?.kind === "send" ? (operation.buttons ?? []) : [];
  const found = rows.flat().find(({ text }) => text === label);
  if (found === undefined || !("data" in found)) throw new Error(`no button ${label}`);
  return found.data;
}

const press = (at: Stage, data: string, from = "boss", chat = from) =>
  at.puppet.context().receive([pressed(data, { chat, from })]);
const isAsked = (at: Stage) => until(() => toBoss(at).length > 0, "the approver is asked");
const noticeOf = (turn: Turn | undefined) => {
  const event = turn?.events[0];
  return event?.kind === "notice" ? event : undefined;
};
const openIn = (at: Rig) =>
  at.store.stateList("puppet:default", "approval/open/", { limit: 200, at: at.clock.now() });

describe("an action that needs an approval", () => {
  it("is asked for in private, with all that an approver needs, and not done", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await until(() => at.sentTo("ada").length === 1);
    expect(at.done).toEqual([]);
    expect(last(at.sentTo("ada"))).toMatch(
      /^ApprovalPending: pins\.add needs an approval, and nothing was done yet\. One person is asked \(request [0-9a-f]{16}\); without an answer it is denied 30 min after/,
    );
    const [asked] = toBoss(at);
    expect(asked).toMatchObject({ format: "plain", buttons: [[{ text: "Approve" }, { text: "Deny" }]] });
    expect(last(toBoss(at))).toMatch(
      /^Approval [0-9a-f]{16} is needed\.\n\nAction: pins\.add\nInput: \{"message":"pin it"\}\nAsked for by: ada, in private\nUntil: 2026-01-01 00:30 UTC; then it is denied$/,
    );
    const [listed] = await at.runtime.approvals.list();
    expect(listed).toMatchObject({
      action: "pins.add",
      input: '{"message":"pin it"}',
      sender: "ada",
      chat: "ada",
    });
    expect(at.events.filter(({ type }) => type === "approval-request")).toEqual([
      { type: "approval-request", request: listed },
    ]);
    expect((await at.runtime.why(1))?.operations.map(({ operation }) => operation.to.chat).sort()).toEqual([
      "ada",
      "boss",
    ]);
  });

  it("is done once it is approved, in the place where it was asked for, and the session is told", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Approve"));
    await until(() => at.turns.length === 2);
    expect(at.done).toEqual([{ message: "pin it", chat: "ada", by: "ada", under: expect.any(String) }]);
    expect(at.turns[1]).toMatchObject({
      session: at.turns[0]?.session,
      admitted: { rule: "approval.decided" },
    });
    expect(noticeOf(at.turns[1])).toMatchObject({
      name: "approval",
      text: expect.stringMatching(
        /^Your request [0-9a-f]{16} \(pins\.add\) was approved by boss\. It was done, and gave back: \{"pinned":"pin it"\}$/,
      ),
      data: {
        action: "pins.add",
        input: { message: "pin it" },
        status: "approved",
        by: "boss",
        result: { pinned: "pin it" },
      },
    });
    await until(() => at.operations.some(({ kind }) => kind === "edit"));
    expect(at.operations.find(({ kind }) => kind === "edit")).toMatchObject({
      to: { chat: "boss", message: "made-1" },
      text: expect.stringContaining("approved by boss"),
      buttons: [],
    });
    expect(await at.runtime.approvals.log(10)).toMatchObject([
      { status: "approved", by: "boss", door: "button", action: "pins.add" },
    ]);
    expect(await at.runtime.approvals.list()).toEqual([]);
    expect((await at.turns[1]?.history())?.map(({ text }) => text)).not.toContain(button(at, "Approve"));
  });

  it("is not done when it is denied", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Deny"));
    await until(() => at.turns.length === 2);
    expect(noticeOf(at.turns[1])?.text).toMatch(/was denied by boss, and nothing was done\.$/);
    expect(at.done).toEqual([]);
  });

  it("is denied when nobody decides in time, and a press after that says so", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await pass(at.clock, 30 * MINUTE, MINUTE);
    await until(() => at.turns.length === 2);
    expect(noticeOf(at.turns[1])).toMatchObject({ data: { status: "expired", by: "clock" } });
    await press(at, button(at, "Approve"));
    await until(() => last(toBoss(at)).startsWith("Too late."));
    expect(last(toBoss(at))).toContain("nobody decided in time");
    await quiet();
    expect(at.done).toEqual([]);
    expect(at.turns).toHaveLength(2);
  });

  it("is asked about by code where there are no buttons, and in the chat itself where nobody can be addressed", async () => {
    const at = await stage({ isDirect: false, hasButtons: false });
    await at.puppet.context().receive([said("pin it", { chat: "room", kind: "group", from: "ada" })]);
    await until(() => at.sentTo("room").length === 2);
    const [, code = ""] =
      /Answer with \/approve ([A-Z2-9]{8}) or \/deny \1$/m.exec(
        at
          .sentTo("room")
          .map((each) => last([each]))
          .join("\n"),
      ) ?? [];
    await at.puppet.context().receive([
      said(`/approve ${code.toLowerCase()}`, {
        chat: "room",
        kind: "group",
        from: "boss",
        mentionsSelf: false,
      }),
    ]);
    await until(() => at.turns.length === 2);
    expect(at.done).toMatchObject([{ chat: "room", by: "ada" }]);
    expect((await at.runtime.why(2))?.event.decision).toMatchObject({
      fate: "answered",
      rule: "command.approve",
      path: "connectors.puppet.execApprovals.approvers",
    });
    expect((await at.turns[1]?.history())?.some(({ text }) => text.includes(code))).toBe(false);
    expect(at.heard.some((text) => text.includes(code))).toBe(false);
  });

  it("that fails is told as failed, and one whose result nobody learnt as unknown", async () => {
    const at = await stage({ run: () => Promise.reject(new Error("the pin broke")) });
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Approve"));
    await until(() => at.turns.length === 2);
    expect(noticeOf(at.turns[1])).toMatchObject({
      text: expect.stringContaining("It was tried. the pin broke"),
      data: { error: "the pin broke" },
    });
  });

  it("is done at most once, however often the turn that tells of it is tried", async () => {
    const at = await stage({
      rig: {
        agent: async (turn) => {
          if (turn.text.startsWith("pin")) await turn.act("pins.add", { message: "m" }).catch(() => {});
          if (noticeOf(turn) !== undefined && turn.attempt < 3) throw new Error("the model broke off");
          return "";
        },
      },
    });
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Approve"));
    await quiet();
    await pass(at.clock, 10_000);
    await until(() => at.turns.length === 4);
    expect(at.done).toHaveLength(1);
    expect(at.turns.slice(1).map((turn) => noticeOf(turn)?.data)).toEqual(
      [1, 2, 3].map(() => expect.objectContaining({ result: { pinned: "m" } })),
    );
  });

  it("ends the turn in silence when the agent lets the error through", async () => {
    const at = await stage({
      rig: { agent: async (turn) => JSON.stringify(await turn.act("pins.add", { message: "m" })) },
    });
    await ask(at);
    await isAsked(at);
    await until(async () => (await at.runtime.why(1))?.event.decision.fate === "silent");
    expect((await at.runtime.why(1))?.event.decision.reason).toContain("needs an approval");
  });

  it.each<[string, object, string]>([
    ["it is not enabled", { enabled: false }, "connectors.puppet.execApprovals.enabled is not true"],
    [
      "nobody decides",
      { approvers: [] },
      "name somebody in connectors.puppet.execApprovals.approvers, or in owners",
    ],
    ["the agent is not listed", { agentFilter: ["other"] }, 'agentFilter does not name ""'],
    ["the session is not", { sessionFilter: ["/group/", "dm/*eve"] }, "sessionFilter has nothing for it"],
  ])("is refused where %s", async (_what, more, reason) => {
    const config = { ...ASKING, execApprovals: { ...ASKING.execApprovals, ...more } };
    const at = await stage({ rig: { config } });
    await ask(at);
    await until(() => at.sentTo("ada").length === 1);
    expect(last(at.sentTo("ada"))).toMatch(/^Rejected: pins\.add needs an approval, and nothing was done\./);
    expect(last(at.sentTo("ada"))).toContain(reason);
    expect(at.done).toEqual([]);
    expect(await openIn(at)).toEqual([]);
  });

  it("is asked of the owners of the connector where no approvers are named", async () => {
    const config = { ...ASKING, execApprovals: { enabled: true, actions: ["*"], sessionFilter: ["dm/a*a"] } };
    const at = await stage({ rig: { config, owners: ["puppet:boss", "other:eve"] } });
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Approve"));
    await until(() => at.done.length === 1);
    expect((await at.runtime.why(2))?.event.decision.path).toBe("owners");
  });
});

describe("who decides", () => {
  it("are the approvers alone: a press of anybody else is ignored with a rule, also of the one who asks", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Approve"), "ada");
    await press(at, button(at, "Approve"), "eve");
    await until(async () => (await at.runtime.why(3))?.event.finishedAt !== undefined);
    for (const seq of [2, 3])
      expect((await at.runtime.why(seq))?.event.decision).toMatchObject({
        fate: "ignored",
        rule: "approval.press",
      });
    await quiet();
    expect(at.done).toEqual([]);
    expect(await at.runtime.approvals.list()).toHaveLength(1);
  });

  it("may do that and nothing else where the policy keeps them out", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await at.puppet
      .context()
      .receive([
        said("hello", { chat: "boss" }),
        said("/help", { chat: "boss" }),
        pressed("y", { chat: "boss" }),
      ]);
    await press(at, button(at, "Approve"));
    await until(() => at.done.length === 1);
    for (const seq of [2, 3, 4])
      expect((await at.runtime.why(seq))?.event.decision.rule).toBe("dm.allowlist");
  });

  it("and whoever else is let in gets a plain answer to /approve; strangers get none", async () => {
    const at = await stage();
    await at.puppet
      .context()
      .receive([said("/approve ABCD2345", { chat: "ada" }), said("/approve ABCD2345", { chat: "eve" })]);
    await until(() => at.operations.length === 1);
    await quiet();
    expect(at.operations).toMatchObject([
      {
        to: { chat: "ada" },
        text: expect.stringMatching(/^You do not decide about approvals\. Your id is ada/),
      },
    ]);
    expect(at.turns).toEqual([]);
  });

  it.each([
    ["/approve", "Write /approve with the code of the approval."],
    ["/deny WRONG234", "No approval has this code: it is wrong, or was decided long ago."],
  ])("%s by an approver", async (text, answer) => {
    const at = await stage();
    await at.puppet.context().receive([said(text, { chat: "boss" })]);
    await until(() => toBoss(at).length === 1);
    expect(last(toBoss(at))).toBe(answer);
  });

  it("of two at once one wins, and the other is told so", async () => {
    const config = {
      ...ASKING,
      execApprovals: { ...ASKING.execApprovals, approvers: ["boss", "puppet:chief"] },
    };
    const at = await stage({ rig: { config } });
    await ask(at);
    await isAsked(at);
    const [yes, no] = [button(at, "Approve"), button(at, "Deny")];
    await at.puppet.context().receive([pressed(yes, { chat: "boss" }), pressed(no, { chat: "chief" })]);
    await until(() => at.turns.length === 2);
    await quiet();
    const answers = ["boss", "chief"].map((chat) =>
      last(at.sentTo(chat).filter((each) => each.kind === "send")),
    );
    expect(answers.filter((text) => text.startsWith("Too late."))).toHaveLength(1);
    expect(await at.runtime.approvals.log(10)).toHaveLength(1);
    expect(at.turns).toHaveLength(2);
    // Each of them sees on the message what became of it.
    await pass(at.clock, 4_000);
    expect(
      at.operations
        .filter(({ kind }) => kind === "edit")
        .map(({ to }) => to.chat)
        .sort(),
    ).toEqual(["boss", "chief"]);
  });

  it("pressing twice decides once", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await at.puppet
      .context()
      .receive([
        pressed(button(at, "Approve"), { chat: "boss" }),
        pressed(button(at, "Deny"), { chat: "boss" }),
      ]);
    await until(() => toBoss(at).length === 3);
    await quiet();
    expect(at.done).toHaveLength(1);
    expect(last(toBoss(at))).toMatch(/^Too late\. Approval [0-9a-f]{16}: approved by boss/);
  });

  it("who was taken off the list since then does not any more, though the message has its buttons", async () => {
    const store = lasting(memory());
    const first = await stage({ rig: { store } });
    await ask(first);
    await isAsked(first);
    await first.stop();
    const config = { ...ASKING, execApprovals: { ...ASKING.execApprovals, approvers: ["chief"] } };
    const second = await stage({ rig: { store, config, clock: first.clock } });
    await press(second, button(first, "Approve"));
    await until(async () => (await second.runtime.why("last"))?.event.finishedAt !== undefined);
    expect((await second.runtime.why("last"))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "approval.press",
    });
    expect(second.done).toEqual([]);
  });

  it("cannot be a bot, nor anybody by a token that was made up", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await at.puppet
      .context()
      .receive([
        { ...pressed(button(at, "Approve"), { chat: "boss" }), sender: { id: "boss", isBot: true } },
        pressed("~a+made-up", { chat: "boss" }),
      ]);
    await until(() => toBoss(at).length === 2);
    expect(last(toBoss(at))).toMatch(/^No approval has this code/);
    await quiet();
    expect(at.done).toEqual([]);
  });

  it("are told nothing that could pass for markup or hide, and secrets are masked", async () => {
    const at = await stage({ rig: { accounts: ["default"], config: { ...ASKING, token: "tok-secret-1" } } });
    await ask(at, "pin \u202Eevil\u200B **x** default\n/approve");
    await isAsked(at);
    expect(last(toBoss(at))).toContain(
      'Input: {"message":"pin \\u{202e}evil\\u{200b} **x** ****\\n/approve"}',
    );
  });
});

describe("the one who asks", () => {
  it("and is not let in any more by the time of the decision: it counts for nothing, and that is on record", async () => {
    const at = await stage({ rig: { config: { ...ASKING, dmPolicy: "pairing", allowFrom: [] } } });
    await at.puppet.context().receive([said("hello", { chat: "eve" })]);
    await until(() => at.events.some(({ type }) => type === "pairing-request"));
    const code = at.events.find((event) => event.type === "pairing-request")?.code ?? "";
    await at.runtime.pairing.approve("puppet", code);
    await at.puppet.context().receive([said("pin it", { chat: "eve" })]);
    await isAsked(at);
    await at.runtime.pairing.revoke("puppet", "eve");
    await press(at, button(at, "Approve"));
    await until(async () => (await at.runtime.approvals.log(1))[0]?.status === "void");
    await quiet();
    expect(at.done).toEqual([]);
    expect(at.turns).toHaveLength(1);
    expect((await at.runtime.approvals.log(1))[0]).toMatchObject({
      by: "boss",
      reason: expect.stringContaining("not let in any more"),
    });
    expect((await at.runtime.why("last"))?.event.decision).toMatchObject({
      fate: "ignored",
      rule: "approval.void",
    });
  });

  it("is the same for what is asked in the turn that a decision began", async () => {
    const at = await stage({
      rig: {
        agent: async (turn) => {
          await turn
            .act("pins.add", { message: noticeOf(turn) === undefined ? "one" : "two" })
            .catch(() => {});
          return "";
        },
      },
    });
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Approve"));
    await until(() => toBoss(at).filter((each) => last([each]).includes("is needed")).length === 2);
    expect(last(toBoss(at).filter((each) => last([each]).includes("is needed")))).toContain(
      "Asked for by: ada",
    );
    expect(at.done).toMatchObject([{ message: "one" }]);
  });

  it("cannot be made up by a platform: what claims to be a decision is dropped", async () => {
    const at = await stage();
    const event = said("x", { chat: "ada", key: "host:approval/1" });
    expect(await at.puppet.context().receive([event])).toMatchObject([{ status: "dropped" }]);
  });
});

describe("requestApproval", () => {
  /** Asks for the same thing several times and notes what it is told. */
  function asking(asks: readonly Json[], states: ApprovalState[] = []): AgentLike {
    return async (turn) => {
      if (noticeOf(turn) === undefined)
        for (const input of asks)
          states.push(await turn.requestApproval({ action: "shell", input, summary: "To tidy\nup" }));
      return "";
    };
  }

  it("resolves at once, and what is decided comes as a notice; the agent does it itself", async () => {
    const states: ApprovalState[] = [];
    const at = await stage({
      rig: { agent: asking([{ b: 1, a: "rm" }, { a: "rm", b: 1 }, { a: "ls" }], states) },
    });
    await ask(at);
    await until(() => states.length === 3);
    await until(() => toBoss(at).length === 2);
    expect(states.map(({ status }) => status)).toEqual(["pending", "pending", "pending"]);
    expect(new Set(states.map(({ id }) => id)).size).toBe(2);
    expect(last(toBoss(at).slice(0, 1))).toContain(
      'Action: shell\nInput: {"b":1,"a":"rm"}\nThe agent says: To tidy up',
    );
    await press(at, button(at, "Approve"));
    await until(() => at.turns.length === 2);
    expect(noticeOf(at.turns[1])).toMatchObject({
      text: expect.stringMatching(/\(shell\) was approved by boss: do it now, once\.$/),
      data: { id: states[0]?.id, input: { b: 1, a: "rm" }, status: "approved", by: "boss" },
    });
    expect(at.done).toEqual([]);
  });

  it("asks once over attempts and restarts", async () => {
    const store = lasting(memory());
    const ends = gate();
    const states: ApprovalState[] = [];
    const first = await stage({
      rig: {
        store,
        agent: async (turn) => {
          states.push(await turn.requestApproval({ action: "shell", input: "ls" }));
          await ends.opened;
          return "";
        },
      },
    });
    await ask(first);
    await isAsked(first);
    await finish(first.stop(), first.clock);
    const second = await stage({ rig: { store, clock: first.clock, agent: asking(["ls"], states) } });
    await until(() => states.length === 2);
    await quiet();
    expect(states[1]).toEqual(states[0]);
    expect(toBoss(second)).toEqual([]);
  });

  it("tells in the same turn what was decided meanwhile", async () => {
    const states: ApprovalState[] = [];
    const decidedNow = gate();
    const at = await stage({
      rig: {
        agent: async (turn) => {
          if (noticeOf(turn) !== undefined) return "";
          states.push(await turn.requestApproval({ action: "shell", input: "ls" }));
          await decidedNow.opened;
          states.push(await turn.requestApproval({ action: "shell", input: "ls" }));
          return "";
        },
      },
    });
    await ask(at);
    await isAsked(at);
    await press(at, button(at, "Deny"));
    await until(async () => (await at.runtime.approvals.log(1)).length === 1);
    decidedNow.open();
    await until(() => states.length === 2);
    expect(states[1]).toMatchObject({ id: states[0]?.id, status: "denied", by: "boss" });
  });

  it("is denied with the reason where nobody is asked", async () => {
    const states: ApprovalState[] = [];
    const at = await stage({
      rig: { config: { ...ASKING, execApprovals: {} }, agent: asking(["ls"], states) },
    });
    await ask(at);
    await until(() => states.length === 1);
    expect(states[0]).toEqual({
      id: "",
      status: "denied",
      reason: expect.stringContaining("execApprovals.enabled is not true"),
    });
  });

  it("is bounded: no more than 100 wait for a decision", async () => {
    const states: ApprovalState[] = [];
    let refusal = "";
    const at = await stage({
      rig: {
        agent: async (turn) => {
          for (let count = 0; count < 101; count++)
            await turn.requestApproval({ action: "shell", input: count }).then(
              (state) => states.push(state),
              (error: Error) => {
                refusal = error.message;
              },
            );
          return "";
        },
      },
    });
    await ask(at);
    await until(() => refusal !== "");
    expect(refusal).toMatch(/^100 approvals wait for a decision already/);
    expect(states).toHaveLength(100);
  });
});

describe("over restarts", () => {
  it("times run on, and what ended meanwhile is denied", async () => {
    const store = lasting(memory());
    const first = await stage({ rig: { store } });
    await ask(first);
    await isAsked(first);
    await pass(first.clock, 10 * MINUTE, MINUTE);
    await first.stop();
    const second = await stage({ rig: { store, clock: first.clock } });
    await pass(second.clock, 19 * MINUTE, MINUTE);
    expect(second.turns).toEqual([]);
    await second.stop();
    await first.clock.advance(60 * MINUTE);
    const third = await stage({ rig: { store, clock: first.clock } });
    await until(() => third.turns.length === 1);
    expect(noticeOf(third.turns[0])).toMatchObject({ data: { status: "expired" } });
  });

  it("what was decided and not told is told", async () => {
    const store = lasting(memory());
    const first = await stage({ rig: { store } });
    await ask(first);
    await isAsked(first);
    await first.stop();
    const { openStoreOperator } = await import("@elizaos/connector-core");
    const operator = await openStoreOperator(store, { clock: first.clock });
    const [listed] = await operator.approvals.list();
    await operator.approvals.approve(listed?.id ?? "", { by: "root" });
    await expect(operator.approvals.deny(listed?.id ?? "")).rejects.toThrow("No approval with the id");
    await operator.release();
    const second = await stage({ rig: { store, clock: first.clock } });
    await until(() => second.turns.length === 1);
    expect(second.done).toHaveLength(1);
    expect(await second.runtime.approvals.log(1)).toMatchObject([
      { by: "root", door: "operator", status: "approved" },
    ]);
    await second.stop();
    const third = await stage({ rig: { store, clock: first.clock } });
    await quiet();
    expect(third.turns).toEqual([]);
  });

  it("an action that was cut off is unknown, and not repeated", async () => {
    const store = lasting(memory());
    const first = await stage({ rig: { store }, run: () => new Promise(() => {}) });
    await ask(first);
    await isAsked(first);
    await press(first, button(first, "Approve"));
    await until(() => first.done.length === 1);
    await finish(first.stop(), first.clock);
    const second = await stage({ rig: { store, clock: first.clock } });
    await until(() => second.turns.length === 1);
    expect(second.done).toEqual([]);
    expect(noticeOf(second.turns[0])?.text).toMatch(
      /It was tried\. An earlier attempt of this turn called pins\.add and never learnt what came of it/,
    );
  });
});

describe("the operator", () => {
  it("approves and denies a running host's requests by id, and reads the log", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    await ask(at, "pin that");
    await until(async () => (await at.runtime.approvals.list()).length === 2);
    const [one, two] = await at.runtime.approvals.list();
    await at.runtime.approvals.approve(one?.id ?? "");
    await at.runtime.approvals.deny(two?.id ?? "", { by: "root" });
    await until(() => at.turns.length === 4);
    expect(at.done).toHaveLength(1);
    const log = await at.runtime.approvals.log(10);
    expect(log.map(({ status, by, door }) => [status, by, door]).sort()).toEqual([
      ["approved", "operator", "operator"],
      ["denied", "root", "operator"],
    ]);
    await expect(at.runtime.approvals.approve("nothing")).rejects.toThrow(
      "No approval with the id nothing waits",
    );
  });

  it("sees neither code nor token anywhere in the log of the host", async () => {
    const at = await stage();
    await ask(at);
    await isAsked(at);
    const token = button(at, "Approve").slice(3);
    await press(at, button(at, "Approve"));
    await until(() => at.turns.length === 2);
    expect(JSON.stringify(at.logs)).not.toContain(token);
    expect(JSON.stringify(at.events)).not.toContain(token);
    expect(JSON.stringify(at.turns.map(({ events, text }) => [events, text]))).not.toContain(token);
    const kept = await at.store.stateList("puppet:default", "approval/", { limit: 10, at: at.clock.now() });
    expect(JSON.stringify(kept)).not.toContain(token);
  });
});

it("/help names the commands to those who decide", async () => {
  const config = { ...ASKING, allowFrom: ["ada", "boss"] };
  const at = await stage({ rig: { config } });
  await at.puppet.context().receive([said("/help", { chat: "ada" }), said("/help", { chat: "boss" })]);
  await until(() => at.operations.length === 2);
  expect(last(at.sentTo("boss"))).toContain("\n/approve: let the agent do what it asks for");
  expect(last(at.sentTo("ada"))).not.toContain("/approve");
});
