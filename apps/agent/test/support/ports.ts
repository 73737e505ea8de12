import { createServer, type Server } from "node:net";
import { afterThisTest } from "./cli.js";

/** A port of 127.0.0.1 on which nothing listens right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A port that is taken until the test is over. */
export async function takenPort(): Promise<number> {
  const server = createServer();
  afterThisTest(() => server.close());
  return await listen(server);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
