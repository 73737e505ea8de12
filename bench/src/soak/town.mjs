// People on a simulated Telegram: what they asked, and what the bot said to it, where and how often.
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { TOKEN } from "../constants.mjs";
import { KINDS, question, wordsIn } from "./answers.mjs";

const PEOPLE = 20;
const TOPICS = ["food", "news", "pets"];
const USERNAME = "soak_bot";

export async function openTown(chance) {
  const sim = await startTelegramSimulator();
  const bot = sim.bot({ token: TOKEN, username: USERNAME, privacyMode: false });
  const people = Array.from({ length: PEOPLE }, (_, index) => sim.user(`Person ${index + 1}`));
  const groups = ["first", "second"].map((name) => sim.group(name, { members: people, forum: true }));
  let plain = sim.group("plain", { members: people });
  /** Chat ids that are one place. */
  const sameAs = new Map();
  const forumPlaces = groups.flatMap((group) => [
    { speaker: (person) => group.from(person) },
    ...TOPICS.map((name) => {
      const topic = group.topic(name);
      return { speaker: (person) => topic.from(person) };
    }),
  ]);
  const places = [
    ...people.map((person) => ({ speaker: () => person.with(bot) })),
    ...forumPlaces,
    { speaker: (person) => plain.from(person) },
  ];
  /** By number. */
  const questions = new Map();
  const open = new Set();
  /** The latest text of every message of the bot that holds a word of an answer, and what it was in before. */
  const texts = new Map();
  const faults = [];
  let last = performance.now();

  function placeOf({ chat, message_thread_id: thread, is_topic_message: isTopic }) {
    return `${sameAs.get(chat.id) ?? chat.id}${isTopic ? `#${thread}` : ""}`;
  }

  sim.onBotMessage(({ message }) => {
    const place = placeOf(message);
    const id = `${message.chat.id}/${message.message_id}`;
    const before = texts.get(id) ?? [];
    const words = wordsIn(message.text ?? "");
    if (before.length > 0 || words.length > 0) texts.set(id, words);
    for (const { word, number } of before) countOf(questions.get(number), word, -1);
    for (const { word, number } of words) {
      const asked = questions.get(number);
      if (asked === undefined || !KINDS[asked.kind].includes(word)) {
        faults.push(`"${word} q${number}" answers nothing that was asked`);
        continue;
      }
      if (asked.place !== place)
        faults.push(`"${word} q${number}" was said in ${place} instead of ${asked.place}`);
      countOf(asked, word, 1);
      if (!asked.firstAt.has(word)) {
        asked.firstAt.set(word, performance.now());
        if (asked.firstAt.size === KINDS[asked.kind].length) open.delete(number);
        last = performance.now();
        noteOrder(place, asked, word);
      }
    }
  });

  const newest = new Map();
  function noteOrder(place, asked, word) {
    const rank = asked.number * 10 + KINDS[asked.kind].indexOf(word);
    const before = newest.get(place);
    if (before !== undefined && rank < before.rank)
      faults.push(`in ${place} "${word} q${asked.number}" came after ${before.name}`);
    else newest.set(place, { rank, name: `"${word} q${asked.number}"` });
  }

  return {
    sim,
    bot,
    chats: [...people.map(({ id }) => id), ...groups.map(({ id }) => id)],
    questions,
    faults,
    /** Questions without an answer. */
    get open() {
      return open;
    },
    /** When something was answered last, on the clock of `performance`. */
    get answeredAt() {
      return last;
    },
    async asks() {
      const number = questions.size + 1;
      const kind = chance.weighted([
        ["plain", 5],
        ["many", 2],
        ["long", 1],
        ["stream", 2],
      ]);
      const asked = {
        number,
        kind,
        place: "",
        askedAt: performance.now(),
        copies: new Map(),
        firstAt: new Map(),
      };
      questions.set(number, asked);
      open.add(number);
      const message = await chance.pick(places).speaker(chance.pick(people)).says(question(number, kind));
      asked.place = placeOf(message);
    },
    /** The plain group gets another id, as a basic group does that becomes a supergroup. */
    migrates() {
      const old = plain.id;
      plain = plain.migrates();
      sameAs.set(plain.id, old);
    },
    close: () => sim.close(),
  };
}

function countOf(asked, word, more) {
  asked?.copies.set(word, (asked.copies.get(word) ?? 0) + more);
}
