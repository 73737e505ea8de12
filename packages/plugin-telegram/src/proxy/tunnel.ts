import type { AgentOptions, ClientRequest } from "node:http";
import { HttpsProxyAgent } from "https-proxy-agent";
import { ProxyFailure } from "../http.js";
import { throughProxy } from "./failure.js";

/** Sockets through an HTTP proxy's CONNECT. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  readonly #url: URL;
  readonly #ended = new AbortController();

  constructor(url: URL, settings: AgentOptions) {
    super(url, settings);
    this.#url = url;
    this.connectOpts = { ...this.connectOpts, signal: this.#ended.signal };
    this.on("proxyConnect", ({ statusCode }: { statusCode: number }, request: ClientRequest) => {
      // The library would hand the proxy's page on as if it were Telegram's answer.
      if (statusCode !== 200)
        request.destroy(new ProxyFailure(`the proxy ${url.host}: it refused with HTTP ${statusCode}`));
    });
  }

  override connect(...args: Parameters<HttpsProxyAgent<string>["connect"]>) {
    return throughProxy(this.#url, () => super.connect(...args));
  }

  override destroy(): void {
    super.destroy();
    this.#ended.abort();
  }
}
