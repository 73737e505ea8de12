import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../scripts/packages.mjs";

const ANSWER_MS = 30_000;
const AGAIN_MS = 5_000;

/** The simulated platform of a connector, with an account on it and a person who writes to that. */
export async function simulate(id) {
  const path = join(ROOT, "packages/simulators/dist", id, "index.js");
  const module = await import(pathToFileURL(path).href);
  const start = Object.values(module).find((value) => /^start\w+Conformance$/.test(value.name));
  if (start === undefined) throw new Error(`${path} exports no start…Conformance`);
  const platform = await start();
  const account = platform.account("published");
  const person = platform.person("Ada");
  const chat = platform.dm(person, account);
  return {
    account: account.config,
    /** Block of the connector's config, with a policy that lets everybody in. */
    config: { ...account.config, dmPolicy: "open", allowFrom: ["*"] },
    /**
     * Ada writes, and writes again: some platforms bring nothing that was said before the bot was there first. Resolves with what the
     * bot wrote after that, once `isAnswer` takes it.
     */
    async ask(text, program, isAnswer = () => true) {
      const ended = program.ended.then((code) => {
        throw new Error(`ended with ${code}:\n${program.output()}`);
      });
      ended.catch(() => {}); // The program also ends when it was asked to.
      for (const end = Date.now() + ANSWER_MS; Date.now() < end; ) {
        await chat.says(person, text);
        for (const again = Date.now() + AGAIN_MS; Date.now() < again; ) {
          const answer = chat.answers().find((message) => isAnswer(message.text));
          if (answer !== undefined) return answer.text;
          await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))]);
        }
      }
      throw new Error(`no answer to "${text}" within ${ANSWER_MS / 1000} s:\n${program.output()}`);
    },
    close: () => platform.close(),
  };
}
