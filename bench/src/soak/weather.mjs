// What goes wrong at the platform, by chance: a few faults at a time, each for a call or some.

const SENDING = ["sendMessage", "editMessageText"];

/** Starts the weather; `end` makes everything work again. */
export function openWeather({ sim, bot, chats }, chance) {
  const rules = [];
  const counts = new Map();
  let timer;

  function add(rule) {
    rules.push(sim.fault(rule));
  }

  function count(name, more = 1) {
    counts.set(name, (counts.get(name) ?? 0) + more);
  }

  function strike() {
    const method = chance.weighted([
      ["sendMessage", 5],
      ["editMessageText", 2],
      ["getUpdates", 2],
    ]);
    const times = chance.between(1, 3);
    const kind = chance.weighted([
      ["refuse", 4],
      ["flood", 3],
      ["reset", 2],
      ["resetAfter", 2],
      ["truncate", 2],
      ["delay", 3],
      ["hang", SENDING.includes(method) ? 1 : 0.1],
      ["hangAfter", SENDING.includes(method) ? 1 : 0.1],
      ["cut", 1],
      ["half-open", 0.1],
      ["again", 2],
      ["reorder", 1],
    ]);
    switch (kind) {
      case "refuse":
        return add({ kind: "status", status: chance.pick([500, 502, 503]), method, times });
      case "flood":
        return add({
          kind: "flood",
          retryAfterSeconds: chance.between(1, 5),
          times: 1,
          ...(SENDING.includes(method) && chance.of(0.7)
            ? { method: SENDING, chat: chance.pick(chats) }
            : { method }),
        });
      case "delay":
        return add({ kind: "delay", ms: chance.between(100, 2_000), method, times });
      case "cut":
        count("all connections cut");
        return sim.disconnect();
      case "half-open":
        count("open calls never answered");
        return sim.halfOpen();
      case "again":
        return again();
      case "reorder":
        count("batch in reverse order");
        return bot.reorder();
      default:
        return add({ kind, method, times: kind.startsWith("hang") ? 1 : times });
    }
  }

  function again() {
    const most = chance.between(1, 10);
    try {
      count("update brought again", bot.redeliver(most).length);
    } catch {
      // Not so many were confirmed yet.
      count("update brought again", 0);
    }
  }

  function next() {
    strike();
    timer = setTimeout(next, chance.between(200, 2_500));
  }
  next();

  return {
    end() {
      clearTimeout(timer);
      sim.clearFaults();
    },
    /** How often each kind of fault hit. */
    hits() {
      const hits = new Map(counts);
      for (const { rule, hits: times } of rules) {
        const name = rule.kind === "status" ? `${rule.status}` : rule.kind === "flood" ? "429" : rule.kind;
        hits.set(name, (hits.get(name) ?? 0) + times);
      }
      return [...hits].filter(([, times]) => times > 0).sort(([a], [b]) => a.localeCompare(b));
    },
    /** Calls that came before a wait was over that their chat had been told; of other waits only the platform knows the scope. */
    early: () => rules.reduce((sum, { rule, early }) => sum + (rule.chat === undefined ? 0 : early), 0),
  };
}
