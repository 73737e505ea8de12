import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { open, type RestAnswer, rest } from "./discord-support.js";

const P = { manageMessages: 1n << 13n, sendMessages: 1n << 11n, readHistory: 1n << 16n, view: 1n << 10n };
const idOf = ({ body }: RestAnswer) => z.object({ id: z.string() }).parse(body).id;

describe("the REST API", () => {
  it("knows bots by their token only", async () => {
    const { sim, bot } = await open();
    const stranger = await rest(sim.apiRoot, "FAKE.TOKEN.OF-nobody")("GET", "/users/@me");
    expect(stranger).toMatchObject({ status: 401, body: { message: "401: Unauthorized", code: 0 } });
    const api = rest(sim.apiRoot, bot.token);
    expect((await api("GET", "/users/@me")).body).toMatchObject({ id: bot.id, username: "toy", bot: true });
    expect((await api("GET", "/applications/@me")).body).toMatchObject({
      id: bot.id,
      flags: (1 << 13) | (1 << 15) | (1 << 19),
    });
    expect((await api("GET", "/nothing/here")).body).toEqual({ message: "404: Not Found", code: 0 });
    bot.revoke();
    expect((await api("GET", "/users/@me")).status).toBe(401);
  });

  it("takes messages and gives them back", async () => {
    const { api, ada, general } = await open();
    const path = `/channels/${general.id}/messages`;
    const first = await general.from(ada).says("one");
    const sent = await api("POST", path, { content: "two", embeds: [{ title: "T" }] });
    expect(sent).toMatchObject({
      status: 200,
      body: { content: "two", embeds: [{ title: "T", type: "rich" }], type: 0 },
    });
    await general.from(ada).says("three");
    const contents = ({ body }: RestAnswer) =>
      z
        .array(z.object({ content: z.string() }))
        .parse(body)
        .map(({ content }) => content);
    expect(contents(await api("GET", path))).toEqual(["three", "two", "one"]);
    expect(contents(await api("GET", `${path}?after=${first.id}&limit=1`))).toEqual(["two"]);
    expect(contents(await api("GET", `${path}?before=${idOf(sent)}`))).toEqual(["one"]);
    expect(contents(await api("GET", `${path}?around=${idOf(sent)}&limit=3`))).toEqual([
      "three",
      "two",
      "one",
    ]);
    expect((await api("PATCH", `${path}/${idOf(sent)}`, { content: "2" })).body).toMatchObject({
      content: "2",
      edited_timestamp: expect.any(String),
    });
    expect((await api("DELETE", `${path}/${idOf(sent)}`)).status).toBe(204);
    expect((await api("GET", `${path}/${idOf(sent)}`)).body).toEqual({
      message: "Unknown Message",
      code: 10008,
    });
  });

  it("gives the message that has the nonce already, for some minutes", async () => {
    const clock = new ManualClock();
    const { api, general } = await open({ clock });
    const send = () =>
      api("POST", `/channels/${general.id}/messages`, {
        content: "once",
        nonce: "key-1",
        enforce_nonce: true,
      });
    const first = idOf(await send());
    expect(idOf(await send())).toBe(first);
    expect(general.messages()).toHaveLength(1);
    await clock.advance(10 * 60_000);
    expect(idOf(await send())).not.toBe(first);
  });

  it.each([
    [{ content: "" }, 400, 50006, undefined],
    [
      { content: "x".repeat(2001) },
      400,
      50035,
      {
        content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }] },
      },
    ],
    [{ content: "x", nonce: "n".repeat(26) }, 400, 50035, expect.anything()],
    [
      { content: "x", embeds: Array.from({ length: 11 }, () => ({ title: "T" })) },
      400,
      50035,
      { embeds: { _errors: [expect.anything()] } },
    ],
    [
      { content: "x", embeds: [{ fields: [{ name: "", value: "v" }] }] },
      400,
      50035,
      {
        embeds: {
          "0": {
            fields: { "0": { name: { _errors: [expect.objectContaining({ code: "BASE_TYPE_REQUIRED" })] } } },
          },
        },
      },
    ],
    [
      { content: "x", message_reference: { message_id: "1" } },
      400,
      50035,
      { message_reference: { _errors: [{ code: "REPLIES_UNKNOWN_MESSAGE", message: "Unknown message" }] } },
    ],
    [
      { content: "x", components: [{ type: 1, components: [{ type: 2, style: 1, label: "No id" }] }] },
      400,
      50035,
      expect.anything(),
    ],
    [{ content: "x", sticker_ids: ["1", "2", "3", "4"] }, 400, 50035, { sticker_ids: expect.anything() }],
    [{ content: "x", text: "no such field" }, 400, 0, undefined],
  ])("refuses %j", async (body, status, code, errors) => {
    const { api, general } = await open();
    const answer = await api("POST", `/channels/${general.id}/messages`, body);
    expect(answer).toMatchObject({ status, body: { code, ...(errors !== undefined && { errors }) } });
    expect(general.messages()).toEqual([]);
  });

  it("counts characters, not UTF-16 units", async () => {
    const { api, general } = await open();
    expect(
      (await api("POST", `/channels/${general.id}/messages`, { content: "😀".repeat(2000) })).status,
    ).toBe(200);
  });

  it("computes permissions of roles and channels as Discord does", async () => {
    const { sim, api, bot, ada, team, general } = await open();
    const path = `/channels/${general.id}/messages`;
    const message = await general.from(ada).says("hers");
    expect((await api("DELETE", `${path}/${message.id}`)).body).toMatchObject({ code: 50013 });
    const moderators = team.role("moderators", { permissions: P.manageMessages });
    team.gives(bot, moderators);
    expect((await api("DELETE", `${path}/${message.id}`)).status).toBe(204);
    expect(
      (await api("PATCH", `${path}/${(await general.from(ada).says("x")).id}`, { content: "y" })).body,
    ).toMatchObject({ code: 50005 });
    const hidden = team.channel("hidden", { onlyFor: [ada] });
    expect((await api("POST", `/channels/${hidden.id}/messages`, { content: "x" })).body).toEqual({
      message: "Missing Access",
      code: 50001,
    });
    team.allowsEverybody(P.view | P.sendMessages);
    expect((await api("GET", path)).body).toEqual([]);
    const reply = { content: "x", message_reference: { message_id: message.id } };
    expect((await api("POST", path, reply)).body).toMatchObject({ code: 160002 });
    team.allowsEverybody(P.view);
    expect((await api("POST", path, { content: "x" })).body).toMatchObject({ code: 50013 });
    expect((await api("GET", "/channels/123456789012345678")).body).toMatchObject({ code: 10003 });
    const elsewhere = sim.guild("Elsewhere", { members: [ada], bots: [] }).channel();
    expect((await api("GET", `/channels/${elsewhere.id}/messages`)).body).toMatchObject({ code: 50001 });
  });

  it("opens private chats, and refuses to write to who does not know the bot", async () => {
    const { sim, api, ada } = await open();
    const dm = idOf(await api("POST", "/users/@me/channels", { recipient_id: ada.id }));
    expect((await api("POST", `/channels/${dm}/messages`, { content: "hi" })).status).toBe(200);
    ada.blocks();
    expect((await api("POST", `/channels/${dm}/messages`, { content: "hi" })).body).toEqual({
      message: "Cannot send messages to this user",
      code: 50007,
    });
    const stranger = sim.user("Stranger");
    const other = idOf(await api("POST", "/users/@me/channels", { recipient_id: stranger.id }));
    expect((await api("POST", `/channels/${other}/messages`, { content: "hi" })).body).toMatchObject({
      code: 50007,
    });
    await stranger.says("hello");
    expect((await api("POST", `/channels/${other}/messages`, { content: "hi" })).status).toBe(200);
    expect((await api("POST", "/users/@me/channels", { recipient_id: "12345" })).body).toMatchObject({
      code: 50033,
    });
  });

  it("puts reactions on messages and takes them off", async () => {
    const { api, bot, ada, team, general } = await open();
    const message = await general.from(ada).says("react to me");
    const path = `/channels/${general.id}/messages/${message.id}/reactions`;
    expect((await api("PUT", `${path}/${encodeURIComponent("👍")}/@me`)).status).toBe(204);
    expect((await api("PUT", `${path}/thumbsup/@me`)).body).toMatchObject({ code: 10014 });
    await general.from(ada).reacts(message, "👍");
    expect((await api("GET", `${path}/${encodeURIComponent("👍")}`)).body).toMatchObject(
      [{ id: bot.id }, { id: ada.id }].sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    expect((await api("GET", `/channels/${general.id}/messages/${message.id}`)).body).toMatchObject({
      reactions: [{ count: 2, me: true, emoji: { id: null, name: "👍" } }],
    });
    await api("DELETE", `${path}/${encodeURIComponent("👍")}/@me`);
    expect(general.reactions(message)).toEqual(["👍"]);
    expect((await api("DELETE", path)).body).toMatchObject({ code: 50013 });
    team.gives(bot, team.role("mods", { permissions: P.manageMessages }));
    expect((await api("DELETE", path)).status).toBe(204);
    expect(general.reactions(message)).toEqual([]);
  });

  it("keeps files, and gives them out under addresses that expire", async () => {
    const clock = new ManualClock();
    const { api, general } = await open({ clock });
    const form = new FormData();
    form.set(
      "payload_json",
      JSON.stringify({ content: "look", attachments: [{ id: 0, description: "a text" }] }),
    );
    form.set("files[0]", new Blob(["abc"], { type: "text/plain" }), "my file.txt");
    const { body } = await api("POST", `/channels/${general.id}/messages`, form);
    const sent = z
      .object({ id: z.string(), attachments: z.array(z.object({ url: z.string() })) })
      .parse(body);
    expect(body).toMatchObject({
      attachments: [{ filename: "my_file.txt", size: 3, description: "a text", content_type: "text/plain" }],
    });
    const url = sent.attachments[0]?.url ?? "";
    expect(await (await fetch(url)).text()).toBe("abc");
    expect((await fetch(url.replace(/hm=../, "hm=zz"))).status).toBe(404);
    await clock.advance(25 * 60 * 60_000);
    expect((await fetch(url)).status).toBe(404);
    const again = await api("GET", `/channels/${general.id}/messages/${sent.id}`);
    const fresh =
      z.object({ attachments: z.array(z.object({ url: z.string() })) }).parse(again.body).attachments[0]
        ?.url ?? "";
    expect(await (await fetch(fresh)).text()).toBe("abc");
    const large = new FormData();
    large.set("files[0]", new Blob([new Uint8Array(11 * 1024 * 1024)]), "large.bin");
    expect(await api("POST", `/channels/${general.id}/messages`, large)).toMatchObject({
      status: 413,
      body: { code: 40005 },
    });
  });

  it("deletes in bulk, but nothing that is two weeks old", async () => {
    const clock = new ManualClock();
    const { api, bot, ada, team, general } = await open({ clock });
    team.gives(bot, team.role("mods", { permissions: P.manageMessages }));
    const path = `/channels/${general.id}/messages/bulk-delete`;
    const old = await general.from(ada).says("old");
    await clock.advance(15 * 24 * 60 * 60_000);
    const [a, b] = [await general.from(ada).says("a"), await general.from(ada).says("b")];
    expect((await api("POST", path, { messages: [a.id] })).body).toMatchObject({ code: 50016 });
    expect((await api("POST", path, { messages: [a.id, old.id] })).body).toMatchObject({ code: 50034 });
    expect((await api("POST", path, { messages: [a.id, b.id] })).status).toBe(204);
    expect(general.messages().map(({ content }) => content)).toEqual(["old"]);
  });

  it("limits calls when asked to, and says so in every header", async () => {
    const clock = new ManualClock();
    const { api, general } = await open({ clock, rateLimits: true });
    const send = () => api("POST", `/channels/${general.id}/messages`, { content: "x" });
    const left = [];
    for (let n = 0; n < 5; n += 1) left.push((await send()).headers.get("x-ratelimit-remaining"));
    expect(left).toEqual(["4", "3", "2", "1", "0"]);
    const limited = await send();
    expect(limited).toMatchObject({
      status: 429,
      body: { message: "You are being rate limited.", retry_after: 5, global: false },
    });
    expect(limited.headers.get("retry-after")).toBe("5");
    expect(limited.headers.get("x-ratelimit-scope")).toBe("user");
    await clock.advance(5_000);
    expect((await send()).status).toBe(200);
  });

  it("refuses with a fault, of one route or of all", async () => {
    const { sim, api, general } = await open();
    const flood = sim.fault({ kind: "flood", method: "createMessage", retryAfterSeconds: 2 });
    const send = () => api("POST", `/channels/${general.id}/messages`, { content: "x" });
    expect(await send()).toMatchObject({ status: 429, body: { retry_after: 2, global: false } });
    flood.remove();
    sim.fault({ kind: "flood", retryAfterSeconds: 1 }).remove();
    const all = sim.fault({ kind: "flood", retryAfterSeconds: 1 });
    expect(await api("GET", "/users/@me")).toMatchObject({ status: 429, body: { global: true } });
    all.remove();
    sim.fault({ kind: "status", status: 500 });
    expect((await send()).status).toBe(500);
    expect((await send()).status).toBe(200);
  });
});
