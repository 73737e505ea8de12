import { describe, expect, it } from "vitest";
import { z } from "zod";
import { client, open } from "./discord-support.js";

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

const said = z.tuple([z.literal(200), z.object({ message: z.object({ id: z.string() }) })]);

describe("the admin door of Discord", () => {
  it("drives a conversation from outside", async () => {
    const { sim, bot, get, post } = await door();
    const discord = await client(sim.apiRoot);
    discord.on(
      "messageCreate",
      (message) => void (message.author.bot || message.system || message.reply(`re: ${message.content}`)),
    );
    await post("/users", { name: "Bob", username: "bobby" });
    await post("/join", { user: "@bobby", guild: "Team" });
    const [, { message }] = said.parse(
      await post("/say", { user: "Bob", channel: "Team/general", text: "hi" }),
    );
    expect(await get("/hear?channel=general&timeoutMs=5000")).toMatchObject([
      200,
      { message: { content: "re: hi" } },
    ]);
    expect(await get("/hear?channel=general")).toEqual([200, { message: null }]);
    await post("/say", { user: "Bob", channel: "general", thread: "Aside", text: "psst" });
    expect(await get("/hear?channel=general&thread=Aside&timeoutMs=5000")).toMatchObject([
      200,
      { message: { content: "re: psst" } },
    ]);
    await post("/say", { user: "Ada", text: "in private" });
    expect(await get("/hear?user=Ada&timeoutMs=5000")).toMatchObject([
      200,
      { message: { content: "re: in private" } },
    ]);
    await post("/react", { user: "Bob", channel: "general", message: message.id, emoji: "👍" });
    await post("/edit", { user: "Bob", channel: "general", message: message.id, text: "ho" });
    expect(await get("/messages?channel=general")).toMatchObject([
      200,
      { messages: [{ content: "ho", reactions: [{ count: 1 }] }, {}, {}] },
    ]);
    expect(await get("/state")).toMatchObject([
      200,
      { bots: [{ username: "toy", online: true }], guilds: [{ name: "Team" }] },
    ]);
    expect(await post("/revoke", {})).toEqual([200, { ok: true }]);
    expect(bot.online).toBe(false);
    expect(await post("/say", { user: "Nobody", text: "hi" })).toMatchObject([
      400,
      { error: expect.stringContaining("Ada, Bob") },
    ]);
  });

  it("offers each person the commands of the place, and runs no other", async () => {
    const { bot, api, get, post } = await door();
    const command = (name: string, more: object) => ({ name, description: "Does it.", ...more });
    await api("PUT", `/applications/${bot.id}/commands`, [
      command("plan", { options: [{ type: 3, name: "text", description: "What?" }] }),
      command("here", { contexts: [0] }),
      command("private", { contexts: [1] }),
      command("rule", { default_member_permissions: "0" }),
      command("tidy", { default_member_permissions: String(1 << 13) }),
    ]);
    await post("/users", { name: "Bob" });
    await post("/join", { user: "Bob", guild: "Team" });
    const offered = async (where: string) => {
      const [, { commands }] = z
        .tuple([z.literal(200), z.object({ commands: z.array(z.object({ name: z.string() })) })])
        .parse(await get(`/commands?${where}`));
      return commands.map(({ name }) => name);
    };
    expect(await offered("user=Bob")).toEqual(["plan", "private", "rule", "tidy"]);
    expect(await offered("user=Bob&channel=general")).toEqual(["plan", "here"]);
    // The owner of the server.
    expect(await offered("user=Ada&channel=general")).toEqual(["plan", "here", "rule", "tidy"]);
    expect(await post("/run", { user: "Bob", channel: "general", command: "rule" })).toMatchObject([
      400,
      { error: "No bot here has a command /rule for this person." },
    ]);
    expect(await get("/state")).toMatchObject([200, { bots: [{ commands: 5 }] }]);
  });

  it("tells how many events a bot has still to get", async () => {
    const { sim, bot, get, post } = await door();
    await client(sim.apiRoot);
    expect(await get("/state")).toMatchObject([200, { bots: [{ online: true, pendingEvents: 0 }] }]);
    bot.hearsNothing();
    await post("/say", { user: "Ada", text: "hi" });
    await post("/say", { user: "Ada", text: "ho" });
    expect(await get("/state")).toMatchObject([200, { bots: [{ online: false, pendingEvents: 2 }] }]);
  });

  it("opens a thread with the id that is asked for", async () => {
    const { get, post } = await door();
    const thread = "111111111111111111";
    await post("/say", { user: "Ada", channel: "general", thread, text: "hi" });
    await post("/say", { user: "Ada", channel: "general", thread, text: "ho" });
    expect(await get(`/messages?user=Ada&channel=general&thread=${thread}`)).toMatchObject([
      200,
      { messages: [{ channel_id: thread, content: "hi" }, { content: "ho" }] },
    ]);
  });
});
