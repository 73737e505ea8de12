// What is measured, against what, and how much of it.

/** What ratios are of. */
export const FLOOR = "grammY";

/**
 * `file` is the module in subjects/, `options` are for it.
 * @typedef {{ name: string, file: string, mode: "webhook" | "polling", options?: object, isOurs?: boolean }} Variant
 * @type {readonly Variant[]}
 */
export const VARIANTS = [
  { name: FLOOR, file: "grammy", mode: "webhook" },
  {
    name: "ours, process",
    file: "ours",
    mode: "webhook",
    options: { durability: "process" },
    isOurs: true,
  },
  { name: "ours, full", file: "ours", mode: "webhook", options: { durability: "full" }, isOurs: true },
  { name: "Chat SDK", file: "chat-sdk", mode: "webhook" },
  {
    name: "ours polling, process",
    file: "ours",
    mode: "polling",
    options: { durability: "process" },
    isOurs: true,
  },
  { name: "grammY polling", file: "grammy", mode: "polling" },
  { name: "bare node:http", file: "bare", mode: "webhook" },
];

export const SCENARIOS = [
  { name: "distinct chats, 1 in flight", chats: "distinct", inFlight: 1 },
  { name: "distinct chats, 64 in flight", chats: "distinct", inFlight: 64 },
  { name: "one hot chat, 1 in flight", chats: "hot", inFlight: 1 },
  { name: "one hot chat, 64 in flight", chats: "hot", inFlight: 64 },
];

export const SIZES = {
  usual: {
    rounds: 3,
    messages: { 1: 6_000, 64: 15_000 },
    warmUp: { 1: 3_000, 64: 6_000 },
    maxMs: 5_000,
    starts: 5,
    idleMs: 5_000,
    bursts: 3,
    heapAt: [20_000, 60_000, 100_000],
  },
  quick: {
    rounds: 1,
    messages: { 1: 2_500, 64: 6_000 },
    warmUp: { 1: 1_500, 64: 3_000 },
    maxMs: 3_000,
    starts: 2,
    idleMs: 3_000,
    bursts: 1,
    heapAt: [10_000, 20_000, 30_000],
  },
};
