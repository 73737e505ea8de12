import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { ManualClock } from "../src/manual-clock.js";
import { startToyPlatform } from "../src/toy/index.js";
import { Bench } from "./toy-bench.js";

const TEA = { label: "Tea", data: "tea" };

const answer = z.looseObject({ message: z.string().optional() });

async function platformOfAda() {
  const clock = new ManualClock();
  const platform = await startToyPlatform({ clock });
  onTestFinished(() => platform.close());
  const [account, ada] = [platform.account("helper"), platform.user("Ada")];
  const call = async (method: string, body: object) => {
    const response = await fetch(`${platform.url}/api/${method}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${account.token}` },
    });
    return { status: response.status, body: answer.parse(await response.json()) };
  };
  return { platform, clock, ada, call, chat: ada.chatWith(account) };
}

describe("the platform", () => {
  it.each([
    ["too long data", [[{ label: "Long", data: "é".repeat(25) }]], "50 of 1 to 48 bytes"],
    ["no data", [[{ label: "None", data: "" }]], "0 of 1 to 48 bytes"],
    ["an empty label", [[{ label: " ", data: "x" }]], "a label is empty"],
    ["an empty row", [[TEA], []], "0 of 1 to 3 in a row"],
    ["too long a row", [[TEA, TEA, TEA, TEA]], "4 of 1 to 3 in a row"],
    ["too many rows", [[TEA], [TEA], [TEA], [TEA], [TEA]], "5 of 4 rows"],
  ])("refuses buttons with %s, also where a message is changed", async (_what, buttons, detail) => {
    const { platform, chat, call } = await platformOfAda();
    const refused = { status: 400, body: { error: "bad-buttons", detail: expect.stringContaining(detail) } };
    expect(await call("send", { chat, text: "Which?", buttons })).toMatchObject(refused);
    const { body } = await call("send", { chat, text: "Which?", buttons: [[TEA]] });
    const edit = { chat, message: body.message, text: "Which one?", buttons };
    expect(await call("edit", edit)).toMatchObject(refused);
    expect(platform.messages(chat)).toMatchObject([{ text: "Which?", buttons: [[TEA]] }]);
  });

  it("keeps buttons over an edit that says nothing of them, and takes a press for a minute", async () => {
    const { platform, clock, ada, chat, call } = await platformOfAda();
    const { body } = await call("send", { chat, text: "Which?", buttons: [[TEA]] });
    await call("edit", { chat, message: body.message, text: "Which one?" });
    const [message] = platform.messages(chat);
    if (message === undefined) throw new Error("there is no message");
    const [early, late] = [ada.presses(message, "Tea"), ada.presses(message, "Tea")];
    await clock.advance(59_999);
    expect(await call("took", { press: early.id })).toMatchObject({ status: 200 });
    await early.answered();
    await clock.advance(1);
    expect(await call("took", { press: late.id })).toMatchObject({ body: { error: "unknown-press" } });
    await call("edit", { chat, message: body.message, text: "Which one?", buttons: [] });
    expect(platform.messages(chat)[0]?.buttons).toEqual([]);
  });
});

describe("the connector", () => {
  it("gets presses by webhook too, whose answer says that they arrived", async () => {
    const bench = await Bench.withWebhook({
      agent: (turn) =>
        turn.events[0].kind === "button"
          ? `You chose ${turn.text}`
          : {
              type: "message",
              text: "Which?",
              buttons: [
                [
                  { text: "Tea", data: "tea" },
                  { text: "Site", url: "https://a.example/" },
                ],
              ],
            },
    });
    const ada = bench.platform.user("Ada");
    ada.says("Hi", { account: bench.account() });
    const asked = await ada.hears();
    expect(asked.buttons).toEqual([[TEA, { label: "Site", url: "https://a.example/" }]]);
    expect(() => ada.presses(asked, "Site")).toThrow("it is a link");
    expect(() => ada.presses(asked, "Coffee")).toThrow('no button "Coffee"');
    await ada.presses(asked, "Tea").answered();
    expect((await ada.hears()).text).toBe("You chose tea");
    expect(bench.turns[1]?.events[0]).toMatchObject({
      kind: "button",
      address: { message: asked.id, route: { data: { ticket: expect.any(String) } } },
    });
  });

  it("puts buttons under the last part of a long text, and reads from the log what was pressed meanwhile", async () => {
    const bench = await Bench.start({
      agent: (turn) =>
        turn.events[0].kind === "button"
          ? `You chose ${turn.text}`
          : { type: "message", text: "word ".repeat(150), buttons: [[{ text: "Tea", data: "tea" }]] },
    });
    const ada = bench.platform.user("Ada");
    ada.says("Hi", { account: bench.account() });
    const [first, last] = [await ada.hears(), await ada.hears()];
    expect([first.buttons, last.buttons]).toEqual([[], [[TEA]]]);
    await bench.stop();
    const press = ada.presses(last, "Tea");
    await bench.run();
    await press.answered();
    expect((await ada.hears()).text).toBe("You chose tea");
  });
});
