import type { AttachmentRef, Turn } from "@elizaos/connector-core";
import { describe, expect, it, vi } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import { Bench, OPEN } from "./toy-bench.js";

const GIF = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const picture = { name: "dot.gif", type: "image/gif", bytes: GIF };

function attachmentsOf({ events: [event] }: Turn): readonly AttachmentRef[] {
  return event.kind === "message" ? (event.content.attachments ?? []) : [];
}

async function read(turn: Turn): Promise<string> {
  const [attachment] = attachmentsOf(turn);
  if (attachment === undefined) return "nothing";
  try {
    const file = await turn.download(attachment);
    return `${attachment.type} ${file.name} ${file.mediaType} ${(await file.bytes()).length}`;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : "odd";
  }
}

const fetched = ({ platform }: Bench) => platform.calls.all(({ method }) => method === "file");

describe("B4 a file that somebody sends", () => {
  it("has type, size and name, and is fetched only when the agent asks", async () => {
    const bench = await Bench.start({ agent: (turn) => (turn.text === "read" ? read(turn) : "seen") });
    const ada = bench.platform.user("Ada");
    ada.says("look", { account: bench.account(), files: [picture] });
    expect((await ada.hears()).text).toBe("seen");
    expect(bench.turns.map(attachmentsOf)).toMatchObject([
      [{ type: "image", name: "dot.gif", mediaType: "image/gif", size: GIF.length }],
    ]);
    expect(fetched(bench)).toEqual([]);
    ada.says("read", { account: bench.account(), files: [picture] });
    expect((await ada.hears()).text).toBe(`image dot.gif image/gif ${GIF.length}`);
    expect(fetched(bench)).toHaveLength(1);
  });

  it("comes with a message that an event only points to, too", async () => {
    const bench = await Bench.start({ agent: read, platform: { thin: true } });
    const ada = bench.platform.user("Ada");
    ada.says("", { account: bench.account(), files: [picture] });
    expect((await ada.hears()).text).toBe(`image dot.gif image/gif ${GIF.length}`);
  });

  it("over mediaMaxMb is refused before it is fetched, and while it is read where its size was a lie", async () => {
    const bench = await Bench.start({ agent: read, config: { ...OPEN, mediaMaxMb: 0.01 } });
    const ada = bench.platform.user("Ada");
    const large = { name: "large.bin", type: "application/zip", bytes: Buffer.alloc(50_000) };
    ada.says("honest", { account: bench.account(), files: [large] });
    expect((await ada.hears()).text).toBe(
      'Rejected: "large.bin" has 0.048 MB; connectors.toy.mediaMaxMb allows 0.01 MB.',
    );
    expect(fetched(bench)).toEqual([]);
    ada.says("a lie", { account: bench.account(), files: [{ ...large, size: 100 }] });
    expect((await ada.hears()).text).toBe(
      'Rejected: "large.bin" is larger than the 0.01 MB that connectors.toy.mediaMaxMb allows.',
    );
  });

  it("that the platform has let go of is gone, and said to be", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    const bench = await Bench.start({ agent: read, clock, platform: { fileMs: 0 } });
    const ada = bench.platform.user("Ada");
    ada.says("late", { account: bench.account(), files: [picture] });
    expect((await ada.hears()).text).toMatch(/^Gone: "dot.gif" has expired/);
    expect(fetched(bench)).toEqual([]);
  });
});

describe("E3 a file that the agent sends", () => {
  it("is brought first and goes with the text; longer text follows", async () => {
    const bench = await Bench.start({
      platform: { textBytes: 20 },
      agent: () => ({
        type: "message",
        text: "a text of some 30 bytes or so",
        attachments: [{ bytes: GIF }],
      }),
    });
    const ada = bench.platform.user("Ada");
    ada.says("send it", { account: bench.account() });
    const [first, second] = [await ada.hears(), await ada.hears()];
    expect(first.files).toMatchObject([{ name: "image.gif", type: "image/gif" }]);
    expect(Buffer.from(first.files[0]?.bytes ?? []).equals(GIF)).toBe(true);
    expect(second.files).toEqual([]);
    expect(`${first.text} ${second.text}`).toBe("a text of some 30 bytes or so");
  });

  it("is brought again where the platform did not say that it has it; the message comes once", async () => {
    const bench = await Bench.start({
      agent: () => ({ type: "message", text: "", attachments: [{ bytes: GIF, type: "file" }] }),
    });
    const ada = bench.platform.user("Ada");
    const lost = bench.platform.fault({ kind: "resetAfter", method: "upload" });
    ada.says("send it", { account: bench.account() });
    await lost.hit();
    expect((await ada.hears()).files).toHaveLength(1);
    await vi.waitFor(async () =>
      expect((await bench.runtime.why("last"))?.operations[0]).toMatchObject({
        state: "done",
        parts: [
          { part: { call: "upload" }, attempts: 2 },
          { part: { call: "send" }, attempts: 1 },
        ],
      }),
    );
    expect(ada.heard()).toHaveLength(1);
  });

  it("is refused before any upload where it is larger than the platform takes", async () => {
    const bench = await Bench.start({
      platform: { fileBytes: 10 },
      agent: () => ({ type: "message", text: "too much", attachments: [{ bytes: GIF, name: "dot.gif" }] }),
    });
    const ada = bench.platform.user("Ada");
    ada.says("send it", { account: bench.account() });
    expect((await ada.hears()).text).toBe("too much");
    await vi.waitFor(async () => expect(await bench.runtime.deadLetters.list()).toHaveLength(1));
    const [letter] = await bench.runtime.deadLetters.list();
    expect(letter?.reason).toMatch(/^"dot.gif" has .* MB; Toy's limit for type image is/);
    expect(bench.platform.calls.all(({ method }) => method === "upload")).toEqual([]);
  });
});
