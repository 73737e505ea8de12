import type { ConfigEdit, ConfigWriter, Json, Turn } from "@elizaos/connector-core";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { gate, until } from "./until.js";

/** A config file in memory; edits are noted and not done. */
export function configFile(block: unknown) {
  const edits: ConfigEdit[] = [];
  const writer: ConfigWriter = {
    read: async () => block,
    update: async (_connector, change) => void edits.push(...change(block)),
  };
  return { writer, edits };
}

/** What an agent is told that calls one action in a turn of Ada's. */
async function told(bench: Bench, config: Readonly<Record<string, Json>>, name: string, input: Json) {
  const { account, ada, connector } = bench;
  const block = {
    dmPolicy: "allowlist",
    allowFrom: [ada.id],
    ...config,
    accounts: { default: account.config },
  };
  const { writer, edits } = configFile(block);
  const answers: string[] = [];
  const host = await bench.start({
    block: { ...bench.subject.options.config, ...block },
    owners: [`${connector.manifest.id}:${ada.id}`],
    configWriter: writer,
    agent: async (turn: Turn) => {
      answers.push(
        turn.actions.some((action) => action.name === name)
          ? await turn.act(name, input).then(JSON.stringify, (error: Error) => error.message)
          : "not offered",
      );
      return "done";
    },
  });
  const chat = bench.dm();
  await chat.says(ada, "please");
  await bench.answers(chat);
  return { answer: answers[0], edits, host };
}

export const LIMIT = { path: ["textChunkLimit"], value: 500, reason: "Ada asked for it" };

/** A4: `configWrites`. */
export function configWritesChecks(): readonly Check[] {
  return [
    {
      id: "A4",
      title: "configWrites: by default the agent is offered no way to the config",
      async run(bench) {
        const { answer, edits } = await told(bench, {}, "config.set", LIMIT);
        expect({ answer, edits }).toEqual({ answer: "not offered", edits: [] });
      },
    },
    {
      id: "A4",
      title: "configWrites: true lets it change a setting for an owner, and logs who and why",
      async run(bench) {
        const { edits, host } = await told(bench, { configWrites: true }, "config.set", LIMIT);
        expect(edits).toEqual([{ type: "set", path: ["textChunkLimit"], value: 500 }]);
        const line = host.logs.find(({ fields }) => "why" in fields);
        expect(line?.fields).toMatchObject({ by: bench.ada.id, why: "Ada asked for it" });
      },
    },
    {
      id: "A4",
      title: "configWrites: credentials, configWrites itself and a wider policy are refused",
      async run(bench) {
        const [secret] = bench.connector.manifest.secrets;
        const refused: (readonly [readonly string[], Json])[] = [
          [["dmPolicy"], "pairing"],
          [["groupPolicy"], "open"],
          [["configWrites"], false],
          ...(secret === undefined ? [] : [[[secret], "another secret"] as const]),
        ];
        for (const [path, value] of refused) {
          const input = { path: [...path], value, reason: "no reason" };
          const { edits, host } = await told(bench, { configWrites: true }, "config.set", input);
          expect(edits, path.join(".")).toEqual([]);
          await host.stop();
        }
      },
    },
  ];
}

/** A4: `capabilities`. */
export function capabilitiesChecks({ connector, traits }: Subject): readonly Check[] {
  return [
    {
      id: "A4",
      title: "capabilities: an unknown flag is refused with the nearest one",
      async run(bench) {
        const host = await bench.start({ config: { capabilities: ["streamin"] } });
        const { state, issues } = host.status();
        expect(state).toBe("failed");
        expect(issues.map(({ path, message }) => `${path} ${message}`).join()).toMatch(
          /capabilities.*(?:streaming|known)/,
        );
      },
    },
    traits.typing && connector.features.typing !== undefined
      ? {
          id: "A4",
          title: "capabilities: what is not listed is not done",
          async run(bench) {
            const clock = await bench.stopTime();
            for (const { capabilities, shows } of [
              { capabilities: ["typing"], shows: true },
              { capabilities: [], shows: false },
            ]) {
              const working = gate();
              const host = await bench.start({
                config: { capabilities },
                agent: async () => {
                  await working.opened;
                  return "done";
                },
              });
              const chat = bench.dm();
              const before = { typed: chat.typed?.() ?? 0, answers: chat.answers().length };
              const typed = () => (chat.typed?.() ?? 0) - before.typed;
              await chat.says(bench.ada, "hello");
              await until(() => host.turns.length > 0, "the agent works", { clock });
              if (shows) await until(() => typed() > 0, "typing is shown", { clock });
              else for (let step = 0; step < 20; step++) await clock.advance(250);
              working.open();
              await bench.answers(chat, before.answers + 1);
              expect(typed() > 0).toBe(shows);
              await host.stop();
            }
          },
        }
      : {
          id: "A4",
          title: "capabilities: typing",
          lack: true,
          run: async () => expect(connector.features.typing).toBeUndefined(),
        },
  ];
}

/** A4: `heartbeat`. */
export function heartbeatChecks({ connector }: Subject): readonly Check[] {
  const cases = [
    { heartbeat: {}, answer: "HEARTBEAT_OK", isSeen: false },
    { heartbeat: { showOk: true }, answer: "HEARTBEAT_OK", isSeen: true },
    { heartbeat: {}, answer: "The disk is full.", isSeen: true },
    { heartbeat: { showAlerts: false }, answer: "The disk is full.", isSeen: false },
  ];
  return cases.map(
    ({ heartbeat, answer, isSeen }): Check => ({
      id: "A4",
      title: `heartbeat ${JSON.stringify(heartbeat)}: "${answer}" is ${isSeen ? "shown where it belongs and nowhere else" : "not shown"}`,
      async run(bench) {
        const host = await bench.start({
          config: { heartbeat },
          agent: (turn) => (turn.events[0].kind === "notice" ? answer : "hello"),
        });
        const [chat, other] = [bench.dm(), bench.dm(bench.bob)];
        await chat.says(bench.ada, "hello");
        await bench.answers(chat);
        await host.runtime.wake({
          key: "first",
          prompt: "How is it?",
          to: { connector: connector.manifest.id, chat: chat.id },
        });
        await host.turn("How is it?");
        await chat.says(bench.ada, "and now?");
        await bench.answers(chat, isSeen ? 3 : 2);
        const shown = ["hello", ...(isSeen ? [answer] : []), "hello"];
        expect(chat.answers().map(({ text }) => text)).toEqual(shown);
        expect(other.answers()).toEqual([]);
      },
    }),
  );
}
