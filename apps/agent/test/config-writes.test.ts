import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import JSON5 from "json5";
import { expect, test } from "vitest";
import { z } from "zod";
import { configWriter } from "../src/config/writer.js";
import { Workspace } from "./support/cli.js";
import { startModelServer } from "./support/model-server.js";
import { connectorOf, readStatus } from "./support/status.js";
import { TOKEN, telegramWithBot } from "./support/telegram.js";

const toolSchema = z.array(z.looseObject({ function: z.looseObject({ name: z.string() }) }));

const FILE = `// the agent's config
{
  connectors: {
    // the bot of the mill
    telegram: {
      botToken: "${TOKEN}", // from @BotFather
      allowFrom: [
        1, // Ada
        'tg:-7', /* a slip */
      ],
      historyLimit: 5, // enough
      groups: {
        // the workshop
        "-7": { requireMention: true },
      },
      name: "Mill"
    },
  },
}
`;

function fileWith(text: string) {
  const workspace = new Workspace();
  const path = workspace.file("milady.json", text);
  const writer = configWriter({ path, file: "milady.json", origins: { telegram: "milady.json" } });
  return { path, writer, read: () => readFileSync(path, "utf8") };
}

test("settings are written, taken out and renamed in place: all comments stay, and only the owner may read the file", async () => {
  const { writer, read, path } = fileWith(FILE);
  await writer.update("telegram", (block) => {
    expect(block).toMatchObject({ name: "Mill", historyLimit: 5 });
    return [
      { type: "set", path: ["allowFrom", "1"], value: "-1007" },
      { type: "rename", path: ["groups", "-7"], key: "-1007" },
      { type: "remove", path: ["historyLimit"] },
      { type: "remove", path: ["name"] },
      { type: "remove", path: ["never", "there"] },
      { type: "set", path: ["markdown", "tables"], value: "bullets" },
    ];
  });
  expect(read()).toBe(`// the agent's config
{
  connectors: {
    // the bot of the mill
    telegram: {
      botToken: "${TOKEN}", // from @BotFather
      allowFrom: [
        1, // Ada
        "-1007", /* a slip */
      ],
      // enough
      groups: {
        // the workshop
        "-1007": { requireMention: true },
      },
      markdown: {
        tables: "bullets"
      }
    },
  },
}
`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.each([
  [
    "the last member",
    `{"connectors":{"telegram":{"name":"a","enabled":true}}}`,
    `{"connectors":{"telegram":{"name":"a"}}}`,
    "enabled",
  ],
  [
    "the only member",
    `{"connectors": {"telegram": {"name": "a"}}}`,
    `{"connectors": {"telegram": {}}}`,
    "name",
  ],
  [
    "the first member",
    `{"connectors": {"telegram": {"name": "a", "enabled": true}}}`,
    `{"connectors": {"telegram": {"enabled": true}}}`,
    "name",
  ],
  ["a block of old", `{"channels": {"telegram": {"name": "a"}}}`, `{"channels": {"telegram": {}}}`, "name"],
])("taking out %s leaves JSON that is as it was", async (_, before, after, key) => {
  const { writer, read } = fileWith(before);
  await writer.update("telegram", () => [{ type: "remove", path: [key] }]);
  expect(read()).toBe(after);
});

test("what cannot be written says why, and nothing has changed", async () => {
  const { writer, read } = fileWith("{ connectors: { telegram: ");
  await expect(writer.read("telegram")).rejects.toThrow("milady.json");
  expect(read()).toBe("{ connectors: { telegram: ");
  const inCharacter = configWriter({ path: "x", file: "milady.json", origins: { telegram: "who.json" } });
  await expect(inCharacter.update("telegram", () => [])).rejects.toThrow("stands in who.json");
  const none = configWriter({ path: undefined, file: undefined, origins: {} });
  await expect(none.update("telegram", () => [])).rejects.toThrow("no config file");
});

test("an owner has the model change a setting: it is written, and holds from the next start on; a wider policy is not", async () => {
  const [sim, model] = await Promise.all([telegramWithBot(), startModelServer()]);
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  const file = `{
  owners: ["telegram:${ada.id}"],
  model: { baseURL: "${model.origin}/v1", name: "m", apiKey: "sk-FAKE-KEY-OF-A-TEST" },
  connectors: {
    telegram: { botToken: "${TOKEN}", apiRoot: "${sim.apiRoot}", allowFrom: [${ada.id}], configWrites: true, /* mine */ },
  },
}
`;
  workspace.file("milady.json", file);
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  const reason = "Ada asked for it";
  model.next(
    { calls: [{ name: "config_set", input: { path: ["dmPolicy"], value: "open", reason } }] },
    {
      pieces: ["That is refused."],
      calls: [{ name: "config_set", input: { path: ["dmHistoryLimit"], value: 3, reason } }],
    },
    { pieces: ["Done."] },
  );
  await ada.says("Remember three lines only, and let everybody in.");
  expect((await ada.hears()).text).toBe("That is refused.\n\nDone.");

  const [first, second, third] = await Promise.all([0, 1, 2].map((number) => model.request(number)));
  const tools = toolSchema
    .parse(first?.body["tools"])
    .filter(({ function: { name } }) => /^config_/.test(name));
  expect(tools).toMatchObject([
    { function: { name: "config_get" } },
    { function: { name: "config_set", parameters: { required: ["path", "value", "reason"] } } },
    { function: { name: "config_unset" } },
  ]);
  expect(JSON.stringify(second?.body["messages"])).toMatch(/must contain|could let in/);
  expect(JSON.stringify(third?.body["messages"])).toContain("from the next start of the host on");

  const written = readFileSync(join(workspace.path, "milady.json"), "utf8");
  expect(written).toBe(file.replace("configWrites: true,", "configWrites: true, dmHistoryLimit: 3,"));
  await host.says(/the agent changed the config.*dmHistoryLimit.*Ada asked for it/s);
  expect(host.stdout).not.toContain(TOKEN);

  const ben = sim.user("Ben");
  await ben.says("Let me in");
  expect((await ben.hears()).text).toContain("pairing");
});

for (const configWrites of [true, false]) {
  test(`a group becomes a supergroup: the bot goes on there at once, and the config ${configWrites ? "names the new id" : "is the operator's to mend"}`, async () => {
    const sim = await telegramWithBot();
    const ada = sim.user("Ada");
    const group = sim.group("Workshop", { members: [ada] });
    const workspace = new Workspace();
    const block = { botToken: TOKEN, apiRoot: sim.apiRoot, configWrites, groups: { [group.id]: {} } };
    workspace.file("milady.json", { connectors: { telegram: block } });
    const host = workspace.run(["start"]);
    await host.says(/connected/);
    await group.from(ada).says("@test_bot hello");
    expect((await group.hears()).text).toContain("hello");
    const grown = group.migrates();
    await grown.from(ada).says("@test_bot still here?");
    expect((await grown.hears()).text).toContain("still here?");

    const groups = () =>
      JSON5.parse(readFileSync(join(workspace.path, "milady.json"), "utf8")).connectors.telegram.groups;
    if (configWrites) {
      await host.says(/the config names the id of today: -\d+.*the platform changed the id/s);
      expect(groups()).toEqual({ [grown.id]: {} });
      return;
    }
    const note = `connectors.telegram.groups.${group.id} is an id that the platform has changed; write ${grown.id} instead`;
    await host.says(new RegExp(note));
    expect(connectorOf(await readStatus(workspace), "telegram").accounts[0]?.notes).toContain(note);
    expect(groups()).toEqual({ [group.id]: {} });
  });
}

/** Everything that can name a group, with the id that it has before it becomes a supergroup. */
function namingEverywhere(group: number, ada: number) {
  return {
    groupPolicy: "allowlist",
    groupAllowFrom: ["-4242", group],
    groups: {
      [`tg:${group}`]: {
        enabled: true,
        // The group itself is the sender of what an anonymous administrator writes.
        allowFrom: [ada, group],
        systemPrompt: "Speak of steam only.",
        toolsBySender: { [group]: { deny: ["*"] } },
        requireMention: false,
        topics: { "1": { skills: [], systemPrompt: "Speak of valves only." } },
      },
      "*": { enabled: false },
    },
  };
}

for (const configWrites of [true, false]) {
  test(`a group that becomes a supergroup keeps its session and settings, also after a restart, and ${configWrites ? "the config follows everywhere" : "the operator is told every place"}`, async () => {
    const [sim, model] = await Promise.all([telegramWithBot({ privacyMode: false }), startModelServer()]);
    const [ada, ben] = [sim.user("Ada"), sim.user("Ben")];
    const group = sim.group("Workshop", { members: [ada, ben] });
    const workspace = new Workspace();
    const telegram = {
      botToken: TOKEN,
      apiRoot: sim.apiRoot,
      configWrites,
      ...namingEverywhere(group.id, ada.id),
    };
    const config = {
      connectors: { telegram },
      owners: [`telegram:${ada.id}`, `telegram:${group.id}`],
      model: { baseURL: `${model.origin}/v1`, name: "m", apiKey: "sk-FAKE-KEY-OF-A-TEST" },
      heartbeat: { everyMinutes: 60, prompt: "Look.", to: { connector: "telegram", chat: group.id } },
    };
    workspace.file("milady.json", config);
    let host = workspace.run(["start"]);
    await host.says(/connected/);
    await group.from(ada).says("the boiler leaks");
    await group.hears();
    const grown = group.migrates();
    await grown.from(ada).says("still here?");
    await grown.hears();
    await grown.from(ben).says("@test_bot and I?");

    const id = String(grown.id);
    const read = () => JSON5.parse(readFileSync(join(workspace.path, "milady.json"), "utf8"));
    if (configWrites) {
      await host.says(/heartbeat\.to\.chat.*the platform changed the id/s);
      const expected = JSON.parse(JSON.stringify(config).replaceAll(String(group.id), id));
      // People are not chats, and whoever owns the host is the operator's own to say.
      expect(read()).toEqual({ ...expected, owners: config.owners });
    } else {
      await host.says(/heartbeat\.to\.chat is an id that the platform has changed/);
      const notes = [
        "connectors.telegram.groupAllowFrom.1",
        `connectors.telegram.groups.tg:${group.id}.allowFrom.1`,
        `connectors.telegram.groups.tg:${group.id}.toolsBySender.${group.id}`,
        `connectors.telegram.groups.tg:${group.id}`,
        "heartbeat.to.chat",
      ];
      const told = connectorOf(await readStatus(workspace), "telegram").accounts[0]?.notes;
      for (const path of notes)
        expect(told).toContainEqual(
          expect.stringMatching(
            new RegExp(`^${path} is an id that the platform has changed; write (tg:)?${id} `),
          ),
        );
      expect(read()).toEqual(config);
    }

    host.signal("SIGTERM");
    await host.finished();
    host = workspace.run(["start"]);
    await host.says(/connected/);
    grown.opensTopics();
    await grown.fromAnonymousAdmin().says("and now?");
    await grown.hears();
    const [first, second, third] = await Promise.all([0, 1, 2].map((number) => model.request(number)));
    // What was said under the former id is remembered, and what the config says under it holds, also of topics.
    for (const [request, told] of [
      [second, "Speak of steam only."],
      [third, "Speak of valves only."],
    ] as const) {
      const messages = JSON.stringify(request?.body["messages"]);
      expect(messages).toContain("the boiler leaks");
      expect(messages).toContain(told);
      expect(messages).not.toContain("and I?");
    }
    // The group's list denies its own messages every tool.
    const [one = [], two = [], three] = [first, second, third].map((request) => request?.body["tools"]);
    expect(three).toBeUndefined();
    for (const offered of [one, two]) {
      const names = toolSchema.parse(offered).map(({ function: { name } }) => name);
      expect(names).toContain("messages_send");
      expect(names.includes("config_set")).toBe(configWrites);
    }
  });
}
