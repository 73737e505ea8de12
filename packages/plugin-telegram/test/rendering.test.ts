import {
  type Connection,
  type ConnectionContext,
  type Operation,
  parseMarkdown,
  resolveAccounts,
  type SendResult,
  type StateStore,
  systemClock,
} from "@elizaos/connector-core";
import type { MessageEntity, TelegramSimulator, UserHandle } from "@elizaos/connector-simulators/telegram";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { markdownDocument } from "../../core/test/markdown-documents.js";
import { config } from "../src/config.js";
import { telegram } from "../src/index.js";
import { afterTest, memoryLog, noFiles, simulate, TOKEN } from "./harness.js";

interface Line {
  readonly sim: TelegramSimulator;
  readonly ada: UserHandle;
  readonly log: { readonly lines: string[] };
  /** Ids of the messages that a text became. */
  send(text: string, more?: { format?: "plain" }): Promise<readonly string[]>;
  edit(message: string, text: string): Promise<void>;
  /** What the bot sent by `sendMessage` and `editMessageText`, refused calls included: with which parse mode. */
  modes(): readonly (string | undefined)[];
}

/** The connector's own connection to a simulated Telegram, and somebody who started the bot. */
async function line(more: object = {}): Promise<Line> {
  const { sim, bot } = await simulate();
  const ada = sim.user("Ada");
  await ada.says("/start");
  const state: StateStore = { get: async () => undefined, list: async () => [], batch: async () => true };
  const log = memoryLog();
  const context: ConnectionContext = {
    connector: "telegram",
    account: "default",
    identity: "telegram:100001",
    receive: async (events) => events.map((_, event) => ({ status: "accepted", event })),
    cursor: async () => undefined,
    delivered: async () => {},
    alias: async () => {},
    gap: () => {},
    note: () => {},
    status: () => {},
    secret: () => {},
    commands: [],
    fail: () => {},
    state,
    accountState: state,
    log,
    clock: systemClock,
    signal: new AbortController().signal,
  };
  const account = {
    id: "default",
    config: config.fields.parse({ botToken: TOKEN, apiRoot: sim.apiRoot, ...more }),
  };
  const connection = await telegram.open(account, context);
  afterTest(() => connection.close());
  const chat = String(ada.id);
  return {
    sim,
    ada,
    log,
    send: async (text, { format = "markdown" as const } = {}) => {
      const results = await perform(connection, { kind: "send", to: { chat }, text, format });
      return results.map(({ message = "" }) => message);
    },
    edit: async (message, text) => {
      await perform(connection, { kind: "edit", to: { chat, message }, text, format: "markdown" });
    },
    modes: () =>
      ["sendMessage", "editMessageText"].flatMap((method) =>
        bot.calls(method).map(({ params }) => {
          const mode: unknown = params["parse_mode"];
          return typeof mode === "string" ? mode : undefined;
        }),
      ),
  };
}

async function perform(connection: Connection, operation: Operation): Promise<readonly SendResult[]> {
  const results: SendResult[] = [];
  for (const part of await connection.prepare(operation)) {
    results.push(
      await connection.dispatch(part, {
        key: "k",
        to: operation.to,
        attempt: 1,
        firstAttemptAt: 0,
        uncertain: false,
        previous: results,
        open: noFiles,
        signal: AbortSignal.timeout(10_000),
      }),
    );
  }
  return results;
}

interface Shown {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}

/** The messages as Ada sees them now. */
function shown({ ada }: Line, ids: readonly string[]): Shown[] {
  return ada
    .messages()
    .filter(({ message_id }) => ids.includes(String(message_id)))
    .map(({ text = "", entities = [] }) => ({ text, entities }));
}

const marked = ({ text, entities }: Shown) =>
  entities.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)]);
/** Telegram drops white space at the ends, and some characters everywhere (TDLib, clean_input_string). */
const squeeze = (text: string) => text.replaceAll(/[\s\p{Cc}\p{Cf}\u2800\ufffc]|\u030a|\u0333|\u033f/gu, "");

describe("any Markdown", () => {
  it("is HTML that Telegram takes at once, and arrives complete and within the limits", {
    timeout: 60_000,
  }, async () => {
    const open = await line({ textChunkLimit: 80 });
    await fc.assert(
      fc.asyncProperty(markdownDocument, async (markdown) => {
        const prepared = await plainText(markdown);
        fc.pre(squeeze(prepared) !== "");
        const messages = shown(open, await open.send(markdown));
        expect(squeeze(messages.map(({ text }) => text).join(""))).toBe(squeeze(prepared));
        for (const { text } of messages) expect(text.length).toBeLessThanOrEqual(80);
      }),
      { numRuns: 60 },
    );
    expect(open.log.lines.filter((each) => each.includes("cannot read the formatting"))).toEqual([]);
  });
});

/** What the core reads, as one text. */
async function plainText(markdown: string): Promise<string> {
  return (await parseMarkdown(markdown.replace(/\p{Surrogate}/gu, "\uFFFD"))).text;
}

describe("a fence that is longer than a message", () => {
  it("arrives as several, each a code block in the language", async () => {
    const open = await line();
    const code = Array.from({ length: 400 }, (_, index) => `  if (a < ${index} && b) {}`);
    const messages = shown(open, await open.send(`Look:\n\n\`\`\`ts\n${code.join("\n")}\n\`\`\``));
    expect(messages.length).toBeGreaterThan(2);
    const blocks = messages.flatMap((message) =>
      message.entities.map((entity) => {
        expect(entity).toMatchObject({ type: "pre", language: "ts" });
        return message.text.slice(entity.offset, entity.offset + entity.length);
      }),
    );
    // Telegram itself drops the indentation of a message's first line.
    const trimmed = (lines: readonly string[]) => lines.map((each) => each.trimStart());
    expect(trimmed(blocks.join("\n").split("\n"))).toEqual(trimmed(code));
  });
});

describe("formatting that Telegram cannot parse", () => {
  const refusal = {
    kind: "status",
    status: 400,
    description: 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0',
  } as const;

  it("is sent once more as plain text, complete and once", async () => {
    const open = await line({ textChunkLimit: 100 });
    open.sim.fault({ ...refusal, method: "sendMessage", times: 1 });
    const ids = await open.send(`**Bold** & <b>raw</b>, 1 < 2.\n\n\`\`\`js\n${"code();\n".repeat(12)}\`\`\``);
    const [first, second, ...rest] = shown(open, ids);
    expect(first).toEqual({ text: "Bold & <b>raw</b>, 1 < 2.", entities: [] });
    expect(second).toMatchObject({ entities: [{ type: "pre", language: "js" }] });
    expect(rest).toEqual([]);
    expect(open.ada.messages().filter(({ text = "" }) => text.startsWith("Bold"))).toHaveLength(1);
    expect(open.modes()).toEqual(["HTML", undefined, "HTML"]);
    expect(open.log.lines).toEqual([
      expect.stringContaining("cannot read the formatting; sending plain text"),
    ]);
  });

  it("of an edit too", async () => {
    const open = await line();
    const [message = ""] = await open.send("before");
    open.sim.fault({ ...refusal, method: "editMessageText", times: 1 });
    await open.edit(message, "**after** & all");
    expect(shown(open, [message])).toEqual([{ text: "after & all", entities: [] }]);
    expect(open.modes()).toEqual([undefined, "HTML", undefined]);
  });

  it("refused as plain text as well, is a refusal and no endless loop", async () => {
    const open = await line();
    open.sim.fault({ ...refusal, method: "sendMessage", times: 5 });
    await expect(open.send("**Bold**")).rejects.toMatchObject({ code: "rejected" });
    expect(open.modes()).toEqual(["HTML", undefined]);
  });
});

describe("the targets of links", () => {
  const list = (count: number, length: number) =>
    Array.from(
      { length: count },
      (_, index) => `[link ${index}](https://x.example/${"a".repeat(length)}${index})`,
    );

  it("that are too long for one message are sent in several, all of them links", async () => {
    const open = await line();
    const messages = shown(open, await open.send(list(60, 1500).join("\n")));
    expect(messages.flatMap(marked)).toEqual(
      Array.from({ length: 60 }, (_, index) => ["text_link", `link ${index}`]),
    );
  });

  it("too long for an edit leave the text, without links", async () => {
    const open = await line();
    const [message = ""] = await open.send("before");
    await open.edit(message, list(60, 1500).join("\n"));
    expect(shown(open, [message])).toEqual([
      { text: Array.from({ length: 60 }, (_, index) => `link ${index}`).join("\n"), entities: [] },
    ]);
  });

  it("longer than any message are left out, the text is whole", async () => {
    const open = await line();
    const messages = shown(open, await open.send(`**Go** ${list(1, 40_000)}`));
    expect(messages.map(({ text }) => text)).toEqual(["Go link 0"]);
    expect(messages.flatMap(marked)).toEqual([["bold", "Go"]]);
  });
});

describe("the `markdown` setting", () => {
  const table = "| a | b |\n|---|---|\n| **1** | 2 |";

  it("`enabled: false` sends what the agent wrote, and nothing in it is markup", async () => {
    const open = await line({ markdown: { enabled: false } });
    const written = `**not bold** <b>neither</b>\n\n${table}`;
    expect(shown(open, await open.send(written))).toEqual([{ text: written, entities: [] }]);
    expect(open.modes()).toEqual([undefined]);
  });

  it("`tables` decides how tables look", async () => {
    const looks = async (markdown: object) => {
      const open = await line({ markdown });
      return shown(open, await open.send(table)).flatMap((message) => [message.text, ...marked(message)]);
    };
    const code = "a   | b\n----|----\n1   | 2";
    expect(await looks({})).toEqual([code, ["pre", code]]);
    expect(await looks({ tables: "bullets" })).toEqual(["• a: 1; b: 2", ["bold", "1"]]);
    expect(await looks({ tables: "off" })).toEqual([table]);
  });

  it("is merged from base and account before its defaults, and checked", () => {
    const block = (markdown: object, own: object) => ({
      markdown,
      accounts: { a: { botToken: TOKEN, markdown: own } },
    });
    const [a] = resolveAccounts(telegram, block({ tables: "off" }, { enabled: false }), {});
    expect(a?.account?.config).toMatchObject({ markdown: { enabled: false, tables: "off" } });
    const [b] = resolveAccounts(telegram, block({ table: "off" }, { tables: "grid" }), {});
    expect(b?.issues.map(({ path, message }) => `${path} ${message}`)).toEqual([
      expect.stringMatching(
        /^connectors\.telegram\.markdown\.table unknown key "table"; did you mean "tables"\?/,
      ),
      'connectors.telegram.accounts.a.markdown.tables must be "off", "bullets" or "code", not "grid"',
    ]);
  });
});

describe("textChunkLimit", () => {
  it("above Telegram's own is Telegram's own", async () => {
    const open = await line({ textChunkLimit: 100_000 });
    const messages = shown(open, await open.send("x".repeat(9_000)));
    expect(messages.map(({ text }) => text.length)).toEqual([4096, 4096, 808]);
  });

  it("of a few characters is kept, tears no emoji, and loses nothing", async () => {
    const open = await line({ textChunkLimit: 3 });
    const messages = shown(open, await open.send("**one** 😀😀 two"));
    expect(messages.map(({ text }) => text)).toEqual(["one", "😀", "😀", "two"]);
  });
});
