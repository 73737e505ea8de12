import { startDiscordConformance } from "@elizaos/connector-simulators/discord";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { client } from "./discord-support.js";

const credentials = z.object({ token: z.string(), apiRoot: z.string() });

async function start() {
  const platform = await startDiscordConformance({});
  onTestFinished(() => platform.close());
  const account = platform.account("default");
  const ada = platform.person("Ada");
  const { token, apiRoot } = credentials.parse(account.config);
  return { platform, account, ada, login: () => client(apiRoot, token) };
}

describe("Discord as the conformance suite drives it", () => {
  it("shows what accounts write as people read it", async () => {
    const { platform, account, ada, login } = await start();
    const dm = platform.dm(ada, account);
    const discord = await login();
    await platform.receives(account);
    const user = await discord.users.fetch(ada.id);
    await user.send(
      "**bold** _it_ `a*b` ~~no~~ ||hush|| [site](https://example.org/x) snake_case_name \\*plain\\*\n> said\n```ts\ncode()\n```",
    );
    const [answer] = dm.answers();
    expect(answer?.text).toBe("bold it a*b no hush site snake_case_name *plain*\nsaid\ncode()");
    expect(answer?.author).toBe(account.name);
    expect(answer?.marks?.map(({ type, text }) => [type, text])).toEqual([
      ["bold", "bold"],
      ["italic", "it"],
      ["code", "a*b"],
      ["strike", "no"],
      ["spoiler", "hush"],
      ["link", "site"],
      ["quote", "said"],
      ["pre", "code()"],
    ]);
  });

  it("lets people speak, change their mind and react, in groups and threads", async () => {
    const { platform, account, ada } = await start();
    const group = platform.group("Club", { people: [ada], accounts: [account], threads: true });
    const thread = group.opensThread?.("News");
    const message = await group.says(ada, "hello", {
      file: { name: "a.txt", mediaType: "text/plain", bytes: new Uint8Array(2) },
    });
    expect(message).toMatchObject({ author: "Ada", text: "hello", files: [{ name: "a.txt" }] });
    await group.edits?.(ada, message, "changed");
    await group.reacts?.(ada, message, "👍");
    expect(group.now(message)).toMatchObject({ text: "changed", reactions: ["👍"] });
    await group.reacts?.(ada, message, null);
    expect(group.now(message)?.reactions).toEqual([]);
    await group.deletes?.(ada, message);
    expect(group.now(message)).toBeUndefined();
    expect(await thread?.says(ada, "in it")).toMatchObject({ thread: thread?.thread });
    expect(thread?.id).toBe(group.id);
  });

  it("cuts connections, loudly and quietly, and shuts accounts out", async () => {
    const { platform, account, ada, login } = await start();
    const discord = await login();
    const group = platform.group("Club", { people: [ada], accounts: [account] });
    const resumed = () => new Promise<void>((resolve) => discord.once("shardResume", () => resolve()));
    const first = resumed();
    platform.cutOff(account);
    await first;
    const second = resumed();
    platform.cutOff(account, true);
    const heard = new Promise<string>((resolve) =>
      discord.once("messageCreate", ({ content }) => resolve(content)),
    );
    await group.says(ada, "can you hear me?");
    await second;
    expect(await heard).toBe("can you hear me?");
    group.shutsOut?.(account);
    await expect(discord.rest.get(`/channels/${group.id}`)).rejects.toMatchObject({ code: 50001 });
    account.revoke();
    await expect(discord.rest.get("/users/@me")).rejects.toMatchObject({ status: 401 });
  }, 20_000);
});
