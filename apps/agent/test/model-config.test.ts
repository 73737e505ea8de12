import { expect, test } from "vitest";
import { type RunOptions, Workspace } from "./support/cli.js";
import { startModelServer } from "./support/model-server.js";
import { telegramConfig, telegramWithBot } from "./support/telegram.js";

async function startWith(
  config: Readonly<Record<string, unknown>>,
  character?: Readonly<Record<string, unknown>>,
  options: RunOptions = {},
) {
  const sim = await telegramWithBot();
  const workspace = new Workspace();
  workspace.file("milady.json", {
    ...telegramConfig(sim, { dmPolicy: "open", allowFrom: ["*"] }),
    ...config,
  });
  const args = character === undefined ? [] : ["--character", workspace.file("who.json", character)];
  return { sim, host: workspace.run(["start", ...args], options) };
}

for (const [config, line] of [
  [{ modelProvider: "antropic" }, 'modelProvider: unknown provider "antropic"; did you mean "anthropic"?'],
  [
    { model: { provider: "ollama" } },
    'model.provider: unknown provider "ollama"; known: anthropic, openai, google, openai-compatible (any server with that API, such as Ollama, at model.baseURL)',
  ],
  [{ modelProvider: 1 }, "modelProvider: must be one of anthropic, openai, google, openai-compatible"],
  [{ model: "gpt" }, 'model: must be an object, such as { "provider": "anthropic" }'],
  [{ model: { baseUrl: "x" } }, 'model.baseUrl: unknown key "baseUrl"; did you mean "baseURL"?'],
  [{ modl: {} }, 'modl: unknown key "modl"; did you mean "model"?'],
  [
    { model: { name: "x" } },
    "model.provider: is missing: set it to anthropic, openai, google, openai-compatible",
  ],
  [{ model: { provider: "openai", name: "" } }, "model.name: must not be empty"],
  [{ model: { provider: "openai", name: 5 } }, "model.name: must be text"],
  [
    { model: { baseURL: "http://127.0.0.1:1/v1" } },
    'model.name: is missing: set it to a model of the server, such as "llama3.2"',
  ],
  [
    { model: { provider: "openai-compatible", name: "x" } },
    "model.baseURL: is missing: set it to the server's address, such as http://127.0.0.1:11434/v1 for Ollama",
  ],
  [
    { model: { baseURL: "localhost:11434", name: "x" } },
    "model.baseURL: must be the address of an API, such as http://127.0.0.1:11434/v1",
  ],
  [
    { model: { baseURL: "http://me:SECRET-PART@host/v1", name: "x" } },
    "model.baseURL: must not hold a user name or password; keys go into model.apiKey",
  ],
  [
    { model: { baseURL: "http://host/v1/chat/completions", name: "x" } },
    "model.baseURL: must end before /chat/completions, which is added to it",
  ],
  [
    { model: { provider: "openai", apiKey: "SECRET-PART…" } },
    "model.apiKey: has characters that no API key has; was something else copied along?",
  ],
] as const) {
  test(`wrong: ${JSON.stringify(config)}`, async () => {
    const { host } = await startWith(config);
    const { code, stderr } = await host.finished();
    expect(stderr).toBe(`error: milady.json: ${line}\n`);
    expect(stderr).not.toContain("SECRET-PART");
    expect(code).toBe(1);
  });
}

test("nothing configured: the offline brain answers, and the start says how to set a model", async () => {
  const { sim, host } = await startWith({});
  await host.says(/connected/);
  expect(host.stdout).toContain(
    'the offline brain answers: it only quotes. For a language model set "modelProvider": "anthropic" in milady.json and ANTHROPIC_API_KEY',
  );
  const ada = sim.user("Ada");
  await ada.says("Hi");
  expect((await ada.hears()).text).toContain("No language model is behind me");
});

test("a key that lies in the environment is not used unasked, only pointed at", async () => {
  const { host } = await startWith({}, undefined, { env: { OPENAI_API_KEY: "sk-FAKE" } });
  await host.says(
    /the offline brain answers.*"modelProvider": "openai" in milady\.json; OPENAI_API_KEY is there already/,
  );
});

test("a provider without its key: the host starts, warns with the variable, and the offline brain answers", async () => {
  // As the character file of the WhatsApp guide.
  const { sim, host } = await startWith({}, { name: "Lovelace", modelProvider: "anthropic" });
  await host.says(/connected/);
  expect(host.stdout).toMatch(/warn .*Anthropic needs an API key: set ANTHROPIC_API_KEY or model\.apiKey/);
  expect(host.stdout.match(/ANTHROPIC_API_KEY/g)).toHaveLength(1);
  const ada = sim.user("Ada");
  await ada.says("Hi");
  expect((await ada.hears()).text).toContain("I am Lovelace.");
});

test("a character's provider that nobody here knows is a warning", async () => {
  const { host } = await startWith({}, { name: "Lovelace", modelProvider: "groq" });
  await host.says(/warn .*the character's modelProvider is not used: unknown provider "groq"/);
  await host.says(/connected/);
});

test("model wins over the config's modelProvider, and that over the character's", async () => {
  const env = { ANTHROPIC_API_KEY: "FAKE", OPENAI_API_KEY: "FAKE", GOOGLE_GENERATIVE_AI_API_KEY: "FAKE" };
  const character = { name: "Lovelace", modelProvider: "anthropic" };
  const answers = async (config: Readonly<Record<string, unknown>>) => {
    const { host } = await startWith(config, character, { env });
    return (await host.says(/the model (\S+) \((.*)\) answers/)).slice(1);
  };
  expect(await answers({})).toEqual(["claude-sonnet-5-5", "Anthropic"]);
  expect(await answers({ modelProvider: "google" })).toEqual(["gemini-3.8-flash", "Google"]);
  expect(await answers({ modelProvider: "google", model: { provider: "openai" } })).toEqual([
    "gpt-6-astra",
    "OpenAI",
  ]);
  expect(await answers({ modelProvider: "google", model: { name: "gemini-x" } })).toEqual([
    "gemini-x",
    "Google",
  ]);
  expect(await answers({ model: { baseURL: "http://127.0.0.1:1/v1", name: "m" } })).toEqual([
    "m",
    "http://127.0.0.1:1/v1",
  ]);
});

test("the SDK's own variables change nothing, and a server without a key is sent none", async () => {
  const [model, trap] = await Promise.all([startModelServer(), startModelServer()]);
  const env = {
    OPENAI_BASE_URL: trap.origin,
    OPENAI_API_KEY: "sk-FAKE-OF-ANOTHER-PROGRAM",
    AI_GATEWAY_API_KEY: "FAKE-GATEWAY",
  };
  const config = { model: { provider: "openai-compatible", baseURL: `${model.origin}/v1`, name: "m" } };
  const { sim, host } = await startWith(config, undefined, { env });
  await host.says(/connected/);
  const ada = sim.user("Ada");
  await ada.says("Hi");
  expect((await ada.hears()).text).toBe("OK");
  const { headers } = await model.request(0);
  expect(headers["authorization"]).toBeUndefined();
  expect(trap.requests).toEqual([]);
});
