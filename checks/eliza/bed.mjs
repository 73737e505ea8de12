// What a scene plays on: two platforms, and agents in processes of their own.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { startToyPlatform } from "@elizaos/connector-testkit/toy";

const AGENT = new URL("agent/agent.mjs", import.meta.url);
const PATIENCE_MS = 60_000;

/** @param {{ core: "1" | "2", database: "memory" | "pglite" }} kind */
export async function openBed(kind) {
  const sim = await startTelegramSimulator();
  const platform = await startToyPlatform();
  const folders = [];
  const agents = [];
  const bed = {
    kind,
    sim,
    platform,
    bot: sim.bot({ token: "100001:FAKE-TOKEN", username: "quoter_bot", privacyMode: false }),
    second: sim.bot({ token: "100002:FAKE-TOKEN", username: "second_bot" }),
    toy: platform.account("quoter"),
    folder() {
      const folder = mkdtempSync(join(tmpdir(), "eliza-check-"));
      folders.push(folder);
      return folder;
    },
    /** Settings of a character whose Telegram and toy accounts take everybody's private messages. */
    settings: (telegram = {}, toy = {}) => ({
      telegram: { apiRoot: sim.apiRoot, dmPolicy: "open", allowFrom: ["*"], ...telegram },
      toy: { apiRoot: platform.url, dmPolicy: "open", allowFrom: ["*"], ...toy },
    }),
    secrets: () => ({ TELEGRAM_BOT_TOKEN: bed.bot.token, TOY_TOKEN: bed.toy.token }),
    async agent({
      dataDir = bed.folder(),
      plugins = ["telegram"],
      settings = bed.settings(),
      secrets = bed.secrets(),
      env = {},
    } = {}) {
      const agent = await startAgent({ ...kind, dataDir, plugins, settings, secrets }, env);
      agents.push(agent);
      return agent;
    },
    async close() {
      for (const agent of agents) agent.kill();
      await platform.close();
      await sim.close();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
  return bed;
}

async function startAgent(options, env) {
  const child = fork(AGENT, [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, ...env },
  });
  const waiting = new Map();
  let lastId = 0;
  const gone = new Promise((resolve) => {
    child.once("exit", (code, signal) => {
      for (const { reject } of waiting.values())
        reject(new Error(`the agent's process ended (${code ?? signal})`));
      resolve(code ?? signal);
    });
  });
  child.on("message", ({ id, result, error }) => {
    waiting
      .get(id)
      ?.[error === undefined ? "resolve" : "reject"](error === undefined ? result : new Error(error));
    waiting.delete(id);
  });
  const answer = (id) => {
    const { promise, resolve, reject } = Promise.withResolvers();
    waiting.set(id, { resolve, reject });
    return promise;
  };
  const agent = {
    dataDir: options.dataDir,
    gone,
    kill: () => child.kill("SIGKILL"),
    ask(command, input = {}) {
      const id = ++lastId;
      const answered = answer(id);
      child.send({ id, command, ...input });
      return answered;
    },
    /** Its services are up. */
    async started() {
      for (const type of options.plugins.filter((name) => !name.includes(" ")))
        await agent.ask("started", { type });
    },
    async until(look, what) {
      for (const begin = performance.now(); performance.now() - begin < PATIENCE_MS; ) {
        const found = await look();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(
        `${what} did not come; the log: ${(await agent.ask("lines"))
          .filter((line) => !line.startsWith("info"))
          .slice(-5)
          .join("\n")}`,
      );
    },
    async room(name) {
      const rooms = await agent.ask("rooms");
      const found = rooms.filter((room) => room.name === name);
      if (found.length !== 1)
        throw new Error(`rooms are ${rooms.map((room) => room.name).join(", ")}; one should be ${name}`);
      return found[0];
    },
    async texts(room) {
      return (await agent.ask("memories", { room: room.id })).map(({ text }) => text);
    },
    disconnect: () => child.disconnect(),
  };
  await answer("ready");
  return agent;
}
