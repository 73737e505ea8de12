import {
  createConnectorRuntime,
  createWebhookGuard,
  resolveAccounts,
  type VerifyContext,
  type Webhook,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  finish,
  gate,
  intercept,
  memory,
  OPEN,
  Puppet,
  type PuppetConfig,
  quiet,
  rig,
  said,
  until,
} from "./core-puppet.js";

/** Lets in what says `let me in`; the rest of the body is the message's text. */
function webhook(more: Partial<Webhook<PuppetConfig>> = {}): Webhook<PuppetConfig> {
  return {
    path: ({ webhookPath }) => (webhookPath === "/none" ? undefined : webhookPath),
    verify: ({ body }, accounts) => {
      const text = new TextDecoder().decode(body);
      return text.startsWith("let me in")
        ? { ok: true, value: { text, account: accounts[0]?.id } }
        : { ok: false, response: { status: 401 }, reason: "not the words" };
    },
    parse: (value) => {
      if (typeof value !== "object" || value === null || !("text" in value) || !("account" in value))
        throw new Error("not verified");
      return [
        { account: String(value.account), events: [said(String(value.text), { key: String(value.text) })] },
      ];
    },
    reply: () => ({ status: 200 }),
    ...more,
  };
}

const request = (text: string, more: object = {}) => ({
  method: "POST",
  url: "/puppet",
  headers: {},
  body: new TextEncoder().encode(text),
  ...more,
});

describe("what only the connection can read", () => {
  const unread = webhook({
    parse: () => [{ account: "default", events: [], unread: [{ vote: 7 }] }],
  });

  it("is read by it and stored before the platform is told", async () => {
    const puppet = new Puppet({
      hooks: { webhook: unread, read: async (given) => [said(`read ${JSON.stringify(given)}`)] },
    });
    const { runtime, store } = await rig({ puppet });
    expect(await runtime.webhook(request("let me in"))).toEqual({ status: 200 });
    const [stored] = await store.recentEvents({ limit: 1 });
    expect(stored?.event).toMatchObject({ content: { text: 'read {"vote":7}' } });
  });

  it("is asked for again where it cannot be read yet", async () => {
    const puppet = new Puppet({
      hooks: { webhook: unread, read: () => Promise.reject(new Error("not now")) },
    });
    const { runtime } = await rig({ puppet });
    expect((await runtime.webhook(request("let me in"))).status).toBe(503);
    const unable = new Puppet({ hooks: { webhook: unread } });
    const other = await rig({ puppet: unable });
    expect((await other.runtime.webhook(request("let me in"))).status).toBe(503);
  });
});

describe("webhook paths", () => {
  it("are those of enabled accounts that want any, with their methods", async () => {
    const puppet = new Puppet({ hooks: { webhook: webhook({ methods: ["GET", "POST"] }) } });
    const block = {
      accounts: {
        one: { token: "1" },
        two: { token: "2" },
        other: { token: "3", webhookPath: "/other" },
        polls: { token: "4", webhookPath: "/none" },
        off: { token: "5", webhookPath: "/off", enabled: false },
        wrong: { token: "6", webhookPath: 7 },
      },
    };
    const runtime = await createConnectorRuntime({
      connectors: [puppet.connector],
      config: { connectors: { puppet: block } },
      agent: () => "",
      store: memory(),
    });
    expect(runtime.webhookPaths()).toEqual([
      {
        path: "/puppet",
        methods: ["GET", "POST"],
        accounts: [
          { connector: "puppet", account: "one" },
          { connector: "puppet", account: "two" },
        ],
      },
      { path: "/other", methods: ["GET", "POST"], accounts: [{ connector: "puppet", account: "other" }] },
    ]);
    await runtime.stop();
  });

  it("that nobody has are 404, other methods 405", async () => {
    const { runtime } = await rig({ puppet: new Puppet({ hooks: { webhook: webhook() } }) });
    expect((await runtime.webhook(request("let me in", { url: "/elsewhere" }))).status).toBe(404);
    expect(await runtime.webhook(request("let me in", { method: "GET" }))).toMatchObject({
      status: 405,
      headers: { allow: "POST" },
    });
    expect((await runtime.webhook(request("let me in", { url: "/puppet?x=1" }))).status).toBe(200);
  });
});

describe("a webhook request", () => {
  it("is verified with who the account is, once that is known", async () => {
    const known = gate();
    const seen: unknown[] = [];
    const base = webhook();
    const hook = webhook({
      verify: (given, accounts, context: VerifyContext) => {
        seen.push(context.identity("default"), context.identity("nobody"));
        return base.verify(given, accounts, context);
      },
    });
    const identify = async () => {
      await known.opened;
      return { id: "me", name: "@me" };
    };
    const bench = await rig({ puppet: new Puppet({ hooks: { webhook: hook, identify } }), starting: true });
    await bench.runtime.webhook(request("let me in 1"));
    known.open();
    await bench.started;
    await bench.runtime.webhook(request("let me in 2"));
    expect(seen).toEqual([undefined, undefined, { id: "me", name: "@me" }, undefined]);
  });

  it("is stored while the connection is down, and answered when it is up again", async () => {
    const up = gate();
    let opened = 0;
    const puppet = new Puppet({
      hooks: {
        webhook: webhook(),
        open: async () => {
          opened += 1;
          if (opened === 1) await up.opened;
        },
      },
    });
    const bench = await rig({ puppet, starting: true });
    await until(() => opened === 1);
    expect((await bench.runtime.webhook(request("let me in"))).status).toBe(200);
    await quiet();
    expect(puppet.calls).toEqual([]);
    up.open();
    await finish(bench.started, bench.clock);
    await until(() => puppet.calls.length === 1);
    expect(puppet.texts()).toEqual(["re: let me in"]);
  });

  it("whose verification breaks is asked to come again, and nothing is stored", async () => {
    const hook = webhook({
      verify: () => {
        throw new Error("the keys could not be fetched");
      },
    });
    const bench = await rig({ puppet: new Puppet({ hooks: { webhook: hook } }) });
    expect(await bench.runtime.webhook(request("let me in"))).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
    });
    expect(await bench.runtime.why("last")).toBeUndefined();
  });

  it("of an account with a hundred that wait for the store is told to come again; they are all kept", async () => {
    const room = gate();
    const store = intercept(memory(), async ({ method }, run) => {
      if (method === "accept") await room.opened;
      return run();
    });
    const bench = await rig({ store, puppet: new Puppet({ hooks: { webhook: webhook() } }) });
    const answers = Array.from({ length: 101 }, (_, index) =>
      bench.runtime.webhook(request(`let me in ${index}`)),
    );
    await quiet();
    expect(await answers[100]).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    room.open();
    expect((await Promise.all(answers.slice(0, 100))).map(({ status }) => status)).toEqual(
      Array(100).fill(200),
    );
    expect((await bench.runtime.webhook(request("let me in 100"))).status).toBe(200);
  });
});

describe("the guard before verification", () => {
  const limits = { maxInFlight: 4, refusalsPerClient: 3, refusals: 5 };
  const open = () => {
    const clock = new ManualClock();
    const guard = createWebhookGuard(clock, limits);
    /** One request from beginning to end: what it was answered with. */
    const ask = (client: string, status: number) => {
      const admission = guard.enter(client);
      if (!admission.ok) return admission.response;
      admission.leave(status);
      return { status };
    };
    return { clock, guard, ask };
  };

  it("turns a client away that was refused too often, until its time has come", async () => {
    const { clock, ask } = open();
    for (let request = 0; request < 3; request++) expect(ask("eve", 401).status).toBe(401);
    expect(ask("eve", 401)).toMatchObject({ status: 429, headers: { "retry-after": "20" } });
    expect(ask("telegram", 200).status).toBe(200);
    await clock.advance(20_000);
    expect(ask("eve", 401).status).toBe(401);
    expect(ask("eve", 401).status).toBe(429);
  });

  it("never slows whose requests hold, also when the store is full", () => {
    const { ask } = open();
    for (let request = 0; request < 1_000; request++) expect(ask("telegram", 200).status).toBe(200);
    for (let request = 0; request < 1_000; request++) expect(ask("telegram", 503).status).toBe(503);
  });

  it("lets a known client in while strangers without number are turned away", () => {
    const { ask } = open();
    ask("telegram", 200);
    const statuses = Array.from({ length: 20 }, (_, index) => ask(`eve ${index}`, 404).status);
    expect(statuses).toEqual([...Array(5).fill(404), ...Array(15).fill(429)]);
    expect(ask("telegram", 200).status).toBe(200);
  });

  it("keeps half of the places free of strangers, and all bounded", () => {
    const { guard } = open();
    const known = guard.enter("telegram");
    if (known.ok) known.leave(200);
    const strangers = [guard.enter("a"), guard.enter("b"), guard.enter("c")];
    expect(strangers.map(({ ok }) => ok)).toEqual([true, true, false]);
    const more = [guard.enter("telegram"), guard.enter("telegram"), guard.enter("telegram")];
    expect(more.map(({ ok }) => ok)).toEqual([true, true, false]);
    const [first] = strangers;
    if (first?.ok === true) first.leave();
    expect(guard.enter("telegram").ok).toBe(true);
  });
});

it("what is wrong between two accounts is said of both, and neither is opened", () => {
  const { connector } = new Puppet();
  const config = {
    fields: connector.config.fields,
    between: (accounts: readonly { readonly id: string }[]) =>
      accounts.map(({ id }) => ({
        account: id,
        path: "webhookPath",
        message: `is also that of ${accounts.length}`,
      })),
  };
  const accounts = { a: { token: "a", webhookPath: "/a" }, b: { token: "b" }, c: { token: 3 } };
  const resolved = resolveAccounts({ ...connector, config }, { webhookPath: "/base", accounts }, {});
  expect(resolved.map(({ id, account, issues }) => [id, account, issues[0]?.path])).toEqual([
    ["a", undefined, "connectors.puppet.accounts.a.webhookPath"],
    ["b", undefined, "connectors.puppet.webhookPath"],
    ["c", undefined, "connectors.puppet.accounts.c.token"],
  ]);
  expect(resolved[0]?.issues[0]?.message).toBe("is also that of 2");
});

it("a connection is told where the host is reached from outside", async () => {
  const puppet = new Puppet();
  const runtime = await createConnectorRuntime({
    connectors: [puppet.connector],
    config: { connectors: { puppet: { ...OPEN, token: "t" } } },
    publicUrl: "https://bot.example",
    agent: () => "",
    store: memory(),
  });
  await runtime.start();
  expect(puppet.context().publicUrl).toBe("https://bot.example");
  await runtime.stop();
});
