import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import type { UploadedFile } from "../cdn.js";
import { ApiError } from "../errors.js";

/** Of one request (Discord, "Create Message", limitations). */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

export interface RequestBody {
  /** As it came; undefined: there was none. */
  json: unknown;
  /** By the number in `files[n]`. */
  files: Map<number, UploadedFile>;
  /** Other fields of a form, such as those of a sticker. */
  fields: Map<string, string>;
}

export function tooLarge(): ApiError {
  return new ApiError(413, 40005, "Request entity too large");
}

/** Reads a JSON or multipart body (Discord, "Uploading Files"). */
export async function readBody(request: Request): Promise<RequestBody> {
  const body: RequestBody = { json: undefined, files: new Map(), fields: new Map() };
  if (request.method === "GET" || request.method === "HEAD") return body;
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  if (bytes.length === 0) return body;
  const type = request.headers.get("content-type") ?? "";
  if (/^application\/json\b/i.test(type)) body.json = parseJson(bytes.toString("utf8"));
  else if (/^multipart\/form-data\b/i.test(type)) await readForm(type, bytes, body);
  else throw new ApiError(400, 50109, "The request body contains invalid JSON.");
  return body;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 50109, "The request body contains invalid JSON.");
  }
}

function readForm(type: string, bytes: Buffer, body: RequestBody): Promise<void> {
  return new Promise((resolve, reject) => {
    const parser = new Busboy({ headers: { "content-type": type } });
    const failed = (error: unknown) =>
      reject(
        error instanceof ApiError
          ? error
          : new ApiError(400, 0, `Malformed multipart body: ${String(error)}`),
      );
    parser.on("field", (name: string, value: string) => {
      try {
        if (name === "payload_json") body.json = parseJson(value);
        else body.fields.set(name, value);
      } catch (error) {
        failed(error);
      }
    });
    parser.on(
      "file",
      (field: string, stream: BusboyFileStream, name: string, _encoding: string, media: string) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const number = Number(/^files?\[(\d+)\]$/.exec(field)?.[1] ?? body.files.size);
          body.files.set(number, { name, mediaType: media, bytes: Buffer.concat(chunks) });
        });
      },
    );
    parser.on("error", failed);
    parser.on("finish", () => resolve());
    parser.end(bytes);
  });
}
