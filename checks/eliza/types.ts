// Compiled, never run: our plugins are plugins by the types of both releases, and their runtimes are what ours take.
import type { AgentRuntime } from "@elizaos/connector-eliza";
import type * as one from "@elizaos/core";
import telegram from "@elizaos/plugin-telegram";
import type * as two from "core-next";

export const plugins: [one.Plugin, two.Plugin] = [telegram, telegram];
export const character: one.ProjectAgent = { character: { name: "A", bio: "b" }, plugins: [telegram] };
export const runtimes: [
  (runtime: one.IAgentRuntime) => AgentRuntime,
  (runtime: two.IAgentRuntime) => AgentRuntime,
] = [(runtime) => runtime, (runtime) => runtime];
