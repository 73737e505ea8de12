import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configReference } from "../config-reference.mjs";
import { ROOT } from "../packages.mjs";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("the config reference is the one that the schema makes; mend it with: npx -y pnpm@12 generate", () => {
  expect(read("docs/config-reference.md")).toBe(
    configReference(JSON.parse(read("apps/agent/milady.schema.json"))),
  );
});

test("a reference says key, type, default and meaning, at every depth", () => {
  const account = {
    retry: { $ref: "#/definitions/common.retry" },
    mode: { enum: ["a", "b"], default: "a", description: "One | other." },
    groups: {
      type: "object",
      description: "By <id>.",
      additionalProperties: {
        type: "object",
        properties: { ids: { type: "array", items: { type: ["string", "number"] }, description: "Who." } },
      },
    },
  };
  const reference = configReference({
    properties: {
      connectors: { description: "Platforms." },
      channels: { description: "Old." },
      limit: { type: "integer", minimum: 1, maximum: 5, default: 2, description: "How many, in `<unit>`." },
    },
    definitions: {
      "common.retry": { type: "object", default: {}, description: "Again." },
      post: { properties: { accounts: { description: "Several." }, ...account } },
      "post.account": { properties: account },
    },
  });
  for (const line of [
    "| `limit` | integer from 1 to 5 | `2` | How many, in `<unit>`. |",
    "| `retry` | object |  | Again. |",
    "## connectors.post",
    '| `mode` | `"a"`, `"b"` | `"a"` | One \\| other. |',
    "| `groups` | object by name |  | By &lt;id>. |",
    "| `groups.<id>.ids` | list of string or number |  | Who. |",
    "| `accounts.<name>` | object |  | Several. |",
    "As with every connector: `retry`.",
  ])
    expect(reference.split("\n")).toContain(line);
});
