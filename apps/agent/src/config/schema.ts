import { isDeepStrictEqual } from "node:util";
import { buttonFields, type Connector, commonFields, knownCapabilities } from "@elizaos/connector-core";
import { z } from "zod";
import { hostSchema } from "./host-schema.js";
import { CONNECTORS } from "./plugin-auto-enable.js";

type Schema = z.core.JSONSchema.BaseSchema;
type Properties = Record<string, z.core.JSONSchema._JSONSchema>;

/** Before the names of the fields that every connector has. */
const COMMON = "common.";

/**
 * JSON Schema (draft 7, which editors know best) of a config file: what a person may write, before defaults. Blocks of the
 * given connectors are described, those of all others are open.
 */
export function configSchema(connectors: readonly Connector[]): Schema {
  const common = propertiesOf(z.object(commonFields).partial());
  const blocks = connectors.map((connector) => blockOf(connector, common));
  const ids = new Set(connectors.map(({ manifest }) => manifest.id));
  const others = CONNECTORS.filter(({ id }) => !ids.has(id)).map((row) => [
    row.id,
    { type: "object", description: `Not checked by this schema: ${row.package} was not installed.` },
  ]);
  const inside: Properties = {
    defaults: {
      type: "object",
      description: "What all connectors have in common, below their own blocks.",
      properties: propertiesOf(
        z.object({ groupPolicy: commonFields.groupPolicy, heartbeat: commonFields.heartbeat }).partial(),
      ),
    },
    ...Object.fromEntries(connectors.map(({ manifest }) => [manifest.id, reference(manifest.id)])),
    ...Object.fromEntries(others),
  };
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "milady.json",
    type: "object",
    properties: {
      ...propertiesOf(hostSchema),
      connectors: {
        type: "object",
        description: "The messaging platforms, by id.",
        properties: { ...inside, x: inside["twitter"] ?? true },
        additionalProperties: false,
      },
      channels: {
        type: "object",
        description: "Old name of `connectors`, read for ids that `connectors` does not have.",
        deprecated: true,
      },
    },
    definitions: {
      ...Object.fromEntries(Object.entries(common).map(([key, property]) => [COMMON + key, property])),
      ...Object.fromEntries(blocks.flat()),
    },
  };
}

/** A connector's block, and one of its accounts. */
function blockOf(connector: Connector, common: Properties): [string, Schema][] {
  const { manifest, config } = connector;
  const own = Object.entries(propertiesOf(config.fields.partial())).map(([key, property]) => [
    key,
    isDeepStrictEqual(property, common[key]) ? reference(COMMON + key) : property,
  ]);
  const properties: Properties = { ...Object.fromEntries(own), ...flagsOf(connector) };
  const account = `${manifest.id}.account`;
  const accounts = {
    type: "object",
    description: `Several accounts, by a name of your choice; each has the keys of connectors.${manifest.id} and goes before them.`,
    minProperties: 1,
    additionalProperties: reference(account),
  } as const;
  const shape = { type: "object", additionalProperties: false } as const;
  return [
    [manifest.id, { ...shape, description: `${manifest.name}.`, properties: { accounts, ...properties } }],
    [account, { ...shape, properties }],
  ];
}

/** `capabilities` with the flags that this connector knows, unless it has a form of its own. */
function flagsOf(connector: Connector): Properties {
  const { capabilities } = connector.config.fields.shape;
  const known = knownCapabilities(connector);
  const told = Object.entries(known).map(([flag, description]) => `\`${flag}\`: ${description}`);
  const list = { type: "array", items: { type: "string", enum: Object.keys(known) } } as const;
  const describe = ({ description = "" }: { readonly description?: string | undefined }) =>
    `${description} ${told.join(" ")}`;
  if (capabilities === commonFields.capabilities)
    return { capabilities: { ...list, description: describe(commonFields.capabilities) } };
  if (capabilities !== buttonFields.capabilities) return {};
  const written = propertiesOf(z.object(buttonFields))["capabilities"];
  if (typeof written !== "object") return {};
  const [, object = {}] = written.anyOf ?? [];
  return { capabilities: { anyOf: [list, object], description: describe(buttonFields.capabilities) } };
}

function reference(definition: string): Schema {
  return { $ref: `#/definitions/${definition}` };
}

function propertiesOf(schema: z.ZodObject): Properties {
  return (
    z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any", override: tidy })
      .properties ?? {}
  );
}

/** Leaves out what zod adds to every number and record and what tells an editor nothing. */
function tidy({ jsonSchema }: { readonly jsonSchema: Schema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (isDeepStrictEqual(jsonSchema.propertyNames, { type: "string" })) delete jsonSchema.propertyNames;
}
