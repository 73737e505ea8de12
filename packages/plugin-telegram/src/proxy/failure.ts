import { ProxyFailure } from "../http.js";

/** Says that it was the connection to the proxy that failed, not the one to Telegram. */
export async function throughProxy<T>({ host }: URL, connect: () => Promise<T>): Promise<T> {
  try {
    return await connect();
  } catch (error) {
    throw new ProxyFailure(`the proxy ${host}: ${reasonOf(error)}`);
  }
}

/** The libraries' texts name the step that failed; their error objects may hold the password. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
