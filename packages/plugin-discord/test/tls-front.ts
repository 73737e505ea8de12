import { createServer } from "node:https";
import { connect } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { DiscordSimulator } from "@elizaos/connector-simulators/discord";
import { selfSigned } from "./certificate.js";
import { afterTest } from "./harness.js";

/** The simulator behind TLS, at `localhost`: addresses that its answers name lead here as well. For the test the certificate counts as known. */
export async function behindTls(sim: DiscordSimulator): Promise<{ readonly host: string }> {
  const { key, cert } = selfSigned();
  const known = getCACertificates("default");
  setDefaultCACertificates([...known, cert]);
  afterTest(() => setDefaultCACertificates(known));
  const inside = new URL(sim.url);
  const server = createServer({ key, cert }, (request, response) => {
    void forward();
    async function forward() {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { authorization = "", "content-type": type = "application/json" } = request.headers;
      const answer = await fetch(`${inside.origin}${request.url}`, {
        method: request.method ?? "GET",
        headers: { authorization, "content-type": type },
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      });
      const text = (await answer.text()).replaceAll(`ws://${inside.host}`, `wss://${host}`);
      response.writeHead(answer.status, {
        "content-type": answer.headers.get("content-type") ?? "text/plain",
      });
      response.end(answer.status === 204 ? undefined : text);
    }
  });
  server.on("upgrade", (request, socket, head) => {
    const upstream = connect(Number(inside.port), inside.hostname, () => {
      const lines = request.rawHeaders.flatMap((text, index, all) =>
        index % 2 === 0 ? [`${text}: ${all[index + 1]}`] : [],
      );
      upstream.write([`GET ${request.url} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  afterTest(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const host = `localhost:${address.port}`;
  return { host };
}
