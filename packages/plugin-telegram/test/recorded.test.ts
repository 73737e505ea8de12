import { ManualClock } from "@elizaos/connector-simulators/kit";
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { bring, door, hooked } from "./door.js";
import { afterTest, letTimePass, started } from "./harness.js";
import { areThere, replay, samples, type update, WHY_SKIPPED } from "./recordings.js";

type Update = z.infer<typeof update>;
type Transport = "webhook" | "polling";

/** Not recorded: a bot may write to whoever has written to it. */
const FIRST = "Hello";

/** A host that gets these updates of one person, a second after the last was sent. */
async function replayed(
  transport: Transport,
  updates: readonly [Update, ...Update[]],
  id: string,
  username: string,
) {
  const [{ message }] = updates;
  const newest = Math.max(...updates.map((each) => each.message.date));
  const clock = new ManualClock((newest + 1) * 1_000);
  const sim = await startTelegramSimulator({ clock });
  afterTest(() => sim.close());
  const botToken = `${id}:FAKE-TOKEN-of-the-recordings`;
  const bot = sim.bot({ token: botToken, username });
  const person = sim.user(message.from.first_name, { id: message.from.id }).with(bot);
  const options = {
    apiRoot: sim.apiRoot,
    clock,
    config: { botToken },
    agent: ({ text }: { readonly text: string }) => `You said: ${text || "nothing"}`,
  };
  const answered = (text: string) =>
    letTimePass(
      clock,
      person.sees((each) => each.text === `You said: ${text}`),
    );
  if (transport === "polling") {
    for (const each of updates) sim.push(botToken, each, { keepId: true });
    await person.says(FIRST);
    return { running: await started(options), answered, statuses: [] };
  }
  const at = await door();
  const running = await hooked(at, options);
  await person.says(FIRST);
  await answered(FIRST);
  const statuses: number[] = [];
  // Telegram brings again what it did not see acknowledged.
  for (const each of updates)
    for (let times = 0; times < 2; times++) statuses.push((await bring(at, each)).status);
  return { running, answered, statuses };
}

describe.skipIf(!areThere)(`recorded updates by way of the connector${WHY_SKIPPED}`, () => {
  it.each<Transport>(["webhook", "polling"])(
    "two messages in private are two turns of one session, by %s",
    async (by) => {
      const { botName, botUserId, mention, followUp } = replay();
      const { running, answered, statuses } = await replayed(by, [mention, followUp], botUserId, botName);
      await answered("@vercelchatsdkbot hi");
      await answered("how are you");
      await answered(FIRST);
      expect(statuses).toEqual(by === "webhook" ? [200, 200, 200, 200] : []);
      const turns = running.turns.filter(({ text }) => text !== FIRST);
      expect(turns.map(({ events }) => events)).toMatchObject([
        [
          {
            kind: "message",
            keys: ["message:7527593:133", "update:1001"],
            sender: { id: "7527593", name: "Test User", username: "telegram_test_user" },
            content: { text: "@vercelchatsdkbot hi", mentionsSelf: "mention" },
          },
        ],
        [{ kind: "message", keys: ["message:7527593:134", "update:1002"], content: { text: "how are you" } }],
      ]);
      expect(new Set(running.turns.map(({ session }) => session)).size).toBe(1);
      expect(running.turns).toHaveLength(3);
    },
  );

  it.each<Transport>(["webhook", "polling"])(
    "a photo is a turn with its largest size as attachment, by %s",
    async (by) => {
      const [sample] = samples();
      if (sample === undefined) throw new Error("the recordings have no sample");
      const { running, answered, statuses } = await replayed(by, [sample.payload], "100001", "helper_bot");
      await answered("nothing");
      await answered(FIRST);
      expect(statuses).toEqual(by === "webhook" ? [200, 200] : []);
      const turns = running.turns.filter(({ text }) => text !== FIRST);
      expect(turns.map(({ events }) => events)).toMatchObject([
        [
          {
            keys: ["message:100000001:17", "update:312744884"],
            content: { attachments: [{ type: "image", size: 173_215 }] },
          },
        ],
      ]);
    },
  );
});
