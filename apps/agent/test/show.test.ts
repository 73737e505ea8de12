import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { installPluginSignal } from "./support/plugin.js";
import { hasScript, inTerminal } from "./support/terminal.js";

const LINKING = { connectors: { signal: { account: "linking" } } };

test.skipIf(!hasScript)("a code to scan is drawn in the terminal", async () => {
  const workspace = new Workspace();
  installPluginSignal(workspace.path);
  workspace.file("milady.json", LINKING);
  const { running } = inTerminal(workspace);
  await running.says(/signal\/default: scan this code\r?\n(?:[█▀▄ ]{20,}\r?\n){10}/);
  await running.says(/Not linked\. Scan the code\./);
  expect(running.stdout).not.toContain("LINKING-SECRET");
});

test("without a terminal the log says that there is something to show, and not what", async () => {
  const workspace = new Workspace();
  installPluginSignal(workspace.path);
  workspace.file("milady.json", LINKING);
  const host = workspace.run(["start"]);
  await host.says(
    /warn {2}signal\/default there is something to show that no log may hold; run milady start in a terminal/,
  );
  const { stdout } = await workspace.finish(["status", "--json"]);
  expect(host.stdout + host.stderr + stdout).not.toMatch(/LINKING-SECRET|[█▀▄]/);
  host.signal("SIGTERM");
  await host.finished();
});
