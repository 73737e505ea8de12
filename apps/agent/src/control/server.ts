import { chmodSync, rmSync } from "node:fs";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import type { z } from "zod";
import { closeServer } from "../health.js";
import { systemReason, UserError } from "../user-error.js";
import { approvalVerdict, eventsQuery, type Operator, pairingRevocation, pairingVerdict } from "./shapes.js";
import { controlPlace, prepareControlFolder } from "./socket-path.js";

/** Largest request body, bytes. */
const LARGEST_BODY = 16_384;

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Serves the operator's requests on the state directory's control socket. Call it only while holding the store: what is
 * left of an earlier host's socket is removed.
 *
 * @throws UserError when the socket cannot be made
 */
export async function serveControl(stateDir: string, operator: Operator): Promise<ControlServer> {
  const place = controlPlace(stateDir);
  prepareControlFolder(place);
  const isFile = process.platform !== "win32";
  if (isFile) rmSync(place.path, { force: true });
  const server = createAdaptorServer({
    fetch: controlApp(operator).fetch,
    overrideGlobalObjects: false,
    hostname: "control",
  });
  // The socket must never be open to others, not even between its making and a chmod.
  const mask = isFile ? process.umask(0o177) : undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => {
        reject(
          new UserError(`control socket ${place.path}: cannot be made: ${systemReason(error)}`, {
            cause: error,
          }),
        );
      });
      server.listen(place.path, () => resolve());
      if (mask !== undefined) process.umask(mask);
    });
  } finally {
    if (mask !== undefined) process.umask(mask);
  }
  if (isFile) chmodSync(place.path, 0o600);
  return { close: () => closeServer(server) };
}

function controlApp(operator: Operator): Hono {
  const app = new Hono();
  app.get("/status", async (c) => c.json(await operator.status()));
  app.get("/pairing", async (c) => c.json(await operator.pairing()));
  app.post("/pairing/approve", async (c) =>
    c.json(await operator.approve(await body(c.req.raw, pairingVerdict))),
  );
  app.post("/pairing/deny", async (c) => {
    await operator.deny(await body(c.req.raw, pairingVerdict));
    return c.json({});
  });
  app.post("/pairing/revoke", async (c) => {
    await operator.revoke(await body(c.req.raw, pairingRevocation));
    return c.json({});
  });
  app.get("/pairing/log", async (c) => c.json(await operator.pairingLog(Number(c.req.query("limit")))));
  app.get("/approvals", async (c) => c.json(await operator.approvals()));
  app.post("/approvals/decide", async (c) =>
    c.json(await operator.decideApproval(await body(c.req.raw, approvalVerdict))),
  );
  app.get("/approvals/log", async (c) => c.json(await operator.approvalsLog(Number(c.req.query("limit")))));
  app.get("/events", async (c) => c.json(await operator.events(checked(c.req.query(), eventsQuery))));
  app.get("/why/:event", async (c) => {
    const event = c.req.param("event");
    const found = await operator.why(event === "last" ? "last" : Number(event));
    return c.json({ found: found ?? null });
  });
  app.get("/dead-letters", async (c) => c.json(await operator.deadLetters()));
  for (const verdict of ["retry", "drop"] as const) {
    app.post(`/dead-letters/:id/${verdict}`, async (c) => {
      await operator.settleDeadLetter(c.req.param("id"), verdict);
      return c.json({});
    });
  }
  app.onError((error, c) => c.json({ error: error.message }, error instanceof UserError ? 400 : 500));
  return app;
}

async function body<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const text = await request.text();
  if (text.length > LARGEST_BODY) throw new UserError("the request is too large");
  return checked(JSON.parse(text), schema);
}

function checked<T>(input: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw new UserError(`the request is not as expected: ${parsed.error.message}`);
  return parsed.data;
}
