import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentLike,
  type AttachmentRef,
  type ConnectorError,
  type OutgoingAttachment,
  type OutgoingMessage,
  Rejected,
  Transient,
  type Turn,
} from "@elizaos/connector-core";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ManualClock } from "../src/manual-clock.js";
import {
  finish,
  lasting,
  memory,
  OPEN,
  onDisk,
  Puppet,
  type PuppetOptions,
  pass,
  type Rig,
  rig,
  START,
  said,
} from "./core-puppet.js";

const MB = 1024 * 1024;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

function chunks(...parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...parts];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
}

const photo: AttachmentRef = { type: "image", ref: "photo-1", name: "cat.jpg", mediaType: "image/jpeg" };

/** Disk and sockets take their time, unlike the rest of a rig. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 10_000, interval: 5 });
}

/** Lets simulated time run slowly enough for disk and sockets. */
async function passing(clock: ManualClock, condition: () => boolean): Promise<void> {
  await until(async () => {
    if (condition()) return true;
    await clock.advance(100);
    return false;
  });
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "core-media-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("an attachment that came", () => {
  it("is fetched when the agent asks, and only then; its content says what it is", async () => {
    const asked: unknown[] = [];
    const puppet = new Puppet({
      hooks: {
        async download({ ref }) {
          asked.push(ref);
          return chunks(PNG.subarray(0, 20), PNG.subarray(20));
        },
      },
    });
    const bench = await rig({
      puppet,
      async agent(turn) {
        if (turn.text === "look away") return "I did not look.";
        const [attachment] = attachmentsOf(turn);
        const file = await turn.download(attachment ?? photo);
        return `${file.name} ${file.mediaType} ${Buffer.from(await file.bytes()).equals(PNG)}`;
      },
    });
    const [first, second] = [
      said("look away", { attachments: [photo] }),
      said("look", { attachments: [photo] }),
    ];
    await puppet.context().receive([first]);
    await until(() => puppet.calls.length === 1);
    expect(asked).toEqual([]);
    await puppet.context().receive([second]);
    await until(() => puppet.calls.length === 2);
    expect(puppet.texts()).toEqual(["I did not look.", "cat.jpg image/png true"]);
    expect(asked).toEqual(["photo-1"]);
    expect(bench.turns.map(attachmentsOf)).toEqual([[photo], [photo]]);
  });

  it("is not fetched where its stated size is over mediaMaxMb: the agent is told why", async () => {
    let fetched = 0;
    const puppet = new Puppet({
      hooks: {
        async download() {
          fetched += 1;
          return chunks(PNG);
        },
      },
    });
    const errors: unknown[] = [];
    await rig({
      puppet,
      config: { ...OPEN, mediaMaxMb: 1.5 },
      async agent(turn) {
        const [attachment] = attachmentsOf(turn);
        errors.push(await failureOf(turn.download({ ...photo, size: 2 * MB })));
        return attachment?.refused ?? "not refused";
      },
    });
    await puppet.context().receive([said("look", { attachments: [{ ...photo, size: 2 * MB }] })]);
    await until(() => puppet.calls.length === 1);
    const why = '"cat.jpg" has 2 MB; connectors.puppet.mediaMaxMb allows 1.5 MB.';
    expect(puppet.texts()).toEqual([why]);
    expect(errors).toMatchObject([{ code: "rejected", message: why, where: "connectors.puppet.mediaMaxMb" }]);
    expect(fetched).toBe(0);
  });

  it.each([
    ["says nothing of its size", undefined],
    ["lies about its size", 10],
  ])("is cut off at mediaMaxMb where the platform %s", async (_, size) => {
    let given = 0;
    let cancelled = 0;
    const puppet = new Puppet({
      hooks: {
        download: async () =>
          new ReadableStream({
            pull(controller) {
              given += 64 * 1024;
              controller.enqueue(new Uint8Array(64 * 1024));
              if (given >= 4 * MB) controller.close();
            },
            cancel() {
              cancelled += 1;
            },
          }),
      },
    });
    await rig({
      puppet,
      config: { ...OPEN, mediaMaxMb: 1 },
      async agent(turn) {
        const file = await turn.download({ ...photo, ...(size !== undefined && { size }) });
        const error = await failureOf(file.bytes());
        return `${error.code} ${error.message}`;
      },
    });
    await puppet.context().receive([said("look", { attachments: [photo] })]);
    await until(() => puppet.calls.length === 1);
    expect(puppet.texts()).toEqual([
      'rejected "cat.jpg" is larger than the 1 MB that connectors.puppet.mediaMaxMb allows.',
    ]);
    expect(cancelled).toBe(1);
    expect(given).toBeLessThan(1.5 * MB);
  });

  it("is held against what the platform gives, too", async () => {
    const puppet = new Puppet({ limits: { files: { download: MB } } });
    await rig({ puppet, agent: (turn) => attachmentsOf(turn)[0]?.refused ?? "not refused" });
    await puppet.context().receive([said("look", { attachments: [{ ...photo, size: 3 * MB }] })]);
    await until(() => puppet.calls.length === 1);
    expect(puppet.texts()).toEqual(['"cat.jpg" has 3 MB; Puppet gives bots 1 MB.']);
  });

  it("that has expired, or has no bytes, is refused with the reason", async () => {
    const puppet = new Puppet({ hooks: { download: async () => chunks(PNG) } });
    await rig({
      puppet,
      async agent(turn) {
        const gone = await failureOf(turn.download({ ...photo, expiresAt: START }));
        const place = await failureOf(
          turn.download({ type: "location", ref: { latitude: 1, longitude: 2 } }),
        );
        return [gone.code, gone.message, place.code].join(" ");
      },
    });
    await puppet.context().receive([said("look", { attachments: [photo] })]);
    await until(() => puppet.calls.length === 1);
    expect(puppet.texts()).toEqual([
      'gone "cat.jpg" has expired: Puppet does not give it out any more. rejected',
    ]);
  });

  it("is not read on once the turn has ended", async () => {
    let cancelled = 0;
    const puppet = new Puppet({
      hooks: {
        download: async () =>
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(8_192)),
            cancel() {
              cancelled += 1;
            },
          }),
      },
    });
    let reading: ReadableStreamDefaultReader<Uint8Array> | undefined;
    await rig({
      puppet,
      async agent(turn) {
        reading = (await turn.download(photo)).stream.getReader();
        return "done";
      },
    });
    await puppet.context().receive([said("look", { attachments: [photo] })]);
    await until(() => puppet.calls.length === 1);
    const read = async () => {
      for (let more = 0; more < 10; more++) await reading?.read();
    };
    expect(await failureOf(read())).toMatchObject({ code: "transient" });
    expect(cancelled).toBe(1);
  });

  it("is in the session's history by type and name", async () => {
    const puppet = new Puppet();
    await rig({ puppet, agent: async (turn) => JSON.stringify(await turn.history()) });
    await puppet.context().receive([said("here", { attachments: [photo] })]);
    await until(() => puppet.calls.length === 1);
    await puppet.context().receive([said("and?")]);
    await until(() => puppet.calls.length === 2);
    expect(JSON.parse(puppet.texts()[1] ?? "")).toMatchObject([
      { role: "user", text: "here", attachments: [{ type: "image", name: "cat.jpg" }] },
      { role: "assistant" },
    ]);
  });
});

/** A platform that takes files; what it was given stands in `sent`. */
function taking(options: PuppetOptions = {}) {
  const sent: {
    readonly type: string;
    readonly name: string;
    readonly mediaType: string;
    readonly bytes: Buffer;
  }[] = [];
  const puppet = new Puppet({
    ...options,
    features: { media: { inbound: [], outbound: ["image", "file"] }, ...options.features },
    hooks: {
      prepare: (operation) => {
        if (operation.kind !== "send") return [];
        const { text, attachments = [] } = operation;
        const files = attachments.map((file) => ({ call: "file", payload: { ...file } }));
        return text === "" ? files : [{ call: "send", payload: text }, ...files];
      },
      ...options.hooks,
    },
  });
  const dispatch = options.hooks?.dispatch;
  puppet.hooks.dispatch = async (call) => {
    await dispatch?.(call);
    if (call.call === "file") {
      const { payload } = call;
      if (!isFile(payload)) throw new Error("this is no file");
      const read: Uint8Array[] = [];
      for await (const chunk of await call.context.open(payload)) read.push(chunk);
      sent.push({ ...payload, bytes: Buffer.concat(read) });
    }
    return puppet.made();
  };
  return { puppet, sent };
}

function isFile(value: unknown): value is { spool: string; type: string; name: string; mediaType: string } {
  return typeof value === "object" && value !== null && "spool" in value && "name" in value;
}

/** An agent that answers with these files. */
function sending(...attachments: readonly OutgoingAttachment[]): AgentLike {
  return (): OutgoingMessage => ({ type: "message", text: "see", attachments });
}

const letters = async ({ runtime }: Rig) => (await runtime.deadLetters.list()).map(({ reason }) => reason);

async function ask({ puppet }: Rig): Promise<void> {
  await puppet.context().receive([said("send it")]);
}

describe("a file that goes out", () => {
  it("is taken by path and by bytes, whatever becomes of it afterwards, and leaves nothing behind", async () => {
    const [files, spoolDir] = [await folder(), await folder()];
    const path = join(files, "report.pdf");
    await writeFile(path, "%PDF-1.7 fake");
    const { puppet, sent } = taking();
    const bench = await rig({
      puppet,
      spoolDir,
      async *agent() {
        yield {
          type: "message",
          text: "see",
          attachments: [{ path }, { bytes: PNG, name: "../../a\u0000b" }],
        };
        await rm(path);
      },
    });
    await ask(bench);
    await until(() => sent.length === 2);
    expect(sent).toMatchObject([
      { type: "file", name: "report.pdf", mediaType: "application/pdf" },
      { type: "image", name: "ab.png", mediaType: "image/png" },
    ]);
    expect(sent.map(({ bytes }) => bytes.toString("latin1"))).toEqual([
      "%PDF-1.7 fake",
      PNG.toString("latin1"),
    ]);
    expect(puppet.calls.map(({ call }) => call)).toEqual(["send", "file", "file"]);
    await until(async () => (await readdir(spoolDir)).length === 0);
    expect(await letters(bench)).toEqual([]);
  });

  it("goes through runtime.send, which refuses what cannot be had", async () => {
    const { puppet, sent } = taking();
    const { runtime } = await rig({ puppet });
    const to = { chat: "ada" };
    await runtime.send({ connector: "puppet", to, text: "", attachments: [{ bytes: PNG }] });
    await until(() => sent.length === 1);
    expect(sent).toMatchObject([{ type: "image", name: "image.png" }]);
    const missing = runtime.send({ connector: "puppet", to, text: "x", attachments: [{ path: "/no/such" }] });
    await expect(missing).rejects.toMatchObject({ code: "rejected", message: "There is no file /no/such." });
    expect(puppet.calls).toHaveLength(1);
  });

  it.each<[string, OutgoingAttachment, string]>([
    ["is not there", { path: "/no/such.pdf" }, "There is no file /no/such.pdf."],
    ["is a folder", { path: tmpdir() }, `${tmpdir()} is no file.`],
    ["is no file but a device", { path: "/dev/zero" }, "/dev/zero is no file."],
    ["is empty", { bytes: new Uint8Array(0), name: "a.txt" }, '"a.txt" is empty.'],
    [
      "is over mediaMaxMb",
      { bytes: new Uint8Array(1.2 * MB), name: "a.bin" },
      '"a.bin" has 1.2 MB; connectors.puppet.mediaMaxMb allows 1 MB.',
    ],
    [
      "is over what the platform takes of its type",
      { bytes: Buffer.concat([PNG, new Uint8Array(2_000)]), name: "a.png" },
      '"a.png" has 0.002 MB; Puppet\'s limit for type image is 0.00095 MB.',
    ],
  ])("that %s becomes a dead letter with the reason, and the text is sent", async (_, attachment, reason) => {
    const { puppet, sent } = taking({ limits: { files: { upload: { image: 1_000 } } } });
    const bench = await rig({ puppet, agent: sending(attachment), config: { ...OPEN, mediaMaxMb: 1 } });
    await ask(bench);
    await until(async () => (await letters(bench)).length === 1);
    expect(await letters(bench)).toEqual([reason]);
    expect(puppet.texts()).toEqual(["see"]);
    expect(sent).toEqual([]);
  });

  it("is refused where the platform cannot send any, and the text is sent", async () => {
    const spoolDir = await folder();
    const puppet = new Puppet();
    const bench = await rig({ puppet, spoolDir, agent: sending({ bytes: PNG }) });
    await ask(bench);
    await until(async () => (await letters(bench)).length === 1);
    expect(await letters(bench)).toEqual(["Puppet cannot send files here."]);
    expect(puppet.texts()).toEqual(["see"]);
    expect(await readdir(spoolDir)).toEqual([]);
  });

  it("is sent as what comes closest where the platform has no such type", async () => {
    const { puppet, sent } = taking();
    const bench = await rig({
      puppet,
      agent: sending({ bytes: PNG, type: "sticker" }, { bytes: Buffer.from("tune"), type: "voice" }),
    });
    await ask(bench);
    await until(() => sent.length === 2);
    expect(sent).toMatchObject([
      { type: "image", name: "image.png" },
      { type: "file", name: "file" },
    ]);
  });

  it("survives a restart between its commit and its call, and is readable for its owner alone", async () => {
    const [store, spoolDir] = [await onDisk(), await folder()];
    const isDown = () => Promise.reject(new Transient("the platform is down"));
    const first = taking({ hooks: { dispatch: isDown } });
    const before = await rig({
      puppet: first.puppet,
      store,
      spoolDir,
      agent: () => ({ type: "message", text: "", attachments: [{ bytes: PNG }] }),
    });
    await ask(before);
    await until(() => first.puppet.calls.length === 1);
    await before.stop();
    const [kept] = await readdir(spoolDir);
    const file = await stat(join(spoolDir, kept ?? ""));
    expect([file.size, file.mode & 0o777]).toEqual([PNG.length, 0o600]);
    // What a crash between the file and the commit leaves behind.
    await writeFile(join(spoolDir, "0".repeat(64)), "nobody's");
    await writeFile(join(spoolDir, "1234.part"), "half");

    const second = taking();
    const after = await rig({ puppet: second.puppet, store, spoolDir, clock: before.clock });
    expect(await readdir(spoolDir)).toEqual([kept]);
    await pass(after.clock, 60_000);
    await until(() => second.sent.length === 1);
    expect(second.sent[0]?.bytes.equals(PNG)).toBe(true);
    await until(async () => (await readdir(spoolDir)).length === 0);
  });

  it("that is lost meanwhile is a dead letter that says so", async () => {
    const [store, spoolDir] = [lasting(memory()), await folder()];
    const first = taking({ hooks: { dispatch: () => Promise.reject(new Transient("down")) } });
    const before = await rig({ puppet: first.puppet, store, spoolDir, agent: sending({ bytes: PNG }) });
    await ask(before);
    await until(() => first.puppet.calls.length === 1);
    await before.stop();
    await rm(spoolDir, { recursive: true });
    const after = await rig({ puppet: taking().puppet, store, spoolDir, clock: before.clock });
    await pass(after.clock, 60_000);
    expect(await runtimeReason(after)).toMatch("not in the spool any more");
  });

  it("is kept as long as its dead letter may be tried again", async () => {
    const spoolDir = await folder();
    const { puppet } = taking({ hooks: { dispatch: () => Promise.reject(new Rejected("no")) } });
    const bench = await rig({ puppet, spoolDir, agent: sending({ bytes: PNG }) });
    await ask(bench);
    await until(async () => (await bench.runtime.deadLetters.list()).length === 1);
    expect(await readdir(spoolDir)).toHaveLength(1);
    const [letter] = await bench.runtime.deadLetters.list();
    await bench.runtime.deadLetters.drop(letter?.id ?? "");
    expect(await readdir(spoolDir)).toEqual([]);
  });

  it("is not sent again by an attempt that says everything again", async () => {
    const { puppet, sent } = taking();
    let attempts = 0;
    const bench = await rig({
      puppet,
      config: { ...OPEN, streamMode: "block" },
      async *agent() {
        attempts += 1;
        yield { type: "message", text: "first", attachments: [{ bytes: PNG }, { path: "/no/such" }] };
        if (attempts === 1) throw new Error("the model went away");
        yield { type: "message", text: "second", attachments: [{ bytes: PNG }] };
      },
    });
    await ask(bench);
    await passing(bench.clock, () => sent.length === 2);
    expect(puppet.calls.flatMap(({ call, text }) => (call === "send" ? [text] : []))).toEqual([
      "first",
      "second",
    ]);
    expect(await letters(bench)).toEqual(["There is no file /no/such."]);
  });

  it("waits for room in the spool: the turn is tried again", async () => {
    const spoolDir = await folder();
    let isDown = true;
    const { puppet, sent } = taking({
      hooks: {
        dispatch: ({ call }) => {
          if (isDown && call === "file") return Promise.reject(new Transient("down"));
          return Promise.resolve(puppet.made());
        },
      },
    });
    const bench = await rig({
      puppet,
      spoolDir,
      limits: { maxSpoolBytes: 1_500 },
      agent: (turn) => ({
        type: "message",
        text: turn.text,
        attachments: [{ bytes: Buffer.alloc(1_000, turn.text), name: `${turn.text}.txt` }],
      }),
    });
    await puppet.context().receive([said("a", { chat: "ada" }), said("b", { chat: "bob" })]);
    await until(() => puppet.calls.some(({ call }) => call === "file"));
    await until(() => bench.logs.some(({ message }) => message === "a turn failed and will be tried again"));
    expect(await readdir(spoolDir)).toHaveLength(1);
    isDown = false;
    await passing(bench.clock, () => sent.length === 2);
    expect(sent.map(({ name }) => name).sort()).toEqual(["a.txt", "b.txt"]);
    expect(await letters(bench)).toEqual([]);
  });
});

async function server(
  listener: RequestListener,
): Promise<{ readonly host: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    asked.push(request.url ?? "");
    listener(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  const { port } = portOf(http.address());
  return { host: `127.0.0.1:${port}`, asked };
}

function portOf(address: string | AddressInfo | null): AddressInfo {
  if (typeof address === "object" && address !== null) return address;
  throw new Error("the server does not listen");
}

describe("a file that goes out by URL", () => {
  it("comes from a server that is trusted, through redirects, with its name", async () => {
    const { puppet, sent } = taking();
    const { host } = await server(({ url }, response) => {
      if (url === "/old") response.writeHead(302, { location: "/new/cat%20one.png?x=1" }).end();
      else response.writeHead(200, { "content-type": "text/plain" }).end(PNG);
    });
    const bench = await rig({ puppet, trustedHosts: [host], agent: sending({ url: `http://${host}/old` }) });
    await ask(bench);
    await until(() => sent.length === 1);
    expect(sent).toMatchObject([{ type: "image", name: "cat one.png", mediaType: "image/png" }]);
  });

  it("is fetched from nowhere inside", async () => {
    const inside = await server((_, response) => response.end("secret"));
    const port = inside.host.split(":")[1];
    const way = await server((_, response) =>
      response.writeHead(301, { location: `http://${inside.host}/secret` }).end(),
    );
    const urls = [
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port}/`,
      `http://0.0.0.0:${port}/`,
      `http://0x7f.1:${port}/`,
      `http://2130706433:${port}/`,
      `http://[::1]:${port}/`,
      `http://[::]:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      `http://[64:ff9b::7f00:1]:${port}/`,
      "http://10.1.2.3/",
      "http://172.16.0.1/",
      "http://192.168.1.1/",
      "http://100.64.0.1/",
      "http://169.254.169.254/latest/meta-data/",
      "http://168.63.129.16/",
      "http://[fe80::1]/",
      "http://[fd00:ec2::254]/",
      "http://224.0.0.1/",
      `http://${way.host}/`,
    ];
    const { puppet, sent } = taking();
    const bench = await rig({
      puppet,
      trustedHosts: [way.host],
      agent: sending(...urls.map((url) => ({ url }))),
    });
    await ask(bench);
    await until(async () => (await letters(bench)).length === urls.length);
    for (const reason of await letters(bench)) expect(reason).toMatch("is not on the public internet.");
    expect(inside.asked).toEqual([]);
    expect(way.asked).toEqual(["/"]);
    expect(sent).toEqual([]);
  });

  it("is refused with the reason, and without what the URL's query holds", async () => {
    const { host } = await server(({ url }, response) => {
      if (url?.startsWith("/loop") === true) response.writeHead(302, { location: "/loop" }).end();
      else if (url === "/big") response.writeHead(200, { "content-length": 3 * MB }).flushHeaders();
      else if (url === "/unsaid") {
        let left = 64;
        const more = () => {
          while (left-- > 0) if (!response.write(new Uint8Array(64 * 1024))) return;
          response.end();
        };
        response.on("drain", more);
        more();
      } else if (url === "/cut") {
        response.writeHead(200, { "content-length": 100 });
        response.write("half", () => response.destroy());
      } else response.writeHead(404).end();
    });
    const { puppet, sent } = taking();
    const bench = await rig({
      puppet,
      trustedHosts: [host],
      config: { ...OPEN, mediaMaxMb: 2 },
      agent: sending(
        { url: `http://${host}/gone?key=hush` },
        { url: `http://${host}/loop?key=hush` },
        { url: `http://${host}/big` },
        { url: `http://${host}/unsaid`, name: "unsaid.bin" },
        { url: `http://${host}/cut` },
        { url: "ftp://example.com/a?key=hush" },
        { url: "file:///etc/passwd" },
        { url: "http://ada:hush@example.com/" },
        { url: "cats" },
      ),
    });
    await ask(bench);
    await until(async () => (await letters(bench)).length === 9);
    expect((await letters(bench)).sort()).toEqual(
      [
        `http://${host}/gone was answered with HTTP 404.`,
        `http://${host}/loop leads on more than 5 times.`,
        '"big" has 3 MB; connectors.puppet.mediaMaxMb allows 2 MB.',
        '"unsaid.bin" is larger than the 2 MB that connectors.puppet.mediaMaxMb allows.',
        `http://${host}/cut was cut off.`,
        "ftp://example.com/a is neither http nor https.",
        "file:///etc/passwd is neither http nor https.",
        "http://example.com/ has a user name or password in it; fetch such files yourself.",
        '"cats" is no URL.',
      ].sort(),
    );
    expect(sent).toEqual([]);
    expect(JSON.stringify(bench.logs)).not.toMatch("hush");
  });

  it("is given up after a minute", async () => {
    const { host, asked } = await server((_, response) => {
      response.writeHead(200).write("so far");
    });
    const { puppet } = taking();
    const bench = await rig({ puppet, trustedHosts: [host], agent: sending({ url: `http://${host}/slow` }) });
    await ask(bench);
    await until(() => asked.length === 1);
    await finish(
      until(async () => (await letters(bench)).length === 1),
      bench.clock,
    );
    expect(await letters(bench)).toEqual([`http://${host}/slow took longer than 60 s.`]);
    expect(puppet.texts()).toEqual(["see"]);
  });
});

function attachmentsOf({ events: [event] }: Turn): readonly AttachmentRef[] {
  return event.kind === "message" ? (event.content.attachments ?? []) : [];
}

async function failureOf(work: Promise<unknown>): Promise<ConnectorError> {
  try {
    await work;
  } catch (error) {
    if (isConnectorError(error)) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

function isConnectorError(error: unknown): error is ConnectorError {
  return error instanceof Error && "code" in error && "retryable" in error;
}

async function runtimeReason({ runtime }: Rig): Promise<string | undefined> {
  const [letter] = await runtime.deadLetters.list();
  return letter?.reason;
}
