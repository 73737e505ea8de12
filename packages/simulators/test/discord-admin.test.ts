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
});
