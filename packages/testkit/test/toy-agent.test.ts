import type { Agent, AgentNotice, Turn } from "@elizaos/connector-core";
import { describe, expect, it, vi } from "vitest";
import { Bench } from "./toy-bench.js";

/** An agent that remembers by itself, as elizaOS does. */
class RememberingAgent implements Agent {
  readonly history = "own";
  readonly notices: AgentNotice[] = [];
  readonly turns: Turn[] = [];
  failures = 0;
  deadline = 0;

  async run(turn: Turn, { deadline }: { deadline: number }): Promise<string> {
    this.turns.push(turn);
    this.deadline = deadline;
    if (this.failures-- > 0) throw new Error("not now");
    return `You said: ${turn.text}`;
  }

  observe(notice: AgentNotice): void {
    // Who joined is not what these tests are about.
    if (notice.type === "context" && notice.event.kind !== "message") return;
    this.notices.push(notice);
    if (
      notice.type === "context" &&
      notice.event.kind === "message" &&
      notice.event.content.text === "choke"
    ) {
      throw new Error("this agent cannot take it");
    }
  }
}

const kinds = (agent: RememberingAgent) => agent.notices.map(({ type }) => type);

describe("an agent with a memory of its own", () => {
  it("D5 gets no history, but everything that is no turn, in order, and what became of its answers", async () => {
    const agent = new RememberingAgent();
    const bench = await Bench.withWebhook({ agent });
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [bot] });
    ada.says("just talking", { in: group });
    ada.says("@default and you?", { in: group });
    expect((await ada.hears()).text).toBe("You said: @default and you?");
    await vi.waitFor(() => expect(kinds(agent)).toEqual(["context", "committed"]));
    expect(agent.notices).toMatchObject([
      {
        session: agent.turns[0]?.session,
        event: { content: { text: "just talking" } },
        decision: { rule: "group.mention" },
      },
      { turn: agent.turns[0]?.id, attempt: 1, decision: { fate: "answered" } },
    ]);
    expect(await agent.turns[0]?.history()).toEqual([]);
    expect(agent.deadline).toBeGreaterThan(Date.now());
  });

  it("is not told that an attempt was committed which failed", async () => {
    const agent = new RememberingAgent();
    agent.failures = 1;
    const bench = await Bench.withWebhook({ agent, config: { failureNotice: false } });
    const ada = bench.platform.user("Ada");
    ada.says("hi", { account: bench.account() });
    expect((await ada.hears()).text).toBe("You said: hi");
    await vi.waitFor(() => expect(agent.notices).toMatchObject([{ type: "committed", attempt: 2 }]));
    const [first, second] = agent.turns;
    expect(first?.id).toBe(second?.id);
  });

  it("learns that a chat goes by another id", async () => {
    const agent = new RememberingAgent();
    const bench = await Bench.withWebhook({ agent });
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [bot] });
    const before = group.id;
    group.moves();
    ada.says("@default still here?", { in: group });
    await ada.hears();
    expect(agent.notices).toContainEqual(
      expect.objectContaining({ type: "renamed", from: before, to: group.id }),
    );
  });

  it("that cannot take a notice loses neither the message nor the next one", async () => {
    const agent = new RememberingAgent();
    const bench = await Bench.withWebhook({ agent });
    const [ada, bot] = [bench.platform.user("Ada"), bench.account()];
    const group = bench.platform.group("Crew", { users: [ada], accounts: [bot] });
    ada.says("choke", { in: group });
    ada.says("@default fine?", { in: group });
    expect((await ada.hears()).text).toBe("You said: @default fine?");
    expect(bench.logs).toContainEqual(
      expect.objectContaining({ message: "the agent failed to take a notice" }),
    );
    expect((await bench.runtime.why(1))?.event.decision.fate).toBe("context");
  });
});
