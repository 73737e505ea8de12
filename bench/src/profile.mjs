// Where the CPU time of one variant goes, in microseconds per message, by kind of code and by function.
import { runJob } from "./job.mjs";

const TOP = 40;

/** First match wins. Native calls have no frame of their own; what SQLite does counts for the two files that call it. */
const KINDS = [
  ["idle", ({ name }) => name === "(idle)"],
  ["garbage collector", ({ name }) => name === "(garbage collector)"],
  ["SQLite", ({ name, url }) => /\/store\/sqlite\/(database|committer)\.js$/.test(url) && /^(#commit|run|all|get|#exec|exec)$/.test(name)],
  ["JSON", ({ name, url }) => url === "" && /^(parse|stringify)$/.test(name)],
  ["structuredClone", ({ name }) => name === "structuredClone"],
  ["core: store", ({ url }) => url.includes("/packages/core/dist/store/")],
  ["core: the rest", ({ url }) => url.includes("/packages/core/")],
  ["Telegram connector", ({ url }) => url.includes("/packages/plugin-telegram/dist/")],
  ["zod", ({ url }) => /\/zod[@/]/.test(url)],
  ["grammY and node-fetch", ({ url }) => /\/(grammy|node-fetch|abort-controller|event-target-shim|whatwg-url)[@/]/.test(url)],
  ["bench", ({ url }) => url.includes("/bench/src/")],
  ["other packages", ({ url }) => url.includes("/node_modules/")],
  ["Node: signals and events", ({ url }) => /^node:internal\/(abort_controller|event_target)$/.test(url)],
  ["Node: timers and ticks", ({ url }) => /^node:(internal\/(timers|process\/task_queues|async_hooks|priority_queue)|timers)/.test(url)],
  ["Node: http, net, streams", ({ url }) => /^node:(_http|internal\/http|net|_?stream|internal\/stream|internal\/url|url|buffer|internal\/buffer|events|querystring|diagnostics_channel)/.test(url)],
  ["Node: the rest", ({ url }) => url.startsWith("node:")],
  ["V8 and system calls", () => true],
];

/** Runs the variant once, with the profiler on while it is measured. */
export async function profile(variant, scenario) {
  const result = await runJob(variant, scenario, { profile: true });
  return { result, text: describe(result.profile, result.answered) };
}

function describe({ nodes, samples, timeDeltas }, messages) {
  const self = new Map();
  for (const [index, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[index]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const functions = new Map();
  const inclusive = new Map();
  const kinds = new Map();
  for (const node of nodes) {
    const us = self.get(node.id) ?? 0;
    if (us === 0) continue;
    const { functionName: name, url } = node.callFrame;
    const [kind] = KINDS.find(([, matches]) => matches({ name, url }));
    add(kinds, kind, us);
    if (kind === "idle") continue;
    add(functions, `${labelOf(node)}  [${kind}]`, us);
    const seen = new Set();
    for (let at = node; at !== undefined; at = byId.get(parents.get(at.id))) {
      if (/\/packages\/[^/]+\/dist\//.test(at.callFrame.url)) seen.add(labelOf(at));
    }
    for (const label of seen) add(inclusive, label, us);
  }
  const table = (title, times) => [
    title,
    ...[...times]
      .sort((a, b) => b[1] - a[1])
      .slice(0, TOP)
      .map(([label, us]) => `${(us / messages).toFixed(1).padStart(8)}  ${label}`),
    "",
  ];
  return [
    ...table("us per message, by kind", kinds),
    ...table("us per message, by function, without what it calls", functions),
    ...table("us per message, our functions, with what they call (up to the next await)", inclusive),
  ].join("\n");
}

function add(times, key, us) {
  times.set(key, (times.get(key) ?? 0) + us);
}

function labelOf({ callFrame: { functionName, url, lineNumber } }) {
  const name = functionName || "(anonymous)";
  if (url === "") return name;
  const short = url.replace(/^.*\/node_modules\//, "").replace(/^file:.*\/(packages|bench)\//, "$1/");
  return `${name}  ${short}:${lineNumber + 1}`;
}
