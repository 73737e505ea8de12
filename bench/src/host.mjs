// The host as a user starts it, with its own offline agent: one Telegram account that polls, and a Discord account beside it.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TOKEN } from "./constants.mjs";
import { openChild, pause, withRig } from "./job.mjs";
import { median } from "./numbers.mjs";

const CLI = fileURLToPath(new URL("../../apps/agent/dist/cli.js", import.meta.url));
const PROBE = fileURLToPath(new URL("loop-probe.mjs", import.meta.url));
const ASK_EVERY_MS = 4;
const READY_LIMIT_MS = 20_000;
const BURST = { messages: 100, senders: 20 };

export async function measureHost({ size, isWanted, tell }) {
  if (!isWanted("host")) return undefined;
  return await withRig(async (rig) => {
    const telegram = { botToken: TOKEN, apiRoot: rig.apiRoot, dmPolicy: "open", allowFrom: ["*"] };
    const alone = await measureStarts("host", async () => ({ telegram }), { size, tell });
    const both = await withDiscord((newBot) =>
      measureStarts("host with Discord", async () => ({ telegram, discord: await newBot() }), { size, tell }),
    );
    const bursts = [];
    for (let burst = 1; burst <= size.bursts; burst++) {
      tell(`host: burst ${burst} of ${size.bursts}`);
      bursts.push(
        await withConfig({ telegram }, (dir) =>
          withHost(dir, (host) => measureBurst(host, rig), { probed: true }),
        ),
      );
    }
    return {
      ...alone,
      both,
      burst: {
        ...BURST,
        firstMs: median(bursts.map(({ firstMs }) => firstMs)),
        lastMs: median(bursts.map(({ lastMs }) => lastMs)),
        loopP99: median(bursts.map(({ loopP99 }) => loopP99)),
        peakMb: median(bursts.map(({ peakMb }) => peakMb)),
        lost: bursts.reduce((sum, { lost }) => sum + lost, 0),
        doubles: bursts.reduce((sum, { doubles }) => sum + doubles, 0),
        outOfOrder: bursts.reduce((sum, { outOfOrder }) => sum + outOfOrder, 0),
      },
    };
  });
}

/** @param connectors makes the config of a new host */
async function measureStarts(name, connectors, { size, tell }) {
  const first = [];
  const ready = [];
  let idleMb = Number.NaN;
  for (let start = 1; start <= size.starts; start++) {
    tell(`${name}: start ${start} of ${size.starts}`);
    await withConfig(await connectors(), async (dir) => {
      // The first start makes the state directory, the second one leaves its compiled code there, later ones find it.
      first.push(await withHost(dir, async ({ readyMs }) => readyMs));
      await withHost(dir, async () => {});
      ready.push(
        await withHost(dir, async ({ readyMs, pid }) => {
          if (start === size.starts) {
            await pause(size.idleMs);
            idleMb = residentMb(pid);
          }
          return readyMs;
        }),
      );
    });
  }
  return { firstReadyMs: median(first), readyMs: median(ready), idleMb };
}

/** A process that plays Discord. Every host is a bot of its own: Discord lets a bot begin one session in five seconds. */
async function withDiscord(work) {
  const discord = openChild("discord.mjs");
  try {
    await discord.hear("ready");
    return await work(async () => {
      const { token, apiRoot } = await discord.ask({ type: "bot" });
      return { token, apiRoot };
    });
  } finally {
    await discord.close();
  }
}

async function measureBurst({ ask }, rig) {
  await ask("begin");
  const burst = await rig.burst(BURST);
  return { ...burst, ...(await ask("end")) };
}

/** A folder with this config, until `work` has ended. */
async function withConfig(connectors, work) {
  const dir = mkdtempSync(join(tmpdir(), "connectors-bench-host-"));
  try {
    writeFileSync(join(dir, "milady.json"), JSON.stringify({ connectors }));
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Starts the host, waits until its account is online, and ends it after `work`. */
async function withHost(dir, work, { probed = false } = {}) {
  const port = await freePort();
  const args = [...(probed ? ["--import", PROBE] : []), CLI, "start", "--config", join(dir, "milady.json")];
  const output = [];
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      MILADY_STATE_DIR: join(dir, "state"),
      MILADY_PORT: String(port),
    },
    stdio: ["ignore", "pipe", "pipe", ...(probed ? ["ipc"] : [])],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    while (!(await isOnline(port))) {
      if (child.exitCode !== null || performance.now() - startedAt > READY_LIMIT_MS)
        throw new Error(`the host did not become ready:\n${Buffer.concat(output)}`);
      await pause(ASK_EVERY_MS);
    }
    const readyMs = performance.now() - startedAt;
    return await work({
      readyMs,
      pid: child.pid,
      ask(question) {
        const heard = new Promise((resolve) => child.once("message", resolve));
        child.send(question);
        return heard;
      },
    });
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}

function isOnline(port) {
  return new Promise((resolve) => {
    const asked = request({ port, host: "127.0.0.1", path: "/healthz", agent: false }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const { accounts = [] } = JSON.parse(Buffer.concat(chunks).toString());
        resolve(accounts.length > 0 && accounts.every(({ state }) => state === "online"));
      });
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function residentMb(pid) {
  const status = `/proc/${pid}/status`;
  if (!existsSync(status)) return Number.NaN;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(status, "utf8"))?.[1]) / 1024;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
