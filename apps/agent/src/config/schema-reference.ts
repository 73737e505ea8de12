/** What a config's `$schema` says, so that editors know its keys: the file of this package that describes them. */
export const CONFIG_SCHEMA = "https://unpkg.com/@elizaos/connector-agent/milady.schema.json";
