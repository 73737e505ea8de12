import { ChatLine } from "../terminal/chat-line.js";
import { pressedKey } from "../terminal/keys.js";
import type { AskedPairing } from "../terminal/pairing-prompt.js";
import { type DemoCast, PERSON, realBotLines } from "./conversation.js";

const YOU = "you";

/** In a terminal: the person at the keyboard is the stranger, and the operator when a key is asked for. */
export async function chat(cast: DemoCast, startCommand: string): Promise<void> {
  const { stage, person, command, signal } = cast;
  stage.tell(
    `You are ${PERSON}, and the bot ${cast.botName} has never met you. Write to it; Ctrl+C ends the demo.`,
  );
  stage.gap();
  stage.tell("To connect a real bot instead:");
  stage.list(realBotLines(command, startCommand));
  stage.gap();
  stage.list(cast.outlook);
  stage.gap();

  const line = new ChatLine(stage.prompt(YOU), signal, (text) => void person.says(text));
  const requests = pairingRequests(cast);
  line.open();
  while (!signal.aborted) {
    const text = await heardUnlessStopped(cast);
    if (text === undefined) break;
    line.above(() => stage.say("bot", text, "green"));
    const asked = requests.take();
    if (asked !== undefined) await decide(cast, line, asked);
  }
  line.close();
}

async function decide(
  { stage, person, runtime, signal }: DemoCast,
  line: ChatLine,
  { request }: AskedPairing,
): Promise<void> {
  line.close();
  stage.gap();
  stage.tell(
    `That is what a stranger sees. You are the operator as well: press a to let ${person.name} in, d to refuse.`,
  );
  const key = await pressedKey(process.stdin, ["a", "d"], signal);
  if (key === undefined) return;
  const options = { account: request.account, by: "demo" };
  try {
    if (key === "a") await runtime.pairing.approve(request.connector, request.id, options);
    else await runtime.pairing.deny(request.connector, request.id, options);
    stage.done(
      key === "a"
        ? `${person.name} is approved. Write again: what a stranger wrote is not delivered.`
        : "Refused. Write again to get a new code.",
    );
  } catch (error) {
    // Decided meanwhile, from another terminal.
    stage.tell(error instanceof Error ? error.message : String(error));
  }
  stage.gap();
  line.open();
}

/** Collects requests while the loop waits for messages: a request is shown after the message that tells the stranger. */
function pairingRequests(cast: DemoCast): { take(): AskedPairing | undefined } {
  const waiting: AskedPairing[] = [];
  const collect = (asked: AskedPairing) => {
    waiting.push(asked);
    void cast.pairingRequest().then(collect);
  };
  void cast.pairingRequest().then(collect);
  return { take: () => waiting.shift() };
}

async function heardUnlessStopped({ person, signal }: DemoCast): Promise<string | undefined> {
  try {
    return await person.hears();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
