import {
  type Account,
  AuthError,
  type Connection,
  type ConnectionContext,
  type IdentifyContext,
  type Identity,
  type Probe,
  Rejected,
} from "@elizaos/connector-core";
import { z } from "zod";
import { actions } from "./actions.js";
import { ToyClient } from "./client.js";
import type { ToyConfig } from "./config.js";
import { toConnectorError } from "./errors.js";
import { download, limitsOf } from "./files.js";
import { hydrate } from "./hydrate.js";
import { dispatch, featuresOf, find, prepare } from "./outbound.js";
import { follow } from "./stream.js";
import { type WireMe, wireMe } from "./wire.js";

export async function identify(
  { config }: Account<ToyConfig>,
  { clock, signal }: IdentifyContext,
): Promise<Identity> {
  const { id, name } = await askMe(connect(config, clock), signal);
  return { id, name };
}

export async function open({ config }: Account<ToyConfig>, context: ConnectionContext): Promise<Connection> {
  const client = connect(config, context.clock);
  const me = await askMe(client, context.signal);
  const features = featuresOf(me, config);
  const limits = limitsOf(me);
  const outlet = { client, me, alias: context.alias };
  const stream = config.transport === "stream" ? await follow(client, context, config) : undefined;
  return {
    supports: () => ({ ...features, ...limits }),
    prepare: (operation) => prepare(operation, limits, config),
    dispatch: (part, about) => dispatch(part, about, outlet),
    hydrate: (event, signal) => hydrate(event, outlet, signal),
    download: (attachment, signal) => download(attachment, client, signal),
    find: (part, about) => find(part, about, outlet),
    ...(stream !== undefined && config.catchUp && { catchUp: stream.catchUp }),
    async typing({ chat, thread }, signal) {
      await client.post("typing", { chat, ...(thread !== undefined && { thread }) }, z.object({}), signal);
    },
    actions: (to) => actions(to, client),
    probe: (signal) => probe(client, signal),
    async close() {
      await stream?.close();
    },
  };
}

async function probe(client: ToyClient, signal: AbortSignal): Promise<Probe> {
  try {
    const { name } = await askMe(client, signal);
    return { status: "ok", detail: name };
  } catch (error) {
    const { message } = toConnectorError(error, "me");
    return { status: error instanceof AuthError ? "unauthorised" : "unreachable", reason: message };
  }
}

async function askMe(client: ToyClient, signal: AbortSignal): Promise<WireMe> {
  try {
    return await client.get("me", {}, wireMe, signal);
  } catch (error) {
    throw toConnectorError(error, "me");
  }
}

function connect(
  { apiRoot, token, timeoutSeconds }: ToyConfig,
  clock: ConnectionContext["clock"],
): ToyClient {
  if (token === undefined) throw new Rejected("The account has no token.", { where: "token" });
  return new ToyClient({ apiRoot, token, timeoutMs: timeoutSeconds * 1_000, clock });
}
