import type { Webhook } from "@elizaos/connector-core";
import { createConnectorRuntime, resolveAccounts } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { toy } from "../src/toy/index.js";
import { memory, Puppet, type PuppetConfig, quiet, rig, said } from "./core-puppet.js";

const { connector } = new Puppet();
const resolve = (block: unknown, environment = {}) => resolveAccounts(connector, block, environment);
const TOY = { apiRoot: "http://localhost:1", token: "b-1:x" };

describe("odd input", () => {
  it.each([
    ["null", null],
    ["a list", []],
    ["text", "on"],
    ["a number", 1],
    ["true", true],
    ["accounts as a list", { accounts: [{ token: "a" }] }],
    ["accounts as text", { accounts: "default" }],
    ["an account that is null", { accounts: { a: null } }],
    ["an account that is a list", { accounts: { a: [] } }],
    ["accounts within an account", { accounts: { a: { accounts: {} } } }],
    ["a list that is an object", { token: "a", allowFrom: { 0: "x" } }],
    ["an object in a list", { token: "a", allowFrom: [{ id: 1 }] }],
    ["a date", { token: new Date(0) }],
    ["a function", { token: () => "a" }],
    ["a number that is none", { token: "a", historyLimit: Number.NaN }],
    ["half a message", { token: "a", historyLimit: 0.5 }],
    ["fewer than none", { token: "a", dmHistoryLimit: -1 }],
    ["an unknown key", { token: "a", tokn: "b" }],
  ])("%s is an issue with a path, never an exception", (_what, block) => {
    const accounts = resolve(block);
    expect(accounts.length).toBeGreaterThan(0);
    for (const { account, issues } of accounts) {
      expect(account).toBeUndefined();
      expect(issues.length).toBeGreaterThan(0);
      for (const { path } of issues) expect(path).toMatch(/^connectors\.puppet/);
    }
  });

  it("does not end in a loop when it contains itself", () => {
    const block: Record<string, unknown> = { token: "a" };
    block["dms"] = { ada: block };
    expect(resolve(block)[0]?.issues.length).toBeGreaterThan(0);
  });

  it("with __proto__, constructor and prototype changes no other object", () => {
    const block: unknown = JSON.parse(
      '{"token":"a","__proto__":{"polluted":1},"dms":{"__proto__":{"historyLimit":1},"constructor":{"historyLimit":2}},"accounts":{"__proto__":{"token":"b"},"constructor":{"token":"c"}}}',
    );
    const accounts = resolve(block);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(Reflect.get({}, "historyLimit")).toBeUndefined();
    expect(Reflect.get(Object, "historyLimit")).toBeUndefined();
    expect(accounts.map(({ id }) => id)).toEqual(["__proto__", "constructor"]);
  });

  it("names a group like a property of every object: it is not listed by that", () => {
    const [found] = resolveAccounts(toy, { ...TOY, groups: {} }, {});
    if (found?.account === undefined) throw new Error("no account");
    const { connector: owner, account } = found;
    for (const chat of ["constructor", "toString", "__proto__", "hasOwnProperty"])
      expect(owner.groupSettings?.(account.config, { chat }, { kind: "group" })).toEqual({});
  });
});

describe("no account at all", () => {
  it("says so instead of running nothing", () => {
    const accounts = resolve({ token: "a", accounts: {} });
    expect(accounts.flatMap(({ issues }) => issues)).not.toEqual([]);
  });
});

describe("merging", () => {
  it("lists replace, objects merge, and neither block is changed", () => {
    const block = {
      token: "base",
      allowFrom: [1, " 2 "],
      dms: { ada: { historyLimit: 1 }, bob: { historyLimit: 2 } },
      accounts: { a: { allowFrom: ["3"], dms: { bob: { historyLimit: 3 } } }, b: {} },
    };
    const before = JSON.stringify(block);
    const [a, b] = resolve(block);
    expect(a?.account?.config).toMatchObject({
      token: "base",
      allowFrom: ["3"],
      dms: { ada: { historyLimit: 1 }, bob: { historyLimit: 3 } },
    });
    expect(b?.account?.config).toMatchObject({ allowFrom: ["1", "2"], dms: block.dms });
    expect(JSON.stringify(block)).toBe(before);
  });

  it("an account that is switched off says where", async () => {
    const runtime = await createConnectorRuntime({
      connectors: [connector],
      config: { connectors: { puppet: { enabled: false, accounts: { a: { token: "a", enabled: true } } } } },
      agent: () => "",
      store: memory(),
    });
    await runtime.start();
    const [status] = runtime.status();
    await runtime.stop();
    // Whichever of the two counts, what is said must be true.
    if (status?.state === "disabled") expect(status.reason).toContain("connectors.puppet.enabled");
    else expect(status?.state).toBe("online");
  });
});

function taking(seen: string[], name: string): Webhook<PuppetConfig> {
  return {
    path: () => "/hook",
    verify: (_request, accounts) => {
      seen.push(...accounts.map(({ id }) => `${name} was asked for ${id}`));
      return { ok: true, value: accounts.map(({ id }) => id) };
    },
    parse: (value) =>
      Array.isArray(value)
        ? value.map((id) => ({ account: String(id), events: [said("hi", { key: `${name}/${id}` })] }))
        : [],
    reply: () => ({ status: 200 }),
  };
}

describe("two connectors with one webhook path", () => {
  it("do not get each other's accounts", async () => {
    const seen: string[] = [];
    const one = new Puppet({ id: "one", hooks: { webhook: taking(seen, "one") } });
    const two = new Puppet({ id: "two", hooks: { webhook: taking(seen, "two") } });
    const runtime = await createConnectorRuntime({
      connectors: [one.connector, two.connector],
      config: {
        connectors: { one: { accounts: { a: { token: "a" } } }, two: { accounts: { b: { token: "b" } } } },
      },
      agent: () => "",
      store: memory(),
    });
    await runtime.start();
    await runtime.webhook({ method: "POST", url: "/hook", headers: {}, body: new Uint8Array() });
    await quiet();
    await runtime.stop();
    expect(seen.filter((line) => line === "one was asked for b" || line === "two was asked for a")).toEqual(
      [],
    );
  });
});

describe("a runtime that is started twice", () => {
  it("opens every account once", async () => {
    const bench = await rig();
    await bench.runtime.start().catch(() => {});
    await quiet();
    expect(bench.puppet.open).toBe(1);
  });
});
