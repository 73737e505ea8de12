import type { AccountHandle } from "../connection/handle.js";
import type { Agent, AgentNotice } from "../contract/agent.js";

export type Tell = (handle: AccountHandle, notice: AgentNotice) => Promise<void>;

/** Tells the agent what is no turn; its failures hold nothing up. */
export function tellOf(agent: Agent): Tell {
  return async (handle, notice) => {
    try {
      await agent.observe?.(notice);
    } catch (error) {
      handle.log.warn({ err: error, notice: notice.type }, "the agent failed to take a notice");
    }
  };
}
