import { resolveAccounts } from "@elizaos/connector-core";
import { expect } from "vitest";
import { OPEN } from "./bench.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** A. Config and start. */
export function configChecks({ connector }: Subject): readonly Check[] {
  const { id, env, credentials } = connector.manifest;
  const at = `connectors.${id}`;
  const keys = credentials[0].keys;
  return [
    {
      id: "A1",
      title: "the smallest config starts it",
      async run(bench) {
        const host = await bench.start({ block: bench.account.config });
        expect(host.status()).toMatchObject({ state: "online", identity: `${id}:${bench.account.id}` });
        await bench.platform.receives(bench.account);
      },
    },
    {
      id: "A1",
      title: "the environment gives the credentials",
      async run(bench) {
        const block: Record<string, unknown> = { ...bench.account.config };
        const environment: Record<string, string> = {};
        for (const [key, [variable]] of Object.entries(env)) {
          if (typeof block[key] !== "string" || !keys.includes(key)) continue;
          environment[variable] = block[key];
          delete block[key];
        }
        const host = await bench.start({ block, environment });
        expect(host.status().state).toBe("online");
      },
    },
    {
      id: "A1",
      title: "missing credentials give one error that names the key, the variable and where to get it",
      async run(bench) {
        const without = Object.fromEntries(
          Object.entries(bench.account.config).filter(([key]) => !keys.includes(key)),
        );
        const host = await bench.start({ block: without });
        const { state, issues } = host.status();
        expect(state).toBe("failed");
        expect(issues).toHaveLength(1);
        const text = `${issues[0]?.path} ${issues[0]?.message}`;
        for (const key of keys) {
          expect(text).toContain(key);
          expect(text).toContain(env[key]?.[0] ?? key);
        }
        expect(text).toContain(credentials[0].where.slice(0, 20));
        expect(bench.platform.calls()).toEqual([]);
      },
    },
    {
      id: "A2",
      title: "an account's fields go before the base's; lists replace",
      async run(bench) {
        const base = { dmPolicy: "closed", allowFrom: ["1"], dms: { "7": { historyLimit: 3 } } };
        const own = {
          ...bench.account.config,
          dmPolicy: "open",
          allowFrom: ["*"],
          dms: { "8": { historyLimit: 4 } },
        };
        const block = { ...base, accounts: { default: own, second: bench.accountNamed("second").config } };
        const host = await bench.start({ block });
        const origins = host.status().origins;
        expect([origins.dmPolicy, origins.allowFrom]).toEqual([{ from: "account" }, { from: "account" }]);
        expect(host.status("second").origins.dmPolicy).toEqual({ from: "base" });
        await bench.dm().says(bench.ada, "to the first");
        await host.turn("to the first");
        const second = bench.accountNamed("second");
        await bench.dm(bench.ada, second).says(bench.ada, "to the second");
        await bench.roundTrip(host);
        expect(host.texts()).not.toContain("to the second");
      },
    },
    {
      id: "A2",
      title: "connectors.defaults holds where the block says nothing, and is named as what decided",
      async run(bench) {
        const block = { dmPolicy: "open", allowFrom: ["*"], accounts: { default: bench.account.config } };
        const host = await bench.start({ block, defaults: { groupPolicy: "open" } });
        await bench.group().says(bench.ada, `${bench.account.mention} hello`);
        const turn = await until(() => host.turns[0], "the message reaches the agent");
        expect(turn.admitted.path).toBe("connectors.defaults.groupPolicy");
        expect(host.status().origins.groupPolicy).toEqual({ from: "defaults" });
      },
    },
    {
      id: "A2",
      title: "the environment fills the default account only",
      async run(bench) {
        const block = { accounts: { other: bench.account.config } };
        const environment = Object.fromEntries(
          Object.values(env).map(([variable]) => [variable, "from-the-environment"]),
        );
        const [other] = resolveAccounts(connector, block, environment);
        expect(other?.issues).toEqual([]);
        expect(other?.origin(keys[0] ?? "")).toEqual({ from: "account" });
        expect(other?.notes.join()).toContain(Object.values(env)[0]?.[0]);
      },
    },
    ...["base", "account"].map(
      (where): Check => ({
        id: "A3",
        title: `enabled: false on the ${where} opens no connection`,
        async run(bench) {
          const off = { enabled: false };
          const second = bench.accountNamed("second");
          const block =
            where === "base"
              ? { ...OPEN, ...off, accounts: { default: bench.account.config } }
              : {
                  ...OPEN,
                  accounts: { default: { ...bench.account.config, ...off }, second: second.config },
                };
          const host = await bench.start({ block });
          expect(host.status().state).toBe("disabled");
          if (where === "account") expect(host.status("second").state).toBe("online");
          expect(bench.platform.calls().filter(({ account }) => account === bench.account.name)).toEqual([]);
        },
      }),
    ),
    ...[
      { what: "an unknown key", wrong: { dmPolicies: "open" }, path: "dmPolicies" },
      { what: "a wrong type", wrong: { historyLimit: "many" }, path: "historyLimit" },
      { what: "a wrong value", wrong: { dmPolicy: "anybody" }, path: "dmPolicy" },
      {
        what: 'dmPolicy "open" without allowFrom ["*"]',
        wrong: { dmPolicy: "open", allowFrom: [] },
        path: "allowFrom",
      },
    ].map(
      ({ what, wrong, path }): Check => ({
        id: "A4",
        title: `${what} is refused with its path, nothing is started, other accounts are`,
        async run(bench) {
          const second = bench.accountNamed("second");
          const accounts = { default: { ...bench.account.config, ...wrong }, second: second.config };
          const host = await bench.start({ block: { accounts } });
          const { state, issues } = host.status();
          expect(state).toBe("failed");
          expect(issues.map((issue) => issue.path).join()).toContain(`${at}.accounts.default`);
          expect(`${issues[0]?.path} ${issues[0]?.message}`).toContain(path);
          expect(host.status("second").state).toBe("online");
          expect(bench.platform.calls().some(({ account }) => account === bench.account.name)).toBe(false);
        },
      }),
    ),
    {
      id: "A5",
      title: "two accounts run side by side with sessions and pairing of their own",
      async run(bench) {
        const first = bench.account;
        const second = bench.accountNamed("second");
        const accounts = { default: first.config, second: second.config };
        const host = await bench.start({ config: { dmPolicy: "pairing", allowFrom: [] }, accounts });
        expect([host.status().state, host.status("second").state]).toEqual(["online", "online"]);
        await bench.dm(bench.ada, first).says(bench.ada, "let me in");
        await host.runtime.pairing.approve(id, await host.code());
        await bench.dm(bench.ada, first).says(bench.ada, "to the first");
        const turn = await host.turn("to the first");
        expect([turn.account, turn.identity]).toEqual(["default", `${id}:${first.id}`]);
        await bench.dm(bench.ada, second).says(bench.ada, "to the second");
        const [asked] = await bench.answers(bench.dm(bench.ada, second));
        expect(asked?.text).toMatch(/code/i);
        expect(host.texts()).toEqual(["to the first"]);
      },
    },
    {
      id: "A5",
      title: "an account that fails leaves the other online",
      async run(bench) {
        const second = bench.accountNamed("second");
        second.revoke();
        const host = await bench.start({
          accounts: { default: bench.account.config, second: second.config },
        });
        expect([host.status().state, host.status("second").state]).toEqual(["online", "failed"]);
        await bench.roundTrip(host);
      },
    },
    {
      id: "A6",
      title: "wrong credentials: failed with reason and mend after one attempt; mended config starts it",
      async run(bench) {
        const clock = await bench.stopTime();
        bench.account.revoke();
        const host = await bench.start();
        const { state, reason, mend } = host.status();
        expect({ state, reason, mend }).toEqual({
          state: "failed",
          reason: expect.stringMatching(/./),
          mend: expect.stringMatching(/./),
        });
        await clock.advance(600_000);
        expect(bench.platform.calls()).toHaveLength(1);
        await host.stop();
        const mended = await bench.start({ accounts: { default: bench.accountNamed("mended").config } });
        expect(mended.status().state).toBe("online");
      },
    },
  ];
}
