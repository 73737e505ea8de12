import { type ConfigIssue, type Environment, nearest } from "@elizaos/connector-core";
import { z } from "zod";
import { EXAMPLE_BASE_URL, PROVIDER_FACTS, PROVIDERS, type Provider } from "./providers.js";

/** `modelProvider`: the short form of `model.provider`, with the provider's default model. */
export const providerSchema = z
  .enum(PROVIDERS, { error: ({ input }) => unknownProvider(input) })
  .describe("Where the language model comes from; `openai-compatible` is any server with that API.");

const MUST_BE_TEXT = "must be text";
const text = () => z.string({ error: MUST_BE_TEXT }).trim().min(1, "must not be empty");

/** `model` of the config file. */
export const modelSchema = z.strictObject(
  {
    provider: providerSchema.optional(),
    name: text().optional().describe("The model, as the provider names it."),
    baseURL: text()
      .superRefine((url, context) => {
        const problem = urlProblem(url);
        if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
      })
      .optional()
      .describe(`Address of the API up to its version, such as ${EXAMPLE_BASE_URL}.`),
    apiKey: text()
      .refine(isKey, "has characters that no API key has; was something else copied along?")
      .optional()
      .describe("The provider's API key; by default the variable that the provider names."),
  },
  {
    error: ({ code }) =>
      code === "invalid_type" ? 'must be an object, such as { "provider": "anthropic" }' : undefined,
  },
);

export type ModelConfig = z.infer<typeof modelSchema>;

/** A language model, with everything that is needed to call it. */
export interface ModelSettings {
  readonly provider: Provider;
  readonly name: string;
  /** Without a slash at its end. */
  readonly baseURL: string;
  readonly apiKey: string | undefined;
  /** The config path or variable that holds the key, or would. */
  readonly keyAt: string;
}

export interface ModelSources {
  readonly model: ModelConfig;
  /** `modelProvider` of the config file. */
  readonly modelProvider: Provider | undefined;
  /** `modelProvider` of the character file, unchecked: such files are written for other hosts as well. */
  readonly characterProvider: unknown;
  /** Process over the config's `env`, without empty values. */
  readonly environment: Environment;
}

export interface ModelPlan {
  /** Absent: the offline brain answers. */
  readonly settings: ModelSettings | undefined;
  /** Of the config file. */
  readonly issues: readonly ConfigIssue[];
  /** Why what is asked for is not used. */
  readonly warnings: readonly string[];
}

/**
 * Decides which model answers: `model` wins over the config's `modelProvider`, and that over the character's. A provider without
 * a key is a warning and the offline brain: a host that starts can be asked what is wrong.
 */
export function planModel({ model, modelProvider, characterProvider, environment }: ModelSources): ModelPlan {
  const isAsked = Object.values(model).some((value) => value !== undefined);
  const ofCharacter =
    characterProvider === undefined ? undefined : providerSchema.safeParse(characterProvider);
  const provider =
    model.provider ??
    modelProvider ??
    (model.baseURL === undefined ? ofCharacter?.data : "openai-compatible");
  if (provider === undefined) {
    if (isAsked)
      return wrong([{ path: "model.provider", message: `is missing: set it to ${PROVIDERS.join(", ")}` }]);
    return offline(
      ofCharacter?.error?.issues.map(
        ({ message }) => `the character's modelProvider is not used: ${message}`,
      ) ?? [],
    );
  }
  const facts = PROVIDER_FACTS[provider];
  const { name = facts.defaultModel, baseURL = facts.baseURL } = model;
  const key = findKey(model, facts.variable, environment);
  if (key.value !== undefined && !isKey(key.value))
    return wrong([
      { path: key.at, message: "has characters that no API key has; was something else copied along?" },
    ]);
  if (name === undefined || baseURL === undefined) {
    const missing = [
      ...(baseURL === undefined
        ? [
            {
              path: "model.baseURL",
              message: `is missing: set it to the server's address, such as ${EXAMPLE_BASE_URL} for Ollama`,
            },
          ]
        : []),
      ...(name === undefined
        ? [
            {
              path: "model.name",
              message: `is missing: set it to a model of the server, such as "${facts.exampleModel}"`,
            },
          ]
        : []),
    ];
    // A character cannot say the rest, so what it asks for is no fault of the config file.
    return isAsked || modelProvider !== undefined
      ? wrong(missing)
      : offline([
          `the character's modelProvider is "${provider}", but the config says no model.baseURL and model.name`,
        ]);
  }
  if (key.value === undefined && facts.needsKey) {
    return offline([
      `${facts.label} needs an API key: set ${facts.variable} or model.apiKey. Until then the offline brain answers, which only quotes`,
    ]);
  }
  const settings = { provider, name, baseURL: baseURL.replace(/\/+$/, ""), apiKey: key.value, keyAt: key.at };
  return { settings, issues: [], warnings: [] };
}

function findKey(model: ModelConfig, variable: string, environment: Environment) {
  const own = model.apiKey;
  return own === undefined
    ? { value: environment[variable]?.trim(), at: variable }
    : { value: own, at: "model.apiKey" };
}

function wrong(issues: readonly ConfigIssue[]): ModelPlan {
  return { settings: undefined, issues, warnings: [] };
}

function offline(warnings: readonly string[]): ModelPlan {
  return { settings: undefined, issues: [], warnings };
}

/** What else a header cannot carry, and the error that says so would quote it. */
function isKey(value: string): boolean {
  return /^[\x21-\x7e]+$/.test(value);
}

function urlProblem(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol))
    return `must be the address of an API, such as ${EXAMPLE_BASE_URL}`;
  if (url.username !== "" || url.password !== "")
    return "must not hold a user name or password; keys go into model.apiKey";
  if (/\/(chat\/completions|messages|responses)\/*$/.test(url.pathname))
    return `must end before ${/\/(chat\/completions|messages|responses)\/*$/.exec(url.pathname)?.[0]}, which is added to it`;
  if (url.search !== "" || url.hash !== "") return "must not have a query";
  return undefined;
}

function unknownProvider(written: unknown): string {
  if (typeof written !== "string") return `must be one of ${PROVIDERS.join(", ")}`;
  const guess = nearest(written, PROVIDERS);
  if (guess !== undefined) return `unknown provider "${written}"; did you mean "${guess}"?`;
  return `unknown provider "${written}"; known: ${PROVIDERS.join(", ")} (any server with that API, such as Ollama, at model.baseURL)`;
}
