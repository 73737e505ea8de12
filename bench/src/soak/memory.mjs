/** What a collection leaves varies by so much, in MiB; it grows by no more where nothing leaks. */
const HEAP_NOISE_MB = 2;
/** Resident memory depends on when the collector and the system's allocator give pages back. */
const RSS_NOISE_MB = 24;

/** The means of the first and the last third of what was sampled, in MiB. */
export function trendOf(samples) {
  const third = Math.max(1, Math.floor(samples.length / 3));
  const mean = (part, field) => part.reduce((sum, each) => sum + each[field], 0) / part.length;
  const [first, last] = [samples.slice(0, third), samples.slice(-third)];
  return {
    heapMb: [mean(first, "heapMb"), mean(last, "heapMb")],
    rssMb: [mean(first, "rssMb"), mean(last, "rssMb")],
  };
}

/** @returns violations as lines */
export function judgeMemory(samples) {
  if (samples.length < 3) return ["memory was sampled too seldom to say anything; let it run longer"];
  const { heapMb, rssMb } = trendOf(samples);
  const wrongs = [];
  const check = (name, [first, last], noise) => {
    if (last - first > noise) wrongs.push(`${name} grew from ${first.toFixed(1)} to ${last.toFixed(1)} MiB`);
  };
  check("the heap", heapMb, HEAP_NOISE_MB);
  check("resident memory", rssMb, RSS_NOISE_MB);
  return wrongs;
}
