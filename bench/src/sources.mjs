// Where code that is bundled in dist was written.
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";

/** By the URL of the built file; undefined where it has none. */
const maps = new Map();

/** The call frame of a profile as if its source ran; what is not built here stays as it is. Lines and columns count from 0. */
export function inSource(callFrame) {
  const { url, lineNumber, columnNumber } = callFrame;
  const entry = mapOf(url)?.findEntry(lineNumber, columnNumber);
  if (entry?.originalSource === undefined) return callFrame;
  return {
    ...callFrame,
    url: new URL(entry.originalSource, url).href,
    lineNumber: entry.originalLine,
    columnNumber: entry.originalColumn,
  };
}

function mapOf(url) {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url) {
  if (!/^file:.*\/dist\//.test(url) || url.includes("/node_modules/")) return undefined;
  const path = `${fileURLToPath(url)}.map`;
  return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
}
