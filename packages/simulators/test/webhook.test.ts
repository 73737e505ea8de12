import { createServer } from "node:http";
import { ManualClock, Watch } from "@elizaos/connector-simulators/kit";
import { describe, expect, it, onTestFinished } from "vitest";
import { open, refusal } from "./support.js";

/** A receiver that answers with the statuses given, then 200. */
async function receiver(...statuses: number[]) {
  const watch = new Watch();
  const received: { secret: unknown; body: { update_id: number; message?: { text: string } } }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      received.push({ secret: request.headers["x-telegram-bot-api-secret-token"], body: JSON.parse(body) });
      response.writeHead(statuses.shift() ?? 200).end();
      watch.poke();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const gets = (count: number) =>
    watch.until(
      () => (received.length >= count ? received : undefined),
      () => `Only ${received.length} posts came.`,
    );
  return { url: `http://127.0.0.1:${port}/hook`, received, gets };
}

describe("webhooks", () => {
  it("get updates with the secret, in order per chat, and confirm them with 2xx", async () => {
    const { sim, bot, api } = await open();
    const hook = await receiver();
    const ada = sim.user("Ada");
    await ada.says("before");
    await api.setWebhook(hook.url, { secret_token: "s3cret" });
    await ada.says("after");
    const posts = await hook.gets(2);
    expect(posts.map((post) => [post.secret, post.body.message?.text])).toEqual([
      ["s3cret", "before"],
      ["s3cret", "after"],
    ]);
    await bot.catchesUp();
    expect(bot.webhook).toEqual({ url: hook.url, secretToken: "s3cret" });
  });

  it("are retried after anything but 2xx, with growing waits, and getWebhookInfo tells why", async () => {
    const clock = new ManualClock();
    const { sim, bot, api } = await open({ clock });
    const hook = await receiver(500, 503, 404);
    await api.setWebhook(hook.url);
    await sim.user("Ada").says("hi");
    await hook.gets(2);
    await bot.deliveryFails(/503/);
    expect(await api.getWebhookInfo()).toMatchObject({
      url: hook.url,
      pending_update_count: 1,
      last_error_message: "Wrong response from the webhook: 503 Service Unavailable",
      max_connections: 40,
    });
    await clock.advance(1_000);
    await hook.gets(3);
    await bot.deliveryFails(/404/);
    await clock.advance(1_999);
    expect(hook.received).toHaveLength(3);
    await clock.advance(1);
    await hook.gets(4);
    await bot.catchesUp();
    expect(new Set(hook.received.map((post) => post.body.update_id)).size).toBe(1);
  });

  it("do not let one chat hold up another", async () => {
    const clock = new ManualClock();
    const { sim, api } = await open({ clock });
    const hook = await receiver(500);
    await api.setWebhook(hook.url);
    await sim.user("Ada").says("fails first");
    await hook.gets(1);
    await sim.user("Bob").says("goes through");
    const posts = await hook.gets(2);
    expect(posts[1]?.body.message?.text).toBe("goes through");
  });

  it("exclude getUpdates, and end one that waits", async () => {
    const { bot, api } = await open();
    const hook = await receiver();
    const polled = refusal(api.getUpdates({ timeout: 30 }));
    await bot.polls();
    await api.setWebhook(hook.url);
    expect(await polled).toContain("409: Conflict: terminated by setWebhook request");
    expect(await refusal(api.getUpdates())).toContain(
      "409: Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
    await api.deleteWebhook();
    expect(await api.getUpdates()).toEqual([]);
    expect(await api.getWebhookInfo()).toMatchObject({ url: "" });
  });

  it("drop what is pending when asked to", async () => {
    const { sim, bot, api } = await open();
    await sim.user("Ada").says("old");
    await api.deleteWebhook({ drop_pending_updates: true });
    expect(bot.pendingUpdates()).toEqual([]);
  });

  it("must be https, except on this machine, with a proper secret", async () => {
    const { api } = await open();
    expect(await refusal(api.setWebhook("http://example.org"))).toContain(
      "400: Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    );
    expect(await refusal(api.setWebhook("nonsense"))).toContain(
      "400: Bad Request: invalid webhook URL specified",
    );
    expect(await refusal(api.setWebhook("https://example.org", { secret_token: "a b" }))).toContain(
      "400: Bad Request: secret token contains unallowed characters",
    );
  });
});
