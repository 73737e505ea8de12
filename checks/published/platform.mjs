import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../scripts/packages.mjs";

const ANSWER_MS = 20_000;

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
    /** Ada writes; resolves with what the bot wrote after that, once `isAnswer` takes it. */
    async ask(text, program, isAnswer = () => true) {
      await chat.says(person, text);
      const end = Date.now() + ANSWER_MS;
      for (;;) {
        const answer = chat.answers().find((message) => isAnswer(message.text));
        if (answer !== undefined) return answer.text;
        if (Date.now() > end)
          throw new Error(`no answer to "${text}" within ${ANSWER_MS / 1000} s:\n${program.output()}`);
        await Promise.race([
          new Promise((resolve) => setTimeout(resolve, 50)),
          program.ended.then((code) => {
            throw new Error(`ended with ${code}:\n${program.output()}`);
          }),
        ]);
      }
    },
    close: () => platform.close(),
  };
}
