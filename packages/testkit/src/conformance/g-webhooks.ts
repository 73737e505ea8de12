import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { RequestFlaw, SimulatedRequest, SimulatedWebhooks } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench, StartOptions } from "./bench.js";
import type { Check } from "./check.js";
import type { Host } from "./host.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** What a receiver must refuse, and with which status. */
const REFUSED: readonly {
  readonly flaw: RequestFlaw;
  readonly title: string;
  readonly status: readonly number[];
}[] = [
  { flaw: "unsigned", title: "no signature", status: [401, 403] },
  { flaw: "forged", title: "a wrong signature", status: [401, 403] },
  { flaw: "altered", title: "a signature of another body", status: [401, 403] },
  { flaw: "old", title: "a signature out of its window", status: [401, 403] },
];

const BAD: readonly {
  readonly flaw: RequestFlaw;
  readonly title: string;
  readonly status: readonly number[];
}[] = [
  { flaw: "malformed", title: "a body that is not the platform's", status: [400] },
  { flaw: "stranger", title: "an account that nobody has here", status: [404] },
];

/** G. Webhooks. */
export function webhookChecks({ traits, connector }: Subject): readonly Check[] {
  if (!traits.webhooks || connector.webhook === undefined)
    return [1, 2, 3, 4].map((line) => lacks(line, connector.webhook !== undefined));
  return [
    {
      id: "G1",
      title: "a valid request is answered with 2xx and reaches the agent once",
      async run(bench) {
        const { host, hooks, account } = await listening(bench);
        const request = valid(hooks, bench, "by webhook");
        expect((await ask(host, request)).status).toBe(200);
        await host.turn("by webhook");
        expect((await ask(host, request)).status).toBe(200);
        await ask(host, valid(hooks, bench, "the next"));
        await host.turn("the next");
        expect(host.texts()).toEqual(["by webhook", "the next"]);
        expect(host.turns[0]?.identity).toBe(`${connector.manifest.id}:${account.id}`);
      },
    },
    {
      id: "G1",
      title: "what a person says comes by webhook and is answered",
      async run(bench) {
        const { host } = await listening(bench);
        const dm = bench.dm();
        await dm.says(bench.ada, "hello by webhook");
        expect((await bench.answers(dm)).map(({ text }) => text)).toEqual(["You said: hello by webhook"]);
        expect(
          bench.platform.calls().filter(({ method }) => method === bench.platform.methods.receive),
        ).toEqual([]);
        expect(host.status().state).toBe("online");
      },
    },
    ...REFUSED.map((each) => refusedCheck("G1", each, traits.flaws.includes(each.flaw))),
    traits.challenge
      ? {
          id: "G2",
          title: "the platform's challenge is answered",
          async run(bench) {
            const { host, hooks } = await listening(bench);
            const challenge = hooks.challenge?.(bench.account);
            if (challenge === undefined) throw new Error("The platform makes no challenge");
            const { status, body } = await ask(host, challenge.request);
            expect([status, body]).toEqual([200, challenge.answer]);
            expect(host.turns).toEqual([]);
          },
        }
      : lacks(2, false),
    ...BAD.map((each) => refusedCheck("G3", each, traits.flaws.includes(each.flaw))),
    {
      id: "G3",
      title: "another path is 404, another method 405",
      async run(bench) {
        const { host, hooks } = await listening(bench);
        const request = valid(hooks, bench, "hello");
        expect((await ask(host, { ...request, url: "/nowhere" })).status).toBe(404);
        expect((await ask(host, { ...request, method: "DELETE" })).status).toBe(405);
        expect(host.turns).toEqual([]);
      },
    },
    {
      id: "G4",
      title: "the answer does not wait for an agent that takes a minute",
      async run(bench) {
        const { host, hooks } = await listening(bench, { agent: () => new Promise<string>(() => {}) });
        const before = performance.now();
        expect((await ask(host, valid(hooks, bench, "think"))).status).toBe(200);
        expect(performance.now() - before).toBeLessThan(hooks.deadlineMs);
        await host.turn("think");
      },
    },
  ];
}

function lacks(line: number, claimed: boolean): Check {
  const title = line === 2 ? "a challenge" : "webhooks";
  return { id: `G${line}`, title, lack: true, run: async () => expect(claimed).toBe(false) };
}

function refusedCheck(id: string, { flaw, title, status }: (typeof REFUSED)[number], exists: boolean): Check {
  // The platform's requests prove nothing of the kind: then a good one must pass without it.
  if (!exists)
    return {
      id,
      title: `${title} could not be told; a good request passes`,
      lack: true,
      async run(bench) {
        const { host, hooks } = await listening(bench);
        expect((await ask(host, valid(hooks, bench, "hello"))).status).toBe(200);
        await host.turn("hello");
      },
    };
  return {
    id,
    title: `${title} is refused with ${status.join(" or ")}, and nothing is kept`,
    async run(bench) {
      const { host, hooks } = await listening(bench);
      const request = hooks.request(bench.account, "let me in", flaw);
      if (request === undefined) throw new Error(`The simulator makes no request with the flaw "${flaw}"`);
      expect(status).toContain((await ask(host, request)).status);
      expect(await host.runtime.why("last")).toBeUndefined();
      expect((await ask(host, valid(hooks, bench, "hello"))).status).toBe(200);
      await host.turn("hello");
      expect(host.texts()).toEqual(["hello"]);
    },
  };
}

function valid(hooks: SimulatedWebhooks, bench: Bench, text: string): SimulatedRequest {
  const request = hooks.request(bench.account, text);
  if (request === undefined) throw new Error("The simulator makes no valid request");
  return request;
}

async function ask(host: Host, { method, url, headers, body }: SimulatedRequest) {
  return host.runtime.webhook({ method, url, headers, body: new TextEncoder().encode(body) });
}

/** A runtime that gets its events by webhook, behind a small server of its own. */
async function listening(bench: Bench, options: StartOptions = {}) {
  const { webhooks: hooks } = bench.platform;
  if (hooks === undefined) throw new Error("The simulator has no webhooks");
  let host: Host | undefined;
  const server = createServer((request, response) => void pass(host, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server does not listen");
  const url = `http://127.0.0.1:${address.port}`;
  const { account } = bench;
  const accounts = { default: { ...account.config, ...hooks.config(account, url) } };
  host = await bench.host({ ...options, accounts });
  await host.runtime.start();
  await hooks.register?.(account, url);
  await until(
    () => host?.status().state === "online",
    () => `it is online. ${host?.tail() ?? ""}`,
  );
  return { host, hooks, account };
}

async function pass(
  host: Host | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  const { method = "", url = "" } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const answer = await host?.runtime.webhook({ method, url, headers, body: Buffer.concat(chunks) });
  response.writeHead(answer?.status ?? 503, answer?.headers);
  response.end(answer?.body);
}
