import type { AccountHandle } from "../connection/handle.js";
import type { Address } from "../contract/address.js";
import type { ButtonRows } from "../contract/button.js";
import type { StateChange } from "../contract/connection.js";
import type { InboundEvent } from "../contract/event.js";
import type { ButtonsFeature } from "../contract/features.js";
import type { Operation } from "../contract/operation.js";
import type { ChatDirectory } from "../inbox/chats.js";
import type { KeptData } from "./kept.js";
import { checkedRows, fitted, hasButtons } from "./rows.js";
import { buttonScopeOf, isInScope } from "./scope.js";

/** An operation ready to be committed, with what belongs into the same commit. */
export interface Sealed {
  readonly operation: Operation;
  readonly state: readonly StateChange[];
}

/** Buttons on their way out and back: where they are offered, and what stands for data that a platform cannot hold. */
export class Buttons {
  readonly #kept: KeptData;
  readonly #chats: Pick<ChatDirectory, "infoOf">;

  constructor(kept: KeptData, chats: Pick<ChatDirectory, "infoOf">) {
    this.#kept = kept;
    this.#chats = chats;
  }

  /** What a chat takes, within the account's scope; undefined where it has no buttons. */
  async offeredAt(handle: AccountHandle, to: Address): Promise<ButtonsFeature | undefined> {
    const { buttons } = handle.connection?.supports(to) ?? handle.connector.features;
    if (buttons === undefined) return undefined;
    const { kind } = await this.#chats.infoOf(handle, to);
    return isInScope(buttonScopeOf(handle.config), kind) ? buttons : undefined;
  }

  /** Throws `Rejected` for what is no button. */
  async seal(handle: AccountHandle, operation: Operation): Promise<Sealed> {
    if (!hasButtons(operation)) return { operation, state: [] };
    const to = handle.currentAddress<Address>(operation.to);
    const feature = await this.offeredAt(handle, to);
    const checked = { ...operation, buttons: checkedRows(operation.buttons) };
    if (feature === undefined) return { operation: fitted(checked, undefined), state: [] };
    const state: StateChange[] = [];
    const buttons: ButtonRows = await Promise.all(
      checked.buttons.map((row) =>
        Promise.all(
          row.map(async (button) => {
            const sealed = await this.#kept.seal(handle, button, to.chat, feature.data);
            state.push(...sealed.state);
            return sealed.button;
          }),
        ),
      ),
    );
    return { operation: { ...checked, buttons }, state };
  }

  /** Events with the data that buttons had when they were sent. */
  async open(handle: AccountHandle, event: InboundEvent): Promise<InboundEvent> {
    return event.kind === "button" ? this.#kept.open(handle, event) : event;
  }
}
