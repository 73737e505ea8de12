import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Connector, Manifest } from "@elizaos/connector-core";
import { isRecord } from "@elizaos/connector-core";
import { z } from "zod";
import { systemCode } from "../user-error.js";
import type { ConnectorRow } from "./plugin-auto-enable.js";

/** What is known of a connector's package. */
export type Plugin =
  | { readonly status: "missing" }
  /** It is there but is no connector of this product, or cannot be loaded; `reason` is for people. */
  | { readonly status: "unusable"; readonly reason: string }
  | { readonly status: "installed"; readonly manifest: Manifest; load(): Promise<Connector> };

const manifestSchema: z.ZodType<Manifest> = z.object({
  id: z.string(),
  name: z.string(),
  package: z.string(),
  env: z.record(z.string(), z.tuple([z.string()], z.string())),
  secrets: z.array(z.string()),
  credentials: z.tuple(
    [z.object({ keys: z.array(z.string()), where: z.string() })],
    z.object({ keys: z.array(z.string()), where: z.string() }),
  ),
});

/**
 * Looks for a connector's package in `folders`, then among this host's own dependencies, and imports its manifest, which
 * pulls in no platform SDK.
 */
export async function findPlugin(row: ConnectorRow, folders: readonly string[]): Promise<Plugin> {
  for (const base of [...folders.map((folder) => join(folder, "resolve-from-here.js")), import.meta.url]) {
    const { resolve } = createRequire(base);
    let path: string;
    try {
      path = resolve(`${row.package}/manifest`);
    } catch (error) {
      if (systemCode(error) === "MODULE_NOT_FOUND" && !isInstalled(resolve, row)) continue;
      return { status: "unusable", reason: foreignPackage(row) };
    }
    return await readPlugin(row, path, resolve);
  }
  return { status: "missing" };
}

async function readPlugin(
  row: ConnectorRow,
  path: string,
  resolve: (name: string) => string,
): Promise<Plugin> {
  let exported: unknown;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    return { status: "unusable", reason: `${row.package} cannot be loaded: ${String(error)}` };
  }
  const manifest = manifestSchema.safeParse(isRecord(exported) ? exported["manifest"] : undefined);
  if (!manifest.success || manifest.data.id !== row.id)
    return { status: "unusable", reason: foreignPackage(row) };
  return {
    status: "installed",
    manifest: manifest.data,
    async load() {
      const module: unknown = await import(pathToFileURL(resolve(row.package)).href);
      const connector = isRecord(module) ? module[row.export] : undefined;
      if (!isConnector(connector))
        throw new Error(`${row.package} does not export a connector named "${row.export}"`);
      return connector;
    },
  };
}

function isInstalled(resolve: (name: string) => string, row: ConnectorRow): boolean {
  try {
    resolve(row.package);
    return true;
  } catch (error) {
    return systemCode(error) === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}

function foreignPackage(row: ConnectorRow): string {
  return `the installed ${row.package} is not a connector for this host; run: pnpm add ${row.package}@latest`;
}

function isConnector(value: unknown): value is Connector {
  return (
    isRecord(value) &&
    isRecord(value["manifest"]) &&
    isRecord(value["config"]) &&
    typeof value["identify"] === "function" &&
    typeof value["open"] === "function"
  );
}
