import type { AgentLike, ButtonRows } from "@elizaos/connector-core";
import { ComponentType, InteractionResponseType, InteractionType } from "discord-api-types/v10";
import { describe, expect, it } from "vitest";
import { simulate, started } from "./harness.js";

/** Offers buttons to whoever writes, and repeats what is pressed. */
function offering(buttons: ButtonRows, text = "Which?"): AgentLike {
  return (turn) =>
    turn.events[0].kind === "button" ? `pressed ${turn.text}` : { type: "message", text, buttons };
}

const YES = [
  [
    { text: "Yes", data: "y" },
    { text: "No", data: "n" },
  ],
  [{ text: "Site", url: "https://a.example/" }],
];

describe("buttons", () => {
  it("are components; a press is a turn, and Discord is told at once that it arrived", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    await ada.says("Hello");
    const asked = await ada.hears();
    expect(asked.components).toMatchObject([
      {
        components: [
          { type: ComponentType.Button, label: "Yes", custom_id: "y" },
          { label: "No", custom_id: "n" },
        ],
      },
      { components: [{ label: "Site", url: "https://a.example/" }] },
    ]);
    const press = await ada.presses(asked, "No");
    expect((await press.answered()).type).toBe(InteractionResponseType.DeferredMessageUpdate);
    expect((await ada.hears()).content).toBe("pressed n");
    expect(running.turns[1]?.events[0]).toMatchObject({
      kind: "button",
      data: "n",
      keys: [`interaction:${press.id}`],
      address: { chat: ada.with(bot).id, message: asked.id },
      chat: { kind: "dm" },
      sender: { id: ada.id },
    });
  });

  it("in a thread answer there, with the roles of whoever pressed; others may not", async () => {
    const { sim } = await simulate();
    const [ada, eve] = [sim.user("Ada"), sim.user("Eve")];
    const guild = sim.guild("Mills", { members: [ada, eve] });
    const crew = guild.role("crew");
    guild.gives(ada, crew);
    const thread = guild.channel("engines").thread("Looms");
    const config = { allowFrom: [ada.id], dmPolicy: "allowlist" };
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES), config });
    await thread.from(ada).says(`${sim.bots()[0]?.mention} hello`);
    const asked = await thread.hears();
    const strange = await thread.from(eve).presses(asked, "Yes");
    await strange.answered();
    await thread.from(ada).presses(asked, "No");
    expect((await thread.hears()).content).toBe("pressed n");
    expect(running.turns.map(({ text }) => text)).toEqual(["@helper_bot hello", "n"]);
    expect(running.turns[1]?.events[0]).toMatchObject({
      address: { space: guild.id, chat: guild.channel("engines").id, thread: thread.id, message: asked.id },
      sender: { id: ada.id, roles: [crew.id] },
    });
  });

  it("with the same data, long data and long labels are told apart and come back whole", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const long = "x".repeat(300);
    const buttons = [
      [
        { text: "First", data: "same" },
        { text: "Second", data: "same" },
        { text: "Odd", data: "=1=same" },
        { text: "Long", data: long },
        { text: "L".repeat(200), data: "label" },
      ],
    ];
    await started({ apiRoot: sim.apiRoot, agent: offering(buttons) });
    await ada.says("Hello");
    const asked = await ada.hears();
    for (const [label, data] of [
      ["First", "same"],
      ["Second", "same"],
      ["Odd", "=1=same"],
      ["Long", long],
      [`${"L".repeat(79)}…`, "label"],
    ] as const) {
      await ada.presses(asked, label);
      expect((await ada.hears()).content).toBe(`pressed ${data}`);
    }
  });

  it("of more than five rows, and links that are too long, stand in the text", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const url = `https://a.example/${"x".repeat(600)}`;
    const rows = [
      [{ text: "Far", url }],
      ...Array.from({ length: 6 }, (_, n) => [{ text: `B${n}`, data: `${n}` }]),
    ];
    await started({ apiRoot: sim.apiRoot, agent: offering(rows) });
    await ada.says("Hello");
    const asked = await ada.sees(({ components }) => (components ?? []).length > 0);
    expect(asked.components).toHaveLength(4);
    const text = ada
      .messages()
      .map(({ content }) => content)
      .join("\n");
    expect(text).toContain(url);
    expect(text).toContain("B5");
  });

  it("stand under the last message of a long text and of many files", async () => {
    const { sim } = await simulate();
    const ada = sim.user("Ada");
    const file = { bytes: new TextEncoder().encode("plain words"), name: "a.txt" };
    const agent: AgentLike = (turn) =>
      turn.text === "long"
        ? { type: "message", text: "word ".repeat(700), buttons: YES }
        : { type: "message", text: "", attachments: Array.from({ length: 11 }, () => file), buttons: YES };
    await started({ apiRoot: sim.apiRoot, agent, config: { streamMode: "off" } });
    const has = async () => ((await ada.hears()).components ?? []).length > 0;
    await ada.says("long");
    expect([await has(), await has()]).toEqual([false, true]);
    await ada.says("files");
    expect([await has(), await has()]).toEqual([false, true]);
  });

  it("count once when the gateway brings the press twice, and a late answer to Discord harms nothing", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    await ada.says("Hello");
    const asked = await ada.hears();
    await ada.presses(asked, "Yes");
    await ada.hears();
    bot.redeliver("INTERACTION_CREATE");
    await sim.watch.until(
      () =>
        sim.requests.all(({ method, status }) => method === "createInteractionResponse" && status === 400)[0],
      () => "nobody answered it again",
    );
    await ada.says("after");
    await ada.hears();
    expect(running.turns.map(({ text }) => text)).toEqual(["Hello", "y", "after"]);
    expect(running.status().state).toBe("online");
    expect(running.lines.filter((line) => /^(?:warn|error)/.test(line))).toEqual([]);
  });
});

describe("a select that stands under a message of the bot", () => {
  it("is a button whose data is what was chosen, joined by commas", async () => {
    const { sim, bot } = await simulate();
    const ada = sim.user("Ada");
    const running = await started({ apiRoot: sim.apiRoot, agent: offering(YES) });
    await ada.says("Hello");
    const asked = await ada.hears();
    bot.push("INTERACTION_CREATE", {
      id: String(BigInt(asked.id) + 1n),
      application_id: bot.id,
      type: InteractionType.MessageComponent,
      token: "of-nobody",
      version: 1,
      channel_id: asked.channel_id,
      user: { id: ada.id, username: "ada" },
      message: { id: asked.id },
      data: { custom_id: "colours", component_type: ComponentType.StringSelect, values: ["red", "blue"] },
    });
    expect((await ada.hears()).content).toBe("pressed red,blue");
    // Nobody knows this interaction, and that is no error.
    expect(running.status().state).toBe("online");
  });
});
