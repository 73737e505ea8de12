import { createWebhookFetch } from "@elizaos/connector-core";
import { connectors } from "../../connectors.ts";

export async function POST(request: Request): Promise<Response> {
  return createWebhookFetch(await connectors())(request);
}
