import type { Connector } from "@elizaos/connector-core";
import { type ToyConfig, toy } from "@elizaos/connector-testkit/toy";
import { z } from "zod";

/** A toy connector that has no buttons, whatever its platform has. */
export function withoutButtons(connector: Connector<ToyConfig>): Connector<ToyConfig> {
  const without = <F extends Connector["features"]>({ buttons: _, events = [], ...features }: F) => ({
    ...features,
    events: events.filter((kind) => kind !== "button"),
  });
  return {
    ...connector,
    features: without(connector.features),
    async open(account, context) {
      const connection = await connector.open(account, context);
      return { ...connection, supports: (to) => without(connection.supports(to)) };
    },
  };
}

const { execApprovals: _, ...shape } = toy.config.fields.shape;

/** A toy connector on which nobody can approve anything. */
export const withoutApprovals: Connector<Record<string, unknown>> = {
  manifest: toy.manifest,
  features: toy.features,
  limits: toy.limits,
  config: { fields: z.strictObject(shape) },
  identify: ({ id, config }, context) =>
    toy.identify({ id, config: toy.config.fields.parse(config) }, context),
  open: ({ id, config }, context) => toy.open({ id, config: toy.config.fields.parse(config) }, context),
};
