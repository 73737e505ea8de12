import type {
  ConfigBlock,
  GroupOverrides,
  PlatformOptions,
  RequestFlaw,
  SimulatedAccount,
  SimulatedChat,
  SimulatedFile,
  SimulatedMessage,
  SimulatedPlatform,
  SimulatedRequest,
  SimulatedWebhooks,
} from "@elizaos/connector-simulators/kit";
import { signed } from "./platform/courier.js";
import type { ToyAccount, ToyMessage } from "./platform/driver.js";
import { startToyPlatform, type ToyPlatform, type ToyPlatformOptions } from "./platform/index.js";

const SECRET = "toy-webhook-secret";
const PATH = "/toy";
/** Older than the tolerance of the signatures. */
const OLD_MS = 3_600_000;

/** The toy platform as the conformance suite drives it. The platform's own options change its rules. */
export async function startToyConformance(
  options: PlatformOptions & ToyPlatformOptions = {},
): Promise<SimulatedPlatform> {
  return adapt(await startToyPlatform({ logLimit: 20_000, ...options }));
}

function adapt(platform: ToyPlatform): SimulatedPlatform {
  const behind = new WeakMap<SimulatedMessage, ToyMessage>();

  function show(message: ToyMessage): SimulatedMessage {
    const { id, author, text, thread, quote, edits } = message;
    const shown = {
      id,
      author,
      text,
      edits,
      ...(thread !== undefined && { thread }),
      ...(quote !== undefined && { quote }),
      reactions: Object.values(message.reactions),
      files: message.files.map(({ name, type, bytes }) => ({ name, mediaType: type, bytes })),
      buttons: message.buttons.map((row) =>
        row.map(({ label, ...target }) => ({ text: label, ...("url" in target && { url: target.url }) })),
      ),
    };
    behind.set(shown, message);
    return shown;
  }

  function toyMessage(message: SimulatedMessage): ToyMessage {
    const found = behind.get(message);
    if (found === undefined) throw new Error("This message was not made by this platform");
    return found;
  }

  interface Place {
    readonly kind: SimulatedChat["kind"];
    readonly id: () => string;
    readonly say: (
      person: string,
      text: string,
      quote: ToyMessage | undefined,
      file: SimulatedFile | undefined,
    ) => ToyMessage;
    readonly command: (person: string, account: ToyAccount, name: string, rest: string) => ToyMessage;
    readonly thread?: string;
    readonly more?: Pick<SimulatedChat, "opensThread" | "renames" | "shutsOut" | "overrides">;
  }

  function chat({ kind, id, say, command, thread, more = {} }: Place): SimulatedChat {
    const here = () => platform.messages(id()).filter((each) => each.thread === thread);
    return {
      kind,
      ...(thread !== undefined && { thread }),
      ...more,
      get id() {
        return id();
      },
      says: async ({ name }, text, { replyTo, file } = {}) =>
        show(say(name, text, replyTo && toyMessage(replyTo), file)),
      commands: async ({ name }, account, word, rest) => {
        command(name, platform.account(account.name), word, rest);
      },
      edits: async ({ name }, message, text) => platform.user(name).edits(toyMessage(message), text),
      deletes: async ({ name }, message) => platform.user(name).deletes(toyMessage(message)),
      reacts: async ({ name }, message, emoji) => platform.user(name).reacts(toyMessage(message), emoji),
      async presses({ name }, message, label) {
        const pressed = toyMessage(message);
        const press = platform.user(name).presses(pressed, label);
        const account = platform.account(pressed.author);
        return {
          answered: () => press.answered(),
          redelivered: async () => platform.stream.again(account),
        };
      },
      answers: () =>
        here()
          .filter(({ author }) => known.has(author))
          .map(show),
      now(message) {
        const current = toyMessage(message);
        return current.deleted ? undefined : show(current);
      },
      typed: () =>
        platform.calls.all(({ method, body, status }) => {
          const at = typeof body === "object" && body !== null ? body : {};
          const same =
            "chat" in at && at.chat === id() && ("thread" in at ? at.thread : undefined) === thread;
          return method === "typing" && status === 200 && same;
        }).length,
    };
  }

  const known = new Map<string, SimulatedAccount>();

  return {
    url: platform.url,
    clock: platform.clock,
    watch: platform.watch,
    fault: (rule) => platform.fault(rule),
    disconnect: () => platform.disconnect(),
    halfOpen: () => platform.halfOpen(),
    close: () => platform.close(),
    methods: {
      identify: "me",
      send: "send",
      edit: "edit",
      delete: "delete",
      react: "react",
      typing: "typing",
      fetch: "file",
      receive: "stream",
    },
    calls: () => platform.calls.all(),
    account(name) {
      const account = known.get(name) ?? simulatedAccount(platform, platform.account(name));
      known.set(name, account);
      return account;
    },
    person(name) {
      const user = platform.user(name);
      return {
        name,
        get id() {
          return user.id;
        },
      };
    },
    group(title, { people, accounts, threads = false }) {
      const group = platform.group(title, {
        users: people.map(({ name }) => platform.user(name)),
        accounts: accounts.map(({ name }) => platform.account(name)),
      });
      const place = (thread: string | undefined): Place => ({
        kind: "group",
        id: () => group.id,
        say: (person, text, quote, file) =>
          platform.user(person).says(text, {
            in: group,
            ...(thread !== undefined && { thread }),
            ...(quote && { quote }),
            ...filesOf(file),
          }),
        command: (person, account, word, rest) =>
          platform
            .user(person)
            .gives(account, word, rest, { in: group, ...(thread !== undefined && { thread }) }),
        ...(thread !== undefined && { thread }),
        more: {
          overrides: (settings) => overrides(group.id, thread, settings),
          renames: () => group.moves(),
          shutsOut: ({ name }) => group.silences(platform.account(name)),
          ...(threads &&
            thread === undefined && { opensThread: (name: string) => chat(place(group.thread(name))) }),
        },
      });
      return chat(place(undefined));
    },
    dm({ name }, account) {
      const user = platform.user(name);
      const other = platform.account(account.name);
      return chat({
        kind: "dm",
        id: () => user.chatWith(other),
        say: (_, text, quote, file) =>
          user.says(text, { account: other, ...(quote && { quote }), ...filesOf(file) }),
        command: (_, account, word, rest) => user.gives(account, word, rest),
        more: { shutsOut: () => user.blocks(other) },
      });
    },
    receives: ({ name }) => platform.stream.opened(platform.account(name)),
    cutOff({ name }, quietly = false) {
      if (quietly) platform.stream.mute(platform.account(name));
      else platform.stream.cut(platform.account(name));
    },
    failsLater: (message, _, reason) => platform.report(toyMessage(message), "failed", reason),
    renamesPerson: ({ name }) => platform.user(name).revealsNumber(),
    endRoutes: () => platform.endTickets(),
    files: ["image", "file", "audio", "video"],
    webhooks: webhooks(platform),
  };
}

function filesOf(file: SimulatedFile | undefined) {
  return file === undefined ? {} : { files: [{ name: file.name, type: file.mediaType, bytes: file.bytes }] };
}

function simulatedAccount(platform: ToyPlatform, account: ToyAccount): SimulatedAccount {
  const { id, name, token } = account;
  return {
    id,
    name,
    mention: `@${name}`,
    config: { token, apiRoot: platform.url },
    revoke: () => platform.revoke(account),
    redeliver: () => platform.stream.again(account),
    garble() {
      platform.stream.garble(account, "this is no JSON");
      platform.stream.again(account, { id: "e-unknown", type: "surprise" });
    },
  };
}

function overrides(chat: string, thread: string | undefined, settings: GroupOverrides): ConfigBlock {
  const entry = thread === undefined ? settings : { threads: { [thread]: settings } };
  return { groups: { [chat]: entry } };
}

function webhooks(platform: ToyPlatform): SimulatedWebhooks {
  let last = 0;
  const seconds = (ms: number) => String(Math.floor(ms / 1_000));
  const post = (body: string, headers: Readonly<Record<string, string>>): SimulatedRequest => ({
    method: "POST",
    url: PATH,
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return {
    deadlineMs: 5_000,
    config: () => ({ transport: "webhook", webhookSecret: SECRET, webhookPath: PATH }),
    register: (_, url) => platform.webhook.register({ url: `${url}${PATH}`, secret: SECRET }),
    challenge: () => {
      const body = JSON.stringify({ type: "challenge", challenge: "prove-it" });
      return { request: post(body, signed(body, seconds(platform.clock.now()), SECRET)), answer: "prove-it" };
    },
    request(account, text, flaw) {
      last += 1;
      const now = platform.clock.now();
      const event = {
        id: `e-hook-${last}`,
        account: flaw === "stranger" ? "b-nobody" : account.id,
        seq: last,
        at: now,
        type: "said",
        chat: { id: "p-hook", kind: "private" },
        message: { id: String(last), author: { id: "u-hook", name: "Hook", bot: false }, text },
      };
      const body =
        flaw === "malformed"
          ? "this is no JSON"
          : JSON.stringify({ type: "events", delivery: `d-hook-${last}`, events: [event] });
      return post(body, headersFor(body, now, flaw));
    },
  };

  function headersFor(body: string, now: number, flaw: RequestFlaw | undefined) {
    switch (flaw) {
      case "unsigned":
        return {};
      case "forged":
        return signed(body, seconds(now), `${SECRET}-of-somebody-else`);
      case "altered":
        return signed(`${body} `, seconds(now), SECRET);
      case "old":
        return signed(body, seconds(now - OLD_MS), SECRET);
      default:
        return signed(body, seconds(now), SECRET);
    }
  }
}
