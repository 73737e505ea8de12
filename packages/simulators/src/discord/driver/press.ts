import { type APIUser, type InteractionResponseType, InteractionType } from "discord-api-types/v10";
import { SimulatorError } from "../../kit/errors.js";
import type { WaitOptions } from "../../kit/watch.js";
import { allComponents, type Component } from "../components.js";
import type { Interaction, Modal } from "../interactions.js";
import { type Message, viewOf } from "../message.js";
import type { DriverContext } from "./context.js";

/** How a bot took what a person asked of it. */
export interface Outcome {
  type: InteractionResponseType;
  /** The message that answers, or that was changed; as it reads now. */
  message?: Message;
  modal?: Modal;
  choices?: readonly { name: string; value: string | number }[];
}

/** Something that a person asked of a bot: a press, a choice, a command. */
export class Press {
  readonly #context: DriverContext;
  readonly #interaction: Interaction;

  constructor(context: DriverContext, interaction: Interaction) {
    this.#context = context;
    this.#interaction = interaction;
  }

  /** Of the interaction. */
  get id(): string {
    return this.#interaction.id;
  }

  /** What an answer is sent with. */
  get token(): string {
    return this.#interaction.token;
  }

  /** The first answer of the bot: within 3 s, or the person is told that the interaction failed. */
  async answered(options: WaitOptions = {}): Promise<Outcome> {
    const { bot } = this.#interaction;
    return await this.#context.watch.until(
      () => this.#outcome(),
      (timeoutMs) =>
        `${bot.user.username} did not answer within ${timeoutMs} ms. The last calls:\n${this.#context.requests.tail(8)}`,
      options,
    );
  }

  /** The person fills in the form that the bot answered with: values by the `custom_id` of their field. */
  async submits(values: Readonly<Record<string, string>>): Promise<Press> {
    const { bot, user, channel, modal, source } = this.#interaction;
    if (modal === undefined) throw new SimulatorError("The bot has not answered with a form.");
    const known = allComponents(modal.components).flatMap(({ custom_id }) => custom_id ?? []);
    const strange = Object.keys(values).find((key) => !known.includes(key));
    if (strange !== undefined)
      throw new SimulatorError(`The form has no field "${strange}"; it has: ${known.join(", ")}.`);
    const filled = (component: Component): Component => ({
      type: component.type,
      id: component.id,
      ...(component.custom_id !== undefined && {
        custom_id: component.custom_id,
        value: values[component.custom_id] ?? "",
      }),
      ...(component.components !== undefined && { components: component.components.map(filled) }),
      ...(isComponent(component.component) && { component: filled(component.component) }),
    });
    const data = { custom_id: modal.custom_id, components: modal.components.map(filled) };
    const type = InteractionType.ModalSubmit;
    const next = { type, bot, user, channel, data, ...(source !== undefined && { source }) };
    return new Press(this.#context, this.#context.world.interactions.ask(next));
  }

  #outcome(): Outcome | undefined {
    const { answer, original, modal, choices, user } = this.#interaction;
    if (answer === undefined) return undefined;
    return {
      type: answer,
      ...(original !== undefined && { message: this.#view(original, user) }),
      ...(modal !== undefined && { modal }),
      ...(choices !== undefined && { choices }),
    };
  }

  #view(stored: NonNullable<Interaction["original"]>, { id }: APIUser): Message {
    return viewOf(stored, { id, readsContent: true }, this.#context.world.cdn);
  }
}

function isComponent(value: unknown): value is Component {
  return typeof value === "object" && value !== null && "type" in value;
}
