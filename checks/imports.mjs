// Holds the rule of docs/architecture.md who may import whom among our own packages: in what is published (src and the
// dependencies of a manifest); tests may import what they like.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { filesIn, packageFolders, ROOT, readManifest } from "../scripts/packages.mjs";

const SCOPE = "@elizaos/";
/** What each package may import, as its folder's name; every plugin falls under `plugin-*`. */
const MAY_IMPORT = {
  core: [],
  simulators: [],
  testkit: ["connector-core", "connector-simulators"],
  eliza: ["connector-core"],
  "plugin-*": ["connector-core", "connector-eliza"],
  agent: ["connector-core", "connector-simulators"],
};
/** The host offers plugins to its installer, but loads them by name at run time. */
const MAY_OFFER = { agent: /^plugin-/ };
/** The runtime that plugins are for is whatever its user has installed: never imported, nor its types. */
const OPTIONAL_PEER = { eliza: "@elizaos/core" };

const problems = packageFolders().flatMap((folder) => {
  const name = basename(folder);
  const rule = name.startsWith("plugin-") ? "plugin-*" : name;
  const allowed = MAY_IMPORT[rule];
  if (!allowed) return [`${folder}: no rule says what it may import; add one to checks/imports.mjs`];

  const {
    name: own,
    dependencies,
    peerDependencies,
    peerDependenciesMeta,
    optionalDependencies,
  } = readManifest(folder);
  const isForbidden = (specifier) => {
    const [scope, imported] = specifier.split("/");
    return `${scope}/` === SCOPE && `${SCOPE}${imported}` !== own && !allowed.includes(imported);
  };
  const declared = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies })
    .filter((dependency) => isForbidden(dependency) && !MAY_OFFER[rule]?.test(dependency.slice(SCOPE.length)))
    .filter(
      (dependency) => dependency !== OPTIONAL_PEER[rule] || !peerDependenciesMeta?.[dependency]?.optional,
    )
    .map((dependency) => `${folder}/package.json: depends on ${dependency}`);
  const imported = filesIn([join(folder, "src")]).flatMap((file) =>
    importsOf(file)
      .filter(isForbidden)
      .map((specifier) => `${file}: imports ${specifier}`),
  );
  return [...declared, ...imported];
});

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error("Who may import whom is decided in docs/architecture.md and listed in checks/imports.mjs.");
  process.exitCode = 1;
}

/** Statements begin or end a line in formatted code, unlike the examples in comments. */
function importsOf(file) {
  const text = readFileSync(join(ROOT, file), "utf8");
  const matches = text.matchAll(/(?:^import |^(?:import|export|\}).* from |\bimport\()"([^"]+)"/gm);
  return [...matches].map(([, specifier]) => specifier ?? "");
}
