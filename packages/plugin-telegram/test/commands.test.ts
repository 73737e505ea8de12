import type { CommandEvent, InboundEvent, MessageEvent } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { readUpdate } from "../src/inbound/index.js";
import { simulate, started, TOKEN } from "./harness.js";
import { BOT, CHANNEL, entity, GROUP, message, update } from "./payloads.js";

function read(kind: string, fields: object): InboundEvent {
  const { reading } = readUpdate(update(kind, message(fields)), BOT);
  if (reading.type !== "event") throw new Error(`not an event: ${JSON.stringify(reading)}`);
  return reading.event;
}

function said(fields: object): MessageEvent | CommandEvent {
  const event = read("message", fields);
  if (event.kind !== "message" && event.kind !== "command") throw new Error(`nothing said: ${event.kind}`);
  return event;
}

/** A text whose first word is marked as a command, as Telegram's clients and servers do. */
function command(text: string, more: object = {}): object {
  const [word = ""] = text.split(/\s/);
  return { text, entities: [entity("bot_command", text, word)], ...more };
}

describe("a message that begins with a command", () => {
  it("is a command event with all that was written", () => {
    const text = "/Plan_2 the trip to https://sea.example";
    const replied = { message_id: 5, date: 1, chat: GROUP, text: "where to?" };
    const event = said({
      text,
      entities: [entity("bot_command", text, "/Plan_2"), entity("url", text, "https://sea.example")],
      reply_to_message: replied,
    });
    expect(event).toMatchObject({
      kind: "command",
      name: "plan_2",
      keys: ["message:1001:7", expect.stringMatching(/^update:/)],
      address: { chat: "1001", message: "7" },
      content: {
        text,
        ranges: [
          { type: "command", offset: 0, length: 7 },
          { type: "link", url: "https://sea.example" },
        ],
        mentionsSelf: "command",
        replyTo: { message: "5", text: "where to?" },
      },
    });
  });

  it("in a caption brings its file along", () => {
    const caption = "/scan please";
    const event = said({
      photo: [{ file_id: "f" }],
      caption,
      caption_entities: [entity("bot_command", caption, "/scan")],
    });
    expect(event).toMatchObject({
      kind: "command",
      name: "scan",
      content: { text: caption, attachments: [{ type: "image" }] },
    });
  });

  it("with a link's payload is the command alone, and the payload stands in its text", () => {
    expect(said(command("/start ref-17"))).toMatchObject({
      kind: "command",
      name: "start",
      content: { text: "/start ref-17" },
    });
  });

  it("in a group means the bot only where it names it", () => {
    const full = said(command("/plan@VercelChatSdkBot today", { chat: GROUP }));
    expect(full).toMatchObject({ kind: "command", name: "plan", content: { mentionsSelf: "command" } });
    const bare = said(command("/plan today", { chat: GROUP }));
    expect(bare).toMatchObject({ kind: "command", name: "plan" });
    expect(bare.content.mentionsSelf).toBeUndefined();
  });

  it("for another bot is a message", () => {
    expect(said(command("/plan@other_bot today", { chat: GROUP })).kind).toBe("message");
  });

  it.each([
    ["further inside", { text: "try /plan", entities: [entity("bot_command", "try /plan", "/plan")] }],
    ["that Telegram does not mark", { text: "/plan" }],
    ["on an album", { ...command("/plan"), media_group_id: "9", photo: [{ file_id: "f" }] }],
  ])("%s is a message", (_, fields) => {
    expect(said(fields).kind).toBe("message");
  });

  it("and is changed later is an edit", () => {
    expect(read("edited_message", command("/plan better", { edit_date: 2 })).kind).toBe("edited");
  });
});

describe("commands on their way", () => {
  it("reach the agent with their name, and those of the runtime are answered by it", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const { turns } = await started({ apiRoot: sim.apiRoot });
    await ada.says("/plan the trip");
    expect((await ada.hears()).text).toBe("You said: /plan the trip");
    await ada.says("/help");
    expect((await ada.hears()).text).toContain("/status");
    await ada.says("/start");
    await ada.hears();
    expect(turns.map(({ events: [event] }) => event.kind === "command" && event.name)).toEqual([
      "plan",
      "start",
    ]);
  });

  it("that a channel's post brings into its group by itself start nothing", async () => {
    const { sim } = await simulate();
    const { turns, runtime } = await started({ apiRoot: sim.apiRoot, config: { requireMention: false } });
    const text = "/new";
    sim.push(TOKEN, {
      message: message({
        ...command(text),
        chat: GROUP,
        sender_chat: CHANNEL,
        is_automatic_forward: true,
        date: Math.floor(Date.now() / 1_000),
      }),
    });
    const ada = sim.user("Ada");
    await ada.says("hello");
    await ada.hears();
    expect(turns.map((turn) => turn.text)).toEqual(["hello"]);
    expect((await runtime.why(1))?.event.decision).toMatchObject({
      fate: "context",
      rule: "message.automatic",
    });
  });
});
