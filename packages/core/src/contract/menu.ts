/** A command that a platform may show to people in a menu. Using it brings a `command` event of that name. */
export interface MenuCommand {
  /** `a-z`, `0-9` and `_`, at most 32 characters, without a slash. No two have one name. */
  readonly name: string;
  /** For people, one line. */
  readonly description: string;
  /** Who answers it: the runtime, or the agent, which offers it as one of its skills. */
  readonly source: "runtime" | "skill";
  /** Ids of the only senders whom it is for, at least one. Absent: everybody who may write. */
  readonly people?: readonly string[];
}
