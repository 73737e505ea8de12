import type { BotHandle, TelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { type Running, Workspace } from "./cli.js";
import { freePort } from "./ports.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./telegram.js";

/** What an entry of docs/runbook.md is about, brought about for real. */
export interface Scene {
  readonly workspace: Workspace;
  /** For the commands that look at it. */
  readonly env?: Readonly<Record<string, string>>;
}

interface Telegram extends Scene {
  readonly sim: TelegramSimulator;
  readonly bot: BotHandle;
  readonly host: Running;
}

type Settings = Readonly<Record<string, unknown>>;

const OPEN = { dmPolicy: "open", allowFrom: ["*"] };
const SECRET = "fake-webhook-secret_of-a-test";

/** A host that runs, with one bot. */
async function online(
  settings: Settings = OPEN,
  env: Readonly<Record<string, string>> = {},
): Promise<Telegram> {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", telegramConfig(sim, settings));
  const host = workspace.run(["start"], { env });
  await host.says(/connected/);
  return { sim, bot: botOf(sim), workspace, host };
}

function botOf(sim: TelegramSimulator): BotHandle {
  const [bot] = sim.bots();
  if (bot === undefined) throw new Error("the simulator has no bot");
  return bot;
}

/** A file for a host that is not started. */
function written(config: unknown): Workspace {
  const workspace = new Workspace();
  workspace.file("milady.json", config);
  return workspace;
}

export const scenes: Readonly<Record<string, () => Promise<Scene>>> = {
  "The connector's plugin is not loaded": async () => {
    const sim = await telegramWithBot();
    const workspace = written({
      plugins: { entries: { telegram: { enabled: false } } },
      connectors: { ...telegramConfig(sim).connectors, zalo: { botToken: "1:fake" } },
    });
    return { workspace };
  },

  "The config is wrong": async () => {
    const sim = await telegramWithBot();
    return { workspace: written(telegramConfig(sim, { dmPolicy: "open", botTokn: "x" })) };
  },

  "It is online, but nobody gets an answer": async () => {
    const { sim, ...scene } = await online({ dmPolicy: "allowlist", allowFrom: ["42"] });
    await sim.user("Ada").says("Hello?");
    return scene;
  },

  "A secret is not the one you think": async () => {
    const sim = await telegramWithBot();
    const workspace = written(telegramConfig(sim, { botToken: "100009:FAKE-OLD-TOKEN" }));
    return { workspace, env: { TELEGRAM_BOT_TOKEN: TOKEN } };
  },

  "An answer could not be sent": async () => {
    const { sim, workspace } = await online();
    const fault = sim.fault({
      kind: "status",
      method: "sendMessage",
      status: 403,
      description: "Forbidden: bot was blocked by the user",
    });
    await sim.user("Ada").says("Hello");
    await fault.hit();
    return { workspace };
  },

  "The agent fails": async () => {
    const sim = await telegramWithBot();
    const workspace = written({
      model: { provider: "openai-compatible", baseURL: `http://127.0.0.1:${await freePort()}/v1`, name: "m" },
      ...telegramConfig(sim, OPEN),
    });
    const host = workspace.run(["start"]);
    await host.says(/connected/);
    await sim.user("Ada").says("Hello");
    return { workspace };
  },

  "The webhook does not receive updates": async () => {
    // Nobody listens where the tunnel should end.
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/telegram`;
    const { sim, bot, ...scene } = await online(
      { ...OPEN, webhookUrl: address, webhookSecret: SECRET },
      { MILADY_WEBHOOK_PORT: "0" },
    );
    await sim.user("Ada").says("Hello");
    await bot.deliveryFails(/refused/);
    return scene;
  },

  "Another program polls with the same token": async () => {
    const { sim, workspace } = await online();
    sim.fault({
      kind: "status",
      method: "getUpdates",
      status: 409,
      description:
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
      times: "always",
    });
    await sim.user("Ada").says("Hello");
    return { workspace };
  },

  "The bot token was revoked": async () => {
    const { bot, workspace, host } = await online();
    bot.revoke();
    await host.says(/401/);
    return { workspace };
  },

  "The token's file cannot be used": async () => {
    const sim = await telegramWithBot();
    const { botToken: _, ...telegram } = telegramConfig(sim, OPEN).connectors.telegram;
    const workspace = written({ connectors: { telegram: { ...telegram, tokenFile: "token.txt" } } });
    const host = workspace.run(["start"]);
    await host.says(/token\.txt/);
    return { workspace };
  },

  "Messages are late or missing": async () => {
    const sim = await telegramWithBot();
    const ada = sim.user("Ada");
    sim.push(TOKEN, {
      message: {
        message_id: 7,
        date: Math.floor(Date.now() / 1_000) - 3 * 24 * 3_600,
        chat: { id: ada.id, type: "private", first_name: "Ada" },
        from: { id: ada.id, is_bot: false, first_name: "Ada" },
        text: "Are you there?",
      },
    });
    const workspace = written(telegramConfig(sim, OPEN));
    const host = workspace.run(["start"]);
    await host.says(/connected/);
    await botOf(sim).catchesUp();
    return { workspace };
  },

  "The bot is silent in a group": async () => {
    const sim = await telegramWithBot();
    const ada = sim.user("Ada");
    const group = sim.group("Engines", { members: [ada] });
    const workspace = written(
      telegramConfig(sim, { ...OPEN, groups: { [group.id]: { requireMention: false }, "-1009": {} } }),
    );
    const host = workspace.run(["start"]);
    await host.says(/connected/);
    const other = sim.group("Mills", { members: [ada] });
    await other.from(ada).says("@test_bot hello");
    return { workspace };
  },

  "Telegram cannot be reached": async () => {
    const workspace = written({
      connectors: { telegram: { botToken: TOKEN, apiRoot: `http://127.0.0.1:${await freePort()}` } },
    });
    const host = workspace.run(["start"]);
    await host.says(/cannot be reached/);
    return { workspace };
  },

  "The proxy does not let it through": async () => {
    const sim = await telegramWithBot();
    const workspace = written(telegramConfig(sim, { proxy: `http://127.0.0.1:${await freePort()}` }));
    const host = workspace.run(["start"]);
    await host.says(/proxy/);
    return { workspace };
  },

  "Telegram slows the bot down": async () => {
    const { sim, workspace } = await online();
    const fault = sim.fault({ kind: "flood", method: "sendMessage", retryAfterSeconds: 60 });
    await sim.user("Ada").says("Hello");
    await fault.hit();
    return { workspace };
  },
};
