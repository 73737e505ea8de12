import { pause } from "../clock.js";
import type { AccountHandle } from "../connection/handle.js";
import type { Agent, AgentNotice } from "../contract/agent.js";
import type { Clock } from "../contract/connection.js";

/** The session waits for the agent to take a notice no longer than this. */
const LIMIT_MS = 5_000;

export type Tell = (handle: AccountHandle, notice: AgentNotice) => Promise<void>;

/** Tells the agent what is no turn; neither its failures nor its slowness hold anything up for long. */
export function tellOf(agent: Agent, clock: Clock): Tell {
  return async (handle, notice) => {
    if (agent.observe === undefined) return;
    const taken = new AbortController();
    const take = async () => {
      try {
        await agent.observe?.(notice);
      } catch (error) {
        handle.log.warn({ err: error, notice: notice.type }, "the agent failed to take a notice");
      } finally {
        taken.abort();
      }
    };
    await Promise.race([take(), pause(clock, LIMIT_MS, taken.signal)]);
  };
}
