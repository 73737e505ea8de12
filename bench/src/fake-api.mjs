// A Bot API server that costs as little as it can: a raw socket, a parser for what HTTP clients really send, answers
// made of strings. It shares its process with the load generator, so its arrival times and the generator's are of one clock.
import { createServer } from "node:net";

const HEAD_END = Buffer.from("\r\n\r\n");
const ME =
  '{"id":4242,"is_bot":true,"first_name":"Bench","username":"bench_bot","can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false,"can_connect_to_business":false,"has_main_web_app":false}';
/** What a held poll is answered with when nothing came. */
const POLL_HOLD_MS = 25_000;
const MAX_BATCH = 100;

/**
 * @param {{ onMessage: (body: string, at: number) => void }} options `onMessage` is told every sendMessage, with the
 * request's body and the time its last byte was there, `performance.now()`
 */
export async function openFakeApi({ onMessage }) {
  let messages = 0;
  const updates = [];
  /** @type {undefined | { answer: (updates: string[]) => void }} */
  let poll;
  let isFlushing = false;
  let webhook = "";

  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    readRequests(socket, (path, body) => {
      const at = performance.now();
      const method = path.slice(path.lastIndexOf("/") + 1).split("?", 1)[0];
      switch (method) {
        case "sendMessage": {
          messages++;
          const chat = /"?chat_id"?[:=]"?(-?\d+)/.exec(body)?.[1] ?? "0";
          answer(
            socket,
            `{"message_id":${1_000_000 + messages},"date":${Math.floor(Date.now() / 1000)},"from":${ME},"chat":{"id":${chat},"type":"private","first_name":"Ann"},"text":"ok"}`,
          );
          onMessage(body, at);
          return;
        }
        case "getMe":
          return answer(socket, ME);
        case "getUpdates":
          return openPoll(socket, body);
        case "setWebhook":
          webhook = urlIn(body);
          return answer(socket, "true");
        case "getWebhookInfo":
          return answer(
            socket,
            `{"url":${JSON.stringify(webhook)},"has_custom_certificate":false,"pending_update_count":0}`,
          );
        default:
          return answer(socket, "true");
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));

  /** As Telegram: what is confirmed by `offset` is forgotten, what is not comes again. */
  function openPoll(socket, body) {
    const offset = Number(/"?offset"?[:=](\d+)/.exec(body)?.[1] ?? 0);
    const hold = Number(/"?timeout"?[:=](\d+)/.exec(body)?.[1] ?? 0) * 1000;
    let confirmed = 0;
    while (confirmed < updates.length && updates[confirmed].id < offset) confirmed++;
    updates.splice(0, confirmed);
    const timer = setTimeout(() => mine.answer([]), Math.min(hold, POLL_HOLD_MS));
    timer.unref();
    const mine = {
      answer(batch) {
        clearTimeout(timer);
        if (poll === mine) poll = undefined;
        if (!socket.destroyed) answer(socket, `[${batch.join(",")}]`);
      },
    };
    poll?.answer([]);
    poll = mine;
    flush();
  }

  function flush() {
    if (poll !== undefined && updates.length > 0)
      poll.answer(updates.slice(0, MAX_BATCH).map(({ update }) => update));
  }

  return {
    root: `http://127.0.0.1:${server.address().port}`,
    /** Hands an update to whoever polls; those of one turn of the event loop go together. */
    push(id, update) {
      updates.push({ id, update });
      if (isFlushing) return;
      isFlushing = true;
      setImmediate(() => {
        isFlushing = false;
        flush();
      });
    },
    isPolled: () => poll !== undefined,
    close: () => server.close(),
  };
}

/** The parameter `url` of a request in JSON. */
function urlIn(body) {
  const url = /"url":("[^"]*")/.exec(body)?.[1];
  return url === undefined ? "" : JSON.parse(url);
}

function answer(socket, result) {
  const body = `{"ok":true,"result":${result}}`;
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: keep-alive\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Calls `onRequest(path, body)` for every whole request; bodies come with a length or in chunks. */
function readRequests(socket, onRequest) {
  let held = Buffer.alloc(0);
  socket.on("data", (data) => {
    held = held.length === 0 ? data : Buffer.concat([held, data]);
    for (;;) {
      const end = held.indexOf(HEAD_END);
      if (end < 0) return;
      const head = held.latin1Slice(0, end);
      const start = end + HEAD_END.length;
      const length = /\r\ncontent-length: *(\d+)/i.exec(head);
      let body = "";
      let next = start;
      if (length !== null) {
        next = start + Number(length[1]);
        if (held.length < next) return;
        body = held.utf8Slice(start, next);
      } else if (/\r\ntransfer-encoding: *chunked/i.test(head)) {
        const chunked = readChunked(held, start);
        if (chunked === undefined) return;
        ({ body, next } = chunked);
      }
      held = held.subarray(next);
      onRequest(head.slice(head.indexOf(" ") + 1, head.indexOf(" HTTP/")), body);
    }
  });
}

/** The joined chunks and where the next message starts; undefined while some are missing. */
export function readChunked(buffer, start) {
  let body = "";
  let at = start;
  for (;;) {
    const lineEnd = buffer.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(buffer.latin1Slice(at, lineEnd), 16);
    const from = lineEnd + 2;
    if (buffer.length < from + size + 2) return undefined;
    if (size === 0) return { body, next: from + 2 };
    body += buffer.utf8Slice(from, from + size);
    at = from + size + 2;
  }
}
