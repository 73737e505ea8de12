import { expect, test } from "vitest";
import { Workspace } from "./support/cli.js";
import { connectorOf, readStatus } from "./support/status.js";
import { TOKEN } from "./support/telegram.js";

const telegram = { botToken: TOKEN };

test("A2 connectors.defaults holds for accounts that say nothing else, and status says so", async () => {
  const workspace = new Workspace();
  const policy = async (config: unknown) => {
    workspace.file("milady.json", config);
    const [account] = connectorOf(await readStatus(workspace), "telegram").accounts;
    return account?.values["groupPolicy"];
  };
  const defaults = { groupPolicy: "closed" };
  expect(await policy({ connectors: { defaults, telegram } })).toEqual({ value: "closed", from: "defaults" });
  expect(await policy({ connectors: { defaults, telegram: { ...telegram, groupPolicy: "open" } } })).toEqual({
    value: "open",
    from: "base",
  });
});

test("A4 what is wrong with connectors.defaults is refused once, with the path", async () => {
  const workspace = new Workspace();
  workspace.file("milady.json", {
    connectors: { defaults: { groupPolicy: "opn", heartbeat: { showOK: true } }, telegram },
  });
  const { code, stderr } = await workspace.finish(["start"]);
  expect(stderr).toBe(
    'error: milady.json: connectors.defaults.groupPolicy: must be "allowlist", "open", "closed" or "disabled", not "opn"; did you mean "open"?\n' +
      'error: milady.json: connectors.defaults.heartbeat.showOK: unknown key "showOK"; did you mean "showOk"?\n',
  );
  expect(code).toBe(1);
});
