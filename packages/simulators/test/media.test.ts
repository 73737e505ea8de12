import { InputFile } from "grammy";
import { describe, expect, it } from "vitest";
import { open, post, refusal } from "./support.js";

const MB = 1024 * 1024;
const file = (text = "bytes", name = "a.txt") => new InputFile(Buffer.from(text), name);

async function talking(...options: Parameters<typeof open>) {
  const opened = await open(...options);
  const ada = opened.sim.user("Ada");
  const hello = await ada.says("hello");
  return { ...opened, ada, hello };
}

describe("files that a bot sends", () => {
  it("arrive as what they were sent, with caption, reply and their bytes", async () => {
    const { sim, api, ada, hello } = await talking();
    const options = {
      caption: "<b>see</b>",
      parse_mode: "HTML",
      reply_parameters: { message_id: hello.message_id },
    } as const;
    await api.sendPhoto(ada.id, file(), options);
    const photo = await ada.hears();
    expect(photo).toMatchObject({
      caption: "see",
      caption_entities: [{ type: "bold" }],
      reply_to_message: { message_id: hello.message_id },
    });
    expect(Buffer.from(sim.file(photo.photo?.at(-1)?.file_id ?? "")).toString()).toBe("bytes");
    await api.sendVideo(ada.id, file("v", "v.mp4"));
    expect((await ada.hears()).video?.file_name).toBe("v.mp4");
    await api.sendAnimation(ada.id, file());
    expect((await ada.hears()).animation).toBeDefined();
    await api.sendAudio(ada.id, file("a", "a.mp3"));
    expect((await ada.hears()).audio?.file_name).toBe("a.mp3");
    await api.sendVoice(ada.id, file());
    expect((await ada.hears()).voice).toBeDefined();
    await api.sendSticker(ada.id, file());
    expect((await ada.hears()).sticker).toBeDefined();
    const { document } = await api.sendDocument(ada.id, file());
    expect((await ada.hears()).document).toEqual(document);
    // A file that Telegram has is sent again by its id.
    await api.sendDocument(ada.id, document.file_id);
    expect((await ada.hears()).document?.file_size).toBe(5);
  });

  it("stand in albums of 2 to 10, pictures and videos together, documents among themselves", async () => {
    const { api, ada } = await talking();
    const photo = () => ({ type: "photo", media: file() }) as const;
    const sent = await api.sendMediaGroup(ada.id, [
      { ...photo(), caption: "two" },
      { type: "video", media: file() },
    ]);
    expect(sent.map(({ caption }) => caption)).toEqual(["two", undefined]);
    const [first, second] = [await ada.hears(), await ada.hears()];
    expect(first.media_group_id).toBeDefined();
    expect(second.media_group_id).toBe(first.media_group_id);
    expect(await refusal(api.sendMediaGroup(ada.id, [photo()]))).toMatch("2 to 10 files");
    expect(await refusal(api.sendMediaGroup(ada.id, Array.from({ length: 11 }, photo)))).toMatch(
      "too many messages to send as an album",
    );
    const mixed = ["photo", "document"].map((type) => ({ type, media: "any" }));
    expect(await post(api, "sendMediaGroup", { chat_id: ada.id, media: mixed })).toMatch(
      "of their own kind only",
    );
  });

  it("are refused in Telegram's words, and nothing is sent", async () => {
    const { api, ada } = await talking();
    const large = (bytes: number) => new InputFile(Buffer.alloc(bytes), "large.jpg");
    expect(await refusal(api.sendPhoto(ada.id, large(10 * MB + 1)))).toMatch(
      "400: Bad Request: file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
    );
    expect(await refusal(api.sendDocument(ada.id, large(50 * MB + 1)))).toMatch(
      "413: Request Entity Too Large",
    );
    expect(await refusal(api.sendPhoto(ada.id, file(), { caption: "x".repeat(1025) }))).toMatch(
      "400: Bad Request: message caption is too long",
    );
    expect(await refusal(api.sendPhoto(ada.id, file("")))).toMatch(
      "400: Bad Request: file must be non-empty",
    );
    expect(await refusal(api.sendVoice(ada.id, "no-such-file"))).toMatch(
      "400: Bad Request: wrong file identifier/HTTP URL specified",
    );
    expect(await post(api, "sendDocument", { chat_id: ada.id })).toMatch(
      "there is no document in the request",
    );
    expect(ada.messages().filter(({ from }) => from?.is_bot)).toEqual([]);
  });

  it("may have a caption of 1024 UTF-16 units after the markup is gone", async () => {
    const { api, ada } = await talking();
    const caption = `<b>${"x".repeat(1024)}</b>`;
    const sent = await api.sendPhoto(ada.id, file(), { caption, parse_mode: "HTML" });
    expect(sent.caption).toHaveLength(1024);
  });
});

describe("files that people send", () => {
  it("are given out by id and path, to 20 MB, and each download stands in the journal", async () => {
    const { sim, api, ada } = await talking();
    const { document } = await ada.sends({ document: Buffer.from("bytes"), fileName: "a.txt" });
    const { file_path: path } = await api.getFile(document?.file_id ?? "");
    const response = await fetch(`${sim.apiRoot}/file/bot${api.token}/${path}`);
    expect(await response.text()).toBe("bytes");
    expect((await fetch(`${sim.apiRoot}/file/bot${api.token}/documents/file_9.txt`)).status).toBe(404);
    expect((await fetch(`${sim.apiRoot}/file/bot1:WRONG/${path}`)).status).toBe(401);
    expect(sim.requests.all(({ method }) => method === "file").map(({ status }) => status)).toEqual([
      200, 404, 401,
    ]);
    expect(JSON.stringify(sim.requests.all())).not.toMatch(api.token);
    const large = await ada.sends({ document: Buffer.alloc(20 * MB + 1) });
    expect(await refusal(api.getFile(large.document?.file_id ?? ""))).toMatch(
      "400: Bad Request: file is too big",
    );
    expect(await refusal(api.getFile("no-such-file"))).toMatch("wrong file_id");
  });
});
