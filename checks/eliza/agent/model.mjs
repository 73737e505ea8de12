// A model without network: what it says follows from the message alone.

const ASKED = "The message reads: ";

/**
 * @param {Map<string, Promise<void>>} gates what it waits for before it answers a message, by its text
 * @param {string[]} asked texts of messages that it was asked about, in order
 */
export function modelPlugin(gates, asked) {
  return {
    name: "model",
    description: "A model without network",
    providers: [
      {
        name: "RECENT_MESSAGES",
        // Through the runtime's own store, so that the model sees only what stands there.
        async get(runtime, message) {
          const stored = await runtime.getMemoryById(message.id);
          const { text, attachments = [] } = stored?.content ?? {};
          const files = attachments.map(({ description }) => description);
          return { text: ASKED + JSON.stringify([text ?? null, ...files]) };
        },
      },
    ],
    actions: [
      {
        name: "SAY_TWICE",
        description: "Says two things.",
        similes: [],
        examples: [],
        validate: async () => true,
        async handler(_runtime, _message, _state, _options, callback) {
          await callback({ text: "one" });
          await callback({ text: "" });
          await callback({ text: "two" });
          return { success: true, text: "done" };
        },
      },
    ],
    models: {
      TEXT_LARGE: answer,
      TEXT_SMALL: async (_runtime, { prompt }) => {
        const [id] = /message \\?"?(\d+)/.exec(prompt)?.slice(1) ?? [];
        if (prompt.includes("JSON Schema")) return JSON.stringify({ message: id ?? "1" });
        return answer(_runtime, { prompt });
      },
      ACTION_PLANNER: answer,
      IMAGE_DESCRIPTION: async (_runtime, { imageUrl }) => ({
        title: "Image",
        description: `a picture of ${Buffer.from(imageUrl.split(",")[1], "base64").length} bytes`,
      }),
    },
  };

  async function answer(_runtime, { prompt }) {
    const found = read(prompt);
    // 2.x asks more than what to answer: which providers to call, what to remember.
    if (!found) return "<response></response>";
    const [text, ...files] = found;
    asked.push(text);
    await gates.get(text);
    if (text.startsWith("ignore")) return response("IGNORE", "");
    if (text.startsWith("twice")) return response("SAY_TWICE", "");
    const [, action] = /^do ([A-Z_]+)/.exec(text) ?? [];
    if (action) return response(action, "");
    const said = [`You said: "${text}"`, ...files].join(" ");
    if (prompt.includes("Speak as in a museum")) return response("REPLY", `Ladies and gentlemen! ${said}`);
    return response("REPLY", said);
  }
}

/** What stands in the prompt of the message: 1.x brings no provider for it, so that ours is shown; 2.x has its own. */
function read(prompt) {
  const line = prompt.split("\n").find((text) => text.startsWith(ASKED));
  if (line) return JSON.parse(line.slice(ASKED.length));
  const received = /# Received Message\n[^\n:]+: (.*?)\n\n/s.exec(prompt);
  return received?.[1].split("\n");
}

function response(actions, text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<response><thought>Quote it.</thought><actions>${actions}</actions><providers></providers><text>${escaped}</text><simple>true</simple></response>`;
}
