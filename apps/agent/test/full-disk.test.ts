import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { readStatus } from "./support/status.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";

/** More text than a store of 1 MiB holds. */
const MESSAGES = 300;
const LONG = "x".repeat(4_000);

test("F7 a full store stops intake with a clear line and loses nothing; with room it goes on", async () => {
  const sim = await telegramWithBot();
  const [bot] = sim.bots();
  const ada = sim.user("Ada");
  const workspace = new Workspace();
  const config = (maxMb: number) => ({
    ...telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] }),
    store: { maxMb },
  });
  workspace.file("milady.json", config(1));
  const host = workspace.run(["start"]);
  await host.says(/connected/);
  for (let message = 1; message <= MESSAGES; message++) await ada.says(`${message} ${LONG}`);
  await host.says(/the store does not take changes: .*there is no room left/);
  await host.says(/raise the store's size limit/);
  expect(bot?.pendingUpdates().length).toBeGreaterThan(0);
  // The host lives on: it can be asked, and it can be stopped.
  expect((await readStatus(workspace)).host?.pid).toBe(host.pid);
  const begun = performance.now();
  host.signal("SIGTERM");
  expect((await host.finished()).code).toBe(0);
  expect(performance.now() - begun).toBeLessThan(5_000);

  workspace.file("milady.json", config(64));
  const roomy = workspace.run(["start"]);
  await roomy.says(/connected/);
  await ada.sees(
    ({ from, text }) => from?.is_bot === true && text?.startsWith(`You wrote “${MESSAGES} x`) === true,
    { timeoutMs: 40_000 },
  );
  const answered = ada
    .messages()
    .flatMap(({ from, text }) => (from?.is_bot === true ? [Number(/“(\d+) /.exec(text ?? "")?.[1])] : []));
  expect([...new Set(answered)]).toEqual(Array.from({ length: MESSAGES }, (_, index) => index + 1));
  // The one call whose result found no room may have been made again; there was one chat, so one at a time.
  expect(answered.length).toBeLessThanOrEqual(MESSAGES + 1);
});
