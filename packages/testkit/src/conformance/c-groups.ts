import type { ConfigBlock, GroupOverrides, SimulatedChat } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import type { Host } from "./host.js";
import type { Subject } from "./subject.js";
import { until } from "./until.js";

/** `dropped`: not even stored. */
type Verdict = "answered" | "context" | "ignored" | "dropped";

interface GroupCase {
  readonly id: "C3" | "C4";
  readonly title: string;
  readonly config: (group: SimulatedChat, bench: Bench) => ConfigBlock;
  /** Default: a mention. */
  readonly text?: string;
  readonly verdict: Verdict;
}

const PLAIN = "no mention here";

const CASES: readonly GroupCase[] = [
  { id: "C3", title: "groupPolicy open", config: () => ({ groupPolicy: "open" }), verdict: "answered" },
  { id: "C3", title: "groupPolicy closed", config: () => ({ groupPolicy: "closed" }), verdict: "ignored" },
  {
    id: "C3",
    title: "groupPolicy allowlist with the group in groupAllowFrom",
    config: ({ id }) => ({ groupPolicy: "allowlist", groupAllowFrom: [id] }),
    verdict: "answered",
  },
  {
    id: "C3",
    title: "groupPolicy allowlist without the group",
    config: () => ({ groupPolicy: "allowlist", groupAllowFrom: ["another"] }),
    verdict: "ignored",
  },
  {
    id: "C4",
    title: "requireMention on the account",
    config: () => ({ groupPolicy: "open", requireMention: true }),
    text: PLAIN,
    verdict: "context",
  },
  {
    id: "C4",
    title: "requireMention: false on the account",
    config: () => ({ groupPolicy: "open", requireMention: false }),
    text: PLAIN,
    verdict: "answered",
  },
];

interface OverrideCase {
  readonly id: "C3" | "C4";
  readonly title: string;
  readonly base: ConfigBlock;
  readonly settings: (bench: Bench) => GroupOverrides;
  readonly text?: string;
  readonly verdict: Verdict;
}

const LISTED = { groupPolicy: "allowlist" };

const OVERRIDES: readonly OverrideCase[] = [
  { id: "C3", title: "an entry lists it", base: LISTED, settings: () => ({}), verdict: "answered" },
  {
    id: "C3",
    title: "enabled: false",
    base: { groupPolicy: "open" },
    settings: () => ({ enabled: false }),
    verdict: "dropped",
  },
  {
    id: "C3",
    title: "allowFrom with the sender",
    base: LISTED,
    settings: ({ ada }) => ({ allowFrom: [ada.id] }),
    verdict: "answered",
  },
  {
    id: "C3",
    title: "allowFrom without the sender",
    base: LISTED,
    settings: ({ bob }) => ({ allowFrom: [bob.id] }),
    verdict: "ignored",
  },
  {
    id: "C4",
    title: "requireMention: false",
    base: { groupPolicy: "open", requireMention: true },
    settings: () => ({ requireMention: false }),
    text: PLAIN,
    verdict: "answered",
  },
  {
    id: "C4",
    title: "requireMention: true",
    base: { groupPolicy: "open", requireMention: false },
    settings: () => ({ requireMention: true }),
    text: PLAIN,
    verdict: "context",
  },
];

/** C3 and C4: what holds in groups, by account, group and thread. */
export function groupPolicyChecks({ traits, connector }: Subject): readonly Check[] {
  return [
    ...CASES.map(
      ({ id, title, config, text, verdict }): Check => ({
        id,
        title: `${title}: ${verdict}`,
        async run(bench) {
          const group = bench.group();
          await shows(bench, group, config(group, bench), text, verdict);
        },
      }),
    ),
    ...(traits.overrides
      ? OVERRIDES.flatMap((each) => [
          overrideCheck(each, "group"),
          ...(traits.threads ? [overrideCheck(each, "thread")] : []),
        ])
      : [lacksOverrides(connector.groupSettings !== undefined)]),
    {
      id: "C4",
      title: "messages without a mention become context of the next turn",
      async run(bench) {
        const heard: string[][] = [];
        const host = await bench.start({
          agent: async (turn) => {
            heard.push((await turn.history()).map(({ text }) => text));
            return "noted";
          },
        });
        const group = bench.group();
        await group.says(bench.ada, "the sky is blue");
        await group.says(bench.bob, "so it is");
        await group.says(bench.ada, `${bench.account.mention} what did we say?`);
        await bench.answers(group);
        expect(heard).toEqual([["the sky is blue", "so it is"]]);
        const told = host.notices.filter(
          (notice) => notice.type === "context" && notice.event.kind === "message",
        );
        expect(told).toHaveLength(2);
      },
    },
  ];
}

function overrideCheck(
  { id, title, base, settings, text, verdict }: OverrideCase,
  level: "group" | "thread",
): Check {
  return {
    id,
    title: `a ${level}'s ${title}: ${verdict}`,
    async run(bench) {
      const group = bench.group("Forum", { threads: level === "thread" });
      const place = level === "thread" ? bench.thread(group, "News") : group;
      const config = { ...base, ...place.overrides?.(settings(bench)) };
      await shows(bench, place, config, text, verdict);
    },
  };
}

function lacksOverrides(claimed: boolean): Check {
  return {
    id: "C3",
    title: "settings of single groups",
    lack: true,
    run: async () => expect(claimed).toBe(false),
  };
}

async function shows(
  bench: Bench,
  place: SimulatedChat,
  config: ConfigBlock,
  text = `${bench.account.mention} hello`,
  verdict: Verdict,
): Promise<void> {
  const host = await bench.start({ config });
  await place.says(bench.ada, text);
  const read = bench.read(text);
  if (verdict !== "dropped") expect(await fateOf(host, read)).toBe(verdict);
  if (verdict === "answered") await bench.answers(place);
  await bench.roundTrip(host);
  if (verdict === "dropped") expect(host.status().dropped).toBeGreaterThanOrEqual(1);
  expect(place.answers()).toHaveLength(verdict === "answered" ? 1 : 0);
  expect(host.texts().filter((each) => each === read)).toHaveLength(verdict === "answered" ? 1 : 0);
}

async function fateOf(host: Host, text: string) {
  return until(async () => {
    const event = (await host.runtime.why("last"))?.event;
    if (event?.event.kind !== "message" || event.event.content.text !== text) return undefined;
    const { fate } = event.decision;
    return fate !== "accepted" && fate !== "admitted" && fate;
  }, "the message is decided");
}
