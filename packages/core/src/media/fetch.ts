import { lookup as resolve } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { childOf } from "../abort.js";
import type { Clock } from "../contract/connection.js";
import { Rejected } from "../contract/errors.js";
import { isPublicAddress } from "./address.js";

const MAX_REDIRECTS = 5;
/** For all of it, redirects and body included. */
const FETCH_LIMIT_MS = 60_000;

export interface FetchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `host` or `host:port` of servers that may have any address. */
  readonly trustedHosts: readonly string[];
}

export interface FetchedFile {
  /** Fails when the time is over. To be read, or else cancelled. */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
  /** As the server states it. */
  readonly size: number | undefined;
  readonly mediaType: string | undefined;
  readonly name: string | undefined;
}

/**
 * Asks a web server for a file. The address that was checked is the one that is connected to, at every redirect. Throws
 * `Rejected` with the reason, which names no query: it may hold a key.
 */
export async function fetchFile(
  address: string,
  { clock, signal, trustedHosts }: FetchOptions,
): Promise<FetchedFile> {
  const time = childOf(signal);
  const cancel = clock.after(FETCH_LIMIT_MS, () =>
    time.abort(new Rejected(`${shown(address)} took longer than ${FETCH_LIMIT_MS / 1_000} s.`)),
  );
  const end = () => {
    cancel();
    time.release();
  };
  try {
    const { response, url } = await follow(address, trustedHosts, time.signal);
    const stated = Number(response.headers["content-length"]);
    return {
      body: bodyOf(response, shown(url.href), time.signal, end),
      cancel() {
        response.destroy();
        end();
      },
      size: Number.isSafeInteger(stated) ? stated : undefined,
      mediaType: response.headers["content-type"]?.split(";")[0]?.trim().toLowerCase(),
      name: lastPart(url),
    };
  } catch (error) {
    end();
    throw error;
  }
}

async function follow(
  address: string,
  trustedHosts: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly url: URL }> {
  let url = toUrl(address, undefined);
  for (let redirects = 0; ; redirects++) {
    const response = await ask(url, trustedHosts.includes(url.host), signal);
    const { statusCode = 0, headers } = response;
    const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
    if (!isRedirect) {
      const encoding = headers["content-encoding"] ?? "identity";
      if (statusCode === 200 && encoding === "identity") return { response, url };
      response.destroy();
      throw new Rejected(
        statusCode === 200
          ? `${shown(url.href)} is sent as ${encoding}, which was not asked for.`
          : `${shown(url.href)} was answered with HTTP ${statusCode}.`,
      );
    }
    response.destroy();
    if (redirects === MAX_REDIRECTS)
      throw new Rejected(`${shown(address)} leads on more than ${MAX_REDIRECTS} times.`);
    url = toUrl(headers.location ?? "", url);
  }
}

function toUrl(address: string, base: URL | undefined): URL {
  const url = URL.parse(address, base?.href);
  if (url === null) throw new Rejected(`"${shown(address)}" is no URL.`);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Rejected(`${shown(url.href)} is neither http nor https.`);
  if (url.username !== "" || url.password !== "")
    throw new Rejected(`${shown(url.href)} has a user name or password in it; fetch such files yourself.`);
  return url;
}

function ask(url: URL, isTrusted: boolean, signal: AbortSignal): Promise<IncomingMessage> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (!isTrusted && isIP(host) !== 0 && !isPublicAddress(host)) throw notPublic(url.href);
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolved, reject) => {
    const request = send(url, {
      signal,
      // No socket that was opened for somebody else.
      agent: false,
      headers: { "accept-encoding": "identity", "user-agent": "connector-core" },
      ...(isTrusted ? {} : { lookup: publicOnly(url.href) }),
    });
    request.once("response", resolved);
    request.once("error", (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else if (error instanceof Rejected) reject(error);
      else reject(new Rejected(`${shown(url.href)} cannot be reached (${error.code ?? error.message}).`));
    });
    request.end();
  });
}

/** Resolves names, and fails where any of a name's addresses is not public. */
function publicOnly(address: string): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const [first] = found ?? [];
      if (error !== null) callback(error, "", 0);
      else if (first === undefined || !found.every((each) => isPublicAddress(each.address)))
        callback(notPublic(address), "", 0);
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

function notPublic(address: string): Rejected {
  return new Rejected(`${shown(address)} is not on the public internet.`, {
    mend: "Name its host in trustedHosts of the runtime's options, or send the file by path or bytes.",
  });
}

async function* bodyOf(
  response: IncomingMessage,
  what: string,
  signal: AbortSignal,
  end: () => void,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of response) {
      if (chunk instanceof Uint8Array) yield chunk;
    }
    if (!response.complete) throw new Rejected(`${what} was cut off.`);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof Rejected ? error : new Rejected(`${what} was cut off.`);
  } finally {
    response.destroy();
    end();
  }
}

/** Without query and fragment, and not longer than a line. */
function shown(address: string): string {
  return address
    .replace(/[?#].*$/s, "")
    .replace(/\/\/[^/@]*@/, "//")
    .slice(0, 200);
}

function lastPart({ pathname }: URL): string | undefined {
  const last = pathname.split("/").at(-1) ?? "";
  if (last === "") return undefined;
  try {
    return decodeURIComponent(last);
  } catch {
    // Percent signs that encode nothing: as written.
    return last;
  }
}
