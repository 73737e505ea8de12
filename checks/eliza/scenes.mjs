// Our plugins in the real runtime of @elizaos/core: `scenes.mjs [pattern]`. One line per scene, PASS or FAIL with the reason.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openBed } from "./bed.mjs";

const PACKAGES = fileURLToPath(new URL("../../packages", import.meta.url));
const PATIENCE = { timeoutMs: 60_000 };
/** As it stands in what was built. */
const SCHEMA = /const SCHEMA = .*;/;
const said = (text) => `You said: "${text}"`;
const heard = async (who, options = {}) => (await who.hears({ ...PATIENCE, ...options })).text;

const BEDS = [
  { core: "1", database: "memory", name: "core 1.7.2, in memory" },
  { core: "1", database: "pglite", name: "core 1.7.2, PGlite" },
  { core: "2", database: "memory", name: "core 2.0.0-alpha.537, in memory" },
];

/** Scenes in one life of one agent, in this order: `town` is what they share. */
const TOWN = {
  async "one direct message, one answer, remembered once"({ agent, ada }) {
    await ada.says("R & D <soon>?");
    assert.equal(await heard(ada), said("R & D <soon>?"));
    const room = await agent.room("Ada");
    assert.equal(room.type, "DM");
    const texts = await agent.until(async () => {
      const found = await agent.texts(room);
      return found.length === 2 && found;
    }, "the answer in the memory");
    assert.deepEqual(texts, ["R & D <soon>?", said("R & D <soon>?")]);
    const [world] = await agent.ask("worlds", { ids: [room.worldId] });
    assert.equal(world.name, "Ada");
  },

  async "each of five messages in one chat is answered, in order"({ ada }) {
    for (let index = 1; index <= 5; index++) await ada.says(`number ${index}`);
    for (let index = 1; index <= 5; index++) assert.equal(await heard(ada), said(`number ${index}`));
  },

  async "a slow chat holds up no other"({ agent, ada, bob }) {
    await agent.ask("hold", { text: "take your time" });
    await ada.says("take your time");
    await agent.until(async () => (await agent.ask("asked")).includes("take your time"), "the model's work");
    await ada.says("are you there?");
    await bob.says("hello");
    assert.equal(await heard(bob), said("hello"));
    assert.ok(
      !(await agent.ask("asked")).includes("are you there?"),
      "the second message should wait for the first",
    );
    await agent.ask("release", { text: "take your time" });
    assert.equal(await heard(ada), said("take your time"));
    assert.equal(await heard(ada), said("are you there?"));
  },

  async "a group answers to a mention, with what went before in memory"({ agent, team, ada, bob }) {
    await team.from(bob).says("lunch at noon");
    await agent.until(
      async () => (await agent.ask("rooms")).some(({ name }) => name === "Team"),
      "the group's room",
    );
    const room = await agent.room("Team");
    assert.equal(room.type, "GROUP");
    await team.from(ada).says("when is lunch, @quoter_bot?");
    assert.equal(await heard(team), said("when is lunch, @quoter_bot?"));
    assert.deepEqual((await agent.texts(room)).slice(0, 2), ["lunch at noon", "when is lunch, @quoter_bot?"]);
    assert.ok(
      !(await agent.ask("asked")).includes("lunch at noon"),
      "what is not for the agent begins no turn",
    );
  },

  async "a topic is a room of its own and answered there, with the config's instructions"({
    agent,
    club,
    ada,
  }) {
    const topic = club.topic("News");
    await topic.from(ada).says("anything new, @quoter_bot?");
    const answer = await topic.hears(PATIENCE);
    assert.match(answer.text, /You said: "anything new, @quoter_bot\?"/);
    // The prompts of 2.0 prereleases take their own providers only.
    if (agent.core === "1") assert.match(answer.text, /^Ladies and gentlemen!/);
    const rooms = (await agent.ask("rooms")).filter(({ metadata }) => metadata?.thread !== undefined);
    assert.equal(rooms.length, 1);
    assert.equal(rooms[0].type, "THREAD");
  },

  async "a picture is described and loses nothing"({ agent, ada }) {
    await ada.sends({ photo: Buffer.alloc(1234, 7) }, { caption: "look" });
    const text = await heard(ada);
    assert.match(text, /look/);
    const [{ attachments }] = (await agent.ask("memories", { room: (await agent.room("Ada")).id })).filter(
      (memory) => memory.text === "look" && !memory.isAgent,
    );
    assert.match(attachments[0].description, /a picture of 1234 bytes/);
    assert.ok(!JSON.stringify(attachments).includes("100001:FAKE"), "no token in the memory");
  },

  async "said without being asked: by room, by channel and account, by person, with a file"({
    agent,
    ada,
    bed,
    club,
  }) {
    const room = await agent.room("Ada");
    const send = (target, content) =>
      agent.ask("target", { target: { source: "telegram", ...target }, content });
    await send({ roomId: room.id }, { text: "by room" });
    assert.equal(await heard(ada), "by room");
    assert.ok((await agent.texts(room)).includes("by room"), "what was said stands in the room's memory");
    await ada.with(bed.second).says("/start");
    await ada.with(bed.second).hears(PATIENCE);
    await send({ channelId: String(ada.id), accountId: "second" }, { text: "by the second account" });
    assert.equal((await ada.with(bed.second).hears(PATIENCE)).text, "by the second account");
    const topic = club.topic("Plans");
    await send(
      { channelId: String(club.id), threadId: String(topic.threadId), accountId: "main" },
      { text: "in the topic" },
    );
    assert.equal((await topic.hears(PATIENCE)).text, "in the topic");
    const data = Buffer.from("a report").toString("base64");
    await send(
      { roomId: room.id },
      {
        text: "here it is",
        attachments: [{ id: "1", url: `data:text/plain;base64,${data}`, title: "report.txt" }],
      },
    );
    const file = await ada.hears(PATIENCE);
    assert.equal(file.caption, "here it is");
    assert.equal(file.document?.file_name, "report.txt");
    await assert.rejects(send({}, { text: "nowhere" }), /names no chat of telegram/);
  },

  async "two accounts keep their people apart"({ agent, bob, bed }) {
    await bob.with(bed.second).says("to the second");
    assert.equal((await bob.with(bed.second).hears(PATIENCE)).text, said("to the second"));
    const rooms = (await agent.ask("rooms")).filter(
      ({ name, source }) => name === "Bob" && source === "telegram",
    );
    assert.deepEqual(rooms.map(({ metadata }) => metadata.account).sort(), ["main", "second"]);
  },

  async "two plugins share one runtime and one store"({ agent, bed, eve }) {
    eve.says("hi toy", { account: bed.toy });
    assert.equal(await heard(eve), said("hi toy"));
    const statuses = await agent.ask("status");
    assert.deepEqual(
      statuses.map(({ connector, account, state }) => `${connector}/${account} ${state}`).sort(),
      ["telegram/main online", "telegram/second online", "toy/default online"],
    );
    const stores = readdirSync(agent.dataDir, { recursive: true }).filter((name) =>
      name.endsWith("connectors.sqlite"),
    );
    assert.equal(stores.length, 1);
  },

  async "an action of the connector is done in its turn and refused outside one"({ agent, bed, eve }) {
    const before = eve.says("remember this", { account: bed.toy });
    await heard(eve);
    assert.ok((await agent.ask("actions")).includes("TOY_MESSAGES_READ"));
    const result = await agent.ask("act", { name: "TOY_MESSAGES_READ", message: "none" });
    assert.match(result.text, /can only be done while a message from toy is being answered/);
    // 2.x fills parameters from its model's answer, 1.x has a model read them out of the message.
    if (agent.core !== "1") return;
    eve.says(`do TOY_MESSAGES_READ with message ${before.id}`, { account: bed.toy });
    await bed.platform.calls.waitFor((call) => call.method === "message", PATIENCE);
  },

  async "several things said in one turn arrive in order, empty ones do not"({ agent, ada }) {
    if (agent.core !== "1") return "its action planner decides otherwise";
    await ada.says("twice, please");
    assert.deepEqual([await heard(ada), await heard(ada)], ["one", "two"]);
  },

  async "an agent that ignores a message says nothing, and its fate says so"({ agent, ada, bob }) {
    await ada.says("ignore me");
    await agent.until(
      async () => (await agent.ask("why"))?.fate === "silent",
      "the fate of what was ignored",
    );
    await bob.says("still there?");
    assert.equal(await heard(bob), said("still there?"));
  },

  async "/new begins a new room"({ agent, ada }) {
    const rooms = async () =>
      (await agent.ask("rooms")).filter(
        ({ name, metadata }) => name === "Ada" && metadata.account === "main",
      );
    const [before] = await rooms();
    await ada.says("/new");
    await ada.hears(PATIENCE);
    await ada.says("a fresh start");
    assert.equal(await heard(ada), said("a fresh start"));
    const fresh = (await rooms()).filter(({ id }) => id !== before.id);
    assert.equal(fresh.length, 1);
    assert.equal((await agent.texts(fresh[0]))[0], "a fresh start");
  },

  async "an edit changes the memory; reactions and being added to a group are the runtime's events"({
    agent,
    bob,
    bed,
    eve,
  }) {
    const message = await bob.says("teh cat");
    await heard(bob);
    await bob.edits(message, "the cat");
    const [room] = (await agent.ask("rooms")).filter(
      ({ name, metadata }) => name === "Bob" && metadata.account === "main",
    );
    await agent.until(async () => (await agent.texts(room)).includes("the cat"), "the edit");
    eve.says("react to this", { account: bed.toy });
    eve.reacts(await eve.hears(PATIENCE), "👍");
    bed.platform.group("Chess", { users: [eve], accounts: [bed.toy] });
    const came = async (name) =>
      (await agent.ask("events")).filter((event) => event.name === name && event.source === "toy");
    await agent.until(async () => (await came("WORLD_JOINED")).length === 1, "the group");
    const [reaction] = await agent.until(async () => {
      const found = await came("REACTION_RECEIVED");
      return found.length > 0 && found;
    }, "the reaction");
    assert.equal(reaction.text, "Reacted with 👍.");
  },

  async "stop ends everything, and the process by itself"({ agent }) {
    await agent.ask("stop");
    agent.disconnect();
    assert.equal(await Promise.race([agent.gone, later(15_000, "still there")]), 0);
  },
};

async function town(bed) {
  const [ada, bob] = ["Ada", "Bob"].map((name) => bed.sim.user(name));
  const eve = bed.platform.user("Eve");
  const team = bed.sim.group("Team", { members: [ada, bob], supergroup: true, bots: [bed.bot] });
  const club = bed.sim.group("Club", { members: [ada], forum: true, bots: [bed.bot] });
  const agent = await bed.agent({
    plugins: ["telegram", "toy"],
    settings: bed.settings(
      {
        groupPolicy: "open",
        accounts: { main: {}, second: {} },
        groups: { [club.id]: { systemPrompt: "Speak as in a museum." } },
      },
      { groupPolicy: "open" },
    ),
    secrets: {
      TELEGRAM_ACCOUNT_MAIN_BOT_TOKEN: bed.bot.token,
      TELEGRAM_ACCOUNT_SECOND_BOT_TOKEN: bed.second.token,
      TOY_TOKEN: bed.toy.token,
    },
  });
  await agent.started();
  agent.core = bed.kind.core;
  return { bed, agent, eve, team, club, ada: withAccounts(ada, bed), bob: withAccounts(bob, bed) };
}

/** Writes to the first bot unless told otherwise. */
function withAccounts(user, bed) {
  const own = user.with(bed.bot);
  return new Proxy(user, {
    get: (target, key) => {
      const holder = key in own && key !== "with" ? own : target;
      const value = holder[key];
      return typeof value === "function" ? value.bind(holder) : value;
    },
  });
}

/** Scenes with agents of their own. */
const ALONE = {
  async "killed while it answers: answered once after the restart, remembered once"(bed) {
    const ada = bed.sim.user("Ada").with(bed.bot);
    const dataDir = bed.folder();
    const first = await bed.agent({ dataDir });
    await first.started();
    await ada.says("before");
    assert.equal(await heard(ada), said("before"));
    await first.ask("hold", { text: "in the middle" });
    await ada.says("in the middle");
    await first.until(async () => (await first.ask("asked")).includes("in the middle"), "the model's work");
    first.kill();
    await first.gone;
    await ada.says("while it was away");
    const second = await bed.agent({ dataDir });
    await second.started();
    assert.equal(await heard(ada), said("in the middle"));
    assert.equal(await heard(ada), said("while it was away"));
    await ada.says("after");
    assert.equal(await heard(ada), said("after"));
    if (bed.kind.database !== "pglite") return;
    const room = await second.room("Ada");
    const expected = ["before", "in the middle", "while it was away", "after"].flatMap((text) => [
      text,
      said(text),
    ]);
    await second.until(async () => (await second.texts(room)).length >= expected.length, "the memories");
    assert.deepEqual(await second.texts(room), expected);
  },

  async "pairing: a stranger is held until approved"(bed) {
    const person = bed.sim.user("Ada");
    const ada = person.with(bed.bot);
    const agent = await bed.agent({ settings: bed.settings({ dmPolicy: "pairing", allowFrom: [] }) });
    await agent.started();
    await ada.says("let me in");
    const [code] = /\b[A-Z0-9]{8}\b/.exec(await heard(ada)) ?? [];
    assert.ok(code, "the stranger should be told a code");
    assert.deepEqual(await agent.ask("asked"), []);
    if (bed.kind.core === "1") await agent.ask("approve", { connector: "telegram", code });
    else {
      const pending = await agent.until(async () => {
        const list = await agent.ask("pending", { channel: "telegram" });
        return list.length > 0 && list;
      }, "the request in the runtime's own list");
      assert.equal(pending[0].senderId, String(person.id));
      await agent.ask("allow", { channel: "telegram", sender: pending[0].senderId });
    }
    await ada.says("and now?");
    assert.equal(await heard(ada), said("and now?"));
  },

  async "a store that is in use keeps the agent alive, says why, and is taken when it is free"(bed) {
    const ada = bed.sim.user("Ada").with(bed.bot);
    const dataDir = bed.folder();
    const owner = await bed.agent({ dataDir });
    await owner.started();
    const env = { PGLITE_DATA_DIR: bed.folder() };
    const late = await bed.agent({ dataDir, env });
    await late.started();
    await assert.rejects(late.ask("status"), /not running/);
    assert.ok(
      (await late.ask("lines")).some((line) => /error the connectors could not be started/.test(line)),
    );
    await owner.ask("stop");
    owner.kill();
    await late.until(
      async () => (await late.ask("status").catch(() => [])).some(({ state }) => state === "online"),
      "the store",
    );
    await ada.says("finally");
    assert.equal(await heard(ada), said("finally"));
  },

  async "a token that is refused is said, and the agent lives on"(bed) {
    const agent = await bed.agent({
      plugins: ["telegram", "toy"],
      secrets: { ...bed.secrets(), TELEGRAM_BOT_TOKEN: "100009:WRONG" },
    });
    await agent.started();
    const [telegram, toy] = await agent.ask("status");
    assert.equal(telegram.state, "failed");
    assert.match(telegram.mend, /BotFather|token/);
    assert.equal(toy.state, "online");
    const eve = bed.platform.user("Eve");
    eve.says("alive?", { account: bed.toy });
    assert.equal(await heard(eve), said("alive?"));
  },

  async "a plugin that is loaded later joins; the one that stops leaves the other online"(bed) {
    const ada = bed.sim.user("Ada").with(bed.bot);
    const agent = await bed.agent();
    await agent.started();
    await agent.ask("load", { plugin: "toy" });
    await agent.ask("started", { type: "toy" });
    // While it is opened anew there is nothing to ask.
    const statuses = () => agent.ask("status").catch(() => []);
    const states = async () =>
      (await statuses()).map(({ connector, state }) => `${connector} ${state}`).sort();
    await agent.until(
      async () => (await states()).join() === "telegram online,toy online",
      "both connectors",
    );
    await agent.ask("stopService", { type: "toy" });
    await agent.until(async () => (await states()).join() === "telegram online", "the end of one");
    await ada.says("you stayed");
    assert.equal(await heard(ada), said("you stayed"));
  },

  async "another copy of core with the same schema shares the runtime, one with another is refused with both versions"(
    bed,
  ) {
    const { version } = JSON.parse(readFileSync(join(PACKAGES, "core/package.json"), "utf8"));
    const plugins = ["telegram", "toy of another copy"];
    const sharing = await bed.agent({ plugins, env: { OTHER_ELIZA: copyOf(bed.folder(), "9.8.7") } });
    await sharing.started();
    const both = async () =>
      (await sharing.ask("status")).filter(({ state }) => state === "online").length === 2;
    await sharing.until(both, "both plugins in one runtime");
    await sharing.ask("stop");
    sharing.kill();
    // The agent lives on, with the one that came first.
    const refusing = await bed.agent({ plugins, env: { OTHER_ELIZA: copyOf(bed.folder(), "9.8.7", 99) } });
    await refusing.started();
    const refusal = (await refusing.ask("lines")).filter((line) => line.startsWith("error")).join("\n");
    assert.match(refusal, /9\.8\.7 \(store schema 99\)/);
    assert.ok(refusal.includes(version), "the other version is named as well");
    assert.deepEqual(
      (await refusing.ask("status")).map(({ connector, state }) => `${connector} ${state}`),
      ["telegram online"],
    );
  },

  async "webhooks come to a port of their own, with their raw body"(bed) {
    const port = await freePort();
    const eve = bed.platform.user("Eve");
    const secret = "not-a-real-secret";
    const agent = await bed.agent({
      plugins: ["toy"],
      settings: {
        ...bed.settings({}, { transport: "webhook", webhookSecret: secret }),
        CONNECTORS_WEBHOOK_PORT: port,
      },
    });
    await agent.started();
    await bed.platform.webhook.register({ url: `http://127.0.0.1:${port}/toy`, secret });
    eve.says("by webhook", { account: bed.toy });
    assert.equal(await heard(eve), said("by webhook"));
  },
};

/** The packages again, in a folder of their own, as a plugin would bring them that was built with another release. */
function copyOf(folder, version, schema) {
  const scope = join(folder, "node_modules/@elizaos");
  for (const name of ["core", "eliza"]) {
    const [from, to] = [join(PACKAGES, name), join(scope, `connector-${name}`)];
    mkdirSync(to, { recursive: true });
    cpSync(join(from, "dist"), join(to, "dist"), { recursive: true });
    const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
    writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, version }));
    if (name === "core") symlinkSync(join(from, "node_modules"), join(to, "node_modules"));
  }
  if (schema !== undefined) {
    const dist = join(scope, "connector-core/dist");
    const path = readdirSync(dist, { encoding: "utf8", recursive: true })
      .map((file) => join(dist, file))
      .find((file) => file.endsWith(".js") && SCHEMA.test(readFileSync(file, "utf8")));
    assert.ok(path !== undefined, "no file of core says what its schema is");
    writeFileSync(path, readFileSync(path, "utf8").replace(SCHEMA, `const SCHEMA = ${schema};`));
  }
  return join(scope, "connector-eliza/dist/index.js");
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function later(ms, value) {
  return new Promise((resolve) => setTimeout(resolve, ms, value).unref());
}

const pattern = new RegExp(process.argv[2] ?? "", "i");
let failures = 0;
let passes = 0;
/** Undefined when it passed. */
async function play(name, scene) {
  const begin = performance.now();
  try {
    const skipped = await scene();
    if (typeof skipped === "string") return console.log(`SKIP ${name}: ${skipped}`);
    passes++;
    console.log(`PASS ${name} (${Math.round(performance.now() - begin)} ms)`);
  } catch (error) {
    failures++;
    console.log(
      `FAIL ${name}: ${error instanceof Error ? error.message.replaceAll("\n", "\n     ") : error}`,
    );
  }
}

for (const { name, ...kind } of BEDS) {
  const scenes = Object.entries(TOWN).filter(([scene]) => pattern.test(`${name}: ${scene}`));
  if (scenes.length > 0) {
    const bed = await openBed(kind);
    let shared;
    await play(`${name}: an agent with two plugins starts`, async () => {
      shared = await town(bed);
    });
    if (shared) for (const [scene, act] of scenes) await play(`${name}: ${scene}`, () => act(shared));
    await bed.close();
  }
  // What the database has no part in is played on the others only.
  for (const [scene, act] of Object.entries(ALONE)) {
    if (kind.database === "pglite" && !scene.startsWith("killed")) continue;
    if (!pattern.test(`${name}: ${scene}`)) continue;
    const bed = await openBed(kind);
    await play(`${name}: ${scene}`, () => act(bed));
    await bed.close();
  }
}
console.log(`${passes} scenes passed, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
