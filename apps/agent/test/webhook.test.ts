import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import type { TelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, test } from "vitest";
import { afterThisTest, Running, Workspace } from "./support/cli.js";
import { freePort, takenPort } from "./support/ports.js";
import { connectorOf, readJson, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const CRASH_HOST = fileURLToPath(new URL("fixtures/crash-host.mjs", import.meta.url));
const SECRET = "fake-webhook-secret_of-a-test";
const HEADER = "x-telegram-bot-api-secret-token";
const PATIENCE = { timeoutMs: 15_000 };

interface Hooked {
  readonly sim: TelegramSimulator;
  readonly workspace: Workspace;
  readonly host: Running;
  readonly port: number;
  readonly url: string;
  start(): Running;
}

/** `milady start` with a bot whose updates come to the host's own listener. */
async function hooked(more: Readonly<Record<string, unknown>> = {}): Promise<Hooked> {
  const sim = await telegramWithBot();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/telegram`;
  const workspace = new Workspace();
  workspace.file("milady.json", {
    publicUrl: `http://127.0.0.1:${port}/`,
    ...telegramConfig(sim, {
      dmPolicy: "open",
      allowFrom: ["*"],
      webhookUrl: "/telegram",
      webhookSecret: SECRET,
      ...more,
    }),
  });
  const start = () => workspace.run(["start"], { env: { MILADY_WEBHOOK_PORT: String(port) } });
  const host = start();
  await host.says(/connected/);
  return { sim, workspace, host, port, url, start };
}

function post(url: string, body: string, headers: Readonly<Record<string, string>> = { [HEADER]: SECRET }) {
  return fetch(url, { method: "POST", body, headers });
}

/** Writes bytes and resolves with all that came back when the other side has hung up. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    afterThisTest(() => socket.destroy());
    socket.setEncoding("utf8").on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", () => {});
    socket.once("close", () => resolve(answer));
  });
}

test("a DM that comes by webhook is answered; status says where it came in; the stop takes the webhook away", async () => {
  const { sim, workspace, host, port, url } = await hooked();
  const ada = sim.user("Ada");
  const [bot] = sim.bots();
  expect(bot?.webhook).toMatchObject({ url, secretToken: SECRET });
  await ada.says("Hello");
  expect((await ada.hears()).text).toContain("Hello");
  await bot?.catchesUp();
  expect(bot?.calls("getUpdates")).toEqual([]);

  const status = await readJson(workspace, ["status"]);
  expect(status).toMatchObject({
    host: { webhooks: `http://127.0.0.1:${port}` },
    publicUrl: `http://127.0.0.1:${port}`,
  });
  expect(JSON.stringify(status) + host.stdout).not.toContain(SECRET);
  expect(connectorOf(await readStatus(workspace), "telegram").accounts[0]?.state).toBe("online");
  const text = await workspace.finish(["status"]);
  expect(text.stdout).toMatch(
    new RegExp(
      `^Webhooks +http://127\\.0\\.0\\.1:${port}, from outside http://127\\.0\\.0\\.1:${port}$`,
      "m",
    ),
  );

  host.signal("SIGTERM");
  expect((await host.finished()).code).toBe(0);
  expect(bot?.webhook).toBeUndefined();
});

test("G1 G3 what is not Telegram's is turned away, and nothing of it is kept", async () => {
  const { workspace, port, url, host } = await hooked();
  expect((await post(url, "{}", {})).status).toBe(401);
  expect((await post(url, "{}", { [HEADER]: `${SECRET}x` })).status).toBe(401);
  expect((await post(url, "{ no JSON")).status).toBe(400);
  expect((await post(url, "x".repeat(1024 * 1024 + 1))).status).toBe(413);
  expect((await post(`${url}/x`, "{}")).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(404);
  const get = await fetch(url);
  expect([get.status, get.headers.get("allow")]).toEqual([405, "POST"]);
  expect((await workspace.finish(["why"])).code).toBe(1);
  expect((await post(url, JSON.stringify({ update_id: 1, surprise: {} }))).status).toBe(200);
  expect(host.stdout).not.toContain(SECRET);
});

test("G3 a body without a length is refused at the limit", async () => {
  const { url } = await hooked();
  const status = await new Promise((resolve, reject) => {
    const sending = request(url, { method: "POST", headers: { [HEADER]: SECRET } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    afterThisTest(() => sending.destroy());
    sending.on("error", reject);
    for (let chunk = 0; chunk < 17; chunk++) sending.write(new Uint8Array(64 * 1024));
  });
  expect(status).toBe(413);
});

test("who is refused again and again has to wait, and Telegram has not", async () => {
  const { sim, url } = await hooked();
  const ada = sim.user("Ada");
  // Addresses of one network of IPv6 are one client's.
  const stranger = (attempt: number) => ({ "x-forwarded-for": `203.0.113.7, 2001:db8::${attempt}` });
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 61; attempt++)
    statuses.push((await post(url, "{}", stranger(attempt))).status);
  expect(statuses).toEqual([...Array(60).fill(401), 429]);
  expect((await post(url, "{}", { "x-forwarded-for": "2001:db8::1, 2001:db8:0:1::1" })).status).toBe(401);
  await ada.says("Hello");
  expect((await ada.hears()).text).toContain("Hello");
});

test("a request that does not come to its end is ended by the host", async () => {
  const { port } = await hooked();
  const [headers, body] = await Promise.all([
    raw(port, "POST /telegram HTTP/1.1\r\nhost: x\r\n"),
    raw(port, "POST /telegram HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{"),
  ]);
  expect(headers).toContain("408 Request Timeout");
  expect(body).toMatch(/^(?:HTTP\/1\.1 408 .*)?$/s);
});

test("nothing listens for webhooks when every account polls, and then the port may be taken", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim));
  const port = await takenPort();
  const host = workspace.run(["start"], { env: { MILADY_WEBHOOK_PORT: String(port) } });
  await host.says(/connected/);
  expect(await readJson(workspace, ["status"])).toMatchObject({ host: { webhooks: null }, publicUrl: null });
});

describe("what stands in the way is said with the mend", () => {
  const config = { webhookUrl: "https://bot.example/telegram", webhookSecret: SECRET };

  test("a port that is taken", async () => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    workspace.file("milady.json", telegramConfig(sim, config));
    const port = await takenPort();
    const { code, stderr } = await workspace.finish(["start"], {
      env: { MILADY_WEBHOOK_PORT: String(port) },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`MILADY_WEBHOOK_PORT: 127.0.0.1:${port} is in use by another program`));
    expect(sim.requests.all()).toEqual([]);
  });

  test("an address that this machine does not have", async () => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    workspace.file("milady.json", telegramConfig(sim, config));
    const env = { MILADY_WEBHOOK_PORT: "0", MILADY_WEBHOOK_BIND: "203.0.113.9" };
    const { code, stderr } = await workspace.finish(["start"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/MILADY_WEBHOOK_BIND: this machine has no address 203\.0\.113\.9/);
  });

  test.each(["https", "-1", "65536"])("MILADY_WEBHOOK_PORT=%s", async (value) => {
    const { code, stderr } = await new Workspace().finish(["start"], { env: { MILADY_WEBHOOK_PORT: value } });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `error: MILADY_WEBHOOK_PORT: must be a port number from 0 to 65535 (0 picks a free one), not "${value}"\n`,
    );
  });

  test.each([7, "bot.example", "https://bot.example/?a=1"])("publicUrl: %j", async (publicUrl) => {
    const sim = await telegramWithBot();
    const workspace = new Workspace();
    workspace.file("milady.json", { publicUrl, ...telegramConfig(sim, config) });
    const { code, stderr } = await workspace.finish(["start"]);
    expect(code).toBe(1);
    expect(stderr).toContain("publicUrl: must be the address at which platforms reach this host's webhooks");
  });
});

describe("F5 SIGKILL with updates by webhook", () => {
  const CHATS = 5;
  const MESSAGES = 4;
  const TEXTS = Array.from({ length: MESSAGES }, (_, index) => `message ${index + 1}`);

  test.each([
    ["before accept", "the platform brings it again"],
    ["after accept", "the platform brings it again, and it is known"],
    ["during agent", "it was stored, and its turn is run again"],
  ])("%s: each message is answered once (%s)", async (point) => {
    const sim = await telegramWithBot();
    const [bot] = sim.bots();
    if (bot === undefined) throw new Error("the simulator has no bot");
    const workspace = new Workspace();
    mkdirSync(workspace.stateDir, { mode: 0o700 });
    const webhook = { port: await freePort(), secret: SECRET };
    const run = (crash: object) => {
      const options = { stateDir: workspace.stateDir, apiRoot: sim.apiRoot, token: TOKEN, webhook, ...crash };
      const child = spawn(process.execPath, [CRASH_HOST, JSON.stringify(options)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const running = new Running(child);
      afterThisTest(() => running.kill());
      return running;
    };
    const chats = Array.from({ length: CHATS }, (_, index) => sim.user(`Person ${index}`).with(bot));
    for (const text of TEXTS) for (const chat of chats) await chat.says(text);

    const killed = run({ point, nth: 7 });
    expect(await killed.finished()).toMatchObject({ signal: "SIGKILL" });
    expect(bot.webhook).toBeDefined();
    const second = run({});
    for (const chat of chats)
      await chat.sees(({ text }) => text?.endsWith(`end ${TEXTS.at(-1)}`) === true, PATIENCE);
    await bot.catchesUp(PATIENCE);
    second.signal("SIGTERM");
    expect((await second.finished()).code).toBe(0);
    for (const chat of chats) {
      const ends = chat
        .messages()
        .flatMap(({ from, text }) =>
          from?.is_bot === true ? (/end (message \d)$/.exec(text ?? "")?.[1] ?? []) : [],
        );
      expect(ends).toEqual(TEXTS);
    }
  });
});
