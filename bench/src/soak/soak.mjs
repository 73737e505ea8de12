// The runtime for some minutes in bad weather: a platform that fails, a process that is killed. What people saw is judged at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChild, pause } from "../job.mjs";
import { median, table } from "../numbers.mjs";
import { judgeMemory, trendOf } from "./memory.mjs";
import { chanceOf } from "./random.mjs";
import { openTown } from "./town.mjs";
import { judge } from "./verdict.mjs";
import { openWeather } from "./weather.mjs";

/** Mean pause between two questions, in ms. */
const ASK_EVERY_MS = 120;
/** The last part of the time is one life without a kill, so that memory that grows would show. */
const LONG_LIFE_SHARE = 0.4;
/** A life before that, in ms. */
const LIFE_MS = [1_000, 15_000];
/** Of the ends of a life so many are kills, the others stops in good order. */
const KILLED_SHARE = 0.65;
const SAMPLES = 12;
const STOP_LIMIT_MS = 8_000;
/** When nothing was answered for so long in good weather, in ms, nothing more will be. */
const SILENCE_MS = 30_000;
const SHOWN_WRONGS = 30;

/**
 * @param {{ minutes: number, seed: number, tell: (text: string) => void }} options
 * @returns whether all was as it must be; what was seen is printed
 */
export async function soak({ minutes, seed, tell }) {
  const chance = chanceOf(seed);
  const stateDir = mkdtempSync(join(tmpdir(), "connectors-soak-"));
  const town = await openTown(chance);
  const weather = openWeather(town, chance);
  const subject = openSubject(town.sim.apiRoot, stateDir);
  const startedAt = performance.now();
  const endsAt = startedAt + minutes * 60_000;
  const longLifeAt = endsAt - minutes * 60_000 * LONG_LIFE_SHARE;
  const samples = [];
  const wrongs = [];
  let asking = true;
  try {
    await subject.begin();
    const asked = ask();
    let hasMoved = false;
    while (performance.now() < longLifeAt) {
      await pause(Math.min(chance.between(...LIFE_MS), Math.max(0, longLifeAt - performance.now())));
      if (chance.of(KILLED_SHARE)) await subject.kill();
      else wrongs.push(...(await subject.stop()));
      if (!hasMoved) town.migrates();
      hasMoved = true;
      await subject.begin();
      tellProgress();
    }
    const everyMs = (endsAt - performance.now()) / (SAMPLES + 1);
    for (let sample = 0; sample <= SAMPLES; sample++) {
      await pause(everyMs);
      // The first stretch fills caches.
      if (sample > 0) samples.push(await subject.ask("heap"));
      tellProgress();
    }
    asking = false;
    await asked;
    weather.end();
    tell("soak: waiting for the last answers");
    while (town.open.size > 0 && performance.now() - Math.max(town.answeredAt, endsAt) < SILENCE_MS)
      await pause(200);
    wrongs.push(...(await subject.stop()));
    const verdict = await judge(town.questions, stateDir);
    wrongs.push(...town.faults, ...verdict.wrongs, ...judgeMemory(samples));
    print({ verdict, samples, town, weather, subject, wrongs, seed, minutes });
  } finally {
    asking = false;
    weather.end();
    await subject.close();
    await town.close();
    if (wrongs.length === 0) rmSync(stateDir, { recursive: true });
    else console.log(`\nDatabase and log are kept in ${stateDir}`);
  }
  return wrongs.length === 0;

  async function ask() {
    while (asking) {
      await town.asks();
      // Now and then many at once.
      if (!chance.of(0.3)) await pause(chance.between(0, 2.8 * ASK_EVERY_MS));
    }
  }

  function tellProgress() {
    const minute = ((performance.now() - startedAt) / 60_000).toFixed(1);
    tell(
      `soak: minute ${minute} of ${minutes}, ${town.questions.size} questions, ${town.open.size} open, ${subject.kills} kills, ${subject.stops} stops`,
    );
  }
}

/** A process under test, and the next one on the same state when it was ended. */
function openSubject(apiRoot, stateDir) {
  let child;
  let ready;
  const subject = {
    kills: 0,
    stops: 0,
    async begin() {
      child = openChild("subject.mjs", ["soaked", JSON.stringify({ apiRoot, stateDir })]);
      // Not waited for: also one that is still starting may be killed.
      ready = child.hear("ready");
      ready.catch(() => {});
    },
    async ask(type) {
      await ready;
      return await child.ask({ type });
    },
    async kill() {
      subject.kills++;
      await child.close();
    },
    /** @returns violations */
    async stop() {
      subject.stops++;
      await ready;
      const startedAt = performance.now();
      const stopped = child.ask({ type: "stop" }).then(() => child.end());
      await Promise.race([stopped.catch(() => {}), pause(STOP_LIMIT_MS)]);
      const tookMs = performance.now() - startedAt;
      await child.close();
      return tookMs >= STOP_LIMIT_MS ? [`a stop took longer than ${STOP_LIMIT_MS / 1000} s`] : [];
    },
    close: async () => child?.close(),
  };
  return subject;
}

function print({ verdict: { counts }, samples, town, weather, subject, wrongs, seed, minutes }) {
  const times = [...town.questions.values()]
    .filter(({ firstAt }) => firstAt.size > 0)
    .map(({ askedAt, firstAt }) => Math.min(...firstAt.values()) - askedAt);
  const { heapMb, rssMb } = trendOf(samples);
  const arrow = ([first, last]) => `${first.toFixed(1)} -> ${last.toFixed(1)} MiB`;
  const rows = [
    ["questions", `${counts.asked}`],
    ["answered once", `${counts.once}`],
    ["answered more than once, each with a call in doubt on record", `${counts.doubled}`],
    ["in doubt and left to the operator", `${counts.held}`],
    ["lost", `${counts.lost}`],
    ["with a call in doubt", `${counts.uncertain}`],
    ["kills, stops", `${subject.kills}, ${subject.stops - 1}`],
    [
      "to the first word of an answer: median, longest",
      `${(median(times) / 1000).toFixed(2)} s, ${(Math.max(...times) / 1000).toFixed(1)} s`,
    ],
    ["heap after a collection, first and last third of the last life", arrow(heapMb)],
    ["resident memory, likewise", arrow(rssMb)],
    ["calls before a wait was over that their chat was told", `${weather.early()}`],
  ];
  console.log(`\n${table([`soak, seed ${seed}, ${minutes} min`, ""], rows).join("\n")}`);
  console.log(
    `\n${table(
      ["what went wrong at the platform", "times"],
      weather.hits().map(([name, hits]) => [name, `${hits}`]),
    ).join("\n")}`,
  );
  if (wrongs.length === 0)
    return console.log(
      "\nNothing lost, nothing doubled without a doubt on record, all in order, memory flat.",
    );
  console.log(`\n${wrongs.length} violations:`);
  for (const wrong of wrongs.slice(0, SHOWN_WRONGS)) console.log(`  ${wrong}`);
}
