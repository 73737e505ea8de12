import { randomBytes } from "node:crypto";
import type {
  Account,
  Address,
  Connection,
  ConnectionContext,
  EventBatch,
  Features,
  IdentifyContext,
  Identity,
  InboundEvent,
  Probe,
} from "@elizaos/connector-core";
import { proxySecrets } from "@elizaos/connector-core";
import { Routes } from "discord-api-types/v10";
import { Access } from "./access.js";
import { actionsAt } from "./actions/index.js";
import type { Tools } from "./actions/tools.js";
import { AutoThreads } from "./auto-thread.js";
import { backfill } from "./backfill.js";
import { buttonsFeature } from "./buttons.js";
import { keepCommands } from "./commands/keeper.js";
import { wantedCommands } from "./commands/wanted.js";
import { type DiscordConfig, tokenOf } from "./config.js";
import { DirectChats } from "./direct-chats.js";
import { DirectOpener } from "./direct-opener.js";
import { Directory } from "./directory.js";
import { draftFeature, showDraft } from "./draft.js";
import { type Gateway, openGateway } from "./gateway.js";
import { Intake } from "./intake.js";
import { intentsOf } from "./intents.js";
import { Acknowledger } from "./interactions/acknowledger.js";
import { Answers } from "./interactions/answers.js";
import { readRoute } from "./interactions/route.js";
import { Lookups } from "./lookups.js";
import { getApplication, getMe } from "./me.js";
import { download } from "./media/download.js";
import { limits, MEDIA } from "./media/limits.js";
import { Members } from "./members.js";
import { channelOf, type DispatchOptions, dispatch, prepare } from "./outbound.js";
import { PluralKit } from "./pluralkit.js";
import { cursorName, readPosition } from "./position.js";
import { createRest, type Rest } from "./rest.js";
import { idAt } from "./snowflake.js";

/** Discord shows "typing" for 10 s or until a message comes (API: Trigger Typing Indicator). */
const TYPING_REFRESH_MS = 8_000;
const PROBE_LIMIT_MS = 10_000;
/** A server that is down is not waited for. */
const SERVERS_LIMIT_MS = 15_000;
/** Discord keeps a message's nonce for some minutes ("Create Message", enforce_nonce); this long it surely does. */
const NONCE_WINDOW_MS = 120_000;

const SEND = { idempotency: { mode: "native", windowMs: NONCE_WINDOW_MS }, onUnknown: "resend" } as const;
/** Making them twice leaves what making them once does, or a double that is better than silence. */
const SAME = { idempotency: { mode: "none" }, onUnknown: "resend" } as const;

export const features: Features = {
  // What was missed can be read again over REST.
  transport: { class: "replayable", windowMs: 48 * 3_600_000 },
  operations: { send: SEND, edit: SAME, delete: SAME, react: SAME, action: SEND },
  typing: { refreshMs: TYPING_REFRESH_MS },
  draft: draftFeature,
  mentions: true,
  threads: true,
  events: ["edited", "deleted", "reaction", "vote", "member", "lifecycle", "command", "button"],
  buttons: buttonsFeature,
  media: { inbound: MEDIA, outbound: MEDIA },
};

/** What follows the first answer to an interaction bears no nonce: Discord takes none there. */
function featuresAt(to: Address | undefined): Features {
  if (to === undefined || readRoute(to) === undefined) return features;
  return { ...features, operations: { ...features.operations, send: SAME, action: SAME } };
}

/** Asks Discord whose token it is. */
export async function identify(account: Account<DiscordConfig>, context: IdentifyContext): Promise<Identity> {
  for (const secret of proxySecrets(account.config.proxy)) context.secret(secret);
  const rest = await createRest({ config: account.config, clock: context.clock });
  try {
    return await getMe(rest, context.signal);
  } finally {
    rest.close();
  }
}

export async function open(account: Account<DiscordConfig>, context: ConnectionContext): Promise<Connection> {
  const { config } = account;
  const { clock, log } = context;
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  for (const secret of proxySecrets(config.proxy)) context.secret(secret);
  const rest = await createRest({ config, clock, onUnauthorised: context.fail });
  try {
    const application = await getApplication(rest, signal);
    const intents = intentsOf(config, application.flags);
    context.note("intents", intents.note);
    const self = context.identity.slice(context.identity.indexOf(":") + 1);
    const directory = new Directory(self);
    const direct = new DirectChats(context.state, context);
    const lookups = new Lookups({ rest, directory, config, context, signal });
    const members = new Members({ config, rest, clock, log, self });
    const pluralKit = new PluralKit({ config, rest, members, context });
    const acknowledger = new Acknowledger({ rest, log, signal });
    const answers = new Answers({ rest, acknowledger, state: context.state, clock });
    const applicationId = config.applicationId ?? application.id;
    const commands = keepCommands({
      application: applicationId,
      wanted: wantedCommands(config, context.commands),
      rest,
      context,
      signal,
    });
    const ownCommands = new Set(
      context.commands.flatMap(({ name, source }) => (source === "runtime" ? [name] : [])),
    );
    const threads = new AutoThreads({ config, rest, directory, context });
    const marked = (event: InboundEvent, isThere?: boolean) =>
      members.marked(threads.marked(pluralKit.marked(event, isThere)));
    const intake = new Intake({
      context,
      directory,
      lookups,
      self,
      signal,
      marked,
      onDeleted: (messages) => pluralKit.deleted(messages),
      application: applicationId,
      isPrivate: (command) => config.slashCommand.ephemeral || ownCommands.has(command),
      onDirect: (channel) => void direct.remember(channel),
      onInteraction: (acknowledgement) => acknowledger.begin(acknowledgement),
    });
    const access = new Access({ config, rest, directory, context, self, signal });
    await restore(intake, context);
    const gateway = await openGateway({
      token: tokenOf(config),
      intents: intents.bits,
      rest,
      clock,
      log,
      signal,
      position: (shard) => intake.session(shard),
      session: (shard, session) => intake.began(shard, session),
      dispatch: (event) => {
        access.follow(event.type);
        intake.take(event);
      },
      online() {
        context.status({ state: "online" });
        commands.begin();
        access.look();
      },
      reconnecting: (reason) => context.status({ state: "reconnecting", reason }),
      note: context.note,
      fail: context.fail,
    });
    const opener = new DirectOpener(rest);
    const sending = { rest, direct: opener, answers };
    const tools: Tools = {
      config,
      rest,
      directory,
      direct: opener,
      setPresence: (presence) => gateway.setPresence(presence),
      self,
      clock,
    };
    return {
      supports: (to) => ({ ...featuresAt(to), ...limits }),
      prepare: async (operation) => threads.prepared(operation, await prepare(operation, config)),
      dispatch: (part, dispatching) =>
        threads.dispatch(part, dispatching, (...call) => dispatch(...call, sending)),
      actions: (to) => threads.beside(to, (place) => actionsAt(place, tools)),
      draft: async (draft, until) =>
        showDraft(await threads.placed(draft, until), draftKey(), until, config, sending),
      catchUp: (until) => catchUp({ rest, directory, direct, context, self, marked }, intake, until),
      hydrate: (event, until) =>
        event.kind === "message" ? pluralKit.complete(event, until) : members.complete(event, until),
      download: (attachment, until) => download(attachment, until, { rest, clock }),
      typing: (to, until) => typing(threads.awaited(to), until, sending),
      probe: (until) => probe(rest, gateway, until),
      async close() {
        closing.abort();
        await gateway.close();
        await Promise.all([intake.settled(), acknowledger.settled(), commands.ended()]);
        rest.close();
      },
    };
  } catch (error) {
    closing.abort();
    rest.close();
    throw error;
  }
}

/** Where an earlier life left off. At the very first start nothing that was said before is answered. */
async function restore(intake: Intake, context: ConnectionContext): Promise<void> {
  const now = idAt(context.clock.now());
  for (let shard = 0; ; shard += 1) {
    const stored = readPosition(await context.cursor(cursorName(shard)));
    if (stored !== undefined) intake.restore(shard, stored);
    else if (shard === 0) intake.begin(shard, now);
    else return;
  }
}

/** What a resumed session does not bring. */
async function* catchUp(
  options: Parameters<typeof backfill>[0],
  intake: Intake,
  signal: AbortSignal,
): AsyncIterable<EventBatch> {
  const since = intake.behind;
  if (since === undefined) return;
  // Which channels there are stands in what the gateway tells of each server.
  await options.directory.complete(options.context.clock, SERVERS_LIMIT_MS);
  await intake.settled();
  yield* backfill(options, since, signal);
  await intake.caughtUp();
}

async function typing(
  to: Address,
  signal: AbortSignal,
  { rest, direct }: Pick<DispatchOptions, "rest" | "direct">,
): Promise<void> {
  // Of a command Discord shows that the bot is thinking.
  if (readRoute(to) !== undefined) return;
  const { chat, thread } = await direct.resolve(to, signal);
  const channel = channelOf({ chat, ...(thread === undefined ? {} : { thread }) });
  await rest.call({
    call: "POST typing",
    method: "POST",
    route: Routes.channelTyping(channel),
    signal,
    isRepeatable: true,
  });
}

async function probe(rest: Rest, gateway: Gateway, signal: AbortSignal): Promise<Probe> {
  try {
    const { name = "" } = await getMe(rest, signal, PROBE_LIMIT_MS);
    const { latencyMs } = gateway;
    return {
      status: "ok",
      detail: latencyMs === undefined ? name : `${name}, gateway answers in ${latencyMs} ms`,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown error";
    const isRefused = error instanceof Error && "code" in error && error.code === "auth";
    return { status: isRefused ? "unauthorised" : "unreachable", reason };
  }
}

/** A draft is shown once: nothing depends on its key. */
function draftKey(): string {
  return randomBytes(12).toString("base64url");
}
