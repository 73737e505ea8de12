// Serves app/telegram/route.ts as Next.js does, after instrumentation.ts.
import { createServer } from "node:http";
import { Readable } from "node:stream";

process.env.NEXT_RUNTIME = "nodejs";
const { register } = await import("./instrumentation.ts");
const { POST } = await import("./app/telegram/route.ts");

createServer(async (incoming, outgoing) => {
  const { method, headers, url } = incoming;
  const body = Readable.toWeb(incoming);
  const request = new Request(new URL(url, process.env.PUBLIC_URL), {
    method,
    headers,
    body,
    duplex: "half",
  });
  const response = await POST(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(await response.text());
}).listen(Number(process.env.PORT), "127.0.0.1");
await register();
