import { extractReasoningMiddleware, type LanguageModel, wrapLanguageModel } from "ai";
import type { ModelSettings } from "./settings.js";

/**
 * The AI SDK's model. Address and key are always given: left out, the SDK would read them from variables of its own, such as
 * OPENAI_BASE_URL, which somebody may have set for another program.
 */
export async function openLanguageModel({
  provider,
  name,
  baseURL,
  apiKey,
}: ModelSettings): Promise<LanguageModel> {
  const hosted = { baseURL, apiKey: apiKey ?? "" };
  switch (provider) {
    case "anthropic":
      return (await import("@ai-sdk/anthropic")).createAnthropic(hosted)(name);
    case "openai":
      return (await import("@ai-sdk/openai")).createOpenAI(hosted)(name);
    case "google":
      return (await import("@ai-sdk/google")).createGoogle(hosted)(name);
    case "openai-compatible": {
      const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
      return wrapLanguageModel({
        model: createOpenAICompatible({
          name: provider,
          baseURL,
          ...(apiKey === undefined ? {} : { apiKey }),
        })(name),
        // Local models think aloud, and many servers leave that in the text.
        middleware: extractReasoningMiddleware({ tagName: "think" }),
      });
    }
  }
}
