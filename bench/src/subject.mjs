// One process under measurement: `subject.mjs <file in subjects/> <options as JSON>`. Says what it used when asked over IPC.
import { Session } from "node:inspector/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const SAMPLE_US = 250;
const LOOP_RESOLUTION_MS = 10;
let profiler;
let endWatch;
const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
loop.enable();

const [name = "", options = "{}"] = process.argv.slice(2);
const { start } = await import(`./subjects/${name}.mjs`);
const subject = await start(JSON.parse(options));

process.on("message", async ({ type }) => {
  if (type === "mark") {
    const { user, system } = process.cpuUsage();
    process.send({
      type,
      cpuMs: (user + system) / 1000,
      peakMb: process.resourceUsage().maxRSS / 1024,
      // What is measured is the time between two ticks of its timer; the timer's own time is no delay.
      loopP99: Math.max(0, loop.percentile(99) / 1e6 - LOOP_RESOLUTION_MS),
    });
    loop.reset();
  } else if (type === "heap") {
    process.send({ type, heapMb: await heapAfterCollection(), rssMb: process.memoryUsage.rss() / 2 ** 20 });
  } else if (type === "profile") {
    profiler = new Session();
    profiler.connect();
    await profiler.post("Profiler.enable");
    await profiler.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
    await profiler.post("Profiler.start");
    process.send({ type });
  } else if (type === "profiled") {
    process.send({ type, ...(await profiler.post("Profiler.stop")) });
  } else if (type === "watch-statements") {
    const { watchStatements } = await import("./statements.mjs");
    endWatch = watchStatements();
    process.send({ type });
  } else if (type === "statements") {
    process.send({ type, statements: endWatch() });
  } else if (type === "stop") {
    const report = (await subject.stop?.()) ?? {};
    process.send({ type, report }, () => process.exit(0));
  }
});
process.on("disconnect", () => process.exit(1));
process.send({ type: "ready", target: subject.target });

async function heapAfterCollection() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().heapUsed / 2 ** 20;
}
