import type { AgentNotice } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { simulate, started } from "./harness.js";

const YES = "You said: ";

async function forum() {
  const { sim, bot } = await simulate();
  const [ada, ben] = [sim.user("Ada"), sim.user("Ben")];
  const group = sim.group("Engines", { members: [ada, ben], forum: true });
  return { sim, bot, ada, ben, group, topic: group.topic("Pistons"), id: String(group.id) };
}

describe("settings of topics", () => {
  it.each([
    ["General", "1"],
    ["a topic", undefined],
  ])("enabled: false keeps the agent out of %s, and of nothing else", async (_, general) => {
    const { sim, ada, group, topic, id } = await forum();
    const key = general ?? String(topic.threadId);
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { requireMention: false, groups: { [id]: { topics: { [key]: { enabled: false } } } } },
    });
    const [off, on] = general === undefined ? [topic, group] : [group, topic];
    await off.from(ada).says("off");
    await on.from(ada).says("on");
    await on.sees(({ text }) => text === `${YES}on`);
    expect(running.turns.map(({ text }) => text)).toEqual(["on"]);
    expect(running.status().dropped).toBe(1);
  });

  it.each([
    ["General", "1"],
    ["a topic", undefined],
    ["any topic", "*"],
  ])("allowFrom and requireMention of %s go before those of the group", async (what, written) => {
    const { sim, ada, ben, group, topic, id } = await forum();
    const member = { allowFrom: [ben.id], requireMention: false };
    const running = await started({
      apiRoot: sim.apiRoot,
      config: {
        groups: { [id]: { allowFrom: [ada.id], topics: { [written ?? topic.threadId]: member } } },
      },
    });
    const place = what === "a topic" ? topic : group;
    await place.from(ada).says("@helper_bot Ada asks");
    await place.from(ben).says("Ben says");
    await place.sees(({ text }) => text === `${YES}Ben says`);
    const other = place === topic ? group : topic;
    await other.from(ada).says("no mention");
    await other.from(ada).says("@helper_bot and here?");
    await other.from(ben).says("last");
    // With `*` the other place has the same settings.
    const heard = written === "*" ? "last" : "@helper_bot and here?";
    await other.sees(({ text }) => text === YES + heard);
    expect(running.turns.map(({ text }) => text)).toEqual(["Ben says", heard]);
  });

  it("are nothing to a reaction, whose topic Telegram does not say", async () => {
    const { sim, bot, ada, group, topic, id } = await forum();
    group.promotes(bot);
    const noticed: AgentNotice[] = [];
    await started({
      apiRoot: sim.apiRoot,
      config: { requireMention: false, groups: { [id]: { topics: { 1: { enabled: false } } } } },
      agent: {
        history: "own",
        run: ({ text }) => YES + text,
        observe: (notice) => {
          noticed.push(notice);
        },
      },
    });
    await topic.from(ada).says("hello");
    const answer = await topic.hears();
    await topic.from(ada).reacts(answer, "👍");
    await topic.from(ada).says("seen?");
    await topic.sees(({ text }) => text === `${YES}seen?`);
    expect(noticed).toContainEqual(
      expect.objectContaining({ type: "context", event: expect.objectContaining({ kind: "reaction" }) }),
    );
  });
});

/** What nobody there can mean: the place has no topics. */
const NO_TOPICS = { "1": { enabled: false }, "*": { enabled: false } };

describe("where there are no topics", () => {
  it("a supergroup and its reply threads go by the group", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada], supergroup: true });
    const running = await started({
      apiRoot: sim.apiRoot,
      config: {
        groups: {
          [group.id]: { requireMention: false, topics: NO_TOPICS },
          "*": { topics: NO_TOPICS },
        },
      },
    });
    const root = await group.from(ada).says("root");
    await group.sees(({ text }) => text === `${YES}root`);
    const reply = await group.from(ada).says("in its thread", { replyTo: root });
    expect(reply).toMatchObject({ message_thread_id: root.message_id });
    expect(reply.is_topic_message).toBeUndefined();
    await group.sees(({ text }) => text === `${YES}in its thread`);
    expect(running.turns.map(({ session }) => session.includes("thread"))).toEqual([false, false]);
  });

  interface ChannelEntry {
    readonly [key: string]: unknown;
    readonly allowFrom?: "channel" | readonly number[];
  }

  it.each<[string, ChannelEntry, readonly string[]]>([
    ["enabled: false", { enabled: false }, []],
    [
      "allowFrom with the channel",
      { requireMention: false, allowFrom: "channel" },
      ["news", "@helper_bot more"],
    ],
    ["allowFrom without it", { requireMention: false, allowFrom: [7] }, []],
    ["requireMention", { requireMention: true }, ["@helper_bot more"]],
    ["topics, which it has not", { requireMention: false, topics: NO_TOPICS }, ["news", "@helper_bot more"]],
  ])("a channel's posts go by its entry: %s", async (_, { allowFrom, ...entry }, expected) => {
    const { sim, bot } = await simulate();
    const channel = sim.channel("News");
    const list = allowFrom === "channel" ? [channel.state.id] : allowFrom;
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { groups: { [channel.state.id]: { ...entry, ...(list && { allowFrom: list }) } } },
    });
    await channel.posts("news");
    await channel.posts("@helper_bot more");
    const ada = sim.user("Ada").with(bot);
    await ada.says("done?");
    await ada.hears();
    if (expected.length > 0) await channel.sees(({ text }) => text === `${YES}@helper_bot more`);
    expect(running.turns.map(({ text }) => text).filter((text) => text !== "done?")).toEqual(expected);
  });
});
