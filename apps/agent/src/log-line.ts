import { styleText } from "node:util";
import { isRecord } from "@elizaos/connector-core";
import { oneLine } from "./text.js";

type Style = Parameters<typeof styleText>[0];

const LEVEL_STYLES: Readonly<Record<string, Style>> = {
  trace: "gray",
  debug: "gray",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "red",
};

/** Turns one JSON line of pino into one line for people; a stack follows on lines of its own. */
export function readableLine(json: string, colors: boolean): string {
  const record = parse(json);
  if (!isRecord(record)) return json;
  const { level, time, msg, connector, account, ...fields } = record;
  const paint = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const label = String(level);
  const who =
    typeof connector === "string"
      ? `${connector}${typeof account === "string" ? `/${account}` : ""}`
      : undefined;
  const stacks: string[] = [];
  const head = [
    paint("gray", localTime(time)),
    paint(LEVEL_STYLES[label] ?? "gray", label.padEnd(5)),
    who === undefined ? undefined : paint("cyan", oneLine(who)),
    oneLine(String(msg ?? "")),
    ...Object.entries(fields).map(([key, value]) => paint("gray", field(key, value, stacks))),
  ];
  const line = head.filter((each) => each !== undefined && each !== "").join(" ");
  return `${[line, ...stacks].join("\n")}\n`;
}

/** A mask may have hit the line's own punctuation; such a line is shown as it is. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function field(key: string, value: unknown, stacks: string[]): string {
  if (isRecord(value) && typeof value["message"] === "string") {
    if (typeof value["stack"] === "string")
      stacks.push(...value["stack"].split("\n").map((each) => `    ${oneLine(each)}`));
    const mend = typeof value["mend"] === "string" ? ` (${oneLine(value["mend"])})` : "";
    return `${key}=${JSON.stringify(oneLine(value["message"]))}${mend}`;
  }
  if (typeof value === "string")
    return `${key}=${/^[\w@./:+-]+$/.test(value) ? value : JSON.stringify(oneLine(value))}`;
  return `${key}=${oneLine(JSON.stringify(value) ?? "")}`;
}

function localTime(time: unknown): string {
  const date = new Date(typeof time === "string" ? time : Date.now());
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
