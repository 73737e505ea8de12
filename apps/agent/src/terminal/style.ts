import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Colours a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Whether to colour what goes to this stream: https://no-color.org. */
export function hasColors(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";
}

export function painter(colors: boolean): Paint {
  return (style, text) => (colors ? styleText(style, text, { validateStream: false }) : text);
}

/** The colour of a fate: green reached the agent, yellow was kept from it, red needs somebody. */
export function fatePaint(fate: string): Style {
  if (fate === "answered" || fate === "silent") return "green";
  if (fate === "dead") return "red";
  return fate === "context" || fate === "accepted" || fate === "admitted" ? "cyan" : "yellow";
}
