// What people saw beside what the store says of it.
import { join } from "node:path";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import { KINDS, numberIn } from "./answers.mjs";

const PAGE = 500;

/** @returns counts, and every violation as a line */
export async function judge(questions, stateDir) {
  const records = await read(stateDir);
  const wrongs = [];
  const counts = { asked: questions.size, once: 0, doubled: 0, held: 0, lost: 0, uncertain: 0 };
  for (const { number, kind, copies } of questions.values()) {
    const found = records.get(number) ?? [];
    if (found.length !== 1) wrongs.push(`q${number} was accepted ${found.length} times`);
    const [record = { fate: "never accepted", operations: [] }] = found;
    const doubts = record.operations
      .flatMap(({ parts }) => parts)
      .reduce((sum, part) => sum + doubtsOf(part), 0);
    if (doubts > 0) counts.uncertain++;
    const most = Math.max(...KINDS[kind].map((word) => copies.get(word) ?? 0));
    const least = Math.min(...KINDS[kind].map((word) => copies.get(word) ?? 0));
    const letter = record.operations.find(({ state }) => state !== "done");
    if (letter !== undefined && (letter.state !== "failed" || doubts === 0))
      wrongs.push(`the answer to q${number} is ${letter.state}: ${letter.reason}`);
    if (most > 1 + doubts)
      wrongs.push(`q${number} was answered ${most} times, with ${doubts} calls in doubt`);
    if (least > 0 && most === 1) counts.once++;
    else if (least > 0) counts.doubled++;
    else if (letter?.state === "failed" && doubts > 0) counts.held++;
    else {
      counts.lost++;
      wrongs.push(`q${number} (${kind}) was not answered; it is ${record.fate}`);
    }
  }
  return { counts, wrongs };
}

/** Calls of a part whose outcome was never learnt. */
function doubtsOf({ uncertain, state }) {
  return uncertain + (state === "attempting" || state === "unknown" ? 1 : 0);
}

/** The events of each question, with their operations. */
async function read(stateDir) {
  const store = await openSqliteStore({ path: join(stateDir, "connectors.sqlite"), durability: "process" });
  const records = new Map();
  try {
    for (let before; ; ) {
      const page = await store.recentEvents({ limit: PAGE, ...(before === undefined ? {} : { before }) });
      for (const { seq, event, decision } of page) {
        const number = event.kind === "message" ? numberIn(event.content.text) : undefined;
        if (number === undefined) continue;
        const record = { fate: decision.fate, operations: await store.operationsOfTurn(seq) };
        records.set(number, [...(records.get(number) ?? []), record]);
      }
      before = page.at(-1)?.seq;
      if (page.length < PAGE) return records;
    }
  } finally {
    await store.shutdown();
  }
}
