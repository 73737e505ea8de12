import type { Agent, Turn } from "@elizaos/connector-core";
import type { SimulatedChat } from "@elizaos/connector-simulators/kit";
import { expect } from "vitest";
import type { Bench } from "./bench.js";
import type { Check } from "./check.js";
import type { Subject } from "./subject.js";
import { gate, until } from "./until.js";

/** An agent that keeps what it was given as history, by the turn's text. */
function listening() {
  const heard = new Map<string, readonly string[]>();
  const agent = async (turn: Turn) => {
    heard.set(
      turn.text,
      (await turn.history()).map(({ text }) => text),
    );
    return `re: ${turn.text}`;
  };
  return { agent, heard };
}

async function tell(bench: Bench, chat: SimulatedChat, text: string, who = bench.ada): Promise<void> {
  const before = chat.answers().length;
  await chat.says(who, text);
  await bench.answers(chat, before + 1);
}

/** D. Sessions. */
export function sessionChecks({ traits, connector }: Subject): readonly Check[] {
  return [
    {
      id: "D1",
      title: "one session per person and group",
      async run(bench) {
        const { agent, heard } = listening();
        const host = await bench.start({ agent, config: { requireMention: false } });
        const group = bench.group();
        await tell(bench, bench.dm(), "ada one");
        await tell(bench, bench.dm(bench.bob), "bob one", bench.bob);
        await tell(bench, group, "group one");
        await tell(bench, bench.dm(), "ada two");
        await tell(bench, group, "group two", bench.bob);
        expect(heard.get("bob one")).toEqual([]);
        expect(heard.get("group one")).toEqual([]);
        expect(heard.get("ada two")).toEqual(["ada one", "re: ada one"]);
        expect(heard.get("group two")).toEqual(["group one", "re: group one"]);
        expect(new Set(host.turns.map(({ session }) => session)).size).toBe(3);
      },
    },
    traits.threads
      ? {
          id: "D1",
          title: "one session per thread",
          async run(bench) {
            const { agent, heard } = listening();
            await bench.start({ agent, config: { requireMention: false } });
            const group = bench.group("Forum", { threads: true });
            const [news, talk] = [bench.thread(group, "News"), bench.thread(group, "Talk")];
            await tell(bench, news, "news one");
            await tell(bench, talk, "talk one");
            await tell(bench, news, "news two");
            expect(heard.get("talk one")).toEqual([]);
            expect(heard.get("news two")).toEqual(["news one", "re: news one"]);
          },
        }
      : {
          id: "D1",
          title: "sessions of threads",
          lack: true,
          run: async () => expect(connector.features.threads).toBe(false),
        },
    {
      id: "D1",
      title: "historyLimit, dmHistoryLimit and dms.<id>.historyLimit bound what the agent gets",
      async run(bench) {
        const { agent, heard } = listening();
        const dms = { [bench.bob.id]: { historyLimit: 1 } };
        await bench.start({
          agent,
          config: { requireMention: false, historyLimit: 3, dmHistoryLimit: 2, dms },
        });
        const group = bench.group();
        for (const text of ["1", "2", "3"]) {
          await tell(bench, bench.dm(), `ada ${text}`);
          await tell(bench, bench.dm(bench.bob), `bob ${text}`, bench.bob);
          await tell(bench, group, `group ${text}`);
        }
        expect(heard.get("ada 3")).toEqual(["ada 2", "re: ada 2"]);
        expect(heard.get("bob 3")).toEqual(["re: bob 2"]);
        expect(heard.get("group 3")).toEqual(["re: group 1", "group 2", "re: group 2"]);
      },
    },
    {
      id: "D2",
      title: "a session keeps the platform's order while the agent is slow, and another is served meanwhile",
      async run(bench) {
        const slow = gate();
        const texts = ["one", "two", "three", "four"];
        const host = await bench.start({
          agent: async (turn) => {
            if (turn.text === "one") await slow.opened;
            return `re: ${turn.text}`;
          },
        });
        const dm = bench.dm();
        for (const text of texts) await dm.says(bench.ada, text);
        await host.turn("one");
        await tell(bench, bench.dm(bench.bob), "meanwhile", bench.bob);
        expect(dm.answers()).toEqual([]);
        slow.open();
        expect((await bench.answers(dm, 4)).map(({ text }) => text)).toEqual(
          texts.map((text) => `re: ${text}`),
        );
        expect(host.texts().filter((text) => texts.includes(text))).toEqual(texts);
      },
    },
    {
      id: "D3",
      title: "a session survives a restart",
      async run(bench) {
        const { agent, heard } = listening();
        const host = await bench.start({ agent });
        await tell(bench, bench.dm(), "before");
        await host.stop();
        await bench.start({ agent });
        await tell(bench, bench.dm(), "after");
        expect(heard.get("after")).toEqual(["before", "re: before"]);
      },
    },
    "debounceMs" in connector.config.fields.shape
      ? {
          id: "D4",
          title: "debounceMs joins what comes quickly into one turn",
          async run(bench) {
            const clock = await bench.stopTime();
            const host = await bench.start({ config: { debounceMs: 2_000 } });
            await bench.dm().says(bench.ada, "one");
            await bench.dm().says(bench.ada, "two");
            await until(() => host.turns[0], "the joined turn", { clock });
            expect(host.texts()).toEqual(["one\ntwo"]);
          },
        }
      : {
          id: "D4",
          title: "debounceMs is refused as an unknown key",
          lack: true,
          async run(bench) {
            const host = await bench.start({ config: { debounceMs: 2_000 } });
            expect(host.status().state).toBe("failed");
            expect(
              host
                .status()
                .issues.map(({ path, message }) => `${path} ${message}`)
                .join(),
            ).toContain("debounceMs");
          },
        },
    traits.albums
      ? {
          id: "D4",
          title: "an album is one turn",
          async run(bench) {
            const clock = await bench.stopTime();
            const host = await bench.start();
            const files = ["one", "two"].map((name) => ({
              name: `${name}.pdf`,
              mediaType: "application/pdf",
              bytes: new TextEncoder().encode(name),
            }));
            await bench.dm().sendsAlbum?.(bench.ada, "look at these", files);
            await until(() => host.turns[0], "the turn", { clock });
            await bench.roundTrip(host, "and now?", { clock });
            const [turn, ...others] = host.turns;
            expect(others).toHaveLength(1);
            const names = turn?.events.flatMap((event) =>
              event.kind === "message" ? (event.content.attachments ?? []).map(({ name }) => name) : [],
            );
            expect(names).toEqual(["one.pdf", "two.pdf"]);
            expect(turn?.text.trim()).toBe("look at these");
          },
        }
      : {
          id: "D4",
          title: "albums",
          lack: true,
          run: async () => expect(traits.albums).toBe(false),
        },
    {
      id: "D5",
      title:
        "an agent that keeps its own history is told of context and of what was committed, and given none",
      async run(bench) {
        const histories: number[] = [];
        const agent: Agent = {
          history: "own",
          run: async (turn) => {
            histories.push((await turn.history()).length);
            return "noted";
          },
        };
        const host = await bench.start({ agent });
        const group = bench.group();
        await group.says(bench.bob, "overheard");
        await tell(bench, group, `${bench.account.mention} one`);
        await tell(bench, group, `${bench.account.mention} two`);
        expect(histories).toEqual([0, 0]);
        await until(
          () => host.notices.filter(({ type }) => type === "committed").length === 2,
          "both turns are committed",
        );
        const context = host.notices.find(
          (notice) => notice.type === "context" && notice.event.kind === "message",
        );
        expect(context).toMatchObject({ type: "context", event: { content: { text: "overheard" } } });
        const committed = host.notices.flatMap((notice) =>
          notice.type === "committed" ? [notice.turn] : [],
        );
        expect(committed).toEqual(host.turns.map(({ id }) => id));
      },
    },
  ];
}
