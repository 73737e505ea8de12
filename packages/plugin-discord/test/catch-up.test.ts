import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it, vi } from "vitest";
import { type Host, letTimePass, simulate, started, stateFolder } from "./harness.js";

/** The SDK lets 5 s pass between two sessions. */
const PATIENCE = { timeoutMs: 15_000 };
vi.setConfig({ testTimeout: 30_000 });

const QUIET = { config: { requireMention: false, streamMode: "off" } };

/** A server with a channel, a thread and somebody in it, and that person's private chat with the bot. */
async function scene(options: Parameters<typeof simulate>[0] = {}) {
  const { sim, bot } = await simulate(options);
  const ada = sim.user("Ada");
  const guild = sim.guild("Mills", { members: [ada] });
  const channel = guild.channel("engines");
  const thread = channel.thread("Looms");
  const stateDir = stateFolder();
  const start = (more: object = {}) => started({ apiRoot: sim.apiRoot, stateDir, ...QUIET, ...more });
  const places = { channel: channel.from(ada), thread: thread.from(ada), dm: ada.with(bot) };
  return { sim, bot, ada, guild, channel, thread, stateDir, start, places };
}

/** The same, where time stands still until the test turns the clock: Discord keeps a session for some minutes of it. */
async function stillScene() {
  const clock = new ManualClock();
  return { clock, here: await scene({ clock, enforceHeartbeats: false, maxConcurrency: 1_000 }) };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Says so in every place, and waits for the answers. */
async function talk({ places }: Scene, what: string) {
  for (const [name, place] of Object.entries(places)) await place.says(`${what} ${name}`);
}

async function answered({ channel, thread, places }: Scene, what: string) {
  const seen = [
    [channel, "channel"],
    [thread, "thread"],
    [places.dm, "dm"],
  ] as const;
  for (const [place, name] of seen)
    await place.sees(({ content }) => content === `You said: ${what} ${name}`, PATIENCE);
}

/** Every text that the agents of these hosts were given, once for each time. */
function heard(...hosts: readonly Host[]) {
  return hosts.flatMap(({ turns }) => turns.map(({ text }) => text)).sort();
}

const all = (what: string) => [`${what} channel`, `${what} dm`, `${what} thread`];

describe("nothing is lost and nothing is answered twice", () => {
  it("when the socket breaks: the session is resumed, and brings what came meanwhile", async () => {
    const here = await scene();
    const host = await here.start();
    await talk(here, "one");
    await answered(here, "one");
    const sessions = here.bot.sessions();
    here.bot.drops();
    await talk(here, "two");
    await answered(here, "two");
    expect(heard(host)).toEqual([...all("one"), ...all("two")].sort());
    expect(here.bot.sessions()).toEqual(sessions);
    expect(host.status().gaps).toEqual([]);
  });

  it("when Discord ends the session: what came meanwhile is read over REST", async () => {
    const here = await scene();
    const host = await here.start();
    await talk(here, "one");
    await answered(here, "one");
    const sessions = here.bot.sessions();
    const fault = here.sim.fault({ kind: "status", method: "gateway", status: 503, times: 1 });
    here.bot.losesSession();
    await talk(here, "two");
    await answered(here, "two");
    await talk(here, "three");
    await answered(here, "three");
    expect(heard(host)).toEqual([...all("one"), ...all("two"), ...all("three")].sort());
    expect(here.bot.sessions()).not.toEqual(sessions);
    expect(fault.hits).toBe(1);
  });

  it("when another process goes on within minutes: it resumes the session, without a new one", async () => {
    const here = await scene();
    const first = await here.start();
    await talk(here, "one");
    await answered(here, "one");
    const sessions = here.bot.sessions();
    await first.runtime.stop();
    await talk(here, "two");
    const second = await here.start();
    await answered(here, "two");
    expect(heard(first, second)).toEqual([...all("one"), ...all("two")].sort());
    expect(here.bot.sessions()).toEqual(sessions);
    // The thread's channel was not told anew, and is known all the same.
    const { address } = second.turns.find(({ text }) => text === "two thread")?.events[0] ?? {};
    expect(address).toMatchObject({ space: here.guild.id, chat: here.channel.id, thread: here.thread.id });
  });

  it("when it starts again after the session has ended: every place is read, the oldest first", async () => {
    const { here, clock } = await stillScene();
    const first = await here.start({ clock });
    await talk(here, "one");
    await answered(here, "one");
    await first.runtime.stop();
    await talk(here, "two");
    await talk(here, "three");
    await clock.advance(60 * 60_000);
    const second = await here.start({ clock });
    await answered(here, "three");
    expect(heard(first, second)).toEqual([...all("one"), ...all("two"), ...all("three")].sort());
    for (const name of ["channel", "thread", "dm"]) {
      const told = second.turns.map(({ text }) => text).filter((text) => text.endsWith(name));
      expect(told).toEqual([`two ${name}`, `three ${name}`]);
    }
    expect(second.status().gaps).toEqual([]);
  });

  it("when it ends again in the middle of reading: the next start reads what is left", async () => {
    const { here, clock } = await stillScene();
    const first = await here.start({ clock });
    await talk(here, "one");
    await answered(here, "one");
    await first.runtime.stop();
    await talk(here, "two");
    await clock.advance(60 * 60_000);
    const fault = here.sim.fault({ kind: "hang", method: "getChannelMessages", chat: here.thread.id });
    const second = await here.start({ clock });
    await fault.hit();
    // What comes live meanwhile must not look as if everything before it had been read.
    const before = second.status().lastInbound;
    await clock.advance(1_000);
    await here.places.channel.says("live channel");
    await expect.poll(() => second.status().lastInbound).not.toBe(before);
    await letTimePass(clock, second.runtime.stop());
    const third = await here.start({ clock });
    await answered(here, "two");
    expect(heard(first, second, third)).toEqual([...all("one"), "live channel", ...all("two")].sort());
  });

  it("on the very first start: what was said before is not answered", async () => {
    const here = await scene();
    await talk(here, "before");
    const host = await here.start();
    await talk(here, "now");
    await answered(here, "now");
    expect(heard(host)).toEqual(all("now"));
  });
});

describe("what cannot be filled is told", () => {
  it("more messages than are read of one channel", async () => {
    const { here, clock } = await stillScene();
    const agent = () => ({ type: "silent" }) as const;
    const first = await here.start({ clock, agent });
    await here.places.channel.says("one");
    await expect.poll(() => first.turns.length).toBe(1);
    await first.runtime.stop();
    await clock.advance(60 * 60_000);
    for (let index = 0; index < 1_001; index++) await here.places.channel.says(`message ${index}`);
    const second = await here.start({ clock, agent });
    // Discord gives five pages in five seconds.
    const { gaps } = await letTimePass(
      clock,
      second.becomes((status) => status.gaps.length > 0),
    );
    expect(gaps).toEqual([
      { at: expect.any(Number), reason: expect.stringContaining("more than 1000 messages came in channel") },
    ]);
  });
});
