import { systemClock } from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { type LaneItem, Lanes } from "../src/lanes/lanes.js";

/** Work that ends when the test says so. */
function harness(maxRunning: number) {
  const started: string[] = [];
  const endings = new Map<string, () => void>();
  const lanes = new Lanes({
    maxRunning,
    clock: systemClock,
    work: (_identity, key, item) => {
      const name = `${key}#${item.seq}`;
      started.push(name);
      return new Promise((resolve) => endings.set(name, () => resolve(undefined)));
    },
  });
  const end = async (name: string) => {
    endings.get(name)?.();
    endings.delete(name);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { lanes, started, end };
}

const item = (seq: number, order?: number): LaneItem => ({ seq, order, dueAt: 0 });

describe("D2 lanes", () => {
  it("one at a time within a lane, lanes side by side", async () => {
    const { lanes, started, end } = harness(8);
    lanes.push("i", [{ session: "a", ...item(1) }]);
    lanes.push("i", [{ session: "a", ...item(2) }]);
    lanes.push("i", [{ session: "b", ...item(3) }]);
    expect(started).toEqual(["a#1", "b#3"]);
    await end("a#1");
    expect(started).toEqual(["a#1", "b#3", "a#2"]);
  });

  it("what waits is taken in the platform's order", async () => {
    const { lanes, started, end } = harness(8);
    lanes.push("i", [{ session: "a", ...item(1, 10) }]);
    lanes.push("i", [{ session: "a", ...item(2, 30) }]);
    lanes.push("i", [{ session: "a", ...item(3, 20) }]);
    await end("a#1");
    await end("a#3");
    expect(started).toEqual(["a#1", "a#3", "a#2"]);
  });

  it("a busy lane and a busy identity do not keep the others waiting", async () => {
    const { lanes, started, end } = harness(1);
    for (let seq = 1; seq <= 5; seq++) lanes.push("busy", [{ session: "busy-a", ...item(seq) }]);
    for (let seq = 6; seq <= 9; seq++) lanes.push("busy", [{ session: `busy-${seq}`, ...item(seq) }]);
    lanes.push("quiet", [{ session: "quiet-a", ...item(10) }]);
    await end("busy-a#1");
    await end(started.at(-1) ?? "");
    expect(started.slice(0, 3)).toContain("quiet-a#10");
  });

  it("while paused, an identity's events are collected and put in order", async () => {
    const { lanes, started, end } = harness(8);
    lanes.pause("i");
    lanes.push("i", [{ session: "a", ...item(2, 2) }]);
    lanes.push("i", [{ session: "a", ...item(1, 1) }]);
    lanes.push("j", [{ session: "b", ...item(3) }]);
    expect(started).toEqual(["b#3"]);
    lanes.resume("i");
    await end("a#1");
    expect(started).toEqual(["b#3", "a#1", "a#2"]);
  });

  it("room is announced when enough is done", async () => {
    const { lanes, end } = harness(8);
    lanes.push("i", [{ session: "a", ...item(1) }]);
    lanes.push("i", [{ session: "b", ...item(2) }]);
    let room = false;
    const waiting = lanes.room("i", 2).then(() => {
      room = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(room).toBe(false);
    await end("a#1");
    await waiting;
    expect(room).toBe(true);
    expect(lanes.size("i")).toBe(1);
  });
});
