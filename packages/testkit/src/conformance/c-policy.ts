import type { ConfigBlock } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import { groupPolicyChecks } from "./c-groups.js";
import { toolChecks } from "./c-tools.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

const HOUR_MS = 3_600_000;

/** C. Policy. */
export function policyChecks(subject: Subject): readonly Check[] {
  const { id } = subject.connector.manifest;
  return [
    {
      id: "C1",
      title:
        "pairing: a stranger gets one code and the agent nothing; approved, the next message is answered",
      async run(bench) {
        const host = await bench.start({ config: { dmPolicy: "pairing", allowFrom: [] } });
        const dm = bench.dm();
        for (const text of ["hello", "hello?", "anybody?"]) await dm.says(bench.ada, text);
        const code = await host.code();
        const [told] = await bench.answers(dm);
        expect(told?.text).toContain(code);
        expect(told?.text).toContain(bench.ada.id);
        await until(
          async () => (await host.runtime.why(3))?.event.decision.rule === "dm.pairing",
          "the third message is held",
        );
        expect((await host.runtime.pairing.list()).requests).toHaveLength(1);
        expect(dm.answers()).toHaveLength(1);
        expect(host.turns).toEqual([]);
        await host.runtime.pairing.approve(id, code);
        await dm.says(bench.ada, "now?");
        await host.turn("now?");
        expect((await bench.answers(dm, 2)).at(-1)?.text).toBe("You said: now?");
        expect(host.texts()).toEqual(["now?"]);
      },
    },
    {
      id: "C1",
      title: "wrong, expired, refused and used codes say so",
      async run(bench) {
        const clock = await bench.stopTime();
        const host = await bench.start({ config: { dmPolicy: "pairing", allowFrom: [] } });
        const { pairing } = host.runtime;
        await expect(pairing.approve(id, "AAAAAAAA")).rejects.toThrow(/wrong, expired or was used/);
        await bench.dm().says(bench.ada, "hello");
        const refused = await host.code();
        await bench.answers(bench.dm());
        await pairing.deny(id, refused);
        await expect(pairing.approve(id, refused)).rejects.toThrow(/wrong, expired or was used/);
        await bench.dm(bench.bob).says(bench.bob, "hello");
        await bench.answers(bench.dm(bench.bob));
        const expired = await host.code();
        expect(expired).not.toBe(refused);
        await clock.advance(HOUR_MS + 1_000);
        await expect(pairing.approve(id, expired)).rejects.toThrow(/wrong, expired or was used/);
      },
    },
    ...dmPolicyChecks,
    ...groupPolicyChecks(subject),
    {
      id: "C5",
      title: "a decision is kept with its rule and config path",
      async run(bench) {
        const host = await bench.start({ config: { dmPolicy: "closed", allowFrom: [] } });
        await bench.dm().says(bench.ada, "hello?");
        const decision = await until(async () => {
          const found = (await host.runtime.why("last"))?.event.decision;
          return found?.fate !== "accepted" && found;
        }, "the event is decided");
        expect(decision).toMatchObject({
          fate: "ignored",
          rule: "dm.closed",
          path: `connectors.${id}.dmPolicy`,
          reason: expect.stringMatching(/./),
        });
      },
    },
    ...toolChecks(subject),
  ];
}

interface DmCase {
  readonly title: string;
  readonly config: (bench: Bench) => ConfigBlock;
  readonly admitted: boolean;
  readonly rule: string;
}

const DM_CASES: readonly DmCase[] = [
  { title: "open", config: () => ({ dmPolicy: "open", allowFrom: ["*"] }), admitted: true, rule: "dm.open" },
  { title: "closed", config: () => ({ dmPolicy: "closed" }), admitted: false, rule: "dm.closed" },
  {
    title: "allowlist with the sender",
    config: ({ ada }) => ({ dmPolicy: "allowlist", allowFrom: [ada.id] }),
    admitted: true,
    rule: "dm.allowFrom",
  },
  {
    title: "allowlist with the id as the config may write it",
    config: ({ ada }) => ({ dmPolicy: "allowlist", allowFrom: [asWritten(ada.id)] }),
    admitted: true,
    rule: "dm.allowFrom",
  },
  {
    title: "allowlist with the connector before the id",
    config: ({ ada, connector }) => ({
      dmPolicy: "allowlist",
      allowFrom: [`${connector.manifest.id}:${ada.id}`],
    }),
    admitted: true,
    rule: "dm.allowFrom",
  },
  {
    title: "allowlist with *",
    config: () => ({ dmPolicy: "allowlist", allowFrom: ["*"] }),
    admitted: true,
    rule: "dm.allowFrom",
  },
  {
    title: "allowlist without the sender",
    config: ({ bob }) => ({ dmPolicy: "allowlist", allowFrom: [bob.id] }),
    admitted: false,
    rule: "dm.allowlist",
  },
  {
    title: "pairing with the sender on allowFrom",
    config: ({ ada }) => ({ dmPolicy: "pairing", allowFrom: [ada.id] }),
    admitted: true,
    rule: "dm.allowFrom",
  },
];

const dmPolicyChecks = DM_CASES.map(
  ({ title, config, admitted, rule: expected }): Check => ({
    id: "C2",
    title: `dmPolicy ${title}: ${admitted ? "admitted" : "kept out"}`,
    async run(bench) {
      const host = await bench.start({ config: { allowFrom: [], ...config(bench) } });
      const dm = bench.dm();
      await dm.says(bench.ada, "hello");
      const decision = await until(async () => {
        const found = (await host.runtime.why("last"))?.event.decision;
        return found !== undefined && found.fate !== "accepted" && found.fate !== "admitted" && found;
      }, "the message is decided");
      expect(decision.fate).toBe(admitted ? "answered" : "ignored");
      if (admitted) {
        expect(host.turns[0]?.admitted.rule).toBe(expected);
        await bench.answers(dm);
      } else {
        expect(decision.rule).toBe(expected);
        expect([host.turns, dm.answers()]).toEqual([[], []]);
      }
    },
  }),
);

/** A platform whose ids are numbers is configured with numbers, as far as JSON can hold them. */
function asWritten(id: string): string | number {
  return /^\d+$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : ` ${id} `;
}
