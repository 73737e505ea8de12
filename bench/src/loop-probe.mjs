// Loaded into a host before its own code: measures the event loop between "begin" and "end", told over IPC.
import { monitorEventLoopDelay } from "node:perf_hooks";

export const RESOLUTION_MS = 1;
let monitor;

process.on("message", (question) => {
  if (question === "begin") {
    monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    monitor.enable();
    process.send({});
  } else {
    monitor.disable();
    process.send({
      // What is measured is the time between two ticks of its timer; the timer's own time is no delay.
      loopP99: Math.max(0, monitor.percentile(99) / 1e6 - RESOLUTION_MS),
      peakMb: process.resourceUsage().maxRSS / 1024,
    });
  }
});
process.channel?.unref();
