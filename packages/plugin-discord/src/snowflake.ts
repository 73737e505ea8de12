/** Ids begin at the first second of 2015 (Discord API reference, "Snowflakes"). */
const EPOCH_MS = 1_420_070_400_000;
const TIME_SHIFT = 22n;
/** Numbers of one millisecond that stay apart in an event's order. */
const PER_MS = 4_096;

/** Unix time in ms at which an id was made. */
export function timeOf(id: string): number {
  return Number(BigInt(id) >> TIME_SHIFT) + EPOCH_MS;
}

/** The smallest id of that time, for `after` and `before`. */
export function idAt(ms: number): string {
  return String(BigInt(Math.max(0, Math.floor(ms) - EPOCH_MS)) << TIME_SHIFT);
}

/** Ids as numbers that can be compared; ids of one millisecond and process keep their order. */
export function orderOf(id: string): number {
  return orderAt(timeOf(id)) + Number(BigInt(id) & BigInt(PER_MS - 1));
}

/** Comparable with `orderOf`: before every id of that millisecond. */
export function orderAt(ms: number): number {
  return (ms - EPOCH_MS) * PER_MS;
}

export function isNewer(id: string, than: string): boolean {
  return BigInt(id) > BigInt(than);
}
