// Every variant in every scenario. Variants take short turns, since the machine may not be ours alone: what disturbs one
// disturbs the others as much. Ratios are taken within a round.
import { pause, withSubject } from "./job.mjs";
import { median, medians } from "./numbers.mjs";
import { FLOOR, SCENARIOS, WARM_UP } from "./plan.mjs";

/** What warming up left is over after that. */
const COOL_MS = 300;
const FIGURES = ["perSecond", "p50", "p99", "cpuUs", "peakMb", "loopP99", "rigBusy"];

/** @returns one row per scenario and variant: medians over the rounds, and what went wrong in any of them */
export async function measureMessages({ variants: all, size, isWanted, tell }) {
  const rows = [];
  for (const scenario of SCENARIOS) {
    const variants = all.filter(
      ({ name, chats = [scenario.chats] }) =>
        chats.includes(scenario.chats) && isWanted(`${scenario.name}, ${name}`),
    );
    if (variants.length === 0) continue;
    // Ratios need the floor, whatever else was asked for.
    const floor = all.find(({ name }) => name === FLOOR);
    if (!variants.includes(floor)) variants.unshift(floor);
    const rounds = [];
    for (let round = 1; round <= size.rounds; round++) {
      tell(`round ${round} of ${size.rounds}: ${scenario.name}`);
      rounds.push(await measureRound(variants, scenario, size));
    }
    rows.push(
      ...variants.map((variant) => {
        const runs = rounds.map((round) => round.get(variant.name));
        const floors = rounds.map((round) => round.get(FLOOR));
        return {
          scenario: scenario.name,
          variant: variant.name,
          ...medians(runs, FIGURES),
          rateRatio: median(runs.map((run, round) => run.perSecond / floors[round].perSecond)),
          cpuRatio: median(runs.map((run, round) => run.cpuUs / floors[round].cpuUs)),
          p50More: median(runs.map((run, round) => run.p50 - floors[round].p50)),
          faults: faultsOf(runs, scenario, variant),
        };
      }),
    );
  }
  const oneAtATime = rows.find(
    ({ scenario, variant }) => scenario === SCENARIOS[0].name && variant === FLOOR,
  );
  if (oneAtATime === undefined) return rows;
  return rows.map((row) => ({ ...row, rateToOneAtATime: row.perSecond / oneAtATime.perSecond }));
}

/** One process for each variant, all of them there at once; every leg gives each of them its turn. */
async function measureRound(variants, { inFlight, chats }, { legs, messages, warmUp, maxMs }) {
  const found = new Map();
  const open = async ([variant, ...others], subjects) => {
    if (variant !== undefined) {
      await withSubject(variant, (subject) => open(others, [...subjects, { variant, subject, runs: [] }]));
      return;
    }
    const load = { inFlight, chats };
    for (const each of subjects)
      each.warm = await each.subject.run({ ...WARM_UP, messages: warmUp, maxMs: maxMs.warmUp });
    await pause(COOL_MS);
    for (let leg = 0; leg < legs; leg++) {
      for (const { subject, runs } of turned(subjects, leg))
        runs.push(await subject.measure({ ...load, messages: messages[inFlight] / legs, maxMs: maxMs.leg }));
    }
    for (const { variant, subject, warm, runs } of subjects)
      found.set(variant.name, { ...summary(runs), warm, report: await subject.stop() });
  };
  await open(variants, []);
  return found;
}

function summary(runs) {
  const sum = (figure) => runs.reduce((total, run) => total + run[figure], 0);
  const latencies = runs.flatMap((run) => run.latencies).sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN;
  return {
    brought: sum("brought"),
    answered: sum("answered"),
    lost: sum("lost"),
    doubles: sum("doubles"),
    refused: sum("refused"),
    outOfOrder: sum("outOfOrder"),
    perSecond: sum("answered") / sum("seconds"),
    p50: at(0.5),
    p99: at(0.99),
    cpuUs: (sum("cpuMs") * 1000) / sum("answered"),
    peakMb: Math.max(...runs.map((run) => run.peakMb)),
    loopP99: median(runs.map((run) => run.loopP99)),
    rigBusy: median(runs.map((run) => run.rigBusy)),
  };
}

function turned(list, by) {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** What a user would have noticed. Empty: every message was answered once and, where it matters, in order. */
function faultsOf(rounds, { chats }, { isOurs = false }) {
  const sum = (figure) => rounds.reduce((total, round) => total + round[figure], 0);
  const faults = [];
  if (sum("lost") > 0) faults.push(`${sum("lost")} of ${sum("brought")} not answered`);
  if (sum("doubles") > 0) faults.push(`${sum("doubles")} answered twice or too late`);
  if (sum("refused") > 0) faults.push(`${sum("refused")} put off`);
  if (chats === "hot" && sum("outOfOrder") > 0)
    faults.push(`${sum("outOfOrder")} of ${sum("answered")} out of order`);
  if (isOurs) {
    for (const { brought, warm, report } of rounds) {
      const total = brought + warm.brought;
      if (report.events !== total || report.sent !== total || report.open !== 0)
        faults.push(`${total} brought, but ${report.events} events and ${report.sent} answers committed`);
    }
  }
  return faults;
}
