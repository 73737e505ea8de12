// One variant in one scenario: a fresh rig, a fresh subject, a warm-up and a measured run.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** After the last answer the subject may still have something to put down, which is part of its cost. */
const SETTLE_MS = 200;
const START_LIMIT_MS = 30_000;

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A child process with one question at a time. */
export function openChild(file, args = []) {
  const child = fork(path(file), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise((_, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`${file} ended early (${code ?? signal})`)));
  });
  ended.catch(() => {});
  return {
    pid: child.pid,
    /** Resolves with the next message of this type. */
    hear(type) {
      const heard = new Promise((resolve) => {
        const listener = (message) => {
          if (message.type !== type) return;
          child.off("message", listener);
          resolve(message);
        };
        child.on("message", listener);
      });
      return Promise.race([heard, ended]);
    },
    tell: (message) => child.send(message),
    ask(message, answer = message.type) {
      const heard = this.hear(answer);
      child.send(message);
      return heard;
    },
    /** Resolves when it has ended by itself. */
    end: () => ended.catch(() => {}),
    async close() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended.catch(() => {});
    },
  };
}

export async function withRig(work) {
  const rig = openChild("rig.mjs");
  try {
    const { apiRoot } = await rig.hear("ready");
    return await work({
      apiRoot,
      run: async (options) => (await rig.ask({ type: "run", ...options }, "done")).result,
      burst: async (options) => (await rig.ask({ type: "burst", ...options }, "done")).result,
    });
  } finally {
    await rig.close();
  }
}

/**
 * @param {{ name: string, file: string, mode: "webhook" | "polling", options?: object }} variant
 * @param {{ inFlight: number, chats: "distinct" | "hot", messages: number, warmUp: number, maxMs: number }} scenario
 */
export function runJob(variant, { warmUp, maxMs, messages, ...scenario }, { profile = false } = {}) {
  return withRig(async ({ apiRoot, run }) => {
    const { subject, target } = await openSubject(variant, apiRoot);
    try {
      const base = { mode: variant.mode, target, ...scenario };
      const warm = await run({ ...base, messages: warmUp, maxMs });
      await pause(SETTLE_MS);
      if (profile) await subject.ask({ type: "profile" });
      const before = await subject.ask({ type: "mark" });
      const result = await run({ ...base, messages, maxMs });
      await pause(SETTLE_MS);
      const after = await subject.ask({ type: "mark" });
      const profiled = profile ? await subject.ask({ type: "profiled" }) : {};
      const { report } = await subject.ask({ type: "stop" });
      await subject.end();
      return {
        ...result,
        cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / result.answered,
        peakMb: after.peakMb,
        loopP99: after.loopP99,
        total: { brought: warm.brought + result.brought, answered: warm.answered + result.answered },
        report,
        profile: profiled.profile,
      };
    } finally {
      await subject.close();
    }
  });
}

export async function openSubject({ file, mode, options }, apiRoot) {
  const subject = openChild("subject.mjs", [file, JSON.stringify({ apiRoot, mode, ...options })]);
  const late = pause(START_LIMIT_MS).then(() => {
    throw new Error(`${file} was not ready in ${START_LIMIT_MS / 1000} s`);
  });
  const { target } = await Promise.race([subject.hear("ready"), late]);
  return { subject, target };
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
