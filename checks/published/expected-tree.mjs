import { packageFolders, readManifest } from "../../scripts/packages.mjs";

const HOST = "@elizaos/connector-agent";
const TESTKIT = "@elizaos/connector-testkit";

/** Of ours, a plugin brings itself, core and the glue to elizaOS. */
const WITH_A_PLUGIN = ["@elizaos/connector-core", "@elizaos/connector-eliza"];

/**
 * What is wrong with the packages that came with a plugin: another version of ours than the one that was published, an agent's runtime, a
 * tool, or what the host, another plugin or a test needs and nobody in this tree does.
 */
export function problemsOfTree(plugin, packages, version) {
  const manifests = packageFolders().map(readManifest);
  const own = [plugin, ...WITH_A_PLUGIN];
  const isOwn = ({ name }) => own.includes(name);
  const isPlatform = ({ name }) => name.startsWith("@elizaos/plugin-") || name === HOST;
  const tools = new Set([
    ...dependenciesOf([readManifest(".")], "devDependencies"),
    ...dependenciesOf(
      manifests.filter(({ name }) => name === TESTKIT),
      "peerDependencies",
    ),
  ]);
  const needed = new Set([
    ...dependenciesOf(manifests.filter(isOwn), "dependencies"),
    ...packages
      .filter(({ name }) => !name.startsWith("@elizaos/"))
      .flatMap(({ dependencies }) => dependencies),
  ]);
  const foreign = new Set([
    ...dependenciesOf(manifests.filter(isPlatform), "dependencies"),
    ...dependenciesOf(manifests, "devDependencies"),
  ]);
  return packages.flatMap((each) => {
    const what = `${each.name}@${each.version}`;
    if (isOwn(each)) return each.version === version ? [] : [`${what} is not the one of this tree`];
    if (each.name.startsWith("@elizaos/")) return [`${what} came along`];
    // SDKs that are written in TypeScript bring the types that they name.
    if (each.name.startsWith("@types/")) return [];
    if (tools.has(each.name)) return [`${what} came along, which is a tool`];
    return foreign.has(each.name) && !needed.has(each.name)
      ? [`${what} came along, which nothing here needs`]
      : [];
  });
}

function dependenciesOf(manifests, ...kinds) {
  return new Set(manifests.flatMap((manifest) => kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))));
}
