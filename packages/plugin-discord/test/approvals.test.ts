import type { AgentLike } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { simulate, started } from "./harness.js";

const AGENT: AgentLike = async (turn) => {
  const [event] = turn.events;
  if (event.kind === "notice") return event.text;
  const { status, reason } = await turn.requestApproval({
    action: "shell",
    input: { command: "**ls** -la" },
  });
  return `${status} ${reason ?? ""}`.trim();
};

async function scene() {
  const { sim, bot } = await simulate();
  const [ada, boss] = [sim.user("Ada"), sim.user("Boss")];
  const guild = sim.guild("Mills", { members: [ada, boss] });
  const config = {
    requireMention: false,
    capabilities: { inlineButtons: "all" },
    execApprovals: { enabled: true, approvers: [`discord:${boss.id}`] },
  };
  const running = await started({ apiRoot: sim.apiRoot, agent: AGENT, config });
  return { sim, bot, ada, boss, channel: guild.channel("engines"), running };
}

describe("an approval", () => {
  it("is asked of the approver in private, who never wrote, shows what became of it, and is told where it was asked", async () => {
    const { ada, boss, channel, running } = await scene();
    await channel.from(ada).says("go");
    expect((await channel.hears()).content).toBe("pending");
    const asked = await boss.hears();
    expect(asked.content).toContain("Mills #engines");
    const press = await boss.presses(asked, "Approve");
    await press.answered();
    expect((await channel.hears()).content).toMatch(/\(shell\) was approved by \d+: do it now, once\.$/);
    const shown = await boss.sees(({ id, components }) => id === asked.id && (components ?? []).length === 0);
    expect(shown.content).toMatch(/^Approval [0-9a-f]{16}: approved by/);
    expect(running.turns).toHaveLength(2);
  });

  it("can be given once: what is pressed afterwards is too late", async () => {
    const { ada, boss, channel, running } = await scene();
    await channel.from(ada).says("go");
    const asked = await boss.hears();
    await Promise.all([boss.presses(asked, "Deny"), boss.presses(asked, "Approve")]);
    const said = [(await boss.hears()).content, (await boss.hears()).content];
    expect(said.filter((text) => text.startsWith("Too late."))).toHaveLength(1);
    expect(await running.runtime.approvals.log(10)).toHaveLength(1);
  });

  it("cannot be given by everybody", async () => {
    const { sim } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot, config: { execApprovals: { approvers: ["*"] } } });
    expect(running.status()).toMatchObject({
      state: "failed",
      issues: [
        {
          path: "connectors.discord.execApprovals.approvers",
          message: expect.stringContaining("one by one, by id"),
        },
      ],
    });
  });
});
