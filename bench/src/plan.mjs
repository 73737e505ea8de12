// What is measured, against what, and how much of it.

import { basename } from "node:path";

/** What ratios are of. */
export const FLOOR = "grammY";

/**
 * `file` is the module in subjects/, `options` are for it; `chats` says which scenarios it takes part in, absent for all.
 * @typedef {{ name: string, file: string, mode: "webhook" | "polling", options?: object, isOurs?: boolean, chats?: string[] }} Variant
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
    chats: ["distinct"],
  },
  { name: "grammY polling", file: "grammy", mode: "polling", chats: ["distinct"] },
  // What the measuring itself allows.
  { name: "bare node:http", file: "bare", mode: "webhook", chats: ["distinct"] },
];

/** Ours again, from other checkouts that are built: for a before and after. */
export function fromCheckouts(folders) {
  return folders.flatMap((checkout) =>
    VARIANTS.filter(({ isOurs }) => isOurs).map((variant) => ({
      ...variant,
      name: `${variant.name}, ${basename(checkout)}`,
      options: { ...variant.options, checkout },
    })),
  );
}

export const SCENARIOS = [
  { name: "distinct chats, 1 in flight", chats: "distinct", inFlight: 1 },
  { name: "distinct chats, 64 in flight", chats: "distinct", inFlight: 64 },
  { name: "one hot chat, 1 in flight", chats: "hot", inFlight: 1 },
  { name: "one hot chat, 64 in flight", chats: "hot", inFlight: 64 },
];

/**
 * `messages` are measured in each round, by number in flight, in `legs` equal legs; a leg that takes longer than
 * `maxMs.leg` is cut off, and so is warming up.
 */
export const SIZES = {
  usual: {
    rounds: 3,
    legs: 5,
    messages: { 1: 6_000, 64: 15_000 },
    warmUp: 6_000,
    maxMs: { warmUp: 4_000, leg: 1_000 },
    starts: 5,
    idleMs: 5_000,
    bursts: 3,
    heapAt: [20_000, 60_000, 100_000],
  },
  quick: {
    rounds: 1,
    legs: 4,
    messages: { 1: 3_200, 64: 8_000 },
    warmUp: 4_000,
    maxMs: { warmUp: 2_500, leg: 700 },
    starts: 2,
    idleMs: 3_000,
    bursts: 1,
    heapAt: [10_000, 20_000, 30_000],
  },
};

/** Compilers need thousands of messages, which come soonest when many are under way. */
export const WARM_UP = { chats: "distinct", inFlight: 64 };
