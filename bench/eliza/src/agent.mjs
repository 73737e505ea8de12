import { fork } from "node:child_process";

const SUBJECT = new URL("subject.mjs", import.meta.url);

/** A subject in a process of its own; `begunAt` is when that was forked, `performance.now()`. */
export async function startAgent(options) {
  const begunAt = performance.now();
  const child = fork(SUBJECT, [JSON.stringify(options)], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const hear = (type) =>
    Promise.race([
      new Promise((resolve) => {
        const listener = (message) => {
          if (message.type !== type) return;
          child.off("message", listener);
          resolve(message);
        };
        child.on("message", listener);
      }),
      gone.then((code) => {
        throw new Error(`the agent with ${options.plugin} ended (${code})`);
      }),
    ]);
  await hear("ready");
  return {
    begunAt,
    ask(type, more = {}) {
      const heard = hear(type);
      child.send({ type, ...more });
      return heard;
    },
    async close() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
