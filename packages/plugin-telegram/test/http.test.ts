import { createServer, type RequestListener } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { type Clock, systemClock } from "@elizaos/connector-core";
import { ManualClock, Watch } from "@elizaos/connector-simulators/kit";
import { InputFile } from "grammy/web";
import { describe, expect, it } from "vitest";
import { type Client, createClient } from "../src/client.js";
import { config } from "../src/config.js";
import { connectorError } from "../src/errors.js";
import { afterTest, simulate, TOKEN } from "./harness.js";

const NOT_CANCELLED = new AbortController().signal;
const SENT = { ok: true, result: { message_id: 7 } };

/** A listening server and the sockets that are open on it. */
async function listen(server: Server) {
  const watch = new Watch();
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      watch.poke();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  afterTest(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const allClosed = () =>
    watch.until(
      () => (sockets.size === 0 ? true : undefined),
      () => `${sockets.size} sockets are still open.`,
    );
  return { root: `http://127.0.0.1:${port}`, sockets, allClosed };
}

const http = (listener: RequestListener) => listen(createServer(listener));

async function client(apiRoot: string, clock: Clock = systemClock): Promise<Client> {
  const made = await createClient(
    config.fields.parse({ botToken: TOKEN, apiRoot, timeoutSeconds: 20 }),
    clock,
  );
  afterTest(() => made.close());
  return made;
}

const send = (made: Client, signal = NOT_CANCELLED) =>
  made.call((api, limited) => api.sendMessage(1, "private words", {}, limited), { signal });

/** What core is told of a call that failed. */
async function failure(call: Promise<unknown>): Promise<unknown> {
  const error: unknown = await call.then(
    () => new Error("it did not fail"),
    (reason: unknown) => connectorError(reason, "sendMessage"),
  );
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/FAKE-TOKEN|private words/);
  return error;
}

describe("a call", () => {
  it("that is made after another goes over the same socket, and close ends it", async () => {
    const server = await http((request, response) => {
      request.resume().once("end", () => response.end(JSON.stringify(SENT)));
    });
    const made = await client(server.root);
    for (let call = 0; call < 3; call++) expect(await send(made)).toEqual(SENT.result);
    expect(server.sockets.size).toBe(1);
    made.close();
    await server.allClosed();
  });

  it("goes under the path of apiRoot, with its user and password", async () => {
    const seen: unknown[] = [];
    const server = await http((request, response) => {
      seen.push([request.method, request.url, request.headers.authorization]);
      request.resume().once("end", () => response.end(JSON.stringify(SENT)));
    });
    await send(await client(`${server.root.replace("http://", "http://ada:fake@")}/bots/tg`));
    expect(seen).toEqual([
      ["POST", `/bots/tg/bot${TOKEN}/sendMessage`, `Basic ${Buffer.from("ada:fake").toString("base64")}`],
    ]);
  });

  it.each([
    ["is cut off", (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"ok":true')],
    [
      "is cut off between chunks",
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"ok"\r\n'),
    ],
    ["is no JSON", (socket: Socket) => socket.end("HTTP/1.1 502 Bad\r\ncontent-length: 5\r\n\r\n<html")],
    [
      "is JSON of another kind",
      (socket: Socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull"),
    ],
    ["is no HTTP", (socket: Socket) => socket.end("SSH-2.0-Open\r\n")],
    ["is the end of the connection", (socket: Socket) => socket.end()],
    ["is a reset", (socket: Socket) => socket.resetAndDestroy()],
  ])("whose answer %s settles at once, and may have happened", async (_, answer) => {
    const server = await listen(createTcpServer((socket) => socket.once("data", () => answer(socket))));
    expect(await failure(send(await client(server.root)))).toMatchObject({ code: "unknown" });
    await server.allClosed();
  });

  it("to a server that takes it and never answers ends with its time, and may have happened", async () => {
    const clock = new ManualClock();
    let taken: () => void = () => {};
    const isTaken = new Promise<void>((resolve) => (taken = resolve));
    const server = await listen(createTcpServer((socket) => socket.once("data", taken)));
    const failed = failure(send(await client(server.root, clock)));
    await isTaken;
    await clock.advance(20_000);
    expect(await failed).toMatchObject({ code: "unknown", message: expect.stringContaining("within 20 s") });
    await server.allClosed();
  });

  it("that is cancelled ends its socket", async () => {
    const cancelling = new AbortController();
    const server = await listen(createTcpServer((socket) => socket.once("data", () => cancelling.abort())));
    expect(await failure(send(await client(server.root), cancelling.signal))).toMatchObject({
      code: "unknown",
    });
    await server.allClosed();
  });

  it("that nobody let in did not happen: refused, unknown name, cancelled beforehand", async () => {
    const gone = await listen(createTcpServer());
    const cancelled = await client(gone.root);
    expect(await failure(send(cancelled, AbortSignal.abort()))).toMatchObject({ code: "transient" });
    expect(gone.sockets.size).toBe(0);
    expect(await failure(send(await client("http://127.0.0.1:1")))).toMatchObject({
      code: "transient",
      message: expect.stringContaining("ECONNREFUSED"),
    });
    expect(await failure(send(await client("http://no-such-host.invalid")))).toMatchObject({
      code: "transient",
    });
  });

  it("over TLS that is never set up did not happen", async () => {
    const server = await listen(
      createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
    );
    const made = await client(server.root.replace("http:", "https:"));
    expect(await failure(send(made))).toMatchObject({ code: "transient" });
  });

  it("that waits when the client is closed ends", async () => {
    let made: Client | undefined;
    const server = await listen(createTcpServer((socket) => socket.once("data", () => made?.close())));
    made = await client(server.root);
    expect(await failure(send(made))).toMatchObject({ code: "unknown" });
    await server.allClosed();
  });
});

describe("an upload", () => {
  const big = new Uint8Array(3 * 1024 * 1024).fill(65);

  it.each([
    ["bytes", () => big],
    [
      "a stream of chunks",
      async function* () {
        for (let at = 0; at < big.length; at += 100_000) yield big.subarray(at, at + 100_000);
      },
    ],
  ])("from %s arrives whole, as multipart", async (_, source) => {
    const seen: { type: string | undefined; body: string }[] = [];
    const server = await http((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.once("end", () => {
        seen.push({ type: request.headers["content-type"], body: Buffer.concat(chunks).toString("latin1") });
        response.end(JSON.stringify(SENT));
      });
    });
    const made = await client(server.root);
    await made.call(
      (api, signal) => api.sendDocument(1, new InputFile(source(), "a.txt"), { caption: "see" }, signal),
      {
        signal: NOT_CANCELLED,
      },
    );
    const [upload] = seen;
    expect(upload?.type).toMatch(/^multipart\/form-data; boundary=/);
    expect(upload?.body).toContain('name="caption"\r\n\r\nsee\r\n');
    expect(upload?.body).toContain("filename=a.txt");
    expect(upload?.body.match(/A{1000,}/)?.[0]).toHaveLength(big.length);
  });

  it("whose source fails ends the call and its socket", async () => {
    const server = await http((request) => request.resume());
    const made = await client(server.root);
    const source = async function* () {
      yield big.subarray(0, 1_000);
      throw new Error("the disk is gone");
    };
    const call = made.call(
      (api, signal) => api.sendDocument(1, new InputFile(source(), "a.txt"), {}, signal),
      {
        signal: NOT_CANCELLED,
      },
    );
    expect(await failure(call)).toMatchObject({ code: "unknown" });
    await server.allClosed();
  });
});

it("a webhook's certificate reaches a Bot API server as a file", async () => {
  const { sim, bot } = await simulate();
  const made = await client(sim.apiRoot);
  const certificate = new InputFile(Buffer.from("-----BEGIN"), "cert.pem");
  await made.call((api, signal) => api.setWebhook("https://bot.example/hook", { certificate }, signal), {
    signal: NOT_CANCELLED,
  });
  expect(bot.webhook).toMatchObject({ url: "https://bot.example/hook" });
});
