import { type ProxyServer, startHttpProxy, startSocksProxy } from "@elizaos/connector-simulators/kit";
import { afterTest } from "./harness.js";

export async function httpProxy(expected?: string): Promise<ProxyServer> {
  return endedAfterTest(await startHttpProxy(expected));
}

export async function socksProxy(expected?: string): Promise<ProxyServer> {
  return endedAfterTest(await startSocksProxy(expected));
}

function endedAfterTest(proxy: ProxyServer): ProxyServer {
  afterTest(() => proxy.close());
  return proxy;
}
