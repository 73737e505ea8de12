export type { AgentRuntime } from "./agent-runtime.js";
export { type ElizaPlugin, elizaPlugin } from "./plugin.js";
export type { ConnectorService } from "./service.js";
