// What goes wrong with Telegram, as one plugin and then the other meets it. Each scene says in words what came of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { startAgent } from "./agent.mjs";
import { openMarkdownDoor } from "./markdown-door.mjs";

const TOKEN = "100001:FAKE-TOKEN-of-the-bench";
/** What did not come by then does not come, in ms. */
const PATIENCE_MS = 10_000;
/** telegraf gives a handler 90 s. */
const LONG_MS = 95_000;

/** @type {Record<string, (stage: Awaited<ReturnType<typeof openStage>>) => Promise<string>>} */
export const SCENES = {
  async "3 messages while it was down"(stage) {
    const { ada } = stage;
    await stage.start();
    await ada.says("up");
    await stage.answers(ada, 1);
    await stage.stop();
    for (let index = 1; index <= 3; index++) await ada.says(`while down ${index}`);
    await stage.start();
    return `${(await stage.answers(ada, 3)).length} of 3 answered`;
  },

  async "getUpdates answers 409 once"(stage) {
    return afterFault(stage, {
      kind: "status",
      method: "getUpdates",
      status: 409,
      description: "Conflict: terminated by other getUpdates request",
    });
  },

  async "getUpdates answers 502 once"(stage) {
    return afterFault(stage, { kind: "status", method: "getUpdates", status: 502 });
  },

  async "getUpdates answers 401"(stage) {
    const came = await afterFault(stage, {
      kind: "status",
      method: "getUpdates",
      status: 401,
      description: "Unauthorized",
    });
    const { status } = await stage.agent.ask("status");
    return status === undefined
      ? `${came}; no word of it but a log line`
      : `${came}; status: ${status.state}, ${status.mend ?? status.reason}`;
  },

  async "an answer of 9,000 characters"({ start, answers, ada }) {
    await start();
    await ada.says("say 9000");
    const got = await answers(ada, 3);
    return got.length === 0
      ? "nothing sent"
      : `${got.join(" ").length >= 8_995 ? "all of it" : "a part"} in ${got.length} messages`;
  },

  async "sendMessage answers 429, wait 1 s"(stage) {
    const flood = stage.sim.fault({ kind: "flood", method: "sendMessage", retryAfterSeconds: 1 });
    await stage.start();
    await stage.ada.says("hello");
    const got = await stage.answers(stage.ada, 1);
    return got.length === 0
      ? "the answer is lost"
      : `sent${flood.early > 0 ? ` after ${flood.early} calls too early` : " once the wait was over"}`;
  },

  async "sendMessage answers 400, can't parse entities"(stage) {
    stage.sim.fault({
      kind: "status",
      method: "sendMessage",
      status: 400,
      description: "Bad Request: can't parse entities: byte offset 3",
    });
    await stage.start();
    await stage.ada.says("**hello**");
    const got = await stage.answers(stage.ada, 1);
    return got.length === 0 ? "the answer is lost" : "sent without format";
  },

  async "a model of 3 s in one chat; how long another waits"(stage) {
    const { ada, bob } = stage;
    await stage.start();
    await ada.says("wait 3000");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const begin = performance.now();
    await bob.says("hello");
    const got = await stage.answers(bob, 1);
    return got.length === 0 ? "for ever" : `${((performance.now() - begin) / 1000).toFixed(1)} s`;
  },

  async "a model of 95 s; the messages after it"(stage) {
    const { ada, bob } = stage;
    await stage.start();
    await ada.says(`wait ${LONG_MS}`);
    const first = await stage.answers(ada, 1, LONG_MS + PATIENCE_MS);
    await bob.says("are you there?");
    const after = await stage.answers(bob, 1);
    return `the slow one ${first.length === 1 ? "answered" : "not answered"}, the next ${after.length === 1 ? "answered" : "not answered: polling has ended"}`;
  },

  async "the same message id in two groups"(stage) {
    const { sim, bot, ada, bob } = stage;
    const groups = ["One", "Two"].map((title) =>
      sim.group(title, { members: [ada.user, bob.user], supergroup: true, bots: [bot] }),
    );
    await stage.start();
    const ids = [];
    for (const [index, group] of groups.entries()) {
      const message = await group.from(ada.user).says(`@quoter_bot in group ${index + 1}`);
      ids.push(message.message_id);
      await group.hears({ timeoutMs: PATIENCE_MS }).catch(() => {});
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { texts } = await stage.agent.ask("memories");
    const kept = [1, 2].filter((index) =>
      texts.some((text) => text?.includes(`in group ${index}`) && !text.startsWith("You said")),
    );
    return `${ids[0] === ids[1] ? "" : "(ids differ) "}${kept.length} of 2 remembered`;
  },

  async "a mention in a group"(stage) {
    const { sim, bot, ada } = stage;
    const group = sim.group("Team", { members: [ada.user], supergroup: true, bots: [bot] });
    await stage.start();
    await group.from(ada.user).says("what do you think, @quoter_bot?");
    const got = await group.hears({ timeoutMs: PATIENCE_MS }).catch(() => undefined);
    return got === undefined ? "not answered: the model was asked, and said no" : "answered";
  },

  async sendMessageToTarget(stage) {
    const { ada } = stage;
    await stage.start();
    await ada.says("hello");
    await stage.answers(ada, 1);
    const { error } = await stage.agent.ask("target", {
      target: { channelId: String(ada.user.id) },
      content: { text: "by the way" },
    });
    const got = await stage.answers(ada, 1);
    return got.length === 1 ? "sent" : `fails: ${error}`;
  },
};

async function afterFault(stage, rule) {
  await stage.start();
  await stage.ada.says("before");
  await stage.answers(stage.ada, 1);
  const fault = stage.sim.fault(rule);
  // The poll that waits now ends with this; the next one meets the fault.
  await stage.ada.says("during");
  await fault.hit(1, { timeoutMs: PATIENCE_MS });
  await stage.answers(stage.ada, 1);
  await stage.ada.says("after");
  const got = await stage.answers(stage.ada, 1);
  const { unhandled } = await stage.agent.ask("unhandled");
  return `${got.length === 1 ? "goes on" : "nothing is received any more"}${unhandled.length > 0 ? ", and a rejection that ends Node" : ""}`;
}

/** One scene with one plugin. */
export async function play(scene, plugin) {
  const stage = await openStage(plugin);
  try {
    return await SCENES[scene](stage);
  } catch (error) {
    return `the scene failed: ${error.message.split("\n")[0]}`;
  } finally {
    await stage.close();
  }
}

async function openStage(plugin) {
  const sim = await startTelegramSimulator({ strict: false });
  const door = await openMarkdownDoor(sim.apiRoot);
  const bot = sim.bot({ token: TOKEN, username: "quoter_bot", privacyMode: false });
  const dataDir = mkdtempSync(join(tmpdir(), "bench-eliza-"));
  const person = (name) => {
    const user = sim.user(name);
    return { user, says: (text) => user.says(text), hears: (options) => user.hears(options) };
  };
  const stage = {
    sim,
    bot,
    ada: person("Ada"),
    bob: person("Bob"),
    agent: undefined,
    async start() {
      stage.agent = await startAgent({
        plugin,
        database: "memory",
        apiRoot: door.url,
        token: TOKEN,
        dataDir,
      });
      await bot.polls({ timeoutMs: 30_000 });
    },
    async stop() {
      await stage.agent.close();
    },
    /** Texts of the next messages that somebody hears, as many as come in time. */
    async answers(who, count, timeoutMs = PATIENCE_MS) {
      const texts = [];
      while (texts.length < count) {
        const message = await who.hears({ timeoutMs }).catch(() => undefined);
        if (message === undefined) return texts;
        texts.push(message.text);
      }
      return texts;
    },
    async close() {
      await stage.agent?.close();
      door.close();
      await sim.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return stage;
}
