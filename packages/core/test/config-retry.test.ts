import { type Connector, commonFields, resolveAccounts } from "@elizaos/connector-core";
import { expect, it } from "vitest";
import { z } from "zod";

const connector: Connector<unknown> = {
  manifest: {
    id: "post",
    name: "Post",
    package: "@example/plugin-post",
    env: {},
    secrets: [],
    credentials: [{ keys: [], where: "Nowhere: it needs none." }],
  },
  config: { fields: z.strictObject(commonFields) },
  features: { transport: { class: "lossy", windowMs: 0 }, operations: {}, mentions: true, threads: false },
  limits: { text: { max: 100, unit: "utf16" } },
  identify: () => Promise.reject(new Error("not in this test")),
  open: () => Promise.reject(new Error("not in this test")),
};

const PATIENT = { minDelayMs: 500, maxDelayMs: 60_000, jitter: 0.5 };

it.each([
  [{}, PATIENT],
  [{ retry: {} }, PATIENT],
  [{ retry: { attempts: 3, jitter: 0 } }, { ...PATIENT, attempts: 3, jitter: 0 }],
  [
    { retry: { attempts: 1, minDelayMs: 0, maxDelayMs: 0 } },
    { attempts: 1, minDelayMs: 0, maxDelayMs: 0, jitter: 0.5 },
  ],
])("A2 %j is completed with the defaults", (block, retry) => {
  const [account] = resolveAccounts(connector, block, {});
  expect(account?.issues).toEqual([]);
  expect(account?.account?.config).toMatchObject({ retry });
});

it.each([
  [{ attempts: 0 }, "connectors.post.retry.attempts must be at least 1, not 0"],
  [{ attempts: 1.5 }, "connectors.post.retry.attempts must be a whole number, not 1.5"],
  [{ minDelayMs: -1 }, "connectors.post.retry.minDelayMs must be at least 0, not -1"],
  [{ maxDelayMs: "1s" }, "connectors.post.retry.maxDelayMs must be a number, not a string"],
  [{ jitter: 1.1 }, "connectors.post.retry.jitter must be at most 1, not 1.1"],
  [{ atempts: 3 }, 'connectors.post.retry.atempts unknown key "atempts"; did you mean "attempts"?'],
  [5, "connectors.post.retry must be an object, not 5"],
  [
    { minDelayMs: 70_000 },
    "connectors.post.retry.minDelayMs 70000 is more than maxDelayMs, which is 60000 (connectors.post.retry.maxDelayMs)",
  ],
  [
    { minDelayMs: 0 },
    "connectors.post.retry.attempts is missing; it is needed where minDelayMs is 0, or calls would go on without end or pause",
  ],
])("A4 retry %j is refused", (retry, message) => {
  const [account] = resolveAccounts(connector, { retry }, {});
  expect(account?.issues.map((issue) => `${issue.path} ${issue.message}`)).toEqual([message]);
});

it("A4 an account's retry is judged together with what it inherits", () => {
  const block = { retry: { maxDelayMs: 1_000 }, accounts: { a: { retry: { minDelayMs: 2_000 } }, b: {} } };
  const [a, b] = resolveAccounts(connector, block, {});
  expect(a?.issues).toEqual([
    {
      path: "connectors.post.accounts.a.retry.minDelayMs",
      message: "2000 is more than maxDelayMs, which is 1000 (connectors.post.retry.maxDelayMs)",
    },
  ]);
  expect(b?.account).toBeDefined();
});
