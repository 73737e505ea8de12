import { Bot } from "grammy";
import { describe, expect, it, onTestFinished } from "vitest";
import { open, refusal, TOKEN } from "./support.js";

describe("the driver", () => {
  it("talks with a real grammY bot", async () => {
    const { sim } = await open();
    const bot = new Bot(TOKEN, { client: { apiRoot: sim.apiRoot } });
    bot.on("message:text", async (context) => {
      await context.replyWithChatAction("typing");
      await context.reply(`You said: ${context.message.text}`);
    });
    const running = bot.start();
    onTestFinished(async () => {
      await bot.stop();
      await running;
    });
    const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
    await ada.says("one");
    await bob.says("two");
    await ada.seesTyping();
    expect((await ada.hears()).text).toBe("You said: one");
    expect((await bob.hears()).text).toBe("You said: two");
    expect(sim.requests.all((call) => call.method === "getUpdates").length).toBeGreaterThan(0);
  });

  it("hears each message once, in order, and says what went wrong when there is none", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    await ada.says("hi");
    await api.sendMessage(ada.id, "one");
    await api.sendMessage(ada.id, "two");
    expect((await ada.hears()).text).toBe("one");
    expect((await ada.hears()).text).toBe("two");
    await refusal(api.sendMessage(ada.id, "<b>broken", { parse_mode: "HTML" }));
    const silence = await refusal(ada.hears({ timeoutMs: 1 }));
    expect(silence).toContain("the chat of Ada with @toy_bot within 1 ms");
    expect(silence).toContain("toy_bot sendMessage");
    expect(silence).toContain("400 Bad Request: can't parse entities");
    const waiting = ada.hears();
    await api.sendMessage(ada.id, "three");
    expect((await waiting).text).toBe("three");
  });

  it("never shows a bot token or a webhook secret in the journal", async () => {
    const { sim, api } = await open();
    await api.getMe();
    await api.setWebhook("http://127.0.0.1:9/", { secret_token: "fake-secret" });
    expect(JSON.stringify(sim.requests.all())).not.toContain(TOKEN.split(":")[1]);
    expect(JSON.stringify(sim.requests.all())).not.toContain("fake-secret");
  });

  it("edits and deletes as people do", async () => {
    const { sim, bot } = await open();
    const ada = sim.user("Ada");
    const message = await ada.says("helo");
    await ada.edits(message, "hello /start");
    const photo = await ada.sends({ photo: new Uint8Array(4) }, { caption: "old" });
    await ada.edits(photo, "new");
    expect(bot.pendingUpdates()).toMatchObject([
      { message: { text: "helo" } },
      {
        edited_message: {
          message_id: message.message_id,
          text: "hello /start",
          entities: [{ type: "bot_command" }],
        },
      },
      { message: { caption: "old" } },
      { edited_message: { caption: "new", photo: [{}, { width: 800 }] } },
    ]);
    const seen = JSON.stringify(bot.pendingUpdates()[0]);
    expect(seen).not.toContain("hello");
    await ada.deletes(message);
    expect(bot.pendingUpdates()).toHaveLength(4);
    expect(await refusal(ada.replies(message, "x"))).toContain("There is no message 1");
  });

  it("sends every kind of file, and albums", async () => {
    const { sim, bot } = await open();
    const ada = sim.user("Ada");
    const bytes = new Uint8Array([1, 2, 3]);
    const sent = [
      await ada.sends({ document: bytes, fileName: "a.pdf", mimeType: "application/pdf" }),
      await ada.sends({ voice: bytes, duration: 4 }),
      await ada.sends({ audio: bytes, title: "Song" }),
      await ada.sends({ video: bytes }),
      await ada.sends({ videoNote: bytes }),
      await ada.sends({ animation: bytes }),
      await ada.sends({ sticker: bytes, emoji: "😀" }),
    ];
    expect(sent).toMatchObject([
      { document: { file_name: "a.pdf", mime_type: "application/pdf", file_size: 3 } },
      { voice: { duration: 4 } },
      { audio: { title: "Song" } },
      { video: { mime_type: "video/mp4" } },
      { video_note: { length: 240 } },
      { animation: {}, document: {} },
      { sticker: { emoji: "😀" } },
    ]);
    const album = await ada.sendsAlbum([{ photo: bytes }, { photo: bytes }], { caption: "both" });
    expect(new Set(album.map((message) => message.media_group_id)).size).toBe(1);
    expect(album.map((message) => message.caption)).toEqual(["both", undefined]);
    expect(bot.pendingUpdates()).toHaveLength(9);
  });

  it("tells a listener what bots say, until it is ended", async () => {
    const { sim, api } = await open();
    const ada = sim.user("Ada");
    await ada.says("hi");
    const told: string[] = [];
    const end = sim.onBotMessage(({ type, message, bot }) => told.push(`${bot} ${type} ${message.text}`));
    const { message_id } = await api.sendMessage(ada.id, "draft");
    await api.editMessageText(ada.id, message_id, "final");
    end();
    await api.sendMessage(ada.id, "untold");
    expect(told).toEqual(["toy_bot sent draft", "toy_bot edited final"]);
  });

  it("refuses names and ids that are taken, and tokens that are none", async () => {
    const { sim } = await open();
    sim.user("Ada", { id: 7, username: "ada" });
    expect(() => sim.user("Eve", { id: 7 })).toThrow("The id 7 is taken already");
    expect(() => sim.user("Eve", { username: "ADA" })).toThrow("The username ADA is taken already");
    expect(() => sim.bot({ token: "x", username: "y_bot" })).toThrow("A bot token has the form");
  });

  it("keeps the last 1000 messages of a chat", async () => {
    const { sim } = await open();
    const ada = sim.user("Ada");
    for (let n = 0; n < 1_001; n += 1) await ada.says(`m${n}`);
    expect(ada.messages()).toHaveLength(1_000);
    expect(ada.messages()[0]?.text).toBe("m1");
  });
});
