import { createServer } from "node:net";
import { ManualClock } from "@elizaos/connector-simulators/kit";
// The package's own entry has types that Node's module rules contradict.
import { TelegramServer } from "telegram-test-api/lib/telegramServer.js";
import { describe, expect, it } from "vitest";
import { afterTest, letTimePass, started, TOKEN } from "./harness.js";

/** The package listens only where it is told to. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function serve(): Promise<{ server: TelegramServer; apiRoot: string }> {
  const port = await freePort();
  const server = new TelegramServer({ port, host: "127.0.0.1" });
  await server.start();
  afterTest(() => server.stop());
  return { server, apiRoot: server.config.apiURL };
}

describe("against telegram-test-api, a Bot API server that is not ours", () => {
  it("a DM is answered", async () => {
    const { server, apiRoot } = await serve();
    const { turns } = await started({ apiRoot, agent: (turn) => `**You** said: ${turn.text}` });
    const ada = server.getClient(TOKEN, { userId: 1001, chatId: 1001, firstName: "Ada", timeout: 5_000 });
    await ada.sendMessage(ada.makeMessage("Hello"));
    const { result } = await ada.getUpdates();
    expect(result.map(({ message }) => message)).toMatchObject([
      { chat_id: 1001, text: "<b>You</b> said: Hello", parse_mode: "HTML" },
    ]);
    expect(turns).toHaveLength(1);
    expect(turns[0]?.events[0]).toMatchObject({ sender: { id: "1001", name: "Ada" }, chat: { kind: "dm" } });
  });

  it("which answers every poll at once is asked once a second", async () => {
    const { server, apiRoot } = await serve();
    let polls = 0;
    const original = server.getUpdates.bind(server);
    server.getUpdates = (token) => {
      polls++;
      return original(token);
    };
    const clock = new ManualClock();
    const { becomes, turns } = await started({ apiRoot, clock });
    await becomes(({ state }) => state === "online");
    const ada = server.getClient(TOKEN, { userId: 1001, chatId: 1001, timeout: 5_000 });
    for (let second = 0; second < 3; second++) {
      // Many times as long as a poll takes.
      for (let call = 0; call < 10; call++) await ada.getUpdatesHistory();
      await clock.advance(1_000);
    }
    expect(polls).toBeLessThanOrEqual(5);
    await ada.sendMessage(ada.makeMessage("Hello"));
    await letTimePass(clock, server.waitBotMessage());
    expect(turns).toHaveLength(1);
  });
});
