import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ManualClock } from "@elizaos/connector-simulators/kit";
import { describe, expect, it } from "vitest";
import { letTimePass, simulate, started, stateFolder, TOKEN } from "./harness.js";

const NEW_TOKEN = "100001:FAKE-TOKEN-after-rotation";

function tokenFile(content: string, mode = 0o600): string {
  const path = join(stateFolder(), "token");
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("tokenFile", () => {
  it("gives the token, and is not complained about while it is private", async () => {
    const { sim, bot } = await simulate();
    for (const mode of [0o600, 0o400]) {
      const secrets: string[] = [];
      const running = await started({
        apiRoot: sim.apiRoot,
        config: { botToken: undefined, tokenFile: tokenFile(`  ${TOKEN}\n`, mode) },
        onSecret: (secret) => secrets.push(secret),
      });
      const chat = sim.user("Ada").with(bot);
      await chat.says("Hello");
      await chat.sees(({ text }) => text === "You said: Hello");
      expect(running.log.lines.filter((line) => line.startsWith("warn"))).toEqual([]);
      expect(new Set(secrets)).toEqual(new Set([TOKEN]));
      await running.runtime.stop();
    }
  });

  it("that others can read is warned about once, by path and mode", async () => {
    const { sim } = await simulate();
    const path = tokenFile(TOKEN, 0o644);
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { botToken: undefined, tokenFile: path },
    });
    expect(running.status().state).toBe("online");
    const warnings = running.log.lines.filter((line) => line.startsWith("warn"));
    expect(warnings).toEqual([expect.stringContaining("chmod 600")]);
    expect(warnings[0]).toContain(path);
    expect(warnings[0]).toContain("0644");
  });

  it.each([
    ["is empty", () => tokenFile(" \n")],
    ["is not there", () => join(stateFolder(), "missing")],
    ["is no file", () => stateFolder()],
    ["does not hold a bot token alone", () => tokenFile(`BOT="${TOKEN}"`)],
    ["has 5000 bytes and is not the file of a token", () => tokenFile("x".repeat(5_000))],
  ])("that %s is named in the status, its content nowhere", async (what, make) => {
    const { sim, bot } = await simulate();
    const path = make();
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { botToken: undefined, tokenFile: path },
    });
    expect(running.status()).toMatchObject({
      state: "action-needed",
      reason: `The token file ${path} ${what}.`,
      mend: expect.stringContaining("botToken"),
    });
    expect(JSON.stringify(running.status())).not.toContain("FAKE-TOKEN");
    expect(bot.calls()).toEqual([]);
  });

  it("beside botToken is an error", async () => {
    const { sim } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot, config: { tokenFile: tokenFile(TOKEN) } });
    expect(running.status()).toMatchObject({
      state: "failed",
      issues: [
        { path: "connectors.telegram.botToken", message: expect.stringContaining("beside tokenFile") },
      ],
    });
  });

  it("whose token was changed connects with the new one when the old one is refused", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const path = tokenFile(TOKEN);
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { botToken: undefined, tokenFile: path },
      clock,
    });
    await bot.polls();
    writeFileSync(path, NEW_TOKEN);
    bot.revoke(NEW_TOKEN);
    const chat = sim.user("Ada").with(bot);
    await chat.says("Still there?");
    await letTimePass(
      clock,
      chat.sees(({ text }) => text === "You said: Still there?"),
    );
    expect(running.states).not.toContain("failed");
    expect(running.status().state).toBe("online");
  });

  it("whose token was changed while a webhook was in use goes on with it, and the message is sent then", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const path = tokenFile(TOKEN);
    const running = await started({
      apiRoot: sim.apiRoot,
      config: {
        botToken: undefined,
        tokenFile: path,
        webhookUrl: "http://127.0.0.1:9/telegram",
        webhookSecret: "fake-secret",
      },
      clock,
    });
    const chat = sim.user("Ada", { id: 1001 }).with(bot);
    await chat.says("/start");
    writeFileSync(path, NEW_TOKEN);
    bot.revoke(NEW_TOKEN);
    await running.runtime.send({ connector: "telegram", to: { chat: "1001" }, text: "News" });
    await letTimePass(
      clock,
      chat.sees(({ text }) => text === "News"),
    );
    expect(running.states).not.toContain("failed");
  });

  it("whose token is refused and was not changed stops the account", async () => {
    const clock = new ManualClock();
    const { sim, bot } = await simulate(clock);
    const running = await started({
      apiRoot: sim.apiRoot,
      config: { botToken: undefined, tokenFile: tokenFile(TOKEN) },
      clock,
    });
    await bot.polls();
    bot.revoke();
    await letTimePass(
      clock,
      running.becomes(({ state }) => state === "failed"),
    );
    expect(running.status().reason).toContain("does not accept the bot token");
  });

  it("may be a link, as containers mount secrets", async () => {
    const path = join(stateFolder(), "link");
    symlinkSync(tokenFile(TOKEN), path);
    const { sim } = await simulate();
    const running = await started({ apiRoot: sim.apiRoot, config: { botToken: undefined, tokenFile: path } });
    expect(running.status().state).toBe("online");
  });
});
