import {
  type InboundEvent,
  type MessageContent,
  Rejected,
  StoreError,
  Transient,
} from "@elizaos/connector-core";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../src/manual-clock.js";
import {
  intercept,
  memory,
  OPEN,
  Puppet,
  pass,
  quiet,
  type Rig,
  type RigOptions,
  rig,
  type SaidOptions,
  START,
  said,
  until,
} from "./core-puppet.js";

const OWNERS = ["puppet:boss"];
const BOSS = { chat: "boss" };
const GROUP = { chat: "crew", kind: "group" } as const;

function written(content: MessageContent, options: SaidOptions = {}): InboundEvent {
  const event = said("", options);
  return event.kind === "message" ? { ...event, content } : event;
}

function commanded(name: string, text: string, options: SaidOptions = {}): InboundEvent {
  const event = said(text, options);
  return event.kind === "message" ? { ...event, kind: "command", name } : event;
}

/** Every event's rule and what was sent for it, oldest first. */
async function outcomes({ runtime, store }: Rig): Promise<readonly (readonly string[])[]> {
  const events = (await store.recentEvents({ limit: 50 })).toReversed();
  return Promise.all(
    events.map(async ({ seq, decision }) => {
      const found = await runtime.why(seq);
      const texts = found?.operations.map(({ operation }) => ("text" in operation ? operation.text : ""));
      return [decision.rule, ...(texts ?? [])];
    }),
  );
}

/** Takes an event in and resolves to the text of its answer. */
async function ask(bench: Rig, event: InboundEvent, account = "default"): Promise<string> {
  const before = bench.puppet.calls.length;
  await bench.puppet.context(account).receive([event]);
  await until(() => bench.puppet.calls.length > before);
  await quiet(50);
  return bench.puppet.calls[before]?.text ?? "";
}

const bench = (options: RigOptions = {}) => rig({ owners: OWNERS, ...options });

describe("a command", () => {
  it.each([
    ["as it is", said("/help")],
    ["in capitals and with blanks around it", said("  /Help \n")],
    ["with arguments", said("/help me, please")],
    ["to the bot", said("/help@puppet_bot")],
    ["to the bot in a group", said("/help@puppet_bot", GROUP)],
    ["that the platform recognised", commanded("help", "/help")],
    ["that the platform recognised without its slash", commanded("help", "")],
    [
      "behind a mention",
      written(
        {
          text: " @default /help",
          mentionsSelf: "mention",
          ranges: [{ type: "mention", offset: 1, length: 8, user: "default" }],
        },
        GROUP,
      ),
    ],
  ] as const)("%s is answered by the runtime and not by the agent", async (_how, event) => {
    const rigged = await bench();
    expect(await ask(rigged, event)).toContain("/status");
    expect(rigged.turns).toEqual([]);
    expect((await rigged.runtime.why("last"))?.event.decision).toMatchObject({
      fate: "answered",
      rule: "command.help",
    });
  });

  it.each([
    ["unknown", said("/weather")],
    ["inside a sentence", said("try /help")],
    ["with a path behind it", said("/help/me")],
    ["to another bot", written({ text: "/help@other_bot" }, GROUP)],
    [
      "behind a mention of somebody else",
      written(
        {
          text: "@ada /help",
          mentionsSelf: "mention",
          ranges: [{ type: "mention", offset: 0, length: 4, user: "ada" }],
        },
        GROUP,
      ),
    ],
    ["that the platform recognised and we do not know", commanded("weather", "/weather")],
  ] as const)("%s is the agent's", async (_how, event) => {
    const rigged = await bench({ config: { ...OPEN, requireMention: false }, agent: () => "mine" });
    expect(await ask(rigged, event)).toBe("mine");
  });

  it("of somebody whom policy keeps out gets nothing", async () => {
    const rigged = await bench({
      config: { dmPolicy: "allowlist", allowFrom: ["boss"], groupPolicy: "open" },
    });
    const { puppet } = rigged;
    await puppet.context().receive([said("/help"), written({ text: "/help" }, GROUP)]);
    await quiet();
    expect(puppet.calls).toEqual([]);
    expect((await outcomes(rigged)).map(([rule]) => rule)).toEqual(["dm.allowlist", "group.mention"]);
  });

  it("is the agent's where the host says so", async () => {
    const rigged = await bench({ commands: false });
    expect(await ask(rigged, said("/help"))).toBe("re: /help");
  });

  it("waits for the turns before it", async () => {
    const slowly = async (text: string) => {
      await quiet(20);
      return `re: ${text}`;
    };
    const rigged = await bench({ agent: (turn) => slowly(turn.text) });
    await rigged.puppet.context().receive([said("1"), said("/new"), said("2")]);
    await until(() => rigged.puppet.calls.length === 3);
    expect(rigged.puppet.texts()).toEqual(["re: 1", "Starting afresh.", "re: 2"]);
  });

  it("and its answer are not part of what the agent is told", async () => {
    const heard: string[] = [];
    const rigged = await bench({
      agent: async (turn) => {
        heard.push(...(await turn.history()).map(({ text }) => text));
        return "ok";
      },
    });
    for (const text of ["/help", "/status", "hello", "/help"]) await ask(rigged, said(text));
    await ask(rigged, said("and?"));
    expect(heard).toEqual(["hello", "ok"]);
  });

  it("is answered once the store can be read again", async () => {
    let busy = true;
    const store = intercept(memory(), ({ method }, run) => {
      if (method !== "sessionSince" || !busy) return run();
      busy = false;
      return Promise.reject(new StoreError("busy", "locked"));
    });
    const rigged = await bench({ store });
    await rigged.puppet.context().receive([said("/status")]);
    await pass(rigged.clock, 2_000);
    expect(rigged.puppet.texts()).toEqual([expect.stringContaining("I am working.")]);
  });
});

describe("/help", () => {
  it("names what the sender may use", async () => {
    const puppet = new Puppet({ hooks: { identify: async () => ({ id: "default", name: "Marvin" }) } });
    const rigged = await bench({ puppet });
    const forAda = await ask(rigged, said("/help"));
    expect(forAda.split("\n")[0]).toBe(
      "I am Marvin, an AI agent on Puppet. Write to me as you would write to a person.",
    );
    expect([...forAda.matchAll(/^\/\w+/gm)].map(([name]) => name)).toEqual(["/help", "/status", "/new"]);
    expect(await ask(rigged, said("/help", BOSS))).toContain("\n/why: ");
  });
});

describe("owners", () => {
  it("are known by id, also by a former one, and never by name", async () => {
    const rigged = await bench({ owners: ["puppet:boss", "other:eve"] });
    const isOwner = async (event: InboundEvent) => (await ask(rigged, event)).includes("/why");
    const called = (name: string) => ({ ...said("/help"), sender: { id: "ada", name, username: name } });
    expect(await isOwner(called("boss"))).toBe(false);
    expect(await isOwner(said("/help", { chat: "eve" }))).toBe(false);
    expect(await isOwner({ ...said("/help"), sender: { id: "lid", aliases: ["boss"] } })).toBe(true);
    await rigged.puppet.context().alias("boss", "boss-2");
    expect(await isOwner(said("/help", { chat: "boss-2" }))).toBe(true);
  });
});

describe("/status", () => {
  it("tells everybody that it works, and how much of the conversation is known since when", async () => {
    const clock = new ManualClock(START);
    const rigged = await bench({ clock, config: { ...OPEN, dmHistoryLimit: 3 } });
    expect(await ask(rigged, said("/status"))).toBe(
      "I am working.\nHistory: 0 messages of this conversation, of at most 3.\nThis session begins now.",
    );
    await clock.advance(60_000);
    await ask(rigged, said("1"));
    await clock.advance(60_000);
    await ask(rigged, said("2"));
    expect(await ask(rigged, said("/status"))).toBe(
      [
        "I am working.",
        "History: 3 messages of this conversation, of at most 3.",
        "This session goes back to 2026-01-01 00:01 UTC.",
      ].join("\n"),
    );
    await ask(rigged, said("/new"));
    expect(await ask(rigged, said("/status"))).toContain("This session begins now.");
  });

  it("tells owners of accounts, queues, dead letters and requests, and no secret", async () => {
    const token = "broken-token-42";
    const puppet = new Puppet();
    puppet.hooks.identify = async ({ config }) => {
      if (config.token === token) throw new Transient(`401 for ${config.token}`);
      return { id: config.token ?? "" };
    };
    puppet.hooks.dispatch = async ({ text }) => {
      if (text.startsWith("re: stuck")) throw new Transient("ECONNREFUSED");
      if (text.startsWith("re: refused")) throw new Rejected("no");
      return puppet.made();
    };
    const rigged = await bench({
      puppet,
      accounts: ["default", token],
      config: { dmPolicy: "pairing", allowFrom: ["boss"], groupPolicy: "open" },
    });
    await puppet
      .context()
      .receive([
        said("stuck", { ...GROUP, chat: "1" }),
        said("refused", { ...GROUP, chat: "2" }),
        said("let me in", { chat: "stranger" }),
      ]);
    await until(() => puppet.calls.length === 3);
    await quiet();
    const forBoss = await ask(rigged, said("/status", BOSS));
    // The rig's accounts are named like their tokens.
    expect(forBoss.split("\n\n")[1]).toBe(
      [
        "Accounts:",
        "- puppet/****: online",
        "- puppet/****: reconnecting, 401 for ****",
        "Waiting: 0 messages to answer, 1 operation to send",
        "Dead letters: 1",
        "Pairing requests: 1",
      ].join("\n"),
    );
    expect(await ask(rigged, said("/status", { ...GROUP, from: "ada" }))).not.toContain("Accounts");
  });
});

describe("/why", () => {
  it("is for owners", async () => {
    const rigged = await bench();
    await ask(rigged, said("hello"));
    const answer = await ask(rigged, said("/why"));
    expect(answer).toBe(
      '/why is for my owners. Your id is puppet:ada; an owner is named in "owners" of my config.',
    );
    expect((await rigged.runtime.why("last"))?.event.decision.rule).toBe("command.why");
  });

  it("tells what became of the message before, and goes on telling it", async () => {
    const rigged = await bench();
    await ask(rigged, said("hello", BOSS));
    await ask(rigged, said("elsewhere", { chat: "ada" }));
    const answer = [
      "Event 1: message of 2026-01-01 00:00 UTC",
      "Fate: answered. Private messages are open to everybody.",
      "Rule: dm.open, from connectors.puppet.dmPolicy",
      "Sends:",
      "- send: sent, as message made-1, 1 attempt",
    ].join("\n");
    expect(await ask(rigged, said("/why", BOSS))).toBe(answer);
    expect(await ask(rigged, said("/why", BOSS))).toBe(answer);
  });

  it("in a group tells also of what was ignored or context", async () => {
    const rigged = await bench({
      config: { ...OPEN, groupPolicy: "allowlist", groupAllowFrom: ["crew"] },
    });
    const context = written({ text: "by the way" }, { ...GROUP, from: "ada" });
    await rigged.puppet.context().receive([context]);
    const boss = { ...GROUP, from: "boss" };
    expect(await ask(rigged, said("/why", boss))).toBe(
      [
        "Event 1: message of 2026-01-01 00:00 UTC",
        "Fate: context. The agent was not mentioned; kept as context.",
        "Rule: group.mention, from connectors.puppet.requireMention",
        "Sends: none",
      ].join("\n"),
    );
    await rigged.puppet.context().receive([{ ...said("beep", GROUP), sender: { id: "bot", isBot: true } }]);
    expect(await ask(rigged, said("/why", boss))).toContain("Fate: ignored. The sender is a bot.");
  });

  it("in a shared session tells of this chat", async () => {
    const rigged = await bench({ session: { dmScope: "main" } });
    await ask(rigged, said("mine", BOSS));
    for (let index = 0; index < 20; index++) await ask(rigged, said("other", { chat: "ada" }));
    expect(await ask(rigged, said("/why", BOSS))).toContain("Event 1:");
  });

  it("tells of an event by its number, of the same account only", async () => {
    const rigged = await bench({ accounts: ["default", "two"] });
    await ask(rigged, said("hello", { chat: "ada" }));
    await ask(rigged, said("hello", { chat: "ada" }), "two");
    expect(await ask(rigged, said("/why 1", BOSS))).toContain("Event 1: message");
    expect(await ask(rigged, said("/why 2", BOSS))).toBe(
      "There is no event 2 of this account; it may have been removed for its age.",
    );
    expect(await ask(rigged, said("/why me", BOSS))).toContain("Write /why for the previous message");
    expect(await ask(rigged, commanded("why", "1", BOSS))).toContain("Event 1: message");
  });

  it("has nothing to tell in a new chat", async () => {
    expect(await ask(await bench(), said("/why", BOSS))).toBe("I know of no message before this one.");
  });

  it("tells of failed sends, without secrets", async () => {
    const puppet = new Puppet();
    const token = "token-of-default";
    puppet.hooks.identify = async () => ({ id: "default" });
    puppet.hooks.dispatch = async ({ text }) => {
      if (text === "re: hello") throw new Rejected(`no: ${token}`);
      return puppet.made();
    };
    const rigged = await bench({ puppet, accounts: [token] });
    await ask(rigged, said("hello", BOSS), token);
    expect(await ask(rigged, said("/why", BOSS), token)).toMatch(/- send: rejected, 1 attempt, no: \*{4}$/);
  });
});
