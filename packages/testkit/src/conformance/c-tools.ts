import { ConnectorError, type Turn } from "@elizaos/connector-core";
import type { ConfigBlock, GroupOverrides, SimulatedChat } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import { ownActions } from "./e-actions.js";
import { sampleFor } from "./sample.js";
import type { Subject } from "./subject.js";

/** No connector has an action of this name. */
const OWN_TOOL = "conformance.tool";

type Level = "group" | "thread";

/** C6: what the agent may use, is told and knows in single groups and threads. */
export function toolChecks({ traits, connector }: Subject): readonly Check[] {
  if (!traits.overrides)
    return [
      {
        id: "C6",
        title: "settings of single groups",
        lack: true,
        run: async () => expect(connector.groupSettings).toBeUndefined(),
      },
    ];
  const levels: readonly Level[] = traits.threads ? ["group", "thread"] : ["group"];
  return levels.flatMap((level): Check[] => [
    {
      id: "C6",
      title: `a ${level}'s systemPrompt and skills are the turn's there, and nowhere else`,
      async run(bench) {
        const turnIn = await told(bench, level, () => ({
          systemPrompt: "Speak of tea.",
          skills: ["brewing"],
        }));
        const { systemPrompt, skills } = await turnIn("place", bench.ada);
        expect({ systemPrompt, skills }).toEqual({ systemPrompt: "Speak of tea.", skills: ["brewing"] });
        const elsewhere = await turnIn("elsewhere", bench.ada);
        expect([elsewhere.systemPrompt, elsewhere.skills]).toEqual([undefined, undefined]);
      },
    },
    {
      id: "C6",
      title: `a ${level}'s tools.deny and tools.allow hold there, and nowhere else`,
      async run(bench) {
        const turnIn = await told(bench, level, () => ({
          tools: { allow: ["conformance.*"], deny: [OWN_TOOL] },
        }));
        const turn = await turnIn("place", bench.ada);
        expect(["conformance.other", OWN_TOOL, "other"].map((name) => turn.allowsTool(name))).toEqual([
          true,
          false,
          false,
        ]);
        expect((await turnIn("elsewhere", bench.ada)).allowsTool(OWN_TOOL)).toBe(true);
      },
    },
    {
      id: "C6",
      title: `a ${level}'s toolsBySender goes before tools, by id as the config may write it`,
      async run(bench) {
        const { id } = connector.manifest;
        const turnIn = await told(bench, level, ({ ada, bob }) => ({
          tools: { allow: [] },
          toolsBySender: {
            [`${id}:${ada.id}`]: { allow: [OWN_TOOL] },
            [bob.id]: { alsoAllow: ["other"] },
          },
        }));
        const [ada, bob] = [await turnIn("place", bench.ada), await turnIn("place", bench.bob)];
        expect([ada, bob].map((turn) => [OWN_TOOL, "other"].map((name) => turn.allowsTool(name)))).toEqual([
          [true, false],
          [false, true],
        ]);
      },
    },
    ...(traits.actions.length === 0 ? [] : [deniedActions(level)]),
  ]);
}

function deniedActions(level: Level): Check {
  return {
    id: "C6",
    title: `a ${level}'s deny takes an action away from a sender, and it cannot be done`,
    async run(bench) {
      const { connector, traits, options } = bench.subject;
      const deny = [...traits.actions];
      const refusals = new Map<string, unknown>();
      const turnIn = await told(
        bench,
        level,
        ({ bob }) => ({ toolsBySender: { [bob.id]: { deny } } }),
        async (turn) => {
          if (turn.events[0].sender.id !== bench.bob.id) return;
          for (const name of deny)
            await turn
              .act(name, sampleFor(turn, options.actions?.[name] ?? {}))
              .catch((error: unknown) => refusals.set(name, error));
        },
      );
      const offered = async (person: typeof bench.ada) =>
        (await turnIn("place", person)).offered.filter((name) => deny.includes(name));
      // What is offered in groups only stands on no list.
      const denied = await offered(bench.ada);
      expect(denied.length).toBeGreaterThan(0);
      expect(await offered(bench.bob)).toEqual([]);
      for (const name of denied) {
        const refusal = refusals.get(name);
        expect(refusal, name).toSatisfy(ConnectorError.isInstance);
        expect(refusal, name).toMatchObject({
          code: "rejected",
          message: expect.stringContaining(`(tools.deny, connectors.${connector.manifest.id}.`),
        });
      }
    },
  };
}

/** What an agent could see in its turn. */
interface Seen extends Pick<Turn, "systemPrompt" | "skills" | "allowsTool"> {
  readonly offered: readonly string[];
}

/** A host with settings of one group or thread, and a way to begin turns there and in another group. */
async function told(
  bench: Bench,
  level: Level,
  settings: (bench: Bench) => GroupOverrides,
  act: (turn: Turn) => Promise<void> = async () => {},
) {
  const group = bench.group("Forum", { threads: level === "thread" });
  const place = level === "thread" ? bench.thread(group, "News") : group;
  const elsewhere = level === "thread" ? group : bench.group("Elsewhere");
  const config: ConfigBlock = { groupPolicy: "open", ...place.overrides?.(settings(bench)) };
  const seen = new Map<string, Seen>();
  const host = await bench.start({
    config,
    agent: async (turn) => {
      const { systemPrompt, skills } = turn;
      const offered = ownActions(turn).map(({ name }) => name);
      seen.set(turn.text, { systemPrompt, skills, allowsTool: (name) => turn.allowsTool(name), offered });
      await act(turn);
      return "seen";
    },
  });
  const places: Readonly<Record<"place" | "elsewhere", SimulatedChat>> = { place, elsewhere };
  return async (where: keyof typeof places, person: typeof bench.ada): Promise<Seen> => {
    const chat = places[where];
    const before = chat.answers().length;
    const text = `${bench.account.mention} it is ${person.name}`;
    await chat.says(person, text);
    await bench.answers(chat, before + 1);
    const found = seen.get(bench.read(text));
    if (found === undefined) throw new Error(`The agent was not given "${text}". ${host.tail()}`);
    return found;
  };
}
