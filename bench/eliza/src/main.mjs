// Our Telegram plugin beside the published one in the same runtime.
import { median, table } from "../../src/numbers.mjs";
import { measureLoad } from "./load.mjs";
import { play, SCENES } from "./scenes.mjs";
import { folderOf, installed } from "./size.mjs";

const PLUGINS = ["theirs", "ours"];
const CHATS = [500, 50, 1];
const DATABASES = ["pglite", "memory"];
const WANTED_RATE = 1.5;

/**
 * @param {{ rounds: number, isWanted: (name: string) => boolean, tell: (text: string) => void, json: boolean }} options
 */
export async function compareInEliza({ rounds, isWanted, tell, json }) {
  const size = {
    theirs: installed(folderOf("their-plugin-telegram")),
    ours: installed(folderOf("@elizaos/plugin-telegram")),
  };
  const load = await measureAll(rounds, isWanted, tell);
  const scenes = [];
  for (const scene of Object.keys(SCENES).filter((name) => isWanted(`eliza, ${name}`))) {
    tell(`eliza, ${scene}`);
    const [theirs, ours] = [await play(scene, "theirs"), await play(scene, "ours")];
    scenes.push({ scene, theirs, ours });
  }
  if (json) console.log(JSON.stringify({ size, load, scenes }, undefined, 2));
  else print({ size, load, scenes });
}

/** Theirs and ours take turns, so that a machine which others use disturbs both alike. */
async function measureAll(rounds, isWanted, tell) {
  const rows = [];
  for (const database of DATABASES) {
    for (const chats of CHATS.filter((count) => isWanted(`eliza, ${database}, ${count} chats`))) {
      const runs = { theirs: [], ours: [] };
      for (let round = 0; round < rounds; round++) {
        for (const plugin of PLUGINS) {
          tell(`eliza, ${database}, ${chats} chats, ${plugin}, round ${round + 1} of ${rounds}`);
          runs[plugin].push(await measureLoad({ plugin, database, chats }));
        }
      }
      for (const plugin of PLUGINS) rows.push({ database, chats, plugin, ...medians(runs[plugin]) });
      const ratio = median(runs.ours.map(({ perSecond }, round) => perSecond / runs.theirs[round].perSecond));
      rows.at(-1).ratio = ratio;
    }
  }
  return rows;
}

function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]));
}

function print({ size, load, scenes }) {
  const lines = (head, rows, texts) => console.log(`\n${table(head, rows, texts).join("\n")}`);
  lines(
    ["installed beside @elizaos/core", "packages", "MB"],
    PLUGINS.map((plugin) => [plugin, String(size[plugin].packages), size[plugin].mb.toFixed(1)]),
  );
  if (load.length > 0)
    lines(
      [
        "500 messages at once",
        "answered",
        "per s",
        "of theirs",
        "CPU ms",
        "start ms",
        "idle MiB",
        "peak MiB",
      ],
      load.map(({ database, chats, plugin, answered, perSecond, ratio, cpuMs, startMs, idleMb, peakMb }) => [
        `${database}, ${chats} ${chats === 1 ? "chat" : "chats"}, ${plugin}`,
        `${answered}`,
        perSecond.toFixed(0),
        ratio === undefined ? "" : `${ratio.toFixed(2)} x`,
        cpuMs.toFixed(0),
        startMs.toFixed(0),
        idleMb.toFixed(0),
        peakMb.toFixed(0),
      ]),
    );
  if (scenes.length > 0)
    lines(
      ["scene", "theirs", "ours"],
      scenes.map(({ scene, theirs, ours }) => [scene, theirs, ours]),
      3,
    );
  const goal = load.find(
    ({ database, chats, plugin }) => database === "pglite" && chats === 500 && plugin === "ours",
  );
  const whole = load.filter(({ plugin }) => plugin === "ours").every(({ answered }) => answered === 500);
  const goals = [
    ...(goal === undefined
      ? []
      : [
          [
            `PGlite, 500 chats: >= ${WANTED_RATE} of theirs`,
            `${goal.ratio.toFixed(2)} x`,
            goal.ratio >= WANTED_RATE ? "pass" : "MISS",
          ],
        ]),
    ...(load.length === 0
      ? []
      : [["every message is answered", whole ? "500 of 500 each time" : "not all", whole ? "pass" : "MISS"]]),
  ];
  if (goals.length > 0) lines(["goal", "measured", ""], goals, 3);
}
