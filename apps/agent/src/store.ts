import { join } from "node:path";
import { StoreError, toldOf } from "@elizaos/connector-core";
import type { Store } from "@elizaos/connector-core/store";
import { openSqliteStore } from "@elizaos/connector-core/store/sqlite";
import type { StoreSettings } from "./config/host-schema.js";
import { DATABASE_NAME, stateDirInUse, stateDirProblem } from "./state-dir.js";

const BYTES_PER_MIB = 1024 * 1024;

/**
 * Opens the state directory's store for this process alone.
 *
 * @throws UserError when another process has it or it cannot be used
 */
export async function openStore(stateDir: string, { maxMb, durability }: StoreSettings): Promise<Store> {
  try {
    return await openSqliteStore({
      path: join(stateDir, DATABASE_NAME),
      ...(durability === undefined ? {} : { durability }),
      ...(maxMb === undefined ? {} : { maxBytes: maxMb * BYTES_PER_MIB }),
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.problem === "held") throw stateDirInUse(stateDir);
    throw stateDirProblem(stateDir, toldOf(error));
  }
}
