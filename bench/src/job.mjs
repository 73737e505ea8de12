// A variant at work: a process that plays Telegram, a process under measurement, and runs of messages through them.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** After the last answer the subject may still have something to put down, which is part of its cost. */
const SETTLE_MS = 100;
const START_LIMIT_MS = 30_000;

/** A child process that answers one question at a time. */
export function openChild(file, args = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise((_, reject) => {
    child.once("exit", (code, signal) => reject(new Error(`${file} ended early (${code ?? signal})`)));
  });
  ended.catch(() => {});
  /** Resolves with the next message of this type. */
  const hear = (type) => {
    const heard = new Promise((resolve) => {
      const listener = (message) => {
        if (message.type !== type) return;
        child.off("message", listener);
        resolve(message);
      };
      child.on("message", listener);
    });
    return Promise.race([heard, ended]);
  };
  return {
    hear,
    ask(message, answer = message.type) {
      const heard = hear(answer);
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

/** Opens a process that plays Telegram for `work`. */
export async function withRig(work) {
  const rig = openChild("rig.mjs");
  try {
    const { apiRoot } = await rig.hear("ready");
    const ask = async (message) => (await rig.ask(message, "done")).result;
    return await work({
      apiRoot,
      run: (options) => ask({ type: "run", ...options }),
      burst: (options) => ask({ type: "burst", ...options }),
    });
  } finally {
    await rig.close();
  }
}

/**
 * A fresh process of a variant with a Telegram of its own.
 *
 * @param {import("./plan.mjs").Variant} variant
 */
export function withSubject({ file, mode, options }, work) {
  return withRig(async ({ apiRoot, run }) => {
    const subject = openChild("subject.mjs", [file, JSON.stringify({ apiRoot, mode, ...options })]);
    try {
      const { target } = await within(START_LIMIT_MS, subject.hear("ready"), `${file} was not ready`);
      return await work({
        ask: (type) => subject.ask({ type }),
        /** Messages without measuring what the subject uses. */
        run: (scenario) => run({ mode, target, ...scenario }),
        async measure(scenario) {
          const before = await subject.ask({ type: "mark" });
          const result = await run({ mode, target, ...scenario });
          await pause(SETTLE_MS);
          const after = await subject.ask({ type: "mark" });
          return {
            ...result,
            cpuMs: after.cpuMs - before.cpuMs,
            peakMb: after.peakMb,
            loopP99: after.loopP99,
          };
        },
        /** Ends it in good order; resolves with what it says it did. */
        async stop() {
          const { report } = await subject.ask({ type: "stop" });
          await subject.end();
          return report;
        },
      });
    } finally {
      await subject.close();
    }
  });
}

async function within(limitMs, work, otherwise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
