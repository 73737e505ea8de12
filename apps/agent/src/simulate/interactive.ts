import { commandNames } from "../command-names.js";
import { ChatLine } from "../terminal/chat-line.js";
import type { Stage } from "../terminal/stage.js";
import { UserError } from "../user-error.js";
import { helpLines, outcomeLines, runLine, spoken, whoAndWhere } from "./lines.js";
import type { Heard, Scene } from "./scene.js";

/** In a terminal: what the bot says is printed above the line on which one writes. */
export async function chatInTerminal(scene: Scene, stage: Stage, signal: AbortSignal): Promise<void> {
  const { site } = scene;
  stage.gap();
  stage.tell(site.description);
  stage.tell(`${whoAndWhere(scene)} The bot is @${site.door.bot}. Ctrl+C ends it.`);
  stage.gap();
  stage.list(helpLines(site.platform));
  stage.gap();
  stage.list([`Look inside: MILADY_STATE_DIR=${site.stateDir} ${commandNames(process.env).milady} why last`]);
  stage.gap();

  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const line = new ChatLine(stage.prompt(scene.person.name), signal, (text) => {
    void take(text).catch(fail);
  });
  const fail = (error: unknown) => {
    if (!signal.aborted)
      line.above(() => stage.aside(error instanceof Error ? error.message : String(error)));
  };

  async function take(text: string): Promise<void> {
    const done = await runLine(text, scene, signal);
    if (done.type === "end") return end();
    if (done.type === "told") {
      line.prompt = stage.prompt(scene.person.name);
      line.above(() => {
        for (const each of done.say) stage.aside(each);
      });
      return;
    }
    show(await scene.hear({ wait: false }));
    show(await scene.edits());
    const lines = await outcomeLines(done.outcome, scene);
    line.above(() => {
      for (const each of lines) stage.aside(each);
    });
  }

  function show(heard: readonly Heard[]): void {
    for (const { message, edited } of heard) {
      line.above(() => stage.say(edited ? "now" : "bot", spoken(message), "green"));
    }
  }

  async function listen(): Promise<void> {
    while (!signal.aborted) show(await scene.hear({ wait: true }));
  }

  line.open();
  // Without its simulator there is nothing left to chat with.
  await Promise.race([
    ended,
    listen().catch((error: unknown) => {
      if (!signal.aborted)
        throw error instanceof UserError ? error : new Error(String(error), { cause: error });
    }),
  ]);
  line.close();
}
