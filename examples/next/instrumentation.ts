/** Next.js calls this once when the server starts, so that what an earlier run left is answered before anybody writes. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { connectors } = await import("./connectors.ts");
  await connectors();
}
