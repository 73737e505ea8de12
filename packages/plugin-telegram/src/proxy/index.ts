import type { Agent, AgentOptions } from "node:http";

/**
 * Loads what speaks with a proxy of that kind. The settings of the agents hold for the sockets to the proxy as well, which end
 * with their agent.
 */
export async function proxyAgents(proxy: string): Promise<(settings: AgentOptions) => Agent> {
  const url = new URL(proxy);
  if (url.protocol.startsWith("socks")) {
    const { SocksAgent } = await import("./socks.js");
    return (settings) => new SocksAgent(url, settings);
  }
  const { TunnelAgent } = await import("./tunnel.js");
  return (settings) => new TunnelAgent(url, settings);
}
