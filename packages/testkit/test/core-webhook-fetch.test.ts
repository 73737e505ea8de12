import {
  createWebhookFetch,
  createWebhookGuard,
  type Webhook,
  type WebhookRequest,
} from "@elizaos/connector-core";
import { expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Puppet, type PuppetConfig, rig, said, until } from "./core-puppet.js";

/** Takes every request whose body is not `no`, and keeps what it was shown. */
async function open({ status = 200 } = {}) {
  const seen: WebhookRequest[] = [];
  const webhook: Webhook<PuppetConfig> = {
    path: () => "/puppet",
    methods: ["GET", "POST"],
    verify: (request) => {
      seen.push(request);
      const text = new TextDecoder().decode(request.body);
      return text === "no"
        ? { ok: false, response: { status: 401, headers: { "x-why": "secret" } }, reason: "not the words" }
        : { ok: true, value: text };
    },
    parse: (text) => [{ account: "default", events: [said(String(text), { key: String(text) })] }],
    reply: () => ({
      status,
      headers: { "content-type": "text/plain" },
      body: status === 204 ? "" : "thanks",
    }),
  };
  return { seen, ...(await rig({ puppet: new Puppet({ hooks: { webhook } }) })) };
}

const post = (body: string | ReadableStream, headers: Record<string, string> = {}) =>
  new Request("https://bot.example/puppet?topic=a%20b", { method: "POST", body, headers, duplex: "half" });

it("is handed on as it came, and answered when its event is stored", async () => {
  const { runtime, seen, puppet } = await open();
  const response = await createWebhookFetch(runtime)(post("hello", { "X-Signature": "abc" }));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain");
  expect(await response.text()).toBe("thanks");
  expect(seen[0]).toMatchObject({
    method: "POST",
    url: "/puppet?topic=a%20b",
    headers: { "x-signature": "abc" },
  });
  await until(() => puppet.texts().length === 1);
  expect(puppet.texts()).toEqual(["re: hello"]);
});

it("has the connector's refusal, core's own, and an answer without a body", async () => {
  const { runtime } = await open({ status: 204 });
  const handle = createWebhookFetch(runtime);
  const refused = await handle(post("no"));
  expect([refused.status, refused.headers.get("x-why")]).toEqual([401, "secret"]);
  expect((await handle(new Request("https://bot.example/elsewhere"))).status).toBe(404);
  expect((await handle(new Request("https://bot.example/puppet"))).status).toBe(204);
});

it("is read up to its limit and no further, whatever it says of its length", async () => {
  const { runtime, seen } = await open();
  const handle = createWebhookFetch(runtime, { maxBodyBytes: 10 });
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(4));
    },
  });
  expect((await handle(post(endless))).status).toBe(413);
  expect(pulled).toBeLessThan(6);
  expect((await handle(post("0123456789a"))).status).toBe(413);
  expect(seen).toEqual([]);
  expect((await handle(post("0123456789"))).status).toBe(200);
});

it("of a client that was refused too often is turned away unread, and no other client's is", async () => {
  const { runtime, seen } = await open();
  const guard = createWebhookGuard(new ManualClock(), { refusalsPerClient: 2 });
  const client = (request: Request) => request.headers.get("x-real-ip") ?? undefined;
  const handle = createWebhookFetch(runtime, { guard, client });
  const from = async (ip: string, text: string) => (await handle(post(text, { "x-real-ip": ip }))).status;
  expect([await from("eve", "no"), await from("eve", "no"), await from("eve", "yes")]).toEqual([
    401, 401, 429,
  ]);
  expect(await from("platform", "yes")).toBe(200);
  expect(seen).toHaveLength(3);
});
