// Where the CPU time of one variant goes, in microseconds per message, by kind of code and by function.
import { withSubject } from "./job.mjs";
import { WARM_UP } from "./plan.mjs";
import { inSource } from "./sources.mjs";

const TOP = 40;
/** Statements with fewer calls per message are left out. */
const RARE = 0.005;
const LONGEST_SQL = 140;

/** First match wins. `url` is the source of a function, or of its nearest caller that has one. */
const KINDS = [
  ["idle", ({ name }) => name === "(idle)"],
  ["the profiler itself", ({ url }) => url === "node:inspector"],
  ["garbage collector", ({ name }) => name === "(garbage collector)"],
  [
    "sockets, in the system",
    ({ name, isNative }) =>
      isNative && /^(write|writev|shutdown|connect|readStart)|^write.*String$|^writeBuffer$/.test(name),
  ],
  [
    "SQLite",
    ({ name, url, isNative }) =>
      isNative && /\/store\/sqlite\//.test(url) && /^(run|get|all|exec|prepare|iterate)$/.test(name),
  ],
  ["JSON", ({ name, isNative }) => isNative && /^(parse|stringify)$/.test(name)],
  ["structuredClone", ({ name }) => name === "structuredClone"],
  ["core: store", ({ url }) => url.includes("/packages/core/src/store/")],
  ["core: the rest", ({ url }) => url.includes("/packages/core/")],
  ["Telegram connector", ({ url }) => url.includes("/packages/plugin-telegram/src/")],
  ["zod", ({ url }) => /\/zod[@/]/.test(url)],
  [
    "grammY and node-fetch",
    ({ url }) => /\/(grammy|node-fetch|abort-controller|event-target-shim|whatwg-url)[@/]/.test(url),
  ],
  ["bench", ({ url }) => url.includes("/bench/src/")],
  ["other packages", ({ url }) => url.includes("/node_modules/")],
  ["Node: signals and events", ({ url }) => /^node:internal\/(abort_controller|event_target)$/.test(url)],
  [
    "Node: timers and ticks",
    ({ url }) =>
      /^node:(internal\/(timers|process\/task_queues|async_hooks|priority_queue)|timers)/.test(url),
  ],
  [
    "Node: http, net, streams",
    ({ url }) =>
      /^node:(_http|internal\/http|net|_?stream|internal\/stream|internal\/url|url|buffer|internal\/buffer|events|querystring|diagnostics_channel)/.test(
        url,
      ),
  ],
  ["Node: the rest", ({ url }) => url.startsWith("node:")],
  ["V8 and the system", () => true],
];

/** Runs the variant once, with the profiler on while it is measured. */
export function profile(variant, { inFlight, chats }, { messages, warmUp }) {
  return withSubject(variant, async ({ ask, run, measure, stop }) => {
    const load = { inFlight, chats };
    await run({ ...WARM_UP, messages: warmUp });
    await ask("profile");
    const { answered, seconds, cpuMs } = await measure({ ...load, messages: messages[inFlight] });
    const { profile } = await ask("profiled");
    await ask("watch-statements");
    const watched = await measure({ ...load, messages: messages[inFlight] });
    const { statements } = await ask("statements");
    await stop();
    return {
      perSecond: answered / seconds,
      cpuUs: (cpuMs * 1000) / answered,
      text: `${describe(profile, answered)}\n${describeStatements(statements, watched.answered)}`,
    };
  });
}

function describe({ nodes, samples, timeDeltas }, messages) {
  const self = new Map();
  for (const [index, id] of samples.entries()) add(self, id, Math.max(0, timeDeltas[index]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const byId = new Map(nodes.map((node) => [node.id, { ...node, callFrame: inSource(node.callFrame) }]));
  const callers = (node) => {
    const chain = [];
    for (let at = node; at !== undefined; at = byId.get(parents.get(at.id))) chain.push(at);
    return chain;
  };
  const functions = new Map();
  const inclusive = new Map();
  const kinds = new Map();
  for (const node of byId.values()) {
    const us = self.get(node.id) ?? 0;
    if (us === 0) continue;
    const chain = callers(node);
    const { functionName: name } = node.callFrame;
    const nearest = chain.find(({ callFrame }) => callFrame.url !== "");
    const url = nearest?.callFrame.url ?? "";
    const [kind] = KINDS.find(([, matches]) => matches({ name, url, isNative: nearest !== node }));
    add(kinds, kind, us);
    if (kind === "idle") continue;
    const by = nearest === undefined || nearest === node ? "" : `, called by ${labelOf(nearest)}`;
    add(functions, `${labelOf(node)}${by}  [${kind}]`, us);
    const ours = chain.filter(({ callFrame }) => /\/packages\/[^/]+\/src\//.test(callFrame.url)).map(labelOf);
    for (const label of new Set(ours)) add(inclusive, label, us);
  }
  const lines = (title, times) => [
    title,
    ...[...times]
      .sort((a, b) => b[1] - a[1])
      .slice(0, TOP)
      .map(([label, us]) => `${(us / messages).toFixed(1).padStart(8)}  ${label}`),
    "",
  ];
  return [
    ...lines("us per message, by kind", kinds),
    ...lines("us per message, by function, without what it calls", functions),
    ...lines("us per message, our functions with what they call, up to the next await", inclusive),
  ].join("\n");
}

function describeStatements(statements, messages) {
  if (statements.length === 0) return "";
  const rows = statements
    .filter(([, { times }]) => times / messages >= RARE)
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([sql, { times, ms }]) => {
      const perMessage = `${((ms * 1000) / messages).toFixed(1).padStart(8)}  ${(times / messages).toFixed(2).padStart(6)}`;
      return `${perMessage}  ${sql.slice(0, LONGEST_SQL)}`;
    });
  return ["us and calls per message, by statement", ...rows, ""].join("\n");
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
