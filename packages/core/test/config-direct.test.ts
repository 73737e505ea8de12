import {
  type Connector,
  commonFields,
  directFields,
  readCommonConfig,
  resolveAccounts,
} from "@elizaos/connector-core";
import { expect, test } from "vitest";
import { z } from "zod";

const connector: Connector<unknown> = {
  manifest: {
    id: "chat",
    name: "Chat",
    package: "@example/plugin-chat",
    env: {},
    secrets: ["token"],
    credentials: [{ keys: ["token"], where: "There." }],
  },
  config: { fields: z.strictObject({ ...commonFields, ...directFields, token: z.string().optional() }) },
  features: {
    transport: { class: "redelivered", windowMs: 0 },
    operations: {},
    mentions: true,
    threads: false,
  },
  limits: { text: { max: 100, unit: "utf16" } },
  identify: () => Promise.reject(new Error("not in this test")),
  open: () => Promise.reject(new Error("not in this test")),
};

function resolve(block: object) {
  return resolveAccounts(connector, { token: "x", ...block }, {});
}

test.each([
  [{ dm: { policy: "allowlist", allowFrom: [7] } }, "allowlist", ["7"], "dm.policy", "dm.allowFrom"],
  [{ dm: { policy: "disabled" } }, "closed", [], "dm.policy", "allowFrom"],
  [{ dm: { enabled: false, policy: "closed" } }, "closed", [], "dm.enabled", "allowFrom"],
  [{ dm: { enabled: true }, dmPolicy: "allowlist" }, "allowlist", [], "dmPolicy", "allowFrom"],
  [{ dm: { policy: "open", allowFrom: ["*"] } }, "open", ["*"], "dm.policy", "dm.allowFrom"],
  [{ dm: { policy: "open" }, dmPolicy: "open", allowFrom: ["*"] }, "open", ["*"], "dm.policy", "allowFrom"],
  [{}, "pairing", [], "dmPolicy", "allowFrom"],
])(
  "%j: its policy is the account's, and decisions name where it stands",
  (block, dmPolicy, allowFrom, at, listAt) => {
    const [found] = resolve(block);
    expect(found?.issues).toEqual([]);
    expect(readCommonConfig(found?.account?.config)).toMatchObject({ dmPolicy, allowFrom });
    expect(found?.locate("dmPolicy")).toBe(`connectors.chat.${at}`);
    expect(found?.locate("allowFrom")).toBe(`connectors.chat.${listAt}`);
  },
);

test.each([
  [{ dm: { policy: "open" }, dmPolicy: "pairing" }, "dm.policy", /something else than dmPolicy/],
  [{ dm: { allowFrom: ["1"] }, allowFrom: ["2"] }, "dm.allowFrom", /something else than allowFrom/],
  [{ dm: { policy: "open" } }, "allowFrom", /must contain "\*"/],
  [{ dm: { polcy: "open" } }, "dm.polcy", /did you mean "policy"/],
])("%j is refused", (block, path, message) => {
  expect(resolve(block)[0]?.issues).toEqual([
    { path: `connectors.chat.${path}`, message: expect.stringMatching(message) },
  ]);
});

test("what the base says in dm holds for accounts, and an account may say it anew", () => {
  const accounts = resolve({
    dm: { policy: "allowlist" },
    accounts: { a: {}, b: { dm: { policy: "closed" } } },
  });
  const policies = accounts.map(({ account, locate }) => [
    readCommonConfig(account?.config).dmPolicy,
    locate("dmPolicy"),
  ]);
  expect(policies).toEqual([
    ["allowlist", "connectors.chat.dm.policy"],
    ["closed", "connectors.chat.accounts.b.dm.policy"],
  ]);
});
