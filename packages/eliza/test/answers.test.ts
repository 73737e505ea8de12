import type { ToyAccount, ToyPlatform, ToyUser } from "@elizaos/connector-testkit/toy";
import { expect, it } from "vitest";
import { FakeRuntime, folder, started, toyPlatform } from "./fake-runtime.js";

async function talk(): Promise<{
  readonly runtime: FakeRuntime;
  readonly platform: ToyPlatform;
  readonly account: ToyAccount;
  readonly ada: ToyUser;
}> {
  const platform = await toyPlatform();
  const account = platform.account("quoter");
  const runtime = new FakeRuntime(
    { CONNECTORS_STATE_DIR: folder(), TOY_TOKEN: account.token, TOY_DM_POLICY: "open", TOY_ALLOW_FROM: "*" },
    { settings: { toy: { apiRoot: platform.url } } },
  );
  await started(runtime);
  return { runtime, platform, account, ada: platform.user("Ada") };
}

const heard = (ada: ToyUser) => ada.heard().map(({ text }) => text);

it("what was streamed and comes whole at its end is said once, and what follows is a message of its own", async () => {
  const { runtime, account, ada } = await talk();
  runtime.handle = async ({ stream, say }) => {
    await stream("Let me ");
    await stream("see.");
    await say({ text: "Let me see. Yes!" });
    await say({ text: "And more." });
  };
  ada.says("hello", { account });
  expect((await ada.hears()).text).toBe("Let me see. Yes!");
  expect((await ada.hears()).text).toBe("And more.");
  expect(heard(ada)).toHaveLength(2);
});

it("an answer does not wait for evaluators, and the next message of its room does", async () => {
  const { runtime, platform, account, ada } = await talk();
  const bob = platform.user("Bob");
  const evaluators = Promise.withResolvers<void>();
  runtime.handle = async ({ message, say, evaluate }) => {
    await say({ text: `heard ${message.content.text}` });
    if (message.content.text !== "one") return;
    await evaluate();
    await evaluators.promise;
  };
  ada.says("one", { account });
  expect((await ada.hears()).text).toBe("heard one");
  ada.says("two", { account });
  bob.says("three", { account });
  expect((await bob.hears()).text).toBe("heard three");
  expect(runtime.handled.map(({ content }) => content.text)).toEqual(["one", "three"]);
  evaluators.resolve();
  expect((await ada.hears()).text).toBe("heard two");
});

it("what is said when the turn is over is sent all the same", async () => {
  const { runtime, account, ada } = await talk();
  let late: (() => Promise<unknown>) | undefined;
  runtime.handle = async ({ say }) => {
    await say({ text: "at once" });
    late = () => say({ text: "a thought later" });
  };
  ada.says("hello", { account });
  expect((await ada.hears()).text).toBe("at once");
  await late?.();
  expect((await ada.hears()).text).toBe("a thought later");
});

it("an attempt that fails half-way leaves no answer in the memory that nobody got", async () => {
  const { runtime, account, ada } = await talk();
  ada.says("first", { account });
  await ada.hears();
  let attempts = 0;
  runtime.handle = async ({ say }) => {
    attempts++;
    await say({ text: `attempt ${attempts}` });
    if (attempts === 1) throw new Error("the model went away");
  };
  ada.says("hello", { account });
  expect((await ada.hears({ timeoutMs: 10_000 })).text).toMatch(/Something went wrong/);
  expect((await ada.hears({ timeoutMs: 10_000 })).text).toBe("attempt 2");
  await expect.poll(() => runtime.texts()).toEqual(["first", "You said: first", "hello", "attempt 2"]);
});

it("a release with message connectors is told of ours once, with its handler", async () => {
  const platform = await toyPlatform();
  const account = platform.account("quoter");
  const registered: { readonly source: string; readonly sendHandler: unknown }[] = [];
  const runtime = Object.assign(
    new FakeRuntime(
      { CONNECTORS_STATE_DIR: folder(), TOY_TOKEN: account.token },
      { settings: { toy: { apiRoot: platform.url } } },
    ),
    { registerMessageConnector: (connector: (typeof registered)[number]) => void registered.push(connector) },
  );
  await started(runtime);
  expect(registered).toMatchObject([{ source: "toy", sendHandler: expect.any(Function) }]);
  expect(runtime.sendHandlers.size).toBe(0);
});
