import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createServer, request as httpRequest } from "node:http";
import { join } from "node:path";
import {
  type AgentLike,
  type AttachmentRef,
  ConnectorError,
  type OutgoingAttachment,
  type Turn,
} from "@elizaos/connector-core";
import { startTelegramSimulator, type TelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it, vi } from "vitest";
import { afterTest, type Host, simulate, started, stateFolder, TOKEN } from "./harness.js";

const MB = 1024 * 1024;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const MP4 = Buffer.concat([
  Buffer.from("000000186674797069736f6d0000020069736f6d69736f32", "hex"),
  Buffer.alloc(64),
]);
const OGG = Buffer.concat([Buffer.from("OggS"), Buffer.alloc(24), Buffer.from("OpusHead"), Buffer.alloc(64)]);

function attachmentsOf({ events: [event] }: Turn): readonly AttachmentRef[] {
  return event.kind === "message" ? (event.content.attachments ?? []) : [];
}

/** Reads the first attachment and tells what it was. */
async function reading(turn: Turn): Promise<string> {
  const [attachment] = attachmentsOf(turn);
  if (attachment === undefined) return "nothing came";
  try {
    const file = await turn.download(attachment);
    const bytes = await file.bytes();
    return `${attachment.type} ${file.mediaType} ${bytes.length} ${Buffer.from(bytes).toString("latin1", 0, 5)}`;
  } catch (error) {
    return ConnectorError.isInstance(error) ? `${error.code}: ${error.message}` : `unexpected: ${error}`;
  }
}

async function talk(agent: AgentLike, config: object = {}) {
  const { sim, bot } = await simulate();
  const running = await started({ apiRoot: sim.apiRoot, agent, config });
  const ada = sim.user("Ada");
  return { sim, bot, ada, ...running };
}

const downloads = (sim: TelegramSimulator) =>
  sim.requests.all().filter(({ method }) => method === "getFile" || method === "file");

describe("a file that somebody sends", () => {
  it("is not fetched unless the agent asks", async () => {
    const { sim, ada, turns } = await talk((turn) => `${attachmentsOf(turn)[0]?.type}`);
    await ada.sends({ photo: PNG });
    expect((await ada.hears()).text).toBe("image");
    expect(turns.map(attachmentsOf)).toMatchObject([[{ type: "image", size: PNG.length }]]);
    expect(downloads(sim)).toEqual([]);
  });

  it("is fetched when it asks, whatever it is", async () => {
    const { ada } = await talk(reading);
    await ada.sends({ photo: PNG });
    expect((await ada.hears()).text).toBe(`image image/png ${PNG.length} \u0089PNG`.replace("\r", ""));
    await ada.sends({ document: Buffer.from("%PDF-1.7"), fileName: "a b.pdf", mimeType: "text/plain" });
    expect((await ada.hears()).text).toBe("file application/pdf 8 %PDF-");
    await ada.sends({ voice: Buffer.from("voice") });
    expect((await ada.hears()).text).toBe("voice audio/ogg 5 voice");
    await ada.sends({ animation: MP4 });
    expect((await ada.hears()).text).toMatch("animation video/mp4");
    await ada.sends({ sticker: Buffer.from("stick") });
    expect((await ada.hears()).text).toBe("sticker image/webp 5 stick");
  });

  it("comes with the others of its album in one turn", async () => {
    const { ada, turns } = await talk(async (turn) => {
      const files = turn.events.flatMap((event) =>
        event.kind === "message" ? (event.content.attachments ?? []) : [],
      );
      const read = await Promise.all(files.map((each) => turn.download(each)));
      return `${turn.text}: ${(await Promise.all(read.map((file) => file.bytes()))).length}`;
    });
    await ada.sendsAlbum([{ photo: PNG }, { photo: PNG }, { video: MP4 }], { caption: "three" });
    expect((await ada.hears()).text).toBe("three: 3");
    expect(turns.map(({ events }) => events.length)).toEqual([3]);
  });

  it("is refused above mediaMaxMb, and above the 20 MB that Telegram gives", async () => {
    const { sim, ada } = await talk(reading, { mediaMaxMb: 0.001 });
    await ada.sends({ document: Buffer.alloc(5_000), fileName: "big.bin" });
    expect((await ada.hears()).text).toBe(
      'rejected: "big.bin" has 0.0048 MB; connectors.telegram.mediaMaxMb allows 0.001 MB.',
    );
    expect(downloads(sim)).toEqual([]);
  });

  it("is refused by Telegram above 20 MB in words that say what helps", async () => {
    const { sim, ada } = await talk(reading);
    await ada.sends({ document: Buffer.alloc(21 * MB), fileName: "big.bin" });
    expect((await ada.hears()).text).toBe(
      "rejected: Telegram gives bots files of up to 20 MB, and this one is larger.",
    );
    expect(downloads(sim).map(({ method }) => method)).toEqual(["getFile"]);
  });

  it("fails for the moment where the download is cut off, and the token stays out of it", async () => {
    const { sim, ada } = await talk(reading);
    sim.fault({ kind: "truncate", method: "file" });
    await ada.sends({ document: Buffer.alloc(500_000), fileName: "big.bin" });
    expect((await ada.hears()).text).toBe("transient: The download of a file was cut off.");
    sim.fault({ kind: "status", status: 502, method: "file" });
    await ada.sends({ document: PNG });
    expect((await ada.hears()).text).toBe("transient: Telegram did not give the file (HTTP 502).");
    sim.fault({ kind: "reset", method: "file" });
    await ada.sends({ document: PNG });
    expect((await ada.hears()).text).toBe(
      "transient: Telegram did not answer the download of a file: ECONNRESET.",
    );
  });

  it("is read from the disk of a Bot API server in local mode, but never from elsewhere", async () => {
    const localFolder = stateFolder();
    const sim = await startTelegramSimulator({ localFolder });
    afterTest(() => sim.close());
    sim.bot({ token: TOKEN, username: "helper_bot", name: "Helper", botToBot: true, privacyMode: false });
    await started({ apiRoot: sim.apiRoot, agent: reading });
    const ada = sim.user("Ada");
    await ada.sends({ document: Buffer.from("%PDF-1.7"), fileName: "a.pdf" });
    expect((await ada.hears()).text).toBe("file application/pdf 8 %PDF-");
    expect(existsSync(join(localFolder, TOKEN))).toBe(true);
  });

  it.each(["/etc/passwd", `/srv/${TOKEN}/../../etc/passwd`, "/srv/another-bot/documents/file_1.pdf"])(
    "is not read from %s, whatever a server says",
    async (file_path) => {
      const { sim } = await simulate();
      const lying = createServer((request, response) => {
        const isGetFile = request.url?.endsWith("/getFile") === true;
        if (isGetFile) return void response.end(JSON.stringify({ ok: true, result: { file_path } }));
        const { method = "GET", headers, url } = request;
        const on = httpRequest(`${sim.apiRoot}${url}`, { method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        });
        // A long poll that the test ends.
        on.on("error", () => response.destroy());
        request.pipe(on);
      });
      await new Promise<void>((resolve) => lying.listen(0, "127.0.0.1", resolve));
      afterTest(() => {
        lying.closeAllConnections();
        lying.close();
      });
      const address = lying.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      await started({ apiRoot: `http://127.0.0.1:${port}`, agent: reading });
      const ada = sim.user("Ada");
      await ada.sends({ document: PNG });
      expect((await ada.hears()).text).toBe(
        "rejected: The Bot API server names a file on its own disk, which cannot be read from here.",
      );
    },
  );
});

function sending(text: string, ...attachments: readonly OutgoingAttachment[]): AgentLike {
  return () => ({ type: "message", text, attachments });
}

const reasons = async ({ runtime }: Pick<Host, "runtime">) =>
  (await runtime.deadLetters.list()).map(({ reason }) => reason);

describe("a file that the agent sends", () => {
  it.each([
    ["photo", "sendPhoto", { bytes: PNG }],
    ["video", "sendVideo", { bytes: MP4 }],
    ["animation", "sendAnimation", { bytes: MP4, type: "animation" }],
    ["audio", "sendAudio", { bytes: OGG }],
    ["voice", "sendVoice", { bytes: OGG, type: "voice" }],
    ["document", "sendDocument", { bytes: Buffer.from("%PDF-1.7"), name: 'Größe; "2" ж.pdf' }],
  ] as const)("arrives as %s, whole and with its caption", async (key, method, attachment) => {
    const { sim, ada } = await talk(sending("**look** at `this`", attachment));
    await ada.says("send it");
    const message = await ada.hears();
    expect(message.caption).toBe("look at this");
    expect(message.caption_entities).toMatchObject([{ type: "bold" }, { type: "code" }]);
    const sent = message[key];
    const file = Array.isArray(sent) ? sent.at(-1) : sent;
    expect(Buffer.from(sim.file(file?.file_id ?? "")).equals(attachment.bytes)).toBe(true);
    if (key === "document") expect(message.document?.file_name).toBe("Größe; 2 ж.pdf");
    expect(
      sim.requests
        .all()
        .filter((call) => call.files.length > 0)
        .map((call) => call.method),
    ).toEqual([method]);
  });

  it("as a sticker has no caption: the text follows", async () => {
    const { ada } = await talk(sending("hello", { bytes: PNG, type: "sticker" }));
    await ada.says("send it");
    expect((await ada.hears()).sticker).toBeDefined();
    expect((await ada.hears()).text).toBe("hello");
  });

  it("has its text behind it where that is too long for a caption", async () => {
    const [fits, long] = ["x".repeat(1024), "y".repeat(1025)];
    const { ada } = await talk((turn) => ({
      type: "message",
      text: turn.text === "fits" ? fits : long,
      attachments: [{ bytes: PNG }],
    }));
    await ada.says("fits");
    expect((await ada.hears()).caption).toBe(fits);
    await ada.says("long");
    const [file, text] = [await ada.hears(), await ada.hears()];
    expect([file.caption, file.photo !== undefined, text.text]).toEqual([undefined, true, long]);
  });

  it("stands in an album with its neighbours, ten at most, and quotes what it answers once", async () => {
    const images = Array.from({ length: 11 }, () => ({ bytes: PNG }));
    const { sim, ada } = await talk(() => ({
      type: "message",
      text: "all of them",
      quote: true,
      attachments: [...images, { bytes: MP4 }, { bytes: Buffer.from("%PDF-1.7"), name: "a.pdf" }],
    }));
    const asked = await ada.says("send them");
    const heard = [];
    for (let count = 0; count < 13; count++) heard.push(await ada.hears());
    const albums = heard.map(({ media_group_id }) => media_group_id);
    expect(new Set(albums.slice(0, 10)).size).toBe(1);
    expect([albums[10] === albums[11], albums[12]]).toEqual([true, undefined]);
    expect(heard.map(({ caption }) => caption).filter(Boolean)).toEqual(["all of them"]);
    expect(heard[11]?.video).toBeDefined();
    expect(heard[12]?.document).toBeDefined();
    expect(heard.flatMap(({ reply_to_message: reply }) => reply?.message_id ?? [])).toEqual(
      Array.from({ length: 10 }, () => asked.message_id),
    );
    expect(sim.requests.all().flatMap(({ method, files }) => (files.length > 0 ? [method] : []))).toEqual([
      "sendMediaGroup",
      "sendMediaGroup",
      "sendDocument",
    ]);
  });

  it("goes into the topic that it answers in", async () => {
    const { sim, bot } = await simulate();
    await started({
      apiRoot: sim.apiRoot,
      agent: sending("here", { bytes: PNG }),
      config: { requireMention: false },
    });
    const ada = sim.user("Ada");
    const group = sim.group("Team", { members: [ada], bots: [bot], forum: true });
    const topic = await group.topic("Pictures");
    await topic.from(ada).says("send it");
    expect(await topic.hears()).toMatchObject({ caption: "here", message_thread_id: topic.threadId });
  });

  it("is refused before any upload where Telegram takes none so large", async () => {
    const { sim, ada, runtime } = await talk(
      sending("too much", { bytes: Buffer.concat([PNG, Buffer.alloc(10 * MB)]), name: "huge.png" }),
    );
    await ada.says("send it");
    expect((await ada.hears()).text).toBe("too much");
    await vi.waitUntil(async () => (await reasons({ runtime })).length === 1);
    expect(await reasons({ runtime })).toEqual([
      '"huge.png" has more than 10 MB; Telegram\'s limit for type image is 10 MB.',
    ]);
    expect(sim.requests.all().filter(({ files }) => files.length > 0)).toEqual([]);
  });

  it("is sent as a document where Telegram does not want to show it", async () => {
    const { sim, ada } = await talk(sending("odd", { bytes: PNG, name: "wide.png" }));
    sim.fault({
      kind: "status",
      status: 400,
      description: "Bad Request: PHOTO_INVALID_DIMENSIONS",
      method: "sendPhoto",
    });
    await ada.says("send it");
    expect(await ada.hears()).toMatchObject({ caption: "odd", document: { file_name: "wide.png" } });
  });

  it("is sent with a plain caption where Telegram cannot read its formatting, and read anew for it", async () => {
    const { sim, ada } = await talk(sending("**odd**", { bytes: PNG }));
    sim.fault({
      kind: "status",
      status: 400,
      description: "Bad Request: can't parse entities: Unsupported start tag",
      method: "sendPhoto",
    });
    await ada.says("send it");
    const { caption, caption_entities, photo } = await ada.hears();
    expect([caption, caption_entities]).toEqual(["odd", undefined]);
    expect(Buffer.from(sim.file(photo?.at(-1)?.file_id ?? "")).equals(PNG)).toBe(true);
  });

  it("waits for a restart where Telegram cannot be reached", async () => {
    const { sim } = await simulate();
    const stateDir = stateFolder();
    const down = sim.fault({
      kind: "status",
      status: 429,
      retryAfterSeconds: 1,
      method: "sendPhoto",
      times: "always",
    });
    const agent = sending("later", { bytes: PNG });
    const first = await started({ apiRoot: sim.apiRoot, stateDir, agent });
    const ada = sim.user("Ada");
    await ada.says("send it");
    await down.hit();
    await first.runtime.stop();
    expect(await readdir(join(stateDir, "spool"))).toHaveLength(1);
    sim.clearFaults();
    await started({ apiRoot: sim.apiRoot, stateDir, agent: () => "unasked" });
    const { caption, photo } = await ada.hears();
    expect(caption).toBe("later");
    expect(Buffer.from(sim.file(photo?.at(-1)?.file_id ?? "")).equals(PNG)).toBe(true);
    await vi.waitUntil(async () => (await readdir(join(stateDir, "spool"))).length === 0);
  });
});
