// The goals of this repository, each with what was measured.
import { FLOOR } from "./plan.mjs";

const HEAP_NOISE_MB = 2;

/** @returns {{ goal: string, figure: string, isMet: boolean }[]} those that there are measurements for */
export function judge({ messages = [], host, heap = [] }) {
  return [...(messages.length === 0 ? [] : messageGoals(messages)), ...hostGoals(host), ...heapGoals(heap)];
}

function messageGoals(rows) {
  const goals = [];
  const check = (scenario, variant, figure, goal, isMet, show) => {
    const row = rows.find((each) => each.scenario === scenario && each.variant === variant);
    const value = row?.[figure];
    if (value === undefined) return;
    goals.push({
      goal: `${scenario}, ${variant}: ${goal}`,
      figure: `${show(value)}${row.faults.length === 0 ? "" : `; ${row.faults.join("; ")}`}`,
      isMet: isMet(value) && row.faults.length === 0,
    });
  };
  const one = "distinct chats, 1 in flight";
  const many = "distinct chats, 64 in flight";
  const hot = "one hot chat, 64 in flight";
  const atLeast = (scenario, variant, figure, least, what) =>
    check(scenario, variant, figure, `>= ${least.toFixed(2)} of ${what}`, (value) => value >= least, times);
  const p50 = (variant, most) =>
    check(one, variant, "p50More", `p50 at most ${most} ms more than ${FLOOR}`, (value) => value <= most, ms);
  const cpu = (scenario, variant) =>
    check(
      scenario,
      variant,
      "cpuRatio",
      `CPU per message <= 1.20 of ${FLOOR}'s`,
      (value) => value <= 1.2,
      times,
    );

  for (const variant of ["ours, process", "ours, full"])
    atLeast(many, variant, "rateRatio", 1, `${FLOOR}'s rate, all committed`);
  atLeast(one, "ours, process", "rateRatio", 0.75, `${FLOOR}'s rate`);
  p50("ours, process", 0.15);
  p50("ours, full", 0.8);
  for (const variant of ["ours, process", "ours, full"])
    atLeast(hot, variant, "rateToOneAtATime", 0.6, `${FLOOR}'s one-at-a-time rate, in order`);
  for (const scenario of [one, many])
    for (const variant of ["ours, process", "ours, full"]) cpu(scenario, variant);
  return goals;
}

function hostGoals(host) {
  if (host === undefined) return [];
  const { readyMs, firstReadyMs, idleMb, burst, both } = host;
  return [
    { goal: "host: ready in < 500 ms", figure: ms(readyMs, 0), isMet: readyMs < 500 },
    {
      goal: "host: ready in < 500 ms, the very first time",
      figure: ms(firstReadyMs, 0),
      isMet: firstReadyMs < 500,
    },
    {
      goal: "host with Telegram and Discord: ready in < 1,000 ms, the very first time",
      figure: ms(both.firstReadyMs, 0),
      isMet: both.firstReadyMs < 1_000,
    },
    { goal: "host: idle in < 90 MiB", figure: `${idleMb.toFixed(1)} MiB`, isMet: idleMb < 90 },
    {
      goal: `host: ${burst.messages} messages from ${burst.senders} DMs at once answered in < 500 ms, none lost or doubled, in order`,
      figure: `${ms(burst.lastMs, 0)}, ${burst.lost} lost, ${burst.doubles} doubled, ${burst.outOfOrder} out of order`,
      isMet: burst.lastMs < 500 && burst.lost + burst.doubles + burst.outOfOrder === 0,
    },
  ];
}

function heapGoals(rows) {
  return rows
    .filter(({ variant }) => variant !== FLOOR)
    .map(({ variant, points, lost }) => {
      const [first, last] = [points[0], points.at(-1)];
      const growth = last.heapMb - first.heapMb;
      return {
        goal: `${variant}: the heap does not grow between ${count(first.messages)} and ${count(last.messages)} messages`,
        figure: `${growth >= 0 ? "+" : ""}${growth.toFixed(1)} MiB${lost === 0 ? "" : `; ${lost} not answered`}`,
        isMet: growth <= HEAP_NOISE_MB && lost === 0,
      };
    });
}

const times = (value) => `${value.toFixed(2)} x`;
const ms = (value, digits = 2) => `${value.toFixed(digits)} ms`;
const count = (value) => value.toLocaleString("en");
