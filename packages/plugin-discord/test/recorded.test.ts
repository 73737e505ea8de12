import type { AgentNotice } from "@elizaos/connector-core";
import { startDiscordSimulator } from "@elizaos/connector-simulators/discord";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { afterTest, type HostOptions, started, TOKEN } from "./harness.js";
import { areThere, replay, WHY_SKIPPED } from "./recordings.js";

/** The server that the events were recorded in, a second after the last of them. */
async function scene() {
  const { metadata, ...recorded } = replay();
  const { botId, guildId, channelId, userId, roleId } = metadata;
  const clock = new ManualClock(recorded.gatewayReactionAdd.timestamp + 1_000);
  const sim = await startDiscordSimulator({ clock, enforceHeartbeats: false });
  afterTest(() => sim.close());
  const bot = sim.bot({ token: TOKEN, username: "chat_sdk_demo", id: botId });
  const ada = sim.user("Test User", { id: userId });
  const guild = sim.guild("Recorded", { id: guildId, members: [ada] });
  guild.channel("engines", { id: channelId });
  guild.guild.addRole(roleId, "Chat SDK Demo", { botId });
  const start = (options: Omit<HostOptions, "apiRoot">) =>
    started({ apiRoot: sim.apiRoot, clock, ...options });
  return { metadata, recorded, bot, start };
}

describe.skipIf(!areThere)(`recorded events by way of the connector${WHY_SKIPPED}`, () => {
  it("mentions, also of the bot's role, are turns; what is said in its thread, and a reaction, are context", async () => {
    const { metadata, recorded, bot, start } = await scene();
    const { guildId, channelId, threadId, userId } = metadata;
    const context: AgentNotice[] = [];
    const host = await start({
      config: { reactionNotifications: "all" },
      agent: {
        history: "own",
        run: () => ({ type: "silent" }),
        observe: (notice) => void (notice.type === "context" && context.push(notice)),
      },
    });
    const {
      gatewayMention: mention,
      gatewayThreadCreate: create,
      gatewayThreadWelcome: own,
      gatewayThreadUserHey: hey,
      gatewayRoleMention: role,
      gatewayThreadNice: nice,
      gatewayThreadDMRequest: last,
      gatewayReactionAdd: reaction,
    } = recorded;
    for (const { event, data } of [mention, create, own, hey, role, nice, last, reaction]) {
      // What comes twice counts once.
      bot.push(event, data);
      if (event === "MESSAGE_CREATE") bot.push(event, data);
    }
    const inChannel = { space: guildId, chat: channelId };
    const inThread = { ...inChannel, thread: threadId };
    await expect.poll(() => [host.turns.length, context.length]).toEqual([2, 4]);
    const said = { kind: "message", sender: { id: userId, name: "Test User", username: "testuser2384" } };
    expect(host.turns.flatMap(({ events }) => events)).toMatchObject([
      {
        ...said,
        keys: ["message:1457536551830421524"],
        address: { ...inChannel, message: "1457536551830421524" },
        content: { text: expect.stringContaining("Hey"), mentionsSelf: "mention" },
      },
      { ...said, address: inChannel, content: { text: expect.stringContaining("AI Still there?") } },
    ]);
    const kept = context.flatMap((notice) => (notice.type === "context" ? [notice.event] : []));
    expect(kept).toMatchObject([
      { ...said, address: inThread, content: { text: "Hey" } },
      { ...said, address: inThread, content: { text: "Nice" } },
      { ...said, address: inThread, content: { text: "DM me" } },
      { kind: "reaction", sender: { id: userId }, address: inThread, added: ["👍"] },
    ]);
  });

  it("presses are turns with the button's data, in the thread of the message", async () => {
    const { metadata, recorded, bot, start } = await scene();
    const { guildId: space, channelId: chat, threadId: thread, userId } = metadata;
    const host = await start({
      config: { capabilities: { inlineButtons: "all" } },
      agent: () => ({ type: "silent" }),
    });
    const { buttonClickHello: hello, buttonClickMessages: messages } = recorded;
    for (const { event, data } of [hello, messages, hello]) bot.push(event, data);
    await expect.poll(() => host.turns.length).toBe(2);
    const pressed = {
      kind: "button",
      sender: { id: userId, name: "Test User" },
      address: { space, chat, thread },
    };
    expect(host.turns.flatMap(({ events }) => events)).toMatchObject([
      { ...pressed, keys: [`interaction:${hello.data.id}`], data: "hello" },
      { ...pressed, keys: [`interaction:${messages.data.id}`], data: "messages" },
    ]);
  });
});
