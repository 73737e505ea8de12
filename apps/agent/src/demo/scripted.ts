import { type DemoCast, PERSON, realBotLines } from "./conversation.js";

const LINES = ["Hi! Are you there?", "Hello again. Do you know me now?", "What did I say before?"] as const;

/** Without a terminal: plays a first conversation and prints it. */
export async function playConversation(cast: DemoCast, startCommand: string): Promise<void> {
  const { stage, person, runtime, command } = cast;
  const [first, ...later] = LINES;

  stage.tell(`${PERSON}, whom the bot ${cast.botName} has never met, writes to it:`);
  stage.gap();
  const asked = cast.pairingRequest();
  await exchange(cast, first);
  const { request, code } = await asked;
  stage.gap();
  stage.tell(`Nobody gets through to the agent unasked. The operator lets ${PERSON} in:`);
  stage.gap();
  stage.list([`  $ ${command} pairing approve telegram ${code}`]);
  await runtime.pairing.approve(request.connector, code, { account: request.account, by: "demo" });
  stage.done(`${person.name} is approved.`);
  stage.gap();
  for (const line of later) {
    await exchange(cast, line);
    stage.gap();
  }
  stage.title("Connect a real bot");
  stage.list(realBotLines(command, startCommand));
  stage.gap();
  stage.list(["The demo keeps running until Ctrl+C.", ...cast.outlook]);
}

async function exchange({ stage, person }: DemoCast, text: string): Promise<void> {
  stage.say(person.name, text, "cyan");
  const heard = person.hears();
  await person.says(text);
  stage.say("bot", await heard, "green");
}
