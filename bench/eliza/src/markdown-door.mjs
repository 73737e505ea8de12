import { createServer, request } from "node:http";

/**
 * Stands before the simulator, which knows no `MarkdownV2`: takes that off what the published plugin sends, as if Telegram had understood it,
 * and lets everything else through as it is.
 */
export async function openMarkdownDoor(root) {
  const server = createServer(async (incoming, outgoing) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = withoutMarkdown(Buffer.concat(chunks));
    const { "content-length": _, "transfer-encoding": __, ...headers } = incoming.headers;
    const onward = request(
      root + incoming.url,
      { method: incoming.method, headers: { ...headers, "content-length": body.length } },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    onward.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function withoutMarkdown(body) {
  const text = body.toString();
  if (!text.includes('"parse_mode":"MarkdownV2"')) return body;
  const { parse_mode: _, ...call } = JSON.parse(text);
  return Buffer.from(JSON.stringify({ ...call, text: call.text?.replaceAll(/\\([^\w\s])/g, "$1") }));
}
