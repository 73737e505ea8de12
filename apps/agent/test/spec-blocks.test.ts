import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startTelegramSimulator } from "@elizaos/connector-simulators/telegram";
import { describe, expect, it, test } from "vitest";
import { z } from "zod";
import { shownConfig } from "../src/config/show.js";
import blocks from "./fixtures/spec-blocks.json" with { type: "json" };
import { afterThisTest, Workspace } from "./support/cli.js";
import { planOf } from "./support/plan.js";
import { connectorOf, readStatus } from "./support/status.js";

const DOCUMENTS = new URL("../../../../shared/spec/", import.meta.url);

const connectorsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
const shapes = {
  character: z.looseObject({ name: z.string(), bio: z.array(z.string()), connectors: connectorsSchema }),
  config: z.strictObject({ connectors: connectorsSchema }),
  post: z.strictObject({ name: z.string(), config: z.record(z.string(), z.unknown()) }),
  fragment: z.record(z.string(), z.unknown()),
};

/** The files that a person makes of a block of the documents; a fragment belongs to WhatsApp, whose guide has it. */
function filesOf(json: unknown) {
  const character = shapes.character.safeParse(json);
  if (character.success) return { character: json, connectors: character.data.connectors };
  const config = shapes.config.safeParse(json);
  if (config.success) return { config: json, connectors: config.data.connectors };
  const post = shapes.post.safeParse(json);
  const connectors = post.success
    ? { [post.data.name]: post.data.config }
    : { whatsapp: { enabled: true, ...shapes.fragment.parse(json) } };
  return { config: { connectors }, connectors };
}

/** The connectors that the host brings along. */
const INSTALLED = new Set(["telegram", "discord"]);
const MASK = "****";
const SECRETS =
  /^(token|botToken|appToken|password|appPassword|apiKey|apiSecretKey|accessToken|accessTokenSecret)$/;
const PATHS = ["authDir", "serviceAccountFile"];

/** What `config show` must say of a written value. */
function shownAs(key: string, value: unknown, folder: string): unknown {
  if (typeof value !== "string") return value;
  if (SECRETS.test(key)) return value.includes(":") ? `${MASK}:${MASK}` : MASK;
  return PATHS.includes(key) ? join(folder, value) : value;
}

/** What the documents promise of each block, in their order: the connectors that it enables. */
const ENABLED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "connectors-guide.md": [
    ["discord"],
    ["telegram"],
    ["slack"],
    ["whatsapp"],
    ["signal"],
    ["imessage"],
    ["bluebubbles"],
    ["msteams"],
    ["googlechat"],
    ["twitter"],
    ["telegram"],
  ],
  "connectors-api.md": [["discord", "telegram"], ["telegram"], ["telegram"], []],
  "connectors-api-earlier.md": [["discord", "telegram"], ["telegram"], ["telegram"], []],
  "whatsapp-guide.md": [["whatsapp"], ["whatsapp"], ["whatsapp"], ["whatsapp"], ["whatsapp"]],
};

const numbered = blocks.map((block, index) => {
  const before = blocks.slice(0, index).filter(({ document }) => document === block.document).length;
  return { ...block, enabled: ENABLED[block.document]?.[before] };
});

describe("every JSON block of the documents", () => {
  it("is listed here with what it enables", () => {
    const counts = Object.entries(ENABLED).map(([document, all]) => [document, all.length]);
    for (const [document, count] of counts)
      expect(blocks.filter((block) => block.document === document)).toHaveLength(Number(count));
    expect(numbered.every(({ enabled }) => enabled !== undefined)).toBe(true);
  });

  it.each(numbered)("$document, $heading: $enabled", async ({ json, enabled }) => {
    const { connectors, ...files } = filesOf(json);
    const { plan, problems, folder } = await planOf(files);
    expect(problems).toEqual([]);
    const on = plan.connectors.filter((each) => each.enabled);
    expect(on.map(({ row }) => row.id).sort()).toEqual(enabled);
    expect(on.every(({ configured }) => configured)).toBe(true);

    const shown = shownConfig(plan);
    for (const [id, { accounts = { default: {} }, ...base }] of Object.entries(connectors)) {
      const planned = plan.connectors.find(({ row }) => row.id === id);
      expect(planned?.reason).toBe(`connectors.${id} is configured`);
      expect(planned?.unvalidated).toBe(!INSTALLED.has(id));
      if (!INSTALLED.has(id))
        expect(planned?.unavailable).toBe(
          `${planned?.row.package} is not installed; run: pnpm add ${planned?.row.package}`,
        );
      const report = shown.connectors.find((each) => each.id === id);
      for (const [name, own] of Object.entries(connectorsSchema.parse(accounts))) {
        const account = report?.accounts.find((each) => each.id === name);
        const values = Object.fromEntries(
          Object.entries(account?.values ?? {}).map(([key, { value }]) => [key, value]),
        );
        const written = { ...base, ...own };
        expect(values).toMatchObject(
          Object.fromEntries(
            Object.entries(written).map(([key, value]) => [key, shownAs(key, value, folder)]),
          ),
        );
      }
    }
  });
});

test("the character of the WhatsApp guide is who the agent is, and its modelProvider is known", async () => {
  const example = blocks.find(({ heading }) => heading === "Example Character Config");
  const { plan } = await planOf({ character: example?.json }, { ANTHROPIC_API_KEY: "sk-FAKE-KEY-OF-A-TEST" });
  expect(plan.model.settings).toMatchObject({ provider: "anthropic" });
  expect(plan.character).toMatchObject({
    name: "Milady WhatsApp Test",
    description: "Test configuration for WhatsApp connector with Baileys (QR code) authentication",
    modelProvider: "anthropic",
    unused: [],
  });
  expect(plan.character?.bio).toHaveLength(2);
  expect(plan.warnings).toEqual([]);
});

test("a block that was shown masked is no way to get in: its token is refused, not tried", async () => {
  const { plan } = await planOf({ config: { connectors: { telegram: { botToken: "****:****" } } } });
  const telegram = plan.connectors.find(({ row }) => row.id === "telegram");
  expect(telegram?.accounts[0]?.issues).toEqual([
    expect.objectContaining({ path: "connectors.telegram.botToken" }),
  ]);
});

/** Documents write placeholders where a token stands; this is the same text in the form of a token. */
function tokenOf(placeholder: string, index: number): string {
  const plain = placeholder.replace(/[^\w:-]/g, "");
  return /^\d+:/.test(plain) ? plain : `${100_001 + index}:${plain}`;
}

const telegramBlocks = numbered.filter(
  ({ json, enabled }) => enabled?.includes("telegram") && !JSON.stringify(json).includes(MASK),
);

test.each(telegramBlocks)("$document, $heading: Telegram gets online with it", async ({ json }) => {
  const sim = await startTelegramSimulator();
  afterThisTest(() => sim.close());
  const tokens: string[] = [];
  const text = JSON.stringify(filesOf(json).config, (key, value: unknown) => {
    if (key !== "botToken" || typeof value !== "string") return value;
    const token = tokenOf(value, tokens.length);
    sim.bot({ token, username: `bot_${tokens.length}` });
    tokens.push(token);
    return token;
  });
  const config = shapes.config.parse(JSON.parse(text));
  const telegram: Record<string, unknown> = { ...config.connectors["telegram"], apiRoot: sim.apiRoot };
  const workspace = new Workspace();
  workspace.file("milady.json", { connectors: { telegram } });
  const host = workspace.run(["start"]);
  const states = async () => {
    const { accounts } = connectorOf(await readStatus(workspace), "telegram");
    return accounts.map(({ id, state }) => `${id} ${state}`);
  };
  await host.says(/connected/);
  const names = Object.keys(z.record(z.string(), z.unknown()).parse(telegram["accounts"] ?? { default: {} }));
  await expect.poll(states, { timeout: 10_000 }).toEqual(names.map((name) => `${name} online`));
  expect(tokens).toHaveLength(names.length);
});

// The documents lie beside the repository, where the project's shared material is checked out.
describe.skipIf(!existsSync(DOCUMENTS))("the documents (skipped where they are absent)", () => {
  it.each(Object.keys(ENABLED))("%s has the blocks that are kept here, and no others", (document) => {
    const text = readFileSync(new URL(document, DOCUMENTS), "utf8");
    const printed = [...text.matchAll(/^```json\n(.*?)^```/gms)].map(([, json = ""]): unknown =>
      JSON.parse(json),
    );
    expect(printed).toEqual(blocks.filter((block) => block.document === document).map(({ json }) => json));
  });
});
