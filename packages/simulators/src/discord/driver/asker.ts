import { type APIUser, ComponentType, InteractionContextType, InteractionType } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import { permissionsIn } from "../access.js";
import type { Bot, Command } from "../bot.js";
import type { Channel } from "../channel.js";
import { allComponents, type Component } from "../components.js";
import type { Ask } from "../interactions.js";
import type { StoredMessage } from "../message.js";
import { P } from "../permissions.js";
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

  /** The slash commands that the menu offers the person here. */
  commands(): Command[] {
    return this.#offered().map(({ command }) => command);
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
    const found = this.#offered().find(({ command }) => command.name === name);
    if (found === undefined) throw new SimulatorError(`No bot here has a command /${name} for this person.`);
    return found;
  }

  #offered(): { bot: Bot; command: Command }[] {
    const { guild, recipients } = this.channel;
    const { world } = this.context;
    const permissions =
      guild === undefined ? undefined : permissionsIn(this.channel, this.user.id, world.clock.now());
    return [...world.bots.values()].flatMap((bot) => {
      const isHere =
        guild === undefined ? recipients.some(({ id }) => id === bot.id) : guild.members.has(bot.id);
      if (!isHere) return [];
      return [...(guild === undefined ? [] : commandsOf(bot, guild.id)), ...commandsOf(bot, "")]
        .filter((command) => isOffered(command, permissions))
        .map((command) => ({ bot, command }));
    });
  }
}

function commandsOf(bot: Bot, guild: string): Command[] {
  return [...(bot.commands.get(guild)?.values() ?? [])];
}

/**
 * Whether a person finds the command in the menu (API reference, "Application Command Object").
 * @param permissions in the channel of a server; undefined in private
 */
function isOffered(
  { contexts, default_member_permissions: needed }: Command,
  permissions: bigint | undefined,
): boolean {
  const context = permissions === undefined ? InteractionContextType.BotDM : InteractionContextType.Guild;
  if (Array.isArray(contexts) && !contexts.includes(context)) return false;
  if (permissions === undefined || typeof needed !== "string") return true;
  if ((permissions & P.Administrator) !== 0n) return true;
  // "0" is for administrators alone.
  const bits = BigInt(needed);
  return bits !== 0n && (permissions & bits) === bits;
}
