/** Where language models come from. The names stand in config files and stay as they are. */
export const PROVIDERS = ["anthropic", "openai", "google", "openai-compatible"] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What this host knows of a provider beforehand: the one place to change a default model. */
export interface ProviderFacts {
  /** For people. */
  readonly label: string;
  /** The environment variable that usually holds its API key. */
  readonly variable: string;
  readonly needsKey: boolean;
  /** Default of `model.name`; where there is none, it has to be given. */
  readonly defaultModel: string | undefined;
  /** A name to show as an example. */
  readonly exampleModel: string;
  /** Default of `model.baseURL`; where there is none, it has to be given. */
  readonly baseURL: string | undefined;
  /**
   * Most tokens of one answer, what a model thinks before it included. Only where every model allows as many: a server with a
   * small context refuses the whole request otherwise.
   */
  readonly maxOutputTokens: number | undefined;
}

/** As long as some twenty full Telegram messages, with room to think. */
const MAX_OUTPUT_TOKENS = 16_384;

/** Default models are those that the AI SDK's documentation of the provider uses (November 2026); Google's is its fast one. */
export const PROVIDER_FACTS: Readonly<Record<Provider, ProviderFacts>> = {
  anthropic: {
    label: "Anthropic",
    variable: "ANTHROPIC_API_KEY",
    needsKey: true,
    defaultModel: "claude-sonnet-5-5",
    exampleModel: "claude-sonnet-5-5",
    baseURL: "https://api.anthropic.com/v1",
    maxOutputTokens: MAX_OUTPUT_TOKENS,
  },
  openai: {
    label: "OpenAI",
    variable: "OPENAI_API_KEY",
    needsKey: true,
    defaultModel: "gpt-6-astra",
    exampleModel: "gpt-6-astra",
    baseURL: "https://api.openai.com/v1",
    maxOutputTokens: MAX_OUTPUT_TOKENS,
  },
  google: {
    label: "Google",
    variable: "GOOGLE_GENERATIVE_AI_API_KEY",
    needsKey: true,
    defaultModel: "gemini-3.8-flash",
    exampleModel: "gemini-3.8-flash",
    baseURL: "https://generativelanguage.googleapis.com/v1beta",
    maxOutputTokens: MAX_OUTPUT_TOKENS,
  },
  "openai-compatible": {
    label: "the model server",
    variable: "OPENAI_COMPATIBLE_API_KEY",
    needsKey: false,
    defaultModel: undefined,
    exampleModel: "llama3.2",
    baseURL: undefined,
    maxOutputTokens: undefined,
  },
};

/** Ollama's, as the example of an OpenAI-compatible server. */
export const EXAMPLE_BASE_URL = "http://127.0.0.1:11434/v1";
