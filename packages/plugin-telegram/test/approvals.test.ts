import type { AgentLike } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { simulate, started } from "./harness.js";

const AGENT: AgentLike = async (turn) => {
  const [event] = turn.events;
  if (event.kind === "notice") return event.text;
  const { status, reason } = await turn.requestApproval({
    action: "shell",
    input: { command: "<b>ls</b> -la" },
  });
  return `${status} ${reason ?? ""}`.trim();
};

describe("an approval", () => {
  it("is asked of the approver in private with buttons, shows what became of it, and is told where it was asked", async () => {
    const { sim, bot } = await simulate();
    const [ada, boss] = [sim.user("Ada"), sim.user("Boss")];
    const config = {
      dmPolicy: "allowlist",
      allowFrom: [String(ada.id)],
      requireMention: false,
      execApprovals: { enabled: true, approvers: [`telegram:${boss.id}`] },
    };
    const running = await started({ apiRoot: sim.apiRoot, agent: AGENT, config });
    const chat = boss.with(bot);
    // A bot can write only to those who wrote to it once.
    await chat.says("/start");
    const group = sim.group("Engines", { members: [ada] });
    await group.from(ada).says("go");
    expect((await group.hears()).text).toBe("pending");
    const asked = await chat.hears();
    expect(asked.text).toContain('Input: {"command":"<b>ls</b> -la"}');
    expect(asked.text).toContain(`Asked for by: Ada (${ada.id}), in Engines`);
    expect(asked.entities?.some(({ type }) => type === "bold") ?? false).toBe(false);
    const press = await chat.presses(asked, "Approve");
    await press.answered();
    expect((await group.hears()).text).toMatch(/\(shell\) was approved by \d+: do it now, once\.$/);
    const shown = await chat.sees(
      ({ message_id, reply_markup }) => message_id === asked.message_id && reply_markup === undefined,
    );
    expect(shown.text).toMatch(/^Approval [0-9a-f]{16}: approved by/);
    expect(running.turns).toHaveLength(2);
  });

  it("is not given by a member who is shown no button but sends its data", async () => {
    const { sim, bot } = await simulate();
    const [ada, boss] = [sim.user("Ada"), sim.user("Boss")];
    const config = { execApprovals: { enabled: true, approvers: [boss.id] } };
    const running = await started({ apiRoot: sim.apiRoot, agent: AGENT, config });
    const chat = boss.with(bot);
    await chat.says("/start");
    await chat.hears();
    await chat.hears();
    const asker = ada.with(bot);
    await asker.says("go");
    const answer = await asker.hears();
    const asked = await chat.hears();
    const [button] = asked.reply_markup?.inline_keyboard.flat() ?? [];
    const data = button !== undefined && "callback_data" in button ? button.callback_data : "";
    const press = await asker.forges(answer, data ?? "");
    await press.answered();
    expect((await running.runtime.why("last"))?.event.event.kind).toBe("button");
    expect((await running.runtime.approvals.list()).map(({ sender }) => sender)).toContain(String(ada.id));
    expect(await running.runtime.approvals.log(10)).toEqual([]);
  });

  it.each([["*"], ["@boss"]])("cannot be given by %s", async (approver) => {
    const { sim } = await simulate();
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { execApprovals: { approvers: [approver] } },
    });
    expect(running.status()).toMatchObject({
      state: "failed",
      issues: expect.arrayContaining([
        {
          path: "connectors.telegram.execApprovals.approvers",
          message: expect.stringContaining("one by one, by id"),
        },
      ]),
    });
  });
});
