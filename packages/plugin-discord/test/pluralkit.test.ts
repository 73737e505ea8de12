import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AgentLike, Turn } from "@elizaos/connector-core";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it, vi } from "vitest";
import { afterTest, letTimePass, simulate, started, stateFolder } from "./harness.js";

vi.setConfig({ testTimeout: 30_000 });
const PATIENCE = { timeoutMs: 15_000 };

/** A server with PluralKit, where time stands still until the test turns the clock: messages are held back for a while of it. */
async function scene(more: object = {}) {
  const clock = new ManualClock();
  const { sim, bot } = await simulate({ clock, enforceHeartbeats: false, maxConcurrency: 1_000 });
  const [ada, bob] = [sim.user("Ada"), sim.user("Bob")];
  const guild = sim.guild("Mills", { members: [ada, bob] });
  const channel = guild.channel("engines");
  const stateDir = stateFolder();
  const pluralkit = { enabled: true, apiRoot: sim.pluralKitRoot };
  const start = (config: object = {}, agent?: AgentLike) =>
    started({
      ...(agent && { agent }),
      apiRoot: sim.apiRoot,
      stateDir,
      clock,
      config: { requireMention: false, streamMode: "off", pluralkit, ...more, ...config },
    });
  const sees = (content: string) =>
    letTimePass(
      clock,
      channel.sees((message) => message.content === content, PATIENCE),
    );
  const said = () =>
    channel.messages().flatMap(({ author, content }) => (author.id === bot.id ? [content] : []));
  return { sim, bot, ada, bob, guild, channel, clock, start, sees, said };
}

const senderOf = ({ events }: Turn) => events[0]?.sender;

describe("who writes through PluralKit", () => {
  it("is known by account, member and system; the message that was taken away is not answered", async () => {
    const { ada, channel, start, sees, said } = await scene();
    const host = await start();
    await channel.proxies(ada, "It is us", "Luna");
    await sees("You said: It is us");
    await channel.from(ada).says("Only me");
    await sees("You said: Only me");
    expect(said()).toEqual(["You said: It is us", "You said: Only me"]);
    expect(host.turns.map(senderOf)).toMatchObject([
      {
        id: ada.id,
        name: expect.stringMatching(/^Luna \(s\d+\)$/),
        username: expect.stringMatching(/^pluralkit:m\d+$/),
      },
      { id: ada.id, name: "Ada" },
    ]);
    expect(host.turns.map((turn) => senderOf(turn)?.isBot)).toEqual([undefined, undefined]);
  });

  it("is let in by the account's id on `users`", async () => {
    const { ada, bob, channel, start, sees, said } = await scene();
    await start({ guilds: { "*": { users: [ada.id] } } });
    await channel.proxies(bob, "Let me in", "Sol");
    await channel.proxies(ada, "It is us", "Luna");
    await sees("You said: It is us");
    expect(said()).toEqual(["You said: It is us"]);
  });

  it("is let in by the account's roles", async () => {
    const { ada, bob, guild, channel, start, sees, said } = await scene();
    const role = guild.role("Engineers");
    guild.gives(ada, role);
    await start({ guilds: { "*": { roles: [role.id] } } });
    await channel.proxies(bob, "Let me in", "Sol");
    await channel.proxies(ada, "It is us", "Luna");
    await sees("You said: It is us");
    expect(said()).toEqual(["You said: It is us"]);
  });
});

describe("when PluralKit does not know, the message counts as it came: a bot's", () => {
  it("of another webhook", async () => {
    const { channel, start, sees } = await scene();
    const host = await start({ allowBots: true });
    channel.hooks("Builds", "All green");
    await sees("You said: All green");
    expect(senderOf(host.turns[0] ?? fail())).toMatchObject({ name: "Builds", isBot: true });
  });

  it("of PluralKit's, while that is down", async () => {
    const down = createServer((_, response) => response.writeHead(503).end());
    await new Promise<void>((resolve) => down.listen(0, "127.0.0.1", resolve));
    afterTest(() => down.close());
    const apiRoot = `http://127.0.0.1:${portOf(down.address())}`;
    const { ada, channel, start, sees, said } = await scene({ pluralkit: { enabled: true, apiRoot } });
    const host = await start({ allowBots: true });
    await channel.proxies(ada, "It is us", "Luna");
    await sees("You said: It is us");
    expect(said()).toEqual(["You said: It is us"]);
    expect(senderOf(host.turns[0] ?? fail())).toMatchObject({ name: "Luna", isBot: true });
    expect(host.lines.filter((line) => line.includes("PluralKit does not say"))).toHaveLength(1);
  });
});

describe("over a restart", () => {
  it("what waited is looked at again: taken away meanwhile, it is not answered", async () => {
    const { ada, channel, clock, start, sees, said } = await scene();
    const busy = () => new Promise<never>(() => {});
    const first = await start({}, busy);
    await channel.from(ada).says("Hello");
    await letTimePass(
      clock,
      vi.waitUntil(() => first.turns.length === 1),
    );
    const before = first.status().lastInbound;
    await clock.advance(1_000);
    const original = await channel.from(ada).says("L: It is us");
    await expect.poll(() => first.status().lastInbound).not.toBe(before);
    await letTimePass(clock, first.runtime.stop());
    await channel.deletes(original);
    await clock.advance(60 * 60_000);
    await start();
    await sees("You said: Hello");
    await channel.from(ada).says("Only me");
    await sees("You said: Only me");
    expect(said()).toEqual(["You said: Hello", "You said: Only me"]);
  });

  it("what was missed is known by account, member and system as well", async () => {
    const { ada, channel, clock, start, sees, said } = await scene();
    const first = await start();
    await channel.from(ada).says("Hello");
    await sees("You said: Hello");
    await first.runtime.stop();
    await channel.proxies(ada, "It is us", "Luna");
    await clock.advance(60 * 60_000);
    const second = await start();
    await sees("You said: It is us");
    expect(said()).toEqual(["You said: Hello", "You said: It is us"]);
    expect(second.turns.map(senderOf)).toMatchObject([{ id: ada.id, name: expect.stringContaining("Luna") }]);
  });
});

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("it does not listen");
  return address.port;
}

function fail(): never {
  throw new Error("there was no turn");
}
