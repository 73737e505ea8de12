import { chmodSync } from "node:fs";
import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { connectorOf, readStatus } from "./support/status.js";
import { TOKEN, telegramConfig, telegramWithBot } from "./support/telegram.js";

test("tokenFile alone switches Telegram on, starts at the config file's folder, and its content is shown nowhere", async () => {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("config/secret/token.txt", `${TOKEN}\n`);
  chmodSync(`${workspace.path}/config/secret/token.txt`, 0o600);
  const { connectors } = telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] });
  const { botToken: _, ...telegram } = connectors.telegram;
  workspace.file("config/milady.json", {
    // The token's text in a place where nobody expects it.
    connectors: { telegram: { ...telegram, name: TOKEN, tokenFile: "secret/token.txt" } },
  });
  const host = workspace.run(["start", "--config", "config/milady.json"]);
  await host.says(/connected/);
  const ada = sim.user("Ada");
  await ada.says("Hello");
  expect((await ada.hears()).text).toContain("Hello");
  const shown = connectorOf(await readStatus(workspace), "telegram");
  expect(JSON.stringify(shown)).not.toContain(TOKEN);
  expect(shown).toMatchObject({ enabled: true, accounts: [{ state: "online" }] });
  expect(host.stdout + host.stderr).not.toContain(TOKEN);
});
