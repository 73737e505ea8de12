import { oneLine } from "../text.js";

const NUMBERS = new Intl.NumberFormat("en-US");

/** A stranger can be called anything, so the id always stands beside the name. */
export function person({ name, sender }: { readonly name: string | null; readonly sender: string }): string {
  return name === null ? `id ${oneLine(sender)}` : `“${oneLine(name)}” (id ${oneLine(sender)})`;
}

/** What a flood of strangers did; undefined when there was none. */
export function pressureSentence({
  waiting,
  evicted,
}: {
  readonly waiting: number;
  readonly evicted: number;
}): string | undefined {
  const parts = [
    ...(waiting === 0
      ? []
      : [`${NUMBERS.format(waiting)} more ${waiting === 1 ? "is" : "are"} waiting for a code`]),
    ...(evicted === 0
      ? []
      : [`${NUMBERS.format(evicted)} ${evicted === 1 ? "request was" : "requests were"} dropped in a flood`]),
  ];
  return parts.length === 0 ? undefined : parts.join("; ");
}
