import { createServer } from "node:http";

export const PATH = "/telegram";

/** Every subject's webhooks arrive through this one server. */
export async function serve(handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  return { target: { port: server.address().port, path: PATH }, close: () => server.close() };
}

export async function readBody(request) {
  const chunks = [];
  await new Promise((resolve, reject) => {
    request.on("data", (chunk) => chunks.push(chunk));
    request.once("end", resolve);
    request.once("error", reject);
  });
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
}
