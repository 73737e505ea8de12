import { Transient } from "@elizaos/connector-core";

/** A line longer than this is not one of the platform's; in UTF-16 units. */
const LINE_MAX = 1_000_000;

/** The lines of a stream as they come, without their ends. */
export async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
    if (rest.length > LINE_MAX)
      throw new Transient(`The stream sent a line of more than ${LINE_MAX} characters.`, { where: "stream" });
  }
}
