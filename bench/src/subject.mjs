// One process under measurement: `subject.mjs <file in subjects/> <options as JSON>`. Says what it used when asked over IPC.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const [name = "", options = "{}"] = process.argv.slice(2);
const { start } = await import(`./subjects/${name}.mjs`);
const subject = await start(JSON.parse(options));

process.on("message", async ({ type }) => {
  if (type === "mark") {
    const { user, system } = process.cpuUsage();
    process.send({ type, cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024 });
  } else if (type === "heap") {
    process.send({ type, heapMb: await heapAfterCollection(), rssMb: process.memoryUsage.rss() / 2 ** 20 });
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
