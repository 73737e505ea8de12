import { type APIUser, ComponentType, InteractionType } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import type { Bot, Command } from "../bot.js";
import type { Channel } from "../channel.js";
import { allComponents, type Component } from "../components.js";
import type { Ask } from "../interactions.js";
import type { StoredMessage } from "../message.js";
import type { DriverContext } from "./context.js";
import { Conversation, type MessageRef } from "./conversation.js";
import { Press } from "./press.js";

/** Somebody in a channel who asks something of a bot: with a button, a select or a command. */
export class Asker extends Conversation {
  protected readonly user: APIUser;

  constructor(context: DriverContext, channel: Channel, user: APIUser) {
    super(context, channel, user.id);
    this.user = user;
  }

  /** Presses the button with this label, or `custom_id`, under a bot's message. */
  async presses(message: MessageRef, label: string): Promise<Press> {
    const stored = this.find(message);
    const buttons = allComponents(stored.message.components).filter(
      ({ type }) => type === ComponentType.Button,
    );
    const button = buttons.find((each) => each.label === label || each.custom_id === label);
    const named = buttons.map((each) => `"${each.label ?? each.custom_id}"`).join(", ") || "none";
    if (button === undefined)
      throw new SimulatorError(`The message has no button "${label}". Its buttons: ${named}.`);
    return this.#uses(stored, button, {});
  }

  /** Chooses these values in the select with this `custom_id`. */
  async chooses(message: MessageRef, customId: string, ...values: readonly string[]): Promise<Press> {
    const stored = this.find(message);
    const select = allComponents(stored.message.components).find((each) => each.custom_id === customId);
    if (select === undefined) throw new SimulatorError(`The message has no select "${customId}".`);
    const offered = select.options?.map(({ value }) => value);
    const strange = values.find((value) => offered?.includes(value) === false);
    if (strange !== undefined)
      throw new SimulatorError(
        `"${strange}" is none of the options of "${customId}": ${offered?.join(", ")}.`,
      );
    const min = select.min_values ?? 1;
    const max = select.max_values ?? 1;
    if (values.length < min || values.length > max)
      throw new SimulatorError(`One chooses ${min} to ${max} options of "${customId}".`);
    return this.#uses(stored, select, { values });
  }

  /** Runs the slash command with this name, of the bot that has it here. */
  async runs(
    name: string,
    options: Readonly<Record<string, string | number | boolean>> = {},
  ): Promise<Press> {
    const { bot, command } = this.#command(name);
    const given = Object.entries(options).map(([key, value]) => {
      const option = command.options.find((each) => each.name === key);
      if (option === undefined) throw new SimulatorError(`The command /${name} has no option "${key}".`);
      return { name: key, type: option.type, value };
    });
    const missing = command.options.find((each) => each.required === true && !(each.name in options));
    if (missing !== undefined)
      throw new SimulatorError(`The command /${name} needs the option "${missing.name}".`);
    const data = {
      id: command.id,
      name,
      type: command.type,
      ...(given.length > 0 && { options: given }),
      ...(command.guild_id !== undefined && { guild_id: command.guild_id }),
    };
    const type = InteractionType.ApplicationCommand;
    return this.#asks({ type, bot, data, name });
  }

  protected find(message: MessageRef): StoredMessage {
    const stored = this.channel.messages.get(message.id);
    if (stored === undefined) throw new SimulatorError(`There is no message ${message.id} here.`);
    return stored;
  }

  #uses(stored: StoredMessage, component: Component, more: object): Press {
    const { bot } = stored;
    if (bot === undefined) throw new SimulatorError("No bot of this simulator wrote this message.");
    if (component.disabled === true) throw new SimulatorError("It is disabled.");
    if (component.custom_id === undefined) throw new SimulatorError("A link tells the bot nothing.");
    const { type, custom_id, id } = component;
    const data = { component_type: type, custom_id, id, ...more };
    return this.#asks({ type: InteractionType.MessageComponent, bot, data, source: stored });
  }

  #asks(ask: Omit<Ask, "user" | "channel">): Press {
    const { world } = this.context;
    const interaction = world.interactions.ask({ ...ask, user: this.user, channel: this.channel });
    return new Press(this.context, interaction);
  }

  #command(name: string): { bot: Bot; command: Command } {
    const { guild, recipients } = this.channel;
    for (const bot of this.context.world.bots.values()) {
      const isHere =
        guild === undefined ? recipients.some(({ id }) => id === bot.id) : guild.members.has(bot.id);
      const known = [
        ...(bot.commands.get(guild?.id ?? "")?.values() ?? []),
        ...(bot.commands.get("")?.values() ?? []),
      ];
      const command = known.find((each) => each.name === name);
      if (isHere && command !== undefined) return { bot, command };
    }
    throw new SimulatorError(`No bot here has a command /${name}.`);
  }
}
