import { expect, it } from "vitest";
import { FakeRuntime, folder, started, toyPlatform } from "./fake-runtime.js";

it("texts of the settings become what the fields want, and names of the settings go before the character's block", async () => {
  const platform = await toyPlatform();
  const account = platform.account("quoter");
  const ada = platform.user("Ada");
  const runtime = new FakeRuntime(
    {
      CONNECTORS_STATE_DIR: folder(),
      TOY_TOKEN: account.token,
      TOY_DM_POLICY: "allowlist",
      TOY_ALLOW_FROM: `${ada.id}, somebody`,
      TOY_BASE_HISTORY_LIMIT: "7",
    },
    { settings: { toy: { apiRoot: platform.url, dmPolicy: "closed", failureNotice: "false" } } },
  );
  const { connectors } = await started(runtime);
  const [status] = connectors.status();
  expect(status).toMatchObject({ state: "online", account: "default", issues: [] });
  ada.says("hello", { account });
  expect((await ada.hears()).text).toBe("You said: hello");
});

it("accounts take their secrets by name, and only the default one the plain variables", async () => {
  const platform = await toyPlatform();
  const [first, second] = [platform.account("first"), platform.account("second")];
  const runtime = new FakeRuntime(
    {
      CONNECTORS_STATE_DIR: folder(),
      TOY_TOKEN: first.token,
      TOY_ACCOUNT_WORK_DESK_TOKEN: second.token,
    },
    { connectors: { toy: { apiRoot: platform.url, accounts: { default: {}, "work-desk": {} } } } },
  );
  const { connectors } = await started(runtime);
  expect(connectors.status().map(({ account, state, identity }) => [account, state, identity])).toEqual([
    ["default", "online", `toy:${first.id}`],
    ["work-desk", "online", `toy:${second.id}`],
  ]);
});

it("keys that the connector does not have are warned of and nothing else", async () => {
  const platform = await toyPlatform();
  const runtime = new FakeRuntime(
    { CONNECTORS_STATE_DIR: folder(), TOY_TOKEN: platform.account("quoter").token },
    { settings: { toy: { apiRoot: platform.url, dmPolicie: "open" } } },
  );
  const { connectors } = await started(runtime);
  expect(connectors.status()[0]?.state).toBe("online");
  expect(runtime.lines).toContain(
    'warn toy.dmPolicie is not a setting of Toy and is not used. Did you mean "dmPolicy"?',
  );
});

it("a value that no reading mends stops the account, with the path and the mend", async () => {
  const platform = await toyPlatform();
  const runtime = new FakeRuntime(
    {
      CONNECTORS_STATE_DIR: folder(),
      TOY_TOKEN: platform.account("quoter").token,
      TOY_DM_POLICY: "everybody",
    },
    { settings: { toy: { apiRoot: platform.url } } },
  );
  const { connectors } = await started(runtime);
  expect(connectors.status()[0]).toMatchObject({ state: "failed" });
  expect(connectors.status()[0]?.reason).toMatch(/connectors\.toy\.dmPolicy/);
});

it("a shared setting that cannot be used leaves the agent alive and says which", async () => {
  const platform = await toyPlatform();
  const runtime = new FakeRuntime(
    {
      CONNECTORS_STATE_DIR: folder(),
      CONNECTORS_WEBHOOK_PORT: "many",
      TOY_TOKEN: platform.account("quoter").token,
    },
    { settings: { toy: { apiRoot: platform.url } } },
  );
  const service = await started(runtime);
  expect(() => service.connectors).toThrow(/CONNECTORS_WEBHOOK_PORT must be a port number/);
  expect(runtime.lines.join("\n")).toMatch(
    /error the connectors could not be started: CONNECTORS_WEBHOOK_PORT/,
  );
});
