import type { AgentOptions } from "node:http";
import { SocksProxyAgent } from "socks-proxy-agent";
import { throughProxy } from "./failure.js";

/** Sockets through a SOCKS proxy. */
export class SocksAgent extends SocksProxyAgent {
  readonly #url: URL;
  readonly #ended = new AbortController();

  constructor(url: URL, settings: AgentOptions) {
    super(url, settings);
    this.#url = url;
    // The library ends a socket that is silent for this long, and a poll is.
    this.timeout = null;
    const { autoSelectFamily } = settings;
    this.socketOptions = {
      signal: this.#ended.signal,
      ...(autoSelectFamily === undefined ? {} : { autoSelectFamily }),
    };
  }

  override connect(...args: Parameters<SocksProxyAgent["connect"]>) {
    return throughProxy(this.#url, () => super.connect(...args));
  }

  override destroy(): void {
    super.destroy();
    this.#ended.abort();
  }
}
