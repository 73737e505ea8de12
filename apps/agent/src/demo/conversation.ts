import type { ConnectorRuntime } from "@elizaos/connector-core";
import type { AskedPairing } from "../terminal/pairing-prompt.js";
import type { Stage } from "../terminal/stage.js";

/** A person on the simulated platform. */
export interface DemoPerson {
  readonly name: string;
  says(text: string): Promise<unknown>;
  /** The bot's next message to this person. Rejects once the simulator is closed. */
  hears(): Promise<string>;
}

/** What a conversation is played with. */
export interface DemoCast {
  readonly stage: Stage;
  readonly person: DemoPerson;
  readonly botName: string;
  readonly runtime: ConnectorRuntime;
  /** The next pairing request that the host reports, with the code that the stranger is shown. */
  pairingRequest(): Promise<AskedPairing>;
  /** How the `milady` command is typed here. */
  readonly command: string;
  /** Lines about where the running demo can be looked into. */
  readonly outlook: readonly string[];
  readonly signal: AbortSignal;
}

export const PERSON = "Ada";

/** Three lines from here to a real bot. */
export function realBotLines(command: string, startCommand: string): string[] {
  return [
    "1. In Telegram, write /newbot to @BotFather and copy the token it gives you.",
    `2. TELEGRAM_BOT_TOKEN=<token> ${startCommand}`,
    `3. Write to your bot, then let yourself in: ${command} pairing approve telegram <code>`,
  ];
}
