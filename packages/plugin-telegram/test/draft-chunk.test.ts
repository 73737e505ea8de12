import { expect, it } from "vitest";
import { simulate, started } from "./harness.js";

const TEXT = "First one. Second one.\nThird one, on a line of its own.\n\nFourth one ends it.";

const config = (draftChunk: object) => ({
  streamMode: "block",
  blockStreamingCoalesce: { minChars: 1_000, maxChars: 2_000 },
  draftChunk,
});

it.each([
  ["nothing", undefined, [TEXT]],
  [
    "paragraph",
    { minChars: 5 },
    ["First one. Second one.\nThird one, on a line of its own.", "Fourth one ends it."],
  ],
  [
    "newline",
    { minChars: 5, breakPreference: "newline" },
    ["First one. Second one.", "Third one, on a line of its own.", "Fourth one ends it."],
  ],
  [
    "sentence",
    { minChars: 5, breakPreference: "sentence" },
    ["First one.", "Second one.", "Third one, on a line of its own.", "Fourth one ends it."],
  ],
  ["too short for 200 characters", {}, [TEXT]],
])("draftChunk, %s: goes before blockStreamingCoalesce", async (_, draftChunk, expected) => {
  const { sim, bot } = await simulate();
  await started({
    apiRoot: sim.apiRoot,
    config: draftChunk === undefined ? { ...config({}), draftChunk: undefined } : config(draftChunk),
    agent: async function* () {
      yield* TEXT.match(/\S+\s*/g) ?? [];
    },
  });
  const chat = sim.user("Ada").with(bot);
  await chat.says("Tell me");
  await chat.sees(({ text = "" }) => text.endsWith("ends it."));
  const said = chat.messages().flatMap(({ text = "", from }) => (from?.is_bot === true ? [text] : []));
  expect(said).toEqual(expected);
});

it("draftChunk whose blocks could never end is refused", async () => {
  const { sim } = await simulate();
  const running = await started({
    apiRoot: sim.apiRoot,
    config: { draftChunk: { minChars: 900 } },
  });
  expect(running.status().issues).toEqual([
    {
      path: "connectors.telegram.draftChunk.maxChars",
      message: "is 800 and thereby below draftChunk.minChars (900)",
    },
  ]);
});
