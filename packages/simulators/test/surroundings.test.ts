import { expect, test } from "vitest";
import { startTelegramSimulator } from "../src/telegram/index.js";

test("a channel's posts appear in the group that discusses it, as Telegram puts them there", async () => {
  const sim = await startTelegramSimulator();
  try {
    const bot = sim.bot({ token: "100001:FAKE", username: "helper_bot", privacyMode: false });
    const ada = sim.user("Ada");
    const group = sim.group("Talk", { members: [ada], supergroup: true });
    const channel = sim.channel("News", { bots: [] });
    channel.discussedIn(group);
    const post = await channel.posts("Big news");
    const [forward] = group.messages();
    expect(forward).toMatchObject({
      from: { id: 777000, is_bot: false },
      sender_chat: { title: "News", type: "channel" },
      is_automatic_forward: true,
      forward_origin: { type: "channel", message_id: post.message_id, chat: { title: "News" } },
      text: "Big news",
    });
    expect(bot.pendingUpdates()).toMatchObject([{ message: { is_automatic_forward: true } }]);
  } finally {
    await sim.close();
  }
});
