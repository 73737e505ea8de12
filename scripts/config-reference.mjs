const COMMON = "common.";
const HEAD = ["| Key | Type | Default | Meaning |", "|---|---|---|---|"];

/** The config file's reference in Markdown, from its JSON Schema. */
export function configReference(schema) {
  const { properties, definitions } = schema;
  const { connectors, channels, ...own } = properties;
  const common = Object.keys(definitions).filter((name) => name.startsWith(COMMON));
  const ids = Object.keys(definitions).filter((id) => `${id}.account` in definitions);
  const lines = [
    "# Config reference",
    "",
    "<!-- Made from the code by `npx -y pnpm@12 generate`; a change here is lost. -->",
    "",
    "What `milady.json` may hold. How it is found and how its parts go together stands in the [host's README](../apps/agent/README.md).",
    "",
    "## Top level",
    "",
    ...HEAD,
    ...rows(own),
    row("connectors", "object by connector", undefined, connectors.description),
    row("channels", "object by connector", undefined, channels.description),
    "",
    "## Every connector",
    "",
    "Keys of `connectors.<id>` and of each `connectors.<id>.accounts.<name>`.",
    "",
    ...HEAD,
    ...rows(Object.fromEntries(common.map((name) => [name.slice(COMMON.length), definitions[name]]))),
    ...ids.flatMap((id) => section(id, definitions)),
    "",
  ];
  return lines.join("\n");
}

function section(id, definitions) {
  const { accounts, ...properties } = definitions[id].properties;
  const own = Object.entries(properties).filter(([, property]) => property.$ref === undefined);
  const common = Object.keys(properties).filter((key) => properties[key].$ref !== undefined);
  return [
    "",
    `## connectors.${id}`,
    "",
    ...HEAD,
    ...rows(Object.fromEntries(own)),
    row("accounts.<name>", "object", undefined, accounts.description),
    "",
    `As with every connector: ${common.map((key) => `\`${key}\``).join(", ")}.`,
  ];
}

function rows(properties, before = "") {
  return Object.entries(properties).flatMap(([key, property]) => {
    const path = `${before}${key}`;
    const members = property.additionalProperties?.properties;
    return [
      row(path, typeOf(property), property.default, property.description),
      ...rows(property.properties ?? {}, `${path}.`),
      ...(members === undefined ? [] : rows(members, `${path}.<id>.`)),
    ];
  });
}

function row(key, type, value, meaning = "") {
  const isPlain = value !== undefined && JSON.stringify(value) !== "{}";
  return `| \`${key}\` | ${escaped(type)} | ${isPlain ? `\`${JSON.stringify(value)}\`` : ""} | ${escaped(meaning)} |`;
}

function typeOf(property) {
  if (property.enum !== undefined)
    return property.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (property.type === "array") return `list of ${typeOf(property.items)}`;
  if (property.anyOf !== undefined) return property.anyOf.map(typeOf).join(" or ");
  if (property.type === "object") {
    const { additionalProperties: members } = property;
    return typeof members === "object" && Object.keys(members).length > 0 ? "object by name" : "object";
  }
  const type = [property.type ?? "anything"].flat().join(" or ");
  return `${type}${rangeOf(property)}`;
}

function rangeOf({ minimum, maximum, exclusiveMinimum }) {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return maximum === undefined ? "" : ` up to ${maximum}`;
  return maximum === undefined ? ` from ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function escaped(text) {
  return text
    .replaceAll("|", "\\|")
    .replaceAll("<", "&lt;")
    .replace(/`[^`]*`/g, (code) => code.replaceAll("&lt;", "<"));
}
