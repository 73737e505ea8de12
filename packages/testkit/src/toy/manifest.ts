import type { Manifest } from "@elizaos/connector-core";

export const manifest: Manifest = {
  id: "toy",
  name: "Toy",
  package: "@elizaos/connector-testkit",
  env: { token: ["TOY_TOKEN"], webhookSecret: ["TOY_WEBHOOK_SECRET"] },
  secrets: ["token", "webhookSecret"],
  credentials: [{ keys: ["token"], where: "A toy platform gives it: `platform.account(name).token`." }],
};
