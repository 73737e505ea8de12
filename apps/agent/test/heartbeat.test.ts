import { join } from "node:path";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { startModelServer } from "./support/model-server.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

const IDENTITY = `telegram:${TOKEN.split(":")[0]}`;

/** As if the host had been off since long before the next time. */
async function makeOverdue(stateDir: string): Promise<void> {
  const store = await openSqliteStore({ path: join(stateDir, "connectors.sqlite"), durability: "process" });
  try {
    const lease = await store.lease(IDENTITY, "the test");
    const [entry] = await store.stateList(IDENTITY, "heartbeat/", { limit: 1, at: Date.now() });
    if (lease === undefined || entry === undefined) throw new Error("the host has kept no next time");
    await store.stateBatch(
      lease,
      [{ key: entry.key, value: { dueAt: Date.now() - 86_400_000 } }],
      Date.now(),
    );
  } finally {
    await store.shutdown();
  }
}

test("the host wakes the model by schedule: a missed time is made up for once, all is well is not said, news is", async () => {
  const [sim, model] = await Promise.all([telegramWithBot(), startModelServer()]);
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  workspace.file("milady.json", {
    ...telegramConfig(sim, { allowFrom: [ada.id] }),
    model: { baseURL: `${model.origin}/v1`, name: "m", apiKey: "sk-FAKE-KEY-OF-A-TEST" },
    heartbeat: {
      everyMinutes: 60,
      prompt: "Look after the mill.",
      to: { connector: "telegram", chat: ada.id },
    },
  });
  const run = async () => {
    const host = workspace.run(["start"]);
    await host.says(/connected/);
    return host;
  };
  const stop = async (host: Awaited<ReturnType<typeof run>>) => {
    host.signal("SIGTERM");
    await host.finished();
  };
  // A bot may not open a private chat.
  let host = await run();
  await ada.says("Hello");
  expect((await ada.hears()).text).toBe("OK");
  await stop(host);

  model.next({ pieces: ["HEARTBEAT_OK"] }, { pieces: ["The mill stands still."] });
  await makeOverdue(workspace.stateDir);
  host = await run();
  const quiet = await model.request(1);
  expect(JSON.stringify(quiet.body["messages"])).toContain("Look after the mill.");
  await quiet.closed;
  await stop(host);

  await makeOverdue(workspace.stateDir);
  host = await run();
  expect((await ada.hears()).text).toBe("The mill stands still.");
  await stop(host);
  expect(model.requests).toHaveLength(3);
});

test("a heartbeat that is wrong is refused with its path", async () => {
  const workspace = new Workspace();
  const wrong = async (heartbeat: unknown) => {
    workspace.file("milady.json", { connectors: { telegram: { botToken: TOKEN } }, heartbeat });
    return (await workspace.finish(["start"])).stderr;
  };
  const to = { connector: "telegram", chat: 7 };
  expect(await wrong({ everyMinutes: 0, prompt: "p", to })).toContain(
    "milady.json: heartbeat.everyMinutes: ",
  );
  expect(await wrong({ everyMinutes: 5, prompt: "p", to: { ...to, connector: "telegran" } })).toContain(
    'milady.json: heartbeat.to.connector: unknown connector "telegran"; did you mean "telegram"?',
  );
  expect(await wrong({ everyMinutes: 5, prompt: "p" })).toContain("milady.json: heartbeat.to: ");
});
