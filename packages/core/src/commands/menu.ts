import type { Deciders } from "../approvals/deciders.js";
import type { AccountHandle } from "../connection/handle.js";
import type { AgentLike, Skill } from "../contract/agent.js";
import type { MenuCommand } from "../contract/menu.js";
import { ownerIds } from "../session/people.js";
import { type Audience, RUNTIME_COMMANDS } from "./registry.js";

/** What every platform can show as a command's name (Bot API: BotCommand, the narrowest of them). */
const NAME = /^[a-z0-9_]{1,32}$/;

export interface MenuOptions {
  readonly agent: AgentLike;
  /** The runtime answers commands itself. */
  readonly isAnswering: boolean;
  readonly deciders: Deciders;
  /** People who own the agent, as the config names them. */
  readonly owners: readonly string[];
}

/** What platforms may show in their menus of commands: the runtime's own and the agent's skills, as each account's config says. */
export class Menu {
  readonly #options: MenuOptions;

  constructor(options: MenuOptions) {
    this.#options = options;
  }

  of(handle: AccountHandle): readonly MenuCommand[] {
    const { native = "auto", nativeSkills = "auto" } = handle.config.commands ?? {};
    const runtime = native === false ? [] : this.#runtimeCommands(handle);
    return nativeSkills === false ? runtime : [...runtime, ...this.#skills()];
  }

  /** What is wrong with skills that no platform could show, for the operator. */
  notes(): readonly string[] {
    return skillsOf(this.#options.agent)
      .filter((skill) => !isShowable(skill))
      .map(
        ({ name }) =>
          `The agent's skill "${name}" is in no menu of commands: its name must be of a-z, 0-9 and _, at most 32 characters, and it needs a description`,
      );
  }

  #runtimeCommands(handle: AccountHandle): readonly MenuCommand[] {
    if (!this.#options.isAnswering) return [];
    return RUNTIME_COMMANDS.flatMap(({ name, description, audience }): readonly MenuCommand[] => {
      const command = { name, description, source: "runtime" } as const;
      if (audience === "all") return [command];
      const people = this.#people(handle, audience);
      return people.length === 0 ? [] : [{ ...command, people }];
    });
  }

  #people(handle: AccountHandle, audience: Exclude<Audience, "all">): readonly string[] {
    switch (audience) {
      case "approvers":
        return this.#options.deciders.whereAsked(handle);
      case "owners":
        return ownerIds(this.#options.owners, handle.connector.manifest.id).map((id) => handle.current(id));
    }
  }

  #skills(): readonly MenuCommand[] {
    const taken = new Set<string>(this.#options.isAnswering ? RUNTIME_COMMANDS.map(({ name }) => name) : []);
    return skillsOf(this.#options.agent).flatMap((skill): readonly MenuCommand[] => {
      const { name, description } = skill;
      if (taken.has(name) || !isShowable(skill)) return [];
      taken.add(name);
      return [{ name, description: description.trim().replace(/\s+/g, " "), source: "skill" }];
    });
  }
}

function skillsOf(agent: AgentLike): readonly Skill[] {
  return typeof agent === "function" ? [] : (agent.skills ?? []);
}

function isShowable({ name, description }: Skill): boolean {
  return NAME.test(name) && description.trim() !== "";
}
