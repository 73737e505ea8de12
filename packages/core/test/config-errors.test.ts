import { type Connector, commonFields, resolveAccounts } from "@elizaos/connector-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const SECRET = "123456:not-a-real-token";
const fields = z.strictObject({ ...commonFields, botToken: z.string().optional() });
const connector: Connector<unknown> = {
  manifest: {
    id: "post",
    name: "Post",
    package: "@example/plugin-post",
    env: { botToken: ["POST_BOT_TOKEN"] },
    secrets: ["botToken"],
    credentials: [{ keys: ["botToken"], where: "Ask the post office." }],
  },
  config: { fields },
  features: {
    transport: { class: "redelivered", windowMs: 0 },
    operations: {},
    mentions: true,
    threads: false,
  },
  limits: { text: { max: 100, unit: "utf16" } },
  identify: () => Promise.reject(new Error("not in this test")),
  open: () => Promise.reject(new Error("not in this test")),
};

function issuesOf(block: object, defaults?: unknown): readonly string[] {
  const accounts = resolveAccounts(connector, { botToken: SECRET, ...block }, {}, defaults);
  for (const { account, issues } of accounts) expect(account === undefined).toBe(issues.length > 0);
  return accounts.flatMap(({ issues }) => issues.map(({ path, message }) => `${path} ${message}`));
}

const DM = '"pairing", "open", "closed", "allowlist" or "disabled"';
const GROUP = '"allowlist", "open", "closed" or "disabled"';
const BACKTRACKING =
  "could take very long on some texts (catastrophic backtracking): let no repetition contain or follow another that can match the same characters, as in (a+)+ or \\s*,?\\s*, and write alternatives as patterns of their own";
const NOT_EXACT =
  "must be an id in quotes: as a number it is no whole number, or too large to be kept exactly";

/** What is written, and what the user reads, without `connectors.post.` in front. */
const WRONG: readonly (readonly [block: object, message: string])[] = [
  [{ enabled: "yes" }, 'enabled must be true or false, not "yes"'],
  [{ enabled: null }, "enabled must be true or false, not null"],
  [{ name: 5 }, "name must be a string, not 5"],
  [{ name: {} }, "name must be a string, not an object"],
  [{ dmPolicy: "everyone" }, `dmPolicy must be ${DM}, not "everyone"`],
  [{ dmPolicy: "Open" }, `dmPolicy must be ${DM}, not "Open"; did you mean "open"?`],
  [{ dmPolicy: true }, `dmPolicy must be ${DM}, not true`],
  [{ dmPolicy: SECRET }, `dmPolicy must be ${DM}, not a string`],
  [{ allowFrom: "*" }, "allowFrom must be a list, not a string; put it in brackets: [ ]"],
  [{ allowFrom: 7 }, "allowFrom must be a list, not 7; put it in brackets: [ ]"],
  [{ allowFrom: { 0: "7" } }, "allowFrom must be a list, not an object"],
  [{ allowFrom: ["7", { id: 8 }] }, "allowFrom.1 must be a string or a number, not an object"],
  [{ allowFrom: [true] }, "allowFrom.0 must be a string or a number, not true"],
  [{ allowFrom: [" "] }, "allowFrom.0 must not be empty"],
  [{ allowFrom: [2 ** 60] }, `allowFrom.0 ${NOT_EXACT}`],
  [{ allowFrom: [1.5] }, `allowFrom.0 ${NOT_EXACT}`],
  [{ groupPolicy: "pairing" }, `groupPolicy must be ${GROUP}, not "pairing"`],
  [{ groupPolicy: "close" }, `groupPolicy must be ${GROUP}, not "close"; did you mean "closed"?`],
  [{ groupAllowFrom: "c" }, 'groupAllowFrom must be a list, not "c"; put it in brackets: [ ]'],
  [{ groupAllowFrom: [[]] }, "groupAllowFrom.0 must be a string or a number, not a list"],
  [{ requireMention: "false" }, 'requireMention must be true or false, not "false"'],
  [{ requireMention: 0 }, "requireMention must be true or false, not 0"],
  [{ mentionPatterns: "bot" }, 'mentionPatterns must be a list, not "bot"; put it in brackets: [ ]'],
  [{ mentionPatterns: [5] }, "mentionPatterns.0 must be a string, not 5"],
  [
    { mentionPatterns: ["bot", "bot["] },
    "mentionPatterns.1 is no regular expression: /bot[/i: Unterminated character class",
  ],
  [{ mentionPatterns: ["(a+)+$"] }, `mentionPatterns.0 ${BACKTRACKING}`],
  [{ mentionPatterns: ["^(a|a)+$"] }, `mentionPatterns.0 ${BACKTRACKING}`],
  [{ mentionPatterns: ["(\\w+\\s?)+!"] }, `mentionPatterns.0 ${BACKTRACKING}`],
  [{ mentionPatterns: ["(a|a)".repeat(40)] }, `mentionPatterns.0 ${BACKTRACKING}`],
  [{ mentionPatterns: [" "] }, "mentionPatterns.0 is empty, which every message would match"],
  [{ mentionPatterns: ["x*"] }, "mentionPatterns.0 matches an empty text, and so every message"],
  [
    { mentionPatterns: ["\\p{L}"] },
    "mentionPatterns.0 uses \\p{…} or \\u{…}, which is not supported; write the characters",
  ],
  [
    { mentionPatterns: ["(?<n>bot)"] },
    "mentionPatterns.0 names a group, which is not supported; write (…) without a name",
  ],
  [
    { mentionPatterns: ["x".repeat(201)] },
    "mentionPatterns.0 is 201 characters long; at most 200 are allowed",
  ],
  [{ mentionPatterns: Array(21).fill("bot") }, "mentionPatterns has 21 patterns; at most 20 are allowed"],
  [{ historyLimit: -1 }, "historyLimit must be at least 0, not -1"],
  [{ historyLimit: 0.5 }, "historyLimit must be a whole number, not 0.5"],
  [{ historyLimit: "50" }, 'historyLimit must be a number, not "50"'],
  [{ historyLimit: null }, "historyLimit must be a number, not null"],
  [{ dmHistoryLimit: -1 }, "dmHistoryLimit must be at least 0, not -1"],
  [{ dmHistoryLimit: "all" }, 'dmHistoryLimit must be a number, not "all"'],
  [{ debounceMs: -1 }, "debounceMs must be at least 0, not -1"],
  [{ debounceMs: 0.5 }, "debounceMs must be a whole number, not 0.5"],
  [{ mediaMaxMb: 0 }, "mediaMaxMb must be more than 0, not 0"],
  [{ mediaMaxMb: "5" }, 'mediaMaxMb must be a number, not "5"'],
  [{ dms: [] }, "dms must be an object, not a list"],
  [{ dms: { ada: 5 } }, "dms.ada must be an object, not 5"],
  [{ dms: { ada: { historyLimit: -1 } } }, "dms.ada.historyLimit must be at least 0, not -1"],
  [
    { dms: { ada: { historyLimt: 1 } } },
    'dms.ada.historyLimt unknown key "historyLimt"; did you mean "historyLimit"?',
  ],
  [{ textChunkLimit: 0 }, "textChunkLimit must be more than 0, not 0"],
  [{ textChunkLimit: "4000" }, 'textChunkLimit must be a number, not "4000"'],
  [
    { chunkMode: "newlines" },
    'chunkMode must be "length" or "newline", not "newlines"; did you mean "newline"?',
  ],
  [{ chunkMode: 1 }, 'chunkMode must be "length" or "newline", not 1'],
  [{ failureNotice: "no" }, 'failureNotice must be true or false, not "no"'],
  [{ markdown: false }, "markdown must be an object, not false"],
  [{ markdown: { enabled: "no" } }, 'markdown.enabled must be true or false, not "no"'],
  [
    { markdown: { tables: "bullet" } },
    'markdown.tables must be "off", "bullets" or "code", not "bullet"; did you mean "bullets"?',
  ],
  [{ markdown: { table: "off" } }, 'markdown.table unknown key "table"; did you mean "tables"?'],
  [{ blockStreaming: 1 }, "blockStreaming must be true or false, not 1"],
  [{ blockStreamingCoalesce: true }, "blockStreamingCoalesce must be an object, not true"],
  [{ blockStreamingCoalesce: { minChars: 0 } }, "blockStreamingCoalesce.minChars must be more than 0, not 0"],
  [{ blockStreamingCoalesce: { idleMs: -1 } }, "blockStreamingCoalesce.idleMs must be at least 0, not -1"],
  [{ retry: { attempts: 0 } }, "retry.attempts must be at least 1, not 0"],
  [{ retry: { jitter: "0.1" } }, 'retry.jitter must be a number, not "0.1"'],
  [{ retry: { jiter: 1 } }, 'retry.jiter unknown key "jiter"; did you mean "jitter"?'],
  [
    { retry: { delayMs: 1 } },
    'retry.delayMs unknown key "delayMs"; known: attempts, minDelayMs, maxDelayMs, jitter',
  ],
  [{ capabilities: "typing" }, 'capabilities must be a list, not "typing"; put it in brackets: [ ]'],
  [{ capabilities: [1] }, "capabilities.0 must be a string, not 1"],
  [
    { capabilities: ["streaming", "steaming"] },
    'capabilities.1 unknown flag "steaming"; did you mean "streaming"?',
  ],
  [{ configWrites: "yes" }, 'configWrites must be true or false, not "yes"'],
  [{ heartbeat: true }, "heartbeat must be an object, not true"],
  [{ heartbeat: { showOk: "yes" } }, 'heartbeat.showOk must be true or false, not "yes"'],
  [
    { heartbeat: { showAlert: true } },
    'heartbeat.showAlert unknown key "showAlert"; did you mean "showAlerts"?',
  ],
  [{ botToken: 123456 }, "botToken must be a string, not a number"],
  [{ botToken: ["text"] }, "botToken must be a string, not a list"],
  [{ allowfrom: [] }, 'allowfrom unknown key "allowfrom"; did you mean "allowFrom"?'],
  [{ account: {} }, 'account unknown key "account"; did you mean "accounts"?'],
];

describe("A4 every wrong value of the common fields", () => {
  it.each(WRONG)("%j", (block, message) => {
    expect(issuesOf(block)).toEqual([`connectors.post.${message}`]);
    // In an account it is said at the account.
    if ("account" in block) return;
    expect(issuesOf({ accounts: { a: block } })).toEqual([`connectors.post.accounts.a.${message}`]);
  });

  it("is in the table for each field", () => {
    // `session` and others that are added later belong into it as well.
    const tried = new Set(WRONG.flatMap(([block]) => Object.keys(block)));
    expect(Object.keys(commonFields).filter((key) => !tried.has(key))).toEqual([]);
  });

  it.each([
    "bot",
    "\\bmilady\\b",
    "^bot[,:]",
    "hey\\s+(milady|mila)",
    "\\b(?:milady|bot)\\b.*\\?$",
    "бот",
    "🤖",
    "(?<!no )bot",
  ])("%s is a pattern like any other", (pattern) => {
    expect(issuesOf({ mentionPatterns: [pattern] })).toEqual([]);
  });
});

describe("connectors.defaults", () => {
  const policy = (block: object, defaults: unknown) => {
    const [found] = resolveAccounts(connector, { botToken: SECRET, ...block }, {}, defaults);
    const config = fields.parse(found?.account?.config);
    return [config.groupPolicy, found?.origin("groupPolicy"), found?.locate("groupPolicy")];
  };

  it("holds where neither base nor account says anything", () => {
    const defaults = { groupPolicy: "disabled" };
    expect(policy({}, defaults)).toEqual(["closed", { from: "defaults" }, "connectors.defaults.groupPolicy"]);
    expect(policy({ groupPolicy: "open" }, defaults)).toEqual([
      "open",
      { from: "base" },
      "connectors.post.groupPolicy",
    ]);
    expect(policy({ accounts: { a: { groupPolicy: "open" } } }, defaults)[1]).toEqual({ from: "account" });
    expect(policy({}, {})).toEqual(["allowlist", { from: "default" }, "connectors.post.groupPolicy"]);
  });

  it.each([
    ["open", "defaults must be an object, not a string"],
    [{ groupPolicy: "opened" }, `defaults.groupPolicy must be ${GROUP}, not "opened"; did you mean "open"?`],
    [{ grouPolicy: "open" }, 'defaults.grouPolicy unknown key "grouPolicy"; did you mean "groupPolicy"?'],
    [
      { dmPolicy: "open" },
      'defaults.dmPolicy unknown key "dmPolicy"; known: groupPolicy, heartbeat; say it in each connector\'s block',
    ],
    [{ heartbeat: { useIndicator: 1 } }, "defaults.heartbeat.useIndicator must be true or false, not 1"],
    [{ heartbeat: [] }, "defaults.heartbeat must be an object, not a list"],
  ])("%j is refused, and no account runs with it", (defaults, message) => {
    expect(issuesOf({}, defaults)).toEqual([`connectors.${message}`]);
  });

  it("concerns no connector without such a setting", () => {
    const without = { ...connector, config: { fields: z.strictObject({ botToken: z.string() }) } };
    const [found] = resolveAccounts(without, { botToken: "x" }, {}, { groupPolicy: "open" });
    expect(found?.issues).toEqual([]);
  });
});

describe("a config of any JSON", () => {
  const word = fc.constantFrom("open", "*", " * ", "closed", "pairing", "allowlist", "disabled", "", "7");
  const value = fc.oneof(
    { weight: 3, arbitrary: word },
    { weight: 2, arbitrary: fc.array(fc.oneof(word, fc.integer(), fc.jsonValue({ maxDepth: 1 }))) },
    fc.boolean(),
    fc.integer(),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const block = fc.dictionary(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...Object.keys(commonFields)) }, fc.string()),
    value,
    { maxKeys: 6 },
  );
  const config = fc.record(
    {
      base: block,
      accounts: fc.dictionary(
        fc.oneof(fc.constantFrom("default", "main"), fc.string()),
        fc.oneof(block, value),
        {
          maxKeys: 3,
        },
      ),
      defaults: fc.oneof(value, fc.record({ groupPolicy: word })),
    },
    { requiredKeys: ["base"] },
  );

  it("never throws, and never runs wider than it says", { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(config, ({ base, accounts, defaults }) => {
        const written = { ...base, ...(accounts !== undefined && { accounts }) };
        for (const { id, account, issues } of resolveAccounts(
          connector,
          written,
          { POST_BOT_TOKEN: "x" },
          defaults,
        )) {
          if (account === undefined) continue;
          expect(issues).toEqual([]);
          const effective = fields.parse(account.config);
          const said = (key: string): unknown => {
            for (const place of [accounts?.[id], base]) {
              const object: unknown = place;
              if (typeof object === "object" && object !== null && Object.hasOwn(object, key))
                return Reflect.get(object, key);
            }
            return undefined;
          };
          const ids = (key: string) => [said(key)].flat().map((each) => String(each).trim());
          expect(said("enabled")).not.toBe(false);
          expect(base["enabled"]).not.toBe(false);
          if (effective.dmPolicy === "open") {
            expect(said("dmPolicy")).toBe("open");
            expect(ids("allowFrom")).toContain("*");
          }
          if (effective.dmPolicy === "pairing") expect([undefined, "pairing"]).toContain(said("dmPolicy"));
          for (const entry of effective.allowFrom) expect(ids("allowFrom")).toContain(entry);
          for (const entry of effective.groupAllowFrom) expect(ids("groupAllowFrom")).toContain(entry);
          if (effective.groupPolicy === "open") {
            const common =
              typeof defaults === "object" && defaults !== null
                ? Reflect.get(defaults, "groupPolicy")
                : undefined;
            expect(said("groupPolicy") ?? common).toBe("open");
          }
          if (!effective.requireMention) expect(said("requireMention")).toBe(false);
          for (const pattern of effective.mentionPatterns)
            expect(ids("mentionPatterns")).toContain(pattern.trim());
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("runs no account whose valid block was changed for the worse", () => {
    const valid = { dmPolicy: "allowlist", allowFrom: ["7"], groupPolicy: "closed", requireMention: true };
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(valid)), value, (key, changed) => {
        const [found] = resolveAccounts(connector, { botToken: "x", ...valid, [key]: changed }, {});
        if (found?.account === undefined) return;
        const { dmPolicy, allowFrom, groupPolicy } = fields.parse(found.account.config);
        if (key !== "dmPolicy") expect(dmPolicy).toBe("allowlist");
        // The base's list has no "*", so that no change of a word alone opens DMs.
        expect(dmPolicy).not.toBe("open");
        if (key !== "allowFrom") expect(allowFrom).toEqual(["7"]);
        if (key !== "groupPolicy") expect(groupPolicy).toBe("closed");
      }),
      { numRuns: 1_000 },
    );
  });
});
