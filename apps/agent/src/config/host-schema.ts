import { isHttpRoot, sessionSchema } from "@elizaos/connector-core";
import { z } from "zod";
import { modelSchema, providerSchema } from "../brain/settings.js";
import { unknownConnector } from "./ids.js";
import { rowOf } from "./plugin-auto-enable.js";

const store = z
  .strictObject({
    maxMb: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe(
        "The database may grow to this many MiB. When it is full nothing new is taken. Default: no limit.",
      ),
    durability: z
      .enum(["full", "process"])
      .optional()
      .describe(
        "`full` (default): an accepted message survives a power cut. `process`: a killed process; faster.",
      ),
  })
  .prefault({})
  .describe("Where messages are kept until they are done with.");

const name = z.string().trim().min(1);

const plugins = z
  .strictObject({
    enabled: z.boolean().optional().describe("False switches every connector off."),
    allow: z
      .array(name)
      .default([])
      .describe("Connectors, by id or package, that are switched on besides those that are configured."),
    deny: z
      .array(name)
      .default([])
      .describe("Connectors, by id or package, that stay off whatever else is said."),
    entries: z
      .record(
        z.string(),
        z.looseObject({
          enabled: z.boolean().optional().describe("False keeps the connector off, true is like `allow`."),
        }),
      )
      .default({})
      .describe("Single connectors, by id or package."),
  })
  .prefault({})
  .describe("Which connectors may be loaded, over what their blocks say.");

const variable = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be text, a number or a boolean" })
  .transform(String);

const env = z
  .object({ vars: z.record(z.string(), variable).optional().describe("The same, one level deeper.") })
  .catchall(variable)
  .prefault({})
  .describe("Stands in for environment variables that are not set, as names and values.");

const OWNER_FORM = 'must be <connector>:<sender id>, such as "telegram:123456789"';

const owner = z
  .string({ error: OWNER_FORM })
  .trim()
  .transform((text, context) => {
    const [, connector = "", id = ""] = /^([^:]+):(.+)$/.exec(text) ?? [];
    const row = rowOf(connector);
    if (row !== undefined) return `${row.id}:${id.trim()}`;
    context.addIssue(connector === "" ? OWNER_FORM : unknownConnector(connector));
    return z.NEVER;
  });

const ADDRESS_FORM =
  "must be the address at which platforms reach this host's webhooks, without query, such as https://agent.example.com";

const publicUrl = z
  .string({ error: ADDRESS_FORM })
  .trim()
  .refine(isHttpRoot, { error: ADDRESS_FORM })
  .transform((url) => url.replace(/\/+$/, ""))
  .optional()
  .describe("Where platforms reach this host's webhooks, as seen from the internet.");

const id = z
  .union([z.string(), z.number()], { error: "must be an id, as text or number" })
  .transform((value) => String(value).trim())
  .refine((value) => value !== "", { error: "must not be empty" });

const heartbeat = z
  .strictObject({
    everyMinutes: z
      .number()
      .min(1)
      .max(10_080)
      .describe(
        "Minutes from one time to the next. What was missed while the host was off is made up for once.",
      ),
    prompt: z
      .string()
      .trim()
      .min(1)
      .describe("What the agent is told; it answers `HEARTBEAT_OK` when all is well."),
    to: z
      .strictObject({
        connector: name
          .transform((written, context) => {
            const row = rowOf(written);
            if (row !== undefined) return row.id;
            context.addIssue(unknownConnector(written));
            return z.NEVER;
          })
          .describe("Connector by id."),
        account: name.optional().describe("Default: `default`."),
        chat: id.describe("Chat whose session it belongs to, and where answers go."),
        thread: id.optional().describe("Topic or thread of it."),
      })
      .describe("The one place where answers go."),
  })
  .optional()
  .describe("Wake the agent again and again, without anybody having written.");

/** The top level of a config file, without the connectors' blocks. */
export const hostSchema = z.strictObject({
  $schema: z.string().optional().describe("Path or address of this schema, for editors."),
  owners: z
    .array(owner)
    .prefault([])
    .describe("People who may use owner commands, as `<connector>:<sender id>`."),
  session: sessionSchema.optional().describe("Which messages belong to one conversation."),
  commands: z
    .boolean()
    .default(true)
    .describe(
      "Answer /help, /status, /new and, to owners, /why. False gives them to the agent like any text.",
    ),
  model: modelSchema.prefault({}).describe("The language model that answers."),
  modelProvider: providerSchema
    .optional()
    .describe("Short form of `model`: the provider, with its usual model."),
  plugins,
  publicUrl,
  heartbeat,
  store,
  env,
});

/** The top level of a config file as this host uses it. */
export type HostSettings = z.infer<typeof hostSchema>;
export type PluginSettings = HostSettings["plugins"];
export type StoreSettings = HostSettings["store"];
