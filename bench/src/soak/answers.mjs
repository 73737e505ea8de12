// What is asked and what must be answered: a question names its number and kind, every piece of its answer quotes the number.

/** Kinds of questions with the words that their answers must hold, in order. A word is a message of its own, or stands in one part. */
export const KINDS = {
  plain: ["say"],
  many: ["say", "and"],
  /** One text that is longer than a Telegram message: two calls. */
  long: ["say", "end"],
  /** Shown while it is being written. */
  stream: ["say"],
};

const FILLER = "xxxxxxxxx ".repeat(409);
const DELTAS = 4;

export function question(number, kind) {
  return `q${number} ${kind}, please`;
}

/** The words of answers that stand in a text, each with the number of its question. */
export function wordsIn(text) {
  return [...text.matchAll(/\b(say|and|end) q(\d+)\b/g)].map(([, word, number]) => ({
    word,
    number: Number(number),
  }));
}

export function numberIn(text) {
  const found = /\bq(\d+) [a-z]+, please/.exec(text);
  return found === null ? undefined : Number(found[1]);
}

/** The agent under test: answers as asked, and takes its time for some. */
export function answerOf(text, wait) {
  const [, number, kind] = /\b(q\d+) ([a-z]+), please/.exec(text) ?? [];
  const message = (body) => ({ type: "message", format: "plain", text: body });
  switch (kind) {
    case "plain":
      return [message(`say ${number}`)];
    case "many":
      return [message(`say ${number}`), message(`and ${number}`)];
    case "long":
      return [message(`say ${number} ${FILLER} end ${number}`)];
    case "stream":
      return written(number, wait);
    default:
      return [];
  }
}

/** The word that counts comes last, so that an unfinished answer is never taken for one. */
async function* written(number, wait) {
  for (let delta = 1; delta <= DELTAS; delta++) {
    yield { type: "delta", text: `thinking (${delta} of ${DELTAS}) ` };
    await wait(700);
  }
  yield { type: "delta", text: `so I say ${number}` };
}
