// Vercel's Chat SDK with its Telegram adapter and its state in memory.
import { createMemoryState } from "@chat-adapter/state-memory";
import { createTelegramAdapter } from "@chat-adapter/telegram";
import { Chat } from "chat";
import { SECRET, TOKEN } from "../constants.mjs";
import { PATH, readBody, serve } from "./serve.mjs";

/** `drop`, the default, and `queue` leave most messages of a busy chat unanswered; this one answers them all. */
const CONCURRENCY = "concurrent";

export async function start({ apiRoot }) {
  const logger = quiet();
  const chat = new Chat({
    userName: "bench_bot",
    adapters: {
      telegram: createTelegramAdapter({
        botToken: TOKEN,
        secretToken: SECRET,
        mode: "webhook",
        apiUrl: apiRoot,
        userName: "bench_bot",
        logger,
      }),
    },
    state: createMemoryState(),
    concurrency: CONCURRENCY,
    logger,
  });
  chat.onDirectMessage((thread, message) => thread.post(`You said: ${message.text}`));
  await chat.initialize();
  const server = await serve(async (incoming, response) => {
    const request = new Request(`http://127.0.0.1${PATH}`, {
      method: "POST",
      headers: incoming.headers,
      body: await readBody(incoming),
    });
    const answer = await chat.webhooks.telegram(request);
    response.writeHead(answer.status);
    response.end(await answer.text());
  });
  return server;
}

function quiet() {
  const logger = { debug() {}, info() {}, warn() {}, error: console.error, child: () => logger };
  return logger;
}
