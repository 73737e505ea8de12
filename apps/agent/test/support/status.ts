import type { Workspace } from "./cli.js";

/** `milady status --json`, as a script would read it. */
export interface Status {
  readonly host: { readonly pid: number; readonly health: string } | null;
  readonly connectors: readonly {
    readonly id: string;
    readonly package: string;
    readonly installed: boolean;
    readonly configured: boolean;
    readonly enabled: boolean;
    readonly unvalidated: boolean;
    readonly reason: string;
    readonly accounts: readonly {
      readonly id: string;
      readonly state: string;
      readonly since: string | null;
      readonly reason: string | null;
      readonly mend: string | null;
      readonly lastInbound: string | null;
      readonly lastIgnored: string | null;
      readonly lastOutbound: string | null;
      readonly notes: readonly string[];
      readonly values: Readonly<
        Record<string, { readonly value: unknown; readonly from: string; readonly variable?: string }>
      >;
    }[];
  }[];
}

export async function readJson<T>(
  workspace: Workspace,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { code, stdout, stderr } = await workspace.finish([...args, "--json"], { env });
  if (code !== 0) throw new Error(`milady ${args.join(" ")} ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout);
}

export async function readStatus(
  workspace: Workspace,
  env?: Readonly<Record<string, string>>,
): Promise<Status> {
  return await readJson<Status>(workspace, ["status"], env);
}

export function connectorOf(status: Status, id: string) {
  const found = status.connectors.find((connector) => connector.id === id);
  if (found === undefined) throw new Error(`status has no connector ${id}`);
  return found;
}
