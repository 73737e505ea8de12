import { ConnectorError } from "@elizaos/connector-core";
import { UserError } from "../user-error.js";

/** What core refuses is the user's to mend; anything else is a fault of ours and goes on as it is. */
export async function refusable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!ConnectorError.isInstance(error)) throw error;
    const message = error.mend === undefined ? error.message : `${error.message} ${error.mend}`;
    throw new UserError(message, { cause: error });
  }
}
