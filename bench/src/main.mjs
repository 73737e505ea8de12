// pnpm bench [--quick] [--only PATTERN] [--rounds N] [--json] [--profile] [--checkout DIR ...]
// pnpm bench --eliza [--quick] [--only PATTERN] [--rounds N] [--json]
// pnpm bench --soak [--minutes N] [--seed N]
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { syncMs } from "./disk.mjs";
import { judge } from "./goals.mjs";
import { measureHeap } from "./heap.mjs";
import { measureHost } from "./host.mjs";
import { measureMessages } from "./messages.mjs";
import { table } from "./numbers.mjs";
import { FLOOR, fromCheckouts, SCENARIOS, SIZES, VARIANTS } from "./plan.mjs";
import { profile } from "./profile.mjs";

const USAGE = `pnpm bench [--quick] [--only PATTERN] [--rounds N] [--json] [--profile] [--checkout DIR ...]
pnpm bench --eliza [--quick] [--only PATTERN] [--rounds N] [--json]
pnpm bench --soak [--minutes N] [--seed N]

  --quick          one round with fewer messages: for a first look, not for a verdict
  --only PATTERN   what matches the regular expression; one of
${names()
  .map((name) => `                     ${name}`)
  .join("\n")}
  --rounds N       how often everything is measured; the median is printed
  --json           the figures as JSON on standard output
  --checkout DIR   ours from another checkout as well, which must be built: for a before and after
  --profile        where the CPU time goes, instead of figures
  --eliza          our Telegram plugin beside the published one in the runtime of @elizaos/core: figures, and what goes wrong
  --soak           no figures: the runtime in bad weather, judged by what people saw; exit code 1 when it failed
  --minutes N      how long, 10 unless told; whole or not
  --seed N         repeats the chances of an earlier run, as far as time allows
`;

const { values } = readOptions();
const size = values.quick ? SIZES.quick : SIZES.usual;
const rounds = values.rounds === undefined ? size.rounds : Number(values.rounds);
const pattern = new RegExp(values.only ?? "", "i");
const variants = [
  ...VARIANTS,
  ...fromCheckouts((values.checkout ?? []).map((folder) => resolve(process.env.INIT_CWD ?? ".", folder))),
];
const options = {
  variants,
  size: { ...size, rounds },
  isWanted: (name) => pattern.test(name),
  tell: (text) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`),
};

if (values.soak) await printSoak();
else if (values.eliza) await compareInEliza();
else if (values.profile) await printProfiles();
else await measure();

async function printSoak() {
  const { soak } = await import("./soak/soak.mjs");
  const seed = values.seed === undefined ? Math.floor(Math.random() * 100_000) : Number(values.seed);
  const minutes = Number(values.minutes ?? 10);
  if (!Number.isSafeInteger(seed) || !(minutes >= 0.5)) {
    console.error(`--seed is a whole number, --minutes at least 0.5\n\n${USAGE}`);
    process.exit(2);
  }
  if (!(await soak({ minutes, seed, tell: options.tell }))) process.exitCode = 1;
}

async function compareInEliza() {
  const { compareInEliza: compare } = await import("../eliza/src/main.mjs");
  await compare({ ...options, rounds, json: values.json });
  process.exit();
}

async function measure() {
  const machine = { node: process.version, cores: cpus().length, syncMs: syncMs(), loadBefore: loadavg()[0] };
  const figures = {
    machine,
    messages: await measureMessages(options),
    host: await measureHost(options),
    heap: await measureHeap(options),
  };
  machine.loadAfter = loadavg()[0];
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  const goals = judge(figures);
  if (values.json) console.log(JSON.stringify({ ...figures, goals }, undefined, 2));
  else print(figures, goals);
}

function print({ machine, messages, host, heap }, goals) {
  const { node, cores, syncMs, loadBefore, loadAfter } = machine;
  console.log(
    `Node ${node}, ${cores} cores, load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after, ${syncMs.toFixed(2)} ms to sync a page to disk, ${rounds} ${rounds === 1 ? "round" : "rounds"}`,
  );
  for (const { name } of SCENARIOS) {
    const rows = messages.filter(({ scenario }) => scenario === name);
    if (rows.length === 0) continue;
    printTable(
      [
        name,
        "msg/s",
        `of ${FLOOR}`,
        "p50 ms",
        "p99 ms",
        "CPU us/msg",
        `of ${FLOOR}`,
        "loop p99 ms",
        "peak MiB",
        "rig busy",
      ],
      rows.map((row) => [
        row.variant,
        row.perSecond.toFixed(0),
        `${row.rateRatio.toFixed(2)} x`,
        row.p50.toFixed(2),
        row.p99.toFixed(2),
        row.cpuUs.toFixed(0),
        `${row.cpuRatio.toFixed(2)} x`,
        row.loopP99.toFixed(1),
        row.peakMb.toFixed(0),
        `${(row.rigBusy * 100).toFixed(0)} %`,
      ]),
    );
    for (const { variant, faults } of rows)
      if (faults.length > 0) console.log(`  ${variant}: ${faults.join("; ")}`);
  }
  if (host !== undefined) {
    const { burst, both } = host;
    printTable(
      ["host", "Telegram", "and Discord"],
      [
        ["ready", `${host.readyMs.toFixed(0)} ms`, `${both.readyMs.toFixed(0)} ms`],
        [
          "ready, the very first time",
          `${host.firstReadyMs.toFixed(0)} ms`,
          `${both.firstReadyMs.toFixed(0)} ms`,
        ],
        [
          `resident memory ${size.idleMs / 1000} s later`,
          `${host.idleMb.toFixed(1)} MiB`,
          `${both.idleMb.toFixed(1)} MiB`,
        ],
      ],
    );
    printTable(
      ["host, one Telegram account", ""],
      [
        [
          `${burst.messages} messages from ${burst.senders} DMs at once: first answer`,
          `${burst.firstMs.toFixed(0)} ms`,
        ],
        ["last answer", `${burst.lastMs.toFixed(0)} ms`],
        ["not answered", `${burst.lost}`],
        ["event-loop delay, p99", `${burst.loopP99.toFixed(1)} ms`],
        ["peak memory", `${burst.peakMb.toFixed(0)} MiB`],
      ],
    );
  }
  if (heap.length > 0) {
    printTable(
      [
        "heap (and resident) MiB after",
        ...heap[0].points.map(({ messages }) => messages.toLocaleString("en")),
      ],
      heap.map(({ variant, points }) => [
        variant,
        ...points.map(({ heapMb, rssMb }) => `${heapMb.toFixed(1)} (${rssMb.toFixed(0)})`),
      ]),
    );
  }
  if (goals.length > 0)
    printTable(
      ["goal", "measured", ""],
      goals.map(({ goal, figure, isMet }) => [goal, figure, isMet ? "pass" : "MISS"]),
      3,
    );
}

function printTable(head, rows, texts) {
  console.log(`\n${table(head, rows, texts).join("\n")}`);
}

async function printProfiles() {
  for (const scenario of SCENARIOS) {
    for (const variant of variants.filter(({ name }) => options.isWanted(`${scenario.name}, ${name}`))) {
      const { perSecond, cpuUs, text } = await profile(variant, scenario, size);
      console.log(
        `${scenario.name}, ${variant.name}: ${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(0)} us of CPU per message with the profiler on\n\n${text}`,
      );
    }
  }
}

function names() {
  return [
    ...SCENARIOS.flatMap((scenario) => VARIANTS.map((variant) => `${scenario.name}, ${variant.name}`)),
    "host",
    "heap, grammY",
    "heap, ours, process",
  ];
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string" },
        rounds: { type: "string" },
        checkout: { type: "string", multiple: true },
        json: { type: "boolean", default: false },
        profile: { type: "boolean", default: false },
        eliza: { type: "boolean", default: false },
        soak: { type: "boolean", default: false },
        minutes: { type: "string" },
        seed: { type: "string" },
      },
    });
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}
