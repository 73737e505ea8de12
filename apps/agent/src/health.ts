import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { systemCode, systemReason, UserError } from "./user-error.js";

const HOST = "127.0.0.1";

export interface AccountHealth {
  readonly connector: string;
  readonly account: string;
  readonly state: string;
}

/** The operator's HTTP door, on loopback. */
export interface HealthDoor {
  /** `http://127.0.0.1:PORT/healthz` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves `GET /healthz`: 200 while every enabled account works or is on its way, 503 when one needs a person (`failed`
 * or `action-needed`).
 *
 * @param port 0 for a free one
 * @throws UserError when the port cannot be had
 */
export async function openHealthDoor(
  port: number,
  health: () => readonly AccountHealth[],
): Promise<HealthDoor> {
  const app = new Hono();
  app.use(async (c, next) => {
    // A web page whose name was made to point here must not read it.
    const { hostname } = new URL(c.req.url);
    if (hostname !== HOST && hostname !== "localhost")
      return c.json({ error: "This door answers to loopback names only." }, 403);
    return await next();
  });
  app.get("/healthz", (c) => {
    const accounts = health();
    const ok = accounts.every(({ state }) => state !== "failed" && state !== "action-needed");
    return c.json({ ok, accounts }, ok ? 200 : 503);
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(portProblem(port, error)));
    server.listen(port, HOST, () => resolve());
  });
  const address = server.address();
  const used = address !== null && typeof address === "object" ? address.port : port;
  return { url: `http://${HOST}:${used}/healthz`, close: () => closeServer(server) };
}

function portProblem(port: number, error: unknown): UserError {
  if (systemCode(error) === "EADDRINUSE") {
    return new UserError(
      `MILADY_PORT: port ${port} on ${HOST} is in use by another program. Stop it, or set MILADY_PORT to another port (0 picks a free one).`,
      { cause: error },
    );
  }
  return new UserError(`MILADY_PORT: cannot listen on ${HOST}:${port}: ${systemReason(error)}`, {
    cause: error,
  });
}

/** Ends a server and every connection to it. */
export async function closeServer(server: ServerType): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  if ("closeAllConnections" in server) server.closeAllConnections();
  await closed;
}
