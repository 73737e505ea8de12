// What stays on the heap after many messages from as many chats: everything that grows with them would show.
import { withSubject } from "./job.mjs";
import { VARIANTS } from "./plan.mjs";

const MEASURED = ["grammY", "ours, process"];
const IN_FLIGHT = 64;

/** @returns for each variant the heap in MiB after a collection and the resident memory, at each number of messages */
export async function measureHeap({ size, isWanted, tell }) {
  const rows = [];
  for (const variant of VARIANTS.filter(({ name }) => MEASURED.includes(name) && isWanted(`heap, ${name}`))) {
    tell(`heap over ${size.heapAt.at(-1)} messages: ${variant.name}`);
    rows.push({ variant: variant.name, ...(await heapOf(variant, size.heapAt)) });
  }
  return rows;
}

function heapOf(variant, heapAt) {
  return withSubject(variant, async ({ ask, run, stop }) => {
    const points = [];
    let answered = 0;
    for (const messages of heapAt) {
      const leg = await run({ inFlight: IN_FLIGHT, chats: "distinct", messages: messages - answered });
      answered += leg.answered;
      const { heapMb, rssMb } = await ask("heap");
      points.push({ messages, heapMb, rssMb });
    }
    await stop();
    return { points, lost: heapAt.at(-1) - answered };
  });
}
