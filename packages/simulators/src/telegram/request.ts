import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { ApiError, badRequest } from "./errors.js";

/** Larger bodies are refused with 413. */
const MAX_BODY_BYTES = 60 * 1024 * 1024;

export interface UploadedFile {
  name: string;
  bytes: Uint8Array;
}

/** As they came: text, or what JSON gave. Two are named because the dispatcher reads them. */
export type ParamValues = { [name: string]: unknown; chat_id?: unknown; method?: unknown };

export interface RequestParams {
  values: ParamValues;
  files: Map<string, UploadedFile>;
}

/**
 * The parameters of a Bot API request, from the query and a JSON, urlencoded or multipart body (Bot API, "Making
 * requests"). The body wins over the query.
 */
export async function readParams(request: Request): Promise<RequestParams> {
  const values: Record<string, unknown> = Object.fromEntries(new URL(request.url).searchParams);
  const files = new Map<string, UploadedFile>();
  if (request.method !== "POST") return { values, files };
  const body = Buffer.from(await request.arrayBuffer());
  if (body.length > MAX_BODY_BYTES) throw new ApiError(413, "Request Entity Too Large");
  const type = request.headers.get("content-type") ?? "";
  if (/^application\/json\b/i.test(type)) Object.assign(values, parseJsonObject(body.toString("utf8")));
  else if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    Object.assign(values, Object.fromEntries(new URLSearchParams(body.toString("utf8"))));
  } else if (/^multipart\/form-data\b/i.test(type)) await parseMultipart(type, body, values, files);
  return { values, files };
}

function parseJsonObject(body: string): object {
  if (body.trim() === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw badRequest(`can't parse JSON object: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw badRequest("can't parse JSON object: the body must be an object");
  }
  return parsed;
}

function parseMultipart(
  type: string,
  body: Buffer,
  values: Record<string, unknown>,
  files: Map<string, UploadedFile>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const parser = new Busboy({ headers: { "content-type": type } });
    parser.on("field", (name: string, value: string) => {
      values[name] = value;
    });
    parser.on("file", (field: string, stream: BusboyFileStream, name: string) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => files.set(field, { name, bytes: Buffer.concat(chunks) }));
    });
    parser.on("error", (error: unknown) =>
      reject(badRequest(`can't parse multipart body: ${String(error)}`)),
    );
    parser.on("finish", () => resolve());
    parser.end(body);
  });
}
