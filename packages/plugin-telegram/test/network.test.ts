import dns from "node:dns";
import { expect, it, vi } from "vitest";
import { config } from "../src/config.js";
import { afterTest, host, simulate, started } from "./harness.js";
import { httpProxy, socksProxy } from "./proxies.js";

it("network takes autoSelectFamily and nothing else", () => {
  expect(config.fields.parse({ network: { autoSelectFamily: false } }).network).toEqual({
    autoSelectFamily: false,
  });
  expect(config.fields.safeParse({ network: { autoSelectFamilly: true } }).error?.issues).toMatchObject([
    { code: "unrecognized_keys", path: ["network"] },
  ]);
});

/** A name server that knows an IPv6 address first, at which nobody listens, and then an IPv4 one. */
function brokenIpv6() {
  const found = [
    { address: "::1", family: 6 },
    { address: "127.0.0.1", family: 4 },
  ];
  const lookup = (...args: unknown[]) => {
    const [, options, callback] = args;
    if (typeof callback !== "function") throw new Error("a lookup without options");
    const isAll = typeof options === "object" && options !== null && "all" in options && options.all === true;
    process.nextTick(callback, null, ...(isAll ? [found] : ["::1", 6]));
  };
  const spy = vi.spyOn(dns, "lookup").mockImplementation(lookup);
  afterTest(() => spy.mockRestore());
}

it.each([
  ["straight", undefined, undefined],
  ["through an HTTP proxy", "http", httpProxy],
  ["through a SOCKS proxy", "socks5h", socksProxy],
])(
  "network.autoSelectFamily decides whether IPv4 is tried where IPv6 is broken: %s",
  async (_, scheme, open) => {
    const { sim } = await simulate();
    const proxy = await open?.();
    const byName = (address: string) => address.replace("127.0.0.1", "both.example");
    const settings =
      proxy === undefined
        ? { apiRoot: byName(sim.apiRoot) }
        : { apiRoot: sim.apiRoot, proxy: `${scheme}://${byName(proxy.host)}` };
    brokenIpv6();
    const both = await started({
      apiRoot: settings.apiRoot,
      config: { ...settings, network: { autoSelectFamily: true } },
    });
    expect(both.status().state).toBe("online");
    await both.runtime.stop();
    const one = await host({
      apiRoot: settings.apiRoot,
      config: { ...settings, network: { autoSelectFamily: false } },
    });
    void one.runtime.start();
    const { reason } = await one.becomes(({ state }) => state === "reconnecting");
    expect(reason).toMatch(/ECONNREFUSED|EADDRNOTAVAIL|ENETUNREACH/);
  },
);
