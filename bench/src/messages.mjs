// Every variant in every scenario, in turns, since the machine may not be ours alone; ratios are taken within a round.
import { runJob } from "./job.mjs";
import { median, medians } from "./numbers.mjs";
import { FLOOR, SCENARIOS, VARIANTS } from "./plan.mjs";

const FIGURES = ["perSecond", "p50", "p99", "cpuUs", "peakMb", "loopP99", "rigBusy"];

/** @returns one row per scenario and variant: medians over the rounds, and what went wrong in any of them */
export async function measureMessages({ size, isWanted, tell }) {
  const runs = new Map();
  for (let round = 1; round <= size.rounds; round++) {
    for (const scenario of SCENARIOS) {
      const variants = VARIANTS.filter(({ name }) => isWanted(`${scenario.name}, ${name}`));
      // The floor is needed for the ratios of whatever else is asked for.
      if (variants.length > 0 && !variants.some(({ name }) => name === FLOOR))
        variants.unshift(...VARIANTS.filter(({ name }) => name === FLOOR));
      for (const variant of turned(variants, round - 1)) {
        tell(`round ${round} of ${size.rounds}: ${scenario.name}, ${variant.name}`);
        const { messages, warmUp, maxMs } = size;
        const { inFlight, chats } = scenario;
        const run = await runJob(variant, {
          inFlight,
          chats,
          messages: messages[inFlight],
          warmUp: warmUp[inFlight],
          maxMs,
        });
        const key = `${scenario.name}|${variant.name}`;
        runs.set(key, [...(runs.get(key) ?? []), run]);
      }
    }
  }
  const of = (scenario, variant) => runs.get(`${scenario.name}|${variant}`) ?? [];
  return SCENARIOS.flatMap((scenario) =>
    VARIANTS.filter(({ name }) => of(scenario, name).length > 0).map((variant) => {
      const mine = of(scenario, variant.name);
      const floor = of(scenario, FLOOR);
      const oneAtATime = of(SCENARIOS[0], FLOOR);
      return {
        scenario: scenario.name,
        variant: variant.name,
        ...medians(mine, FIGURES),
        rateRatio: median(mine.map((run, round) => run.perSecond / floor[round].perSecond)),
        cpuRatio: median(mine.map((run, round) => run.cpuUs / floor[round].cpuUs)),
        p50More: median(mine.map((run, round) => run.p50 - floor[round].p50)),
        ...(oneAtATime.length === 0
          ? {}
          : { rateToOneAtATime: median(mine.map((run, round) => run.perSecond / oneAtATime[round].perSecond)) }),
        faults: faultsOf(mine, scenario, variant),
      };
    }),
  );
}

function turned(list, by) {
  const start = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

/** What a user would have noticed. Empty: every message was answered once and, where it matters, in order. */
function faultsOf(runs, { chats }, { isOurs }) {
  const sum = (figure) => runs.reduce((total, run) => total + run[figure], 0);
  const faults = [];
  if (sum("lost") > 0) faults.push(`${sum("lost")} of ${sum("brought")} not answered`);
  if (sum("doubles") > 0) faults.push(`${sum("doubles")} answered twice or too late`);
  if (sum("refused") > 0) faults.push(`${sum("refused")} put off`);
  if (chats === "hot" && sum("outOfOrder") > 0) faults.push(`${sum("outOfOrder")} of ${sum("answered")} out of order`);
  if (isOurs === true) {
    for (const { report, total } of runs) {
      if (report.events !== total.brought || report.sent !== total.brought || report.open !== 0)
        faults.push(`${total.brought} brought, but ${report.events} events and ${report.sent} answers committed`);
    }
  }
  return faults;
}
