import type { Agent } from "@elizaos/connector-core";
import { DEFAULT_NAME } from "../config/character.js";
import type { Plan } from "../config/load.js";
import type { Logger } from "../log.js";
import { modelBrain } from "./model.js";
import { offlineBrain } from "./offline.js";
import { PROVIDER_FACTS, PROVIDERS } from "./providers.js";

export interface Brain {
  readonly agent: Agent;
  /** Who answers, for the person who starts the host. */
  readonly description: string;
}

/** The brain that a plan asks for. */
export function chooseBrain(plan: Plan, log: Logger): Brain {
  const persona = plan.character ?? { name: DEFAULT_NAME, bio: [] };
  const { settings } = plan.model;
  if (settings === undefined) return { agent: offlineBrain(persona), description: offlineDescription(plan) };
  const { label, baseURL } = PROVIDER_FACTS[settings.provider];
  const at = settings.baseURL === baseURL ? label : settings.baseURL;
  return {
    agent: modelBrain({ settings, persona, log, redact: plan.redactor.redact }),
    description: `the model ${settings.name} (${at}) answers`,
  };
}

function offlineDescription({ environment, model, file = "milady.json" }: Plan): string {
  const who = "the offline brain answers: it only quotes";
  // The warning says what to do.
  if (model.warnings.length > 0) return who;
  const provider = PROVIDERS.find((each) => environment[PROVIDER_FACTS[each].variable] !== undefined);
  const { variable } = PROVIDER_FACTS[provider ?? "anthropic"];
  const how = `"modelProvider": "${provider ?? "anthropic"}" in ${file}`;
  const mend = provider === undefined ? `${how} and ${variable}` : `${how}; ${variable} is there already`;
  return `${who}. For a language model set ${mend}`;
}
