// What stays on the heap after many messages from as many chats: everything that grows with them would show.
import { openSubject, withRig } from "./job.mjs";
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
  return withRig(async ({ apiRoot, run }) => {
    const { subject, target } = await openSubject(variant, apiRoot);
    try {
      const points = [];
      let answered = 0;
      for (const messages of heapAt) {
        const leg = await run({
          mode: variant.mode,
          target,
          inFlight: IN_FLIGHT,
          chats: "distinct",
          messages: messages - answered,
          maxMs: Number.POSITIVE_INFINITY,
        });
        answered += leg.answered;
        const { heapMb, rssMb } = await subject.ask({ type: "heap" });
        points.push({ messages, heapMb, rssMb });
      }
      return { points, lost: heapAt.at(-1) - answered };
    } finally {
      await subject.close();
    }
  });
}
