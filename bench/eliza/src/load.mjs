// 500 updates at once, over many chats, some, and one: how many are answered, and how fast.

import { TOKEN } from "../../src/constants.mjs";
import { openFakeApi } from "../../src/fake-api.mjs";
import { startAgent } from "./agent.mjs";

const MESSAGES = 500;
/** When nothing came for this long, nothing comes any more, in ms. */
const SILENCE_MS = 8_000;
const FIRST_CHAT = 100_000;

/** @returns figures of one run, in a fresh process */
export async function measureLoad({ plugin, database, chats }) {
  let answered = 0;
  let lastAt = 0;
  let firstPollAt;
  const numbers = new Set();
  const api = await openFakeApi({
    onMessage(body, at) {
      // `+` where the text comes as a form.
      const number = /n(\d+)x/.exec(body)?.[1];
      if (number === undefined || numbers.has(number)) return;
      numbers.add(number);
      answered++;
      lastAt = at;
    },
  });
  const begunAt = performance.now();
  const starting = startAgent({ plugin, database, apiRoot: api.root, token: TOKEN });
  const watch = setInterval(() => {
    if (api.isPolled()) firstPollAt ??= performance.now();
  }, 2);
  const agent = await starting;
  while (!api.isPolled()) await pause(5);
  clearInterval(watch);
  firstPollAt ??= performance.now();
  await pause(1_000);
  const idle = await agent.ask("mark");
  const startedAt = performance.now();
  for (let index = 0; index < MESSAGES; index++)
    api.push(index + 1, update(index, FIRST_CHAT + (index % chats)));
  for (lastAt = startedAt; answered < MESSAGES && performance.now() - lastAt < SILENCE_MS; ) await pause(20);
  await pause(200);
  const after = await agent.ask("mark");
  await agent.close();
  api.close();
  return {
    startMs: firstPollAt - begunAt,
    idleMb: idle.rssMb,
    peakMb: after.peakMb,
    answered,
    perSecond: (answered / Math.max(1, lastAt - startedAt)) * 1000,
    cpuMs: after.cpuMs - idle.cpuMs,
  };
}

function update(index, chat) {
  const from = `{"id":${chat},"is_bot":false,"first_name":"Ann"}`;
  return `{"update_id":${index + 1},"message":{"message_id":${index + 1},"from":${from},"chat":{"id":${chat},"type":"private","first_name":"Ann"},"date":${Math.floor(Date.now() / 1000)},"text":"n${index}x"}}`;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
