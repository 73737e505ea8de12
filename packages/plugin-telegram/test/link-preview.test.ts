import { ManualClock } from "@elizaos/connector-simulators/kit";
import { expect, it } from "vitest";
import { letTimePass, simulate, started } from "./harness.js";

const LINK = "Look: https://example.com/page";

it.each([
  [false, { is_disabled: true }],
  [true, undefined],
])(
  "linkPreview %s holds for messages, for their drafts, and for what follows them",
  async (linkPreview, options) => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    let more = () => {};
    const wait = new Promise<void>((resolve) => {
      more = resolve;
    });
    await started({
      apiRoot: sim.apiRoot,
      clock,
      config: { linkPreview, textChunkLimit: 100 },
      agent: async function* () {
        yield LINK;
        await wait;
        yield ` and ${"more ".repeat(30)}\n\n${LINK}`;
      },
    });
    const chat = sim.user("Ada").with(bot);
    chat.refusesDrafts();
    await chat.says("Show me");
    await letTimePass(
      clock,
      chat.sees(({ text }) => text === LINK),
    );
    more();
    await letTimePass(
      clock,
      chat.sees(({ text = "", message_id }) => text.endsWith("/page") && message_id > 2),
    );
    const calls = [...bot.calls("sendMessage"), ...bot.calls("editMessageText")];
    expect(calls.length).toBeGreaterThan(2);
    const given = calls.map(({ params }) => params["link_preview_options"]);
    expect(given.map((each) => (typeof each === "string" ? JSON.parse(each) : each))).toEqual(
      calls.map(() => options),
    );
  },
);
