import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { open } from "./support.js";

async function door() {
  const opened = await open();
  const answer = async (response: Response) => [response.status, await response.json()];
  const get = async (path: string) => await answer(await fetch(`${opened.sim.url}/_sim${path}`));
  const post = async (path: string, body: unknown) =>
    await answer(
      await fetch(`${opened.sim.url}/_sim${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );
  return { ...opened, get, post };
}

describe("the admin door", () => {
  it("drives a conversation from outside", async () => {
    const { get, post, api } = await door();
    expect(await post("/users", { name: "Ada", username: "ada", id: 700 })).toMatchObject([
      200,
      { user: { id: 700 } },
    ]);
    expect(await post("/say", { user: "@ada", text: "<b>hi</b>", html: true })).toMatchObject([
      200,
      { message: { text: "hi" } },
    ]);
    expect((await api.getUpdates())[0]?.message).toMatchObject({
      from: { id: 700 },
      entities: [{ type: "bold" }],
    });
    const heard = get("/hear?user=Ada&timeoutMs=5000");
    await api.sendMessage(700, "hello", { reply_parameters: { message_id: 1 } });
    expect(await heard).toMatchObject([200, { message: { text: "hello" } }]);
    expect(await get("/hear?user=Ada")).toEqual([200, { message: null }]);
    expect(await get("/messages?user=700")).toMatchObject([
      200,
      { messages: [{ text: "hi" }, { text: "hello" }] },
    ]);
    await post("/edit", { user: "Ada", message: 1, text: "ho" });
    await post("/react", { user: "Ada", message: 2, emoji: "👍" });
    await post("/block", { user: "Ada" });
    expect(await get("/state")).toMatchObject([
      200,
      {
        bots: [{ username: "toy_bot", pendingUpdates: 3 }],
        users: [{ first_name: "Ada" }],
        requests: { kept: 2 },
      },
    ]);
    expect(await get("/requests?method=sendmessage")).toMatchObject([
      200,
      { requests: [{ method: "sendMessage", status: 200 }] },
    ]);
  });

  it("drives groups, topics, buttons and raw updates", async () => {
    const { get, post, api, bot } = await door();
    await post("/users", { name: "Ada" });
    const [, made] = await post("/groups", { title: "Team", members: ["Ada"], forum: true });
    const group = z.object({ id: z.int() }).parse(made);
    await post("/say", { user: "Ada", chat: "Team", topic: "News", text: "hi @toy_bot" });
    const message = (await api.getUpdates()).at(-1)?.message;
    expect(message).toMatchObject({ chat: { id: group.id }, is_topic_message: true, text: "hi @toy_bot" });
    const reply_markup = { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] };
    const sent = await api.sendMessage(group.id, "Sure?", {
      message_thread_id: message?.message_thread_id ?? 0,
      reply_markup,
    });
    expect(
      await post("/press", { user: "Ada", chat: "Team", message: sent.message_id, button: "Yes" }),
    ).toMatchObject([200, { id: expect.any(String) }]);
    expect(await get("/messages?chat=Team&topic=News")).toMatchObject([
      200,
      { messages: [{}, {}, { text: "Sure?" }] },
    ]);
    await post("/updates", { update: { poll_answer: { poll_id: "1" } } });
    expect(bot.pendingUpdates().at(-1)).toMatchObject({ poll_answer: { poll_id: "1" } });
    await post("/revoke", {});
    await expect(api.getMe()).rejects.toThrow("401: Unauthorized");
  });

  it("sets and removes faults", async () => {
    const { sim, get, post, api } = await door();
    expect(await post("/faults", { kind: "status", status: 500, method: "getMe", times: "always" })).toEqual([
      200,
      { id: 1 },
    ]);
    await expect(api.getMe()).rejects.toThrow("500");
    expect(await get("/faults")).toMatchObject([
      200,
      { faults: [{ id: 1, hits: 1, rule: { status: 500 } }] },
    ]);
    await fetch(`${sim.url}/_sim/faults`, { method: "DELETE" });
    await api.getMe();
  });

  it("explains mistakes", async () => {
    const { sim, get, post } = await door();
    await post("/users", { name: "Ada" });
    expect(await post("/say", { user: "Eve", text: "x" })).toEqual([
      400,
      { error: 'There is no person "Eve"; there are: Ada.' },
    ]);
    expect(await post("/say", { user: "Ada" })).toMatchObject([
      400,
      { error: expect.stringContaining("text") },
    ]);
    expect(await post("/say", { user: "Ada", text: "x", tekst: 1 })).toMatchObject([
      400,
      { error: expect.stringContaining("tekst") },
    ]);
    expect(await post("/faults", { kind: "boom" })).toMatchObject([
      400,
      { error: expect.stringContaining("kind") },
    ]);
    expect(await get("/nothing")).toEqual([
      404,
      { error: "There is no GET /_sim/nothing. GET /_sim lists the routes." },
    ]);
    expect(await get("")).toEqual([
      200,
      {
        routes: expect.arrayContaining([{ method: "POST", path: "/_sim/say", summary: expect.any(String) }]),
      },
    ]);
    const form = await fetch(`${sim.url}/_sim/say`, { method: "POST", body: "{}" });
    expect([form.status, await form.json()]).toMatchObject([
      415,
      { error: expect.stringContaining("application/json") },
    ]);
  });

  it("lets people join groups, and takes topics by id or name", async () => {
    const { get, post, api } = await door();
    await post("/users", { name: "Ada" });
    await post("/users", { name: "Bob" });
    expect(await post("/groups", { title: "Club", members: ["Ada"], forum: true })).toMatchObject([200, {}]);
    expect(await post("/say", { user: "Bob", chat: "Club", text: "x" })).toEqual([
      400,
      { error: 'Bob is not a member of "Club".' },
    ]);
    expect(await post("/join", { user: "Bob", chat: "Club" })).toEqual([200, { ok: true }]);
    expect(await post("/join", { user: "Bob", chat: "Club" })).toEqual([200, { ok: true }]);
    const say = (topic: string) => post("/say", { user: "Bob", chat: "Club", topic, text: "/help" });
    expect(await say("1")).toMatchObject([200, { message: { message_id: 3 } }]);
    expect(await say("40")).toMatchObject([200, { message: { message_id: 41, message_thread_id: 40 } }]);
    expect(await say("40")).toMatchObject([200, { message: { message_id: 42, message_thread_id: 40 } }]);
    expect(await say("News")).toMatchObject([200, { message: { message_thread_id: 43 } }]);
    expect(await say("5")).toMatchObject([400, { error: expect.stringContaining("message 5 has gone by") }]);
    expect(await get("/messages?chat=Club&topic=40")).toMatchObject([200, { messages: [{}, {}, {}] }]);
    const joined = (await api.getUpdates()).filter(({ message }) => message?.new_chat_members !== undefined);
    expect(joined).toHaveLength(1);
  });

  it("answers to a loopback name only", async () => {
    const { sim } = await door();
    const status = await new Promise((resolve) =>
      request(`${sim.url}/_sim/state`, { headers: { host: "evil.example" } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end(),
    );
    expect(status).toBe(403);
  });
});
