import { expect, it } from "vitest";
import { Bench } from "./toy-bench.js";

it("an agent reads a message of its chat, and is told what the platform refuses", async () => {
  const seen: unknown[] = [];
  const bench = await Bench.withWebhook({
    agent: async (turn) => {
      for (const message of [turn.events[0].address.message ?? "", "no-such-message"])
        seen.push(await turn.act("messages.read", { message }).catch((error: Error) => error.message));
      return "done";
    },
  });
  const ada = bench.platform.user("Ada");
  ada.says("Read this", { account: bench.account() });
  await ada.hears();
  expect(seen).toEqual([
    { author: "Ada", text: "Read this" },
    expect.stringContaining("The platform refuses message: unknown-message"),
  ]);
});

it("without the flag there is no such action", async () => {
  let offered: unknown;
  const bench = await Bench.withWebhook({
    config: { capabilities: ["typing"] },
    agent: async (turn) => {
      offered = turn.actions;
      return "done";
    },
  });
  const ada = bench.platform.user("Ada");
  ada.says("Hi", { account: bench.account() });
  await ada.hears();
  expect(offered).toEqual([]);
});
