// One process that plays Telegram: it brings the messages and takes the answers. Driven by the parent over IPC.

import { SECRET } from "./constants.mjs";
import { openFakeApi } from "./fake-api.mjs";
import { openPoster } from "./poster.mjs";

/** A message that was taken but not answered for this long counts as lost, in ms. */
const LOST_MS = 3_000;
/** One that was not even taken has this much longer, in ms. */
const NOT_TAKEN_MS = 12_000;
/** Refused with "come again" it is brought again after this long, in ms. */
const COME_AGAIN_MS = 50;
const BURST_LIMIT_MS = 20_000;
const FIRST_CHAT = 100_000;
const HOT_CHAT = 99_999;

const SENT = 1;
const TAKEN = 2;
const ANSWERED = 4;

let sequence = 0;
/** Messages on their way, by number. */
const open = new Map();
/** The run that answers are counted for. */
let current;

const api = await openFakeApi({ onMessage: arrived });
process.on("message", async ({ type, ...options }) => {
  if (type === "run") process.send({ type: "done", result: await run(options) });
  if (type === "burst") process.send({ type: "done", result: await burst(options) });
});
process.send({ type: "ready", apiRoot: api.root });

process.on("disconnect", () => process.exit(1));

/** Every message carries its number, every answer quotes it. */
function arrived(body, at) {
  const number = Number(/n(\d+)x/.exec(body)?.[1] ?? -1);
  const message = open.get(number);
  if (message === undefined) {
    if (current !== undefined) current.doubles++;
    return;
  }
  message.run.answered(message, at);
}

/**
 * @param {object} options
 * @param {"webhook" | "polling"} options.mode
 * @param {{ port: number, path: string } | undefined} options.target where webhooks go
 * @param {number} options.inFlight messages that are under way at once
 * @param {"distinct" | "hot"} options.chats every message from another chat, or all from one
 * @param {number} options.messages how many
 * @param {number} [options.maxMs] bring no more after this long
 */
async function run({ mode, target, inFlight, chats, messages, maxMs = Number.POSITIVE_INFINITY }) {
  let isOver = false;
  let done;
  let fail;
  const finished = new Promise((resolve, reject) => {
    done = resolve;
    fail = reject;
  });
  const latencies = [];
  const state = {
    doubles: 0,
    lost: 0,
    refused: 0,
    outOfOrder: 0,
    answeredCount: 0,
    lastNumber: -1,
    lastAt: 0,
    answered(message, at) {
      open.delete(message.number);
      latencies.push(at - message.at);
      state.answeredCount++;
      state.lastAt = at;
      if (message.number < state.lastNumber) state.outOfOrder++;
      else state.lastNumber = message.number;
      message.state |= ANSWERED;
      release(message);
    },
  };
  current = state;
  const slots = Array.from({ length: inFlight }, () => ({ message: undefined, poster: undefined }));
  if (mode === "webhook") {
    for (const slot of slots) {
      slot.poster = await openPoster({
        ...target,
        headers: `x-telegram-bot-api-secret-token: ${SECRET}\r\n`,
        onAnswer(status) {
          const { message } = slot;
          if (message === undefined) return;
          if (status >= 300) {
            state.refused++;
            setTimeout(() => slot.poster.post(message.body), COME_AGAIN_MS);
            return;
          }
          message.takenAt = performance.now();
          message.state |= TAKEN;
          release(message);
        },
        onClosed(error) {
          if (!isOver) fail(new Error(`the webhook connection was closed: ${error?.message ?? "no error"}`));
        },
      });
    }
  }
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const date = Math.floor(Date.now() / 1000);
  let brought = 0;
  let free = 0;

  function bring(slot) {
    if (brought >= messages || performance.now() - startedAt > maxMs) {
      free++;
      if (free === slots.length) done();
      return;
    }
    brought++;
    const number = ++sequence;
    const chat = chats === "hot" ? HOT_CHAT : FIRST_CHAT + number;
    const body = updateBody(number, chat, date);
    const message = { number, body, run: state, state: SENT, slot, at: performance.now(), takenAt: 0 };
    slot.message = message;
    open.set(number, message);
    if (mode === "webhook") slot.poster.post(body);
    else {
      message.state |= TAKEN;
      message.takenAt = message.at;
      api.push(number, body);
    }
  }

  function release(message) {
    if (message.state === (SENT | TAKEN | ANSWERED) && message.slot.message === message) {
      message.slot.message = undefined;
      bring(message.slot);
    }
  }

  const watch = setInterval(() => {
    const now = performance.now();
    for (const slot of slots) {
      const { message } = slot;
      const since = message?.takenAt || (message?.at ?? now) + NOT_TAKEN_MS;
      if (message !== undefined && now - since > LOST_MS) {
        state.lost++;
        slot.message = undefined;
        open.delete(message.number);
        bring(slot);
      }
    }
  }, 250);

  for (const slot of slots) bring(slot);
  try {
    await finished;
  } finally {
    clearInterval(watch);
    isOver = true;
    for (const { poster } of slots) poster?.close();
  }
  const rigCpu = process.cpuUsage(cpu);
  const endedAt = Math.max(state.lastAt, startedAt + 1);
  return {
    brought,
    answered: state.answeredCount,
    lost: state.lost,
    doubles: state.doubles,
    refused: state.refused,
    outOfOrder: state.outOfOrder,
    seconds: (endedAt - startedAt) / 1000,
    /** ms, one for each answer. */
    latencies,
    rigBusy: (rigCpu.user + rigCpu.system) / 1000 / (performance.now() - startedAt),
  };
}

function updateBody(number, chat, date) {
  return `{"update_id":${number},"message":{"message_id":${number},"date":${date},"chat":{"id":${chat},"type":"private","first_name":"Ann"},"from":{"id":${chat},"is_bot":false,"first_name":"Ann","language_code":"en"},"text":"Hello agent, this is message n${number}x, what do you say?"}}`;
}

/** Hands many messages at once to whoever polls; every sender writes several. Resolves when all are answered, or given up. */
async function burst({ messages, senders }) {
  await until(() => api.isPolled(), BURST_LIMIT_MS);
  const date = Math.floor(Date.now() / 1000);
  const last = new Map();
  const startedAt = performance.now();
  let firstAt = Number.NaN;
  let lastAt = startedAt;
  let left = messages;
  let done;
  const finished = new Promise((resolve) => {
    done = resolve;
  });
  const state = {
    doubles: 0,
    outOfOrder: 0,
    answered({ number, chat }, at) {
      open.delete(number);
      if (Number.isNaN(firstAt)) firstAt = at;
      lastAt = at;
      if (number < (last.get(chat) ?? -1)) state.outOfOrder++;
      else last.set(chat, number);
      left--;
      if (left === 0) done();
    },
  };
  current = state;
  for (let index = 0; index < messages; index++) {
    const number = ++sequence;
    const chat = FIRST_CHAT + (index % senders);
    open.set(number, { number, chat, run: state });
    api.push(number, updateBody(number, chat, date));
  }
  await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, BURST_LIMIT_MS))]);
  // A second answer would come now.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return {
    firstMs: firstAt - startedAt,
    lastMs: lastAt - startedAt,
    lost: left,
    doubles: state.doubles,
    outOfOrder: state.outOfOrder,
  };
}

async function until(condition, limitMs) {
  for (const startedAt = performance.now(); !condition(); ) {
    if (performance.now() - startedAt > limitMs) throw new Error("nobody polls the API server");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
