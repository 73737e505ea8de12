import { ManualClock } from "@elizaos/connector-simulators/kit";
import {
  ActionRowBuilder,
  ButtonBuilder,
  MessageFlags,
  ModalBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
} from "discord.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { client, open, type RestAnswer } from "./discord-support.js";

const BUTTON = { type: 1, components: [{ type: 2, style: 1, label: "Yes", custom_id: "yes" }] };
const idOf = ({ body }: RestAnswer) => z.object({ id: z.string() }).parse(body).id;

describe("interactions", () => {
  it("bring presses to discord.js, which answers, updates and follows up", async () => {
    const { sim, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    discord.on("interactionCreate", async (interaction) => {
      if (!interaction.isButton()) return;
      if (interaction.customId === "update") await interaction.update({ content: "updated", components: [] });
      else if (interaction.customId === "slow") {
        await interaction.deferReply();
        await interaction.editReply("at last");
        await interaction.followUp({ content: "just for you", flags: MessageFlags.Ephemeral });
      } else await interaction.reply({ content: `pressed by ${interaction.user.username}` });
    });
    const channel = await discord.channels.fetch(general.id);
    if (channel?.isSendable() !== true) throw new Error("no text channel");
    const buttons = ["Yes", "Slow", "Update"].map(
      (label) => new ButtonBuilder({ label, customId: label.toLowerCase(), style: 1 }),
    );
    const sent = await channel.send({
      content: "?",
      components: [new ActionRowBuilder<ButtonBuilder>().addComponents(buttons)],
    });

    const yes = await (await general.from(ada).presses(sent, "Yes")).answered();
    expect(yes).toMatchObject({
      type: 4,
      message: { content: "pressed by ada", interaction_metadata: { user: { id: ada.id } } },
    });

    await general.from(ada).presses(sent, "Slow");
    await general.sees(({ content }) => content === "at last");
    await general.from(ada).sees(({ content }) => content === "just for you");
    expect(general.messages().map(({ content }) => content)).not.toContain("just for you");

    await (await general.from(ada).presses(sent, "Update")).answered();
    expect(general.messages()[0]).toMatchObject({ content: "updated", components: [] });
    await expect(general.from(ada).presses(sent, "No")).rejects.toThrow('no button "No"');
  });

  it("bring commands, choices and forms", async () => {
    const { sim, bot, ada, general } = await open();
    const discord = await client(sim.apiRoot);
    await discord.application.commands.set([
      {
        name: "weather",
        description: "How is it?",
        options: [{ type: 3, name: "city", description: "Where?", required: true }],
      },
    ]);
    const select = new StringSelectMenuBuilder({
      customId: "colour",
      options: [
        { label: "Red", value: "red" },
        { label: "Blue", value: "blue" },
      ],
    });
    const input = new TextInputBuilder({ customId: "name", label: "Name", style: 1 });
    const modal = new ModalBuilder({ customId: "form", title: "Who?" }).addComponents(
      new ActionRowBuilder<TextInputBuilder>().addComponents(input),
    );
    discord.on("interactionCreate", async (interaction) => {
      if (interaction.isChatInputCommand())
        await interaction.reply({
          content: `Sunny in ${interaction.options.getString("city")}`,
          components: [new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(select)],
        });
      else if (interaction.isStringSelectMenu()) await interaction.showModal(modal);
      else if (interaction.isModalSubmit())
        await interaction.reply(`Hello ${interaction.fields.getTextInputValue("name")}`);
    });
    await expect(general.from(ada).runs("weather")).rejects.toThrow('needs the option "city"');
    await expect(general.from(ada).runs("unknown")).rejects.toThrow("No bot here");
    await (await general.from(ada).runs("weather", { city: "Oslo" })).answered();
    const said = await general.hears();
    expect(said).toMatchObject({ content: "Sunny in Oslo", type: 20, author: { id: bot.id } });
    const choice = await general.from(ada).chooses(said, "colour", "red");
    expect(await choice.answered()).toMatchObject({ type: 9, modal: { title: "Who?" } });
    await (await choice.submits({ name: "Ada" })).answered();
    expect((await general.hears()).content).toBe("Hello Ada");
    await ada.runs("weather", { city: "Rome" });
    expect((await ada.hears()).content).toBe("Sunny in Rome");
  });

  it("are answered within 3 s, once, and their tokens work for 15 minutes", async () => {
    const clock = new ManualClock();
    const { bot, api, ada, general } = await open({ clock });
    const sent = await api("POST", `/channels/${general.id}/messages`, {
      content: "?",
      components: [BUTTON],
    });
    const message = { id: idOf(sent) };
    const press = () => general.from(ada).presses(message, "Yes");
    const late = await press();
    await clock.advance(3_001);
    const respond = ({ id, token }: { id: string; token: string }) =>
      api("POST", `/interactions/${id}/${token}/callback`, { type: 4, data: { content: "here" } });
    expect((await respond(late)).body).toMatchObject({ code: 10062 });
    const live = await press();
    expect((await respond(live)).status).toBe(204);
    expect((await respond(live)).body).toMatchObject({ code: 40060 });
    const followUp = () => api("POST", `/webhooks/${bot.id}/${live.token}`, { content: "and more" });
    expect((await followUp()).status).toBe(200);
    const original = `/webhooks/${bot.id}/${live.token}/messages/@original`;
    expect((await api("PATCH", original, { content: "changed" })).body).toMatchObject({ content: "changed" });
    expect((await api("DELETE", original)).status).toBe(204);
    await clock.advance(15 * 60_000);
    expect(await followUp()).toMatchObject({ status: 401, body: { code: 50027 } });
  });

  it("take only commands that Discord takes", async () => {
    const { bot, api, team } = await open();
    const path = `/applications/${bot.id}/guilds/${team.id}/commands`;
    expect((await api("PUT", path, [{ name: "Upper", description: "x" }])).body).toMatchObject({
      code: 50035,
    });
    expect((await api("PUT", path, [{ name: "nothing" }])).body).toMatchObject({ code: 50035 });
    const put = async (...names: string[]) =>
      z.array(z.object({ id: z.string(), name: z.string() })).parse(
        (
          await api(
            "PUT",
            path,
            names.map((name) => ({ name, description: name })),
          )
        ).body,
      );
    const [first] = await put("one", "two");
    const [again, ...others] = await put("one");
    expect(again).toEqual(first);
    expect(others).toEqual([]);
    expect((await api("GET", path)).body).toHaveLength(1);
  });
});

describe("webhooks", () => {
  it("write under names of their own, and PluralKit knows who it was", async () => {
    const { sim, bot, api, ada, team, general } = await open();
    team.gives(bot, team.role("hooks", { permissions: 1n << 29n }));
    const made = z
      .object({ id: z.string(), token: z.string() })
      .parse((await api("POST", `/channels/${general.id}/webhooks`, { name: "Hook" })).body);
    const sent = await api("POST", `/webhooks/${made.id}/${made.token}?wait=true`, {
      content: "hi",
      username: "Somebody",
    });
    expect(sent.body).toMatchObject({ webhook_id: made.id, author: { username: "Somebody", bot: true } });
    expect((await api("POST", `/webhooks/${made.id}/wrong`, { content: "hi" })).body).toMatchObject({
      code: 50027,
    });

    const proxied = await general.proxies(ada, "it is us", "Luna");
    expect(general.messages().at(-1)).toMatchObject({ id: proxied.id, author: { username: "Luna" } });
    const known = await fetch(`${sim.pluralKitRoot}/v2/messages/${proxied.id}`);
    expect(await known.json()).toMatchObject({ sender: ada.id, member: { name: "Luna" } });
    expect((await fetch(`${sim.pluralKitRoot}/v2/messages/1`)).status).toBe(404);
  });
});
