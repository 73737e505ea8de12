import type { Manifest } from "@elizaos/connector-core";
import { shorten } from "../text.js";
import { UserError } from "../user-error.js";

/** Far longer than any credential, in characters. */
const LONGEST_INPUT = 16_384;

const USUAL_COLUMNS = 80;

export type DmPolicy = "pairing" | "allowlist" | "open";

/** The questions of `milady connect`, put to a person at the terminal. */
export interface Questions {
  /** One value; secret ones are not shown. */
  value(key: string, manifest: Manifest, where: string): Promise<string>;
  /** False: leave what is there. */
  replace(account: string): Promise<boolean>;
  dmPolicy(): Promise<DmPolicy>;
  senders(): Promise<string>;
  problem(text: string): void;
}

/** The prompts are loaded here, so that no other command pays for them. */
export async function openQuestions(): Promise<Questions> {
  const prompts = await import("@clack/prompts");
  // A terminal that does not know its width says 0, and the prompts would put each letter on a line of its own.
  if (process.stdout.columns === 0) process.stdout.columns = USUAL_COLUMNS;
  const answered = <T>(answer: T | typeof prompts.CANCEL_SYMBOL): T => {
    if (prompts.isCancel(answer)) throw new UserError("cancelled; nothing was written");
    return answer;
  };
  const needed = (value: string | undefined) =>
    value === undefined || value.trim() === "" ? "It cannot be empty." : undefined;
  return {
    async value(key, manifest, where) {
      const message = `${manifest.name}: ${key}. ${where}`;
      const ask = manifest.secrets.includes(key) ? prompts.password : prompts.text;
      return answered(await ask({ message, validate: needed })).trim();
    },
    replace: async (account) =>
      answered(
        await prompts.confirm({
          message: `The account ${account} has credentials already. Replace them? (--account NAME adds another account.)`,
          initialValue: false,
        }),
      ),
    dmPolicy: async () =>
      answered(
        await prompts.select<DmPolicy>({
          message: "Who may write to it in private?",
          initialValue: "pairing",
          options: [
            { value: "pairing", label: "Whom you approve", hint: "strangers get a code" },
            { value: "allowlist", label: "A list of senders", hint: "by id" },
            { value: "open", label: "Everybody" },
          ],
        }),
      ),
    senders: async () =>
      answered(await prompts.text({ message: "Ids of the senders, separated by commas", validate: needed })),
    problem: (text) => prompts.log.error(shorten(text, 500)),
  };
}

/** The first line of standard input, for `--token-stdin` and pipes. */
export async function readInput(): Promise<string> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > LONGEST_INPUT) throw new UserError("standard input: is too long to be a token");
  }
  return text.trim().split(/\r?\n/, 1)[0]?.trim() ?? "";
}
