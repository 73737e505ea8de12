// Posts webhook requests over one socket that is kept open, one after another, as cheaply as that can be done.
import { connect } from "node:net";
import { readChunked } from "./fake-api.mjs";

/**
 * @param {{ port: number, path: string, headers: string, onAnswer: (status: number) => void, onClosed: (error?: Error) => void }} options
 * `headers` are whole lines
 */
export async function openPoster({ port, path, headers, onAnswer, onClosed }) {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(undefined));
    socket.once("error", reject);
  });
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n${headers}content-length: `;
  let held;
  let failure;
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("close", () => onClosed(failure));
  socket.on("data", (data) => {
    held = held === undefined ? data : Buffer.concat([held, data]);
    const end = held.indexOf("\r\n\r\n");
    if (end < 0) return;
    const answerHead = held.latin1Slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(answerHead);
    if (length !== null) {
      if (held.length < end + 4 + Number(length[1])) return;
    } else if (readChunked(held, end + 4) === undefined) return;
    held = undefined;
    onAnswer(Number(answerHead.slice(9, 12)));
  });
  return {
    post: (body) => socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`),
    close: () => socket.destroy(),
  };
}
