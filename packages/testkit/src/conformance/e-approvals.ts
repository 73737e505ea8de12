import {
  type AgentLike,
  ConnectorError,
  type Json,
  type NoticeEvent,
  type Turn,
} from "@elizaos/connector-core";
import type {
  ManualClock,
  SimulatedChat,
  SimulatedMessage,
  SimulatedPerson,
} from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import { configFile, LIMIT } from "./a-agent.js";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import { sampleFor, sampleOf } from "./sample.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const ID = "E9";
const TIMEOUT_S = 600;
const WRONG_CODE = "AAAA2222";

/** How an approver says it: with a button, or with the code that the question names. */
type Door = "button" | "command";

/** E9: what an agent does only when somebody approved. What a kill leaves is core's matter, and checked there. */
export function approvalChecks(subject: Subject): readonly Check[] {
  const { connector } = subject;
  if (!("execApprovals" in connector.config.fields.shape)) return [refusedKey];
  const doors: readonly Door[] =
    connector.features.buttons === undefined ? ["command"] : ["button", "command"];
  return [
    ...doors.flatMap((door) => [approved(door), denied(door)]),
    ...(doors.includes("button") ? [] : [withoutButtons]),
    {
      id: ID,
      title: "what nobody decides about in time is denied, and a code after that is too late",
      async run(bench) {
        const clock = await bench.stopTime();
        const at = await asking(bench, { door: "command", clock });
        await clock.advance(TIMEOUT_S * 1_000);
        expect((await at.told()).data).toMatchObject({ status: "expired" });
        await at.decides("approve");
        const isTold = () => at.asked.answers().some(({ text }) => text.startsWith("Too late"));
        await until(isTold, "the approver is told that it is too late", { clock });
        expect(at.edits).toEqual([]);
        expect(await at.log()).toMatchObject([{ status: "expired", by: "clock", door: "clock" }]);
      },
    },
    ...ownAction(subject, doors),
  ];
}

const refusedKey: Check = {
  id: ID,
  title: "execApprovals is refused as an unknown key",
  lack: true,
  async run(bench) {
    const host = await bench.start({ config: { execApprovals: { enabled: true } } });
    const { state, issues } = host.status();
    expect(state).toBe("failed");
    expect(issues.map(({ path, message }) => `${path} ${message}`).join()).toContain("execApprovals");
  },
};

const withoutButtons: Check = {
  id: ID,
  title: "buttons to approve with",
  lack: true,
  async run(bench) {
    const { message } = await asking(bench, { door: "command" });
    expect(message.buttons ?? []).toEqual([]);
  },
};

function approved(door: Door): Check {
  return {
    id: ID,
    title: `by ${door}: what needs an approval is asked for and not done; approved, it is done once and the session told`,
    async run(bench) {
      const at = await asking(bench, { door });
      expect(at.outcome()).toBe("approval-pending");
      expect(at.edits).toEqual([]);
      for (const said of ["config.set", JSON.stringify(LIMIT), bench.ada.id])
        expect(at.question).toContain(said);
      await at.decides("approve");
      const notice = await at.told();
      expect(notice).toMatchObject({
        name: "approval",
        data: { action: "config.set", status: "approved", by: bench.bob.id, result: expect.anything() },
      });
      const [asked, told] = at.host.turns.filter(({ text }) => text === "go" || text === notice.text);
      expect(told?.session).toBe(asked?.session);
      if (bench.connector.features.operations.edit !== undefined)
        await until(() => {
          const { text = "", buttons = [] } = at.asked.now(at.message) ?? {};
          return buttons.length === 0 && text.includes("approved by");
        }, "the question shows what became of it, and no buttons");
      await bench.roundTrip(at.host);
      expect(at.edits).toHaveLength(1);
      expect(await at.log()).toMatchObject([
        { status: "approved", by: bench.bob.id, door, action: "config.set", sender: bench.ada.id },
      ]);
    },
  };
}

function denied(door: Door): Check {
  return {
    id: ID,
    title: `by ${door}: nobody but approvers decides, or learns whether a code is right; denied, it is not done and the session told`,
    async run(bench) {
      const at = await asking(bench, { door });
      const mallory = bench.platform.person("Mallory");
      const [stranger, own] = [bench.dm(mallory), bench.dm()];
      await stranger.says(mallory, `/approve ${at.code}`);
      for (const code of [at.code, WRONG_CODE]) await own.says(bench.ada, `/approve ${code}`);
      // Whoever sees the question can press.
      if (at.asked.kind === "group" && door === "button") await at.presses(bench.ada, "Approve");
      const [right, wrong] = await bench.answers(own, 2);
      expect(right?.text).toBe(wrong?.text);
      await at.decides("deny");
      expect((await at.told()).data).toMatchObject({ status: "denied", by: bench.bob.id });
      await bench.roundTrip(at.host);
      expect(at.edits).toEqual([]);
      expect(stranger.answers()).toEqual([]);
      expect(await at.log()).toMatchObject([{ status: "denied", by: bench.bob.id, door }]);
    },
  };
}

/** The connector's own actions are done by its connection, in a turn that it brought no event for. */
function ownAction({ traits, options }: Subject, [door = "command"]: readonly Door[]): readonly Check[] {
  const samples = Object.entries(options.actions ?? {});
  const isWhole = (sample: Json) =>
    !samples.some(([other]) => JSON.stringify(sample).includes(`"$${other}.`));
  const name = traits.actions.find((each) => isWhole(options.actions?.[each] ?? null));
  if (name === undefined) return [];
  return [
    {
      id: ID,
      title: "an action of the connector's own works when it is approved",
      async run(bench) {
        const input = (turn: Turn) => sampleFor(turn, sampleOf(options, name));
        const at = await asking(bench, { door, own: { name, input } });
        expect(at.outcome()).toBe("approval-pending");
        await at.decides("approve");
        const { data } = await at.told();
        expect(data).toMatchObject({ action: name, status: "approved", result: expect.anything() });
      },
    },
  ];
}

interface Scene {
  readonly door: Door;
  /** Of a bench whose time stands still. */
  readonly clock?: ManualClock;
  /** An action of the connector's, in a private chat of Ada, who approves it herself. Default: a change of the config, in a group; Bob approves. */
  readonly own?: { readonly name: string; readonly input: (turn: Turn) => Json };
}

/** A host whose agent wanted to do something, and the question that stands where the approver reads it. */
async function asking(bench: Bench, { door, clock, own }: Scene) {
  const { ada, bob, account, connector, subject } = bench;
  const { id } = connector.manifest;
  const chat = own === undefined ? bench.group() : bench.dm();
  const approver = own === undefined ? bob : ada;
  // Asked in private, or, where nobody can be written to by id, where the agent wants to do it.
  const asked = connector.directAddress === undefined ? chat : bench.dm(approver);
  const people = [ada, bob, bench.platform.person("Eve")];
  const hasNoButtons = door === "command" && connector.features.buttons !== undefined;
  const block = {
    dmPolicy: "allowlist",
    allowFrom: people.map((person) => person.id),
    groupPolicy: "open",
    requireMention: false,
    configWrites: true,
    ...subject.options.config,
    ...(hasNoButtons && { capabilities: { inlineButtons: "off" } }),
    execApprovals: {
      enabled: true,
      approvers: [approver.id],
      actions: [own?.name ?? "config.set"],
      timeoutSeconds: TIMEOUT_S,
    },
    accounts: { default: account.config },
  };
  const { writer, edits } = configFile(block);
  let outcome: string | undefined;
  const agent: AgentLike = async (turn) => {
    if (turn.text !== "go") return "hello";
    const acted = own === undefined ? turn.act("config.set", LIMIT) : turn.act(own.name, own.input(turn));
    outcome = await acted.then(
      () => "done",
      (error: unknown) => (ConnectorError.isInstance(error) ? error.code : String(error)),
    );
    return "";
  };
  const host = await bench.start({ block, owners: [`${id}:${ada.id}`], configWriter: writer, agent });
  const waiting = clock === undefined ? {} : { clock };
  if (asked.kind === "dm") {
    // On some platforms only those can be written to who wrote once.
    await asked.says(approver, "hello");
    await bench.answers(asked, 1, waiting);
  }
  await chat.says(ada, "go");
  const { message, code } = await until(
    () => questionIn(asked, door),
    () => `the approver is asked by ${door}. ${host.tail()}`,
    waiting,
  );
  const presses = async (person: SimulatedPerson, label: string) => {
    const press = await asked.presses?.(person, message, label);
    await press?.answered?.();
  };
  return {
    host,
    edits,
    asked,
    message,
    code,
    presses,
    outcome: () => outcome,
    question: textIn(asked),
    log: () => host.runtime.approvals.log(10),
    decides: async (verb: "approve" | "deny") => {
      if (door === "button") await presses(approver, verb === "approve" ? "Approve" : "Deny");
      else await asked.says(approver, `/${verb} ${code}`);
    },
    told: (): Promise<NoticeEvent> =>
      until(
        () => host.turns.flatMap(({ events: [event] }) => (event.kind === "notice" ? [event] : []))[0],
        () => `the session is told of the decision. ${host.tail()}`,
        waiting,
      ),
  };
}

/** The message under which the approver decides, and what `/approve` would name: with buttons no code, but the number of the request. */
function questionIn(
  chat: SimulatedChat,
  door: Door,
): { readonly message: SimulatedMessage; readonly code: string } | undefined {
  const naming = door === "button" ? /Approval (\w+) is needed/ : /\/approve (\w+)/;
  const [, code] = naming.exec(textIn(chat)) ?? [];
  const message = chat
    .answers()
    .find(({ text, buttons = [] }) => (door === "button" ? buttons.length > 0 : naming.test(text)));
  return message === undefined || code === undefined ? undefined : { message, code };
}

/** A question may be longer than one message. */
function textIn(chat: SimulatedChat): string {
  return chat
    .answers()
    .map(({ text }) => text)
    .join("\n");
}
