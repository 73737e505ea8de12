// Every link between documents leads to a file that is there, and to a heading that it has.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { ROOT } from "../scripts/packages.mjs";

const documents = execFileSync("git", ["ls-files", "*.md", ":!.changeset"], { cwd: ROOT, encoding: "utf8" })
  .trim()
  .split("\n");
const problems = documents.flatMap((document) =>
  linksOf(textOf(document))
    .filter((link) => !/^[a-z]+:/.test(link))
    .flatMap((link) => problemOf(document, link)),
);

for (const problem of problems) console.error(problem);
console.log(`${documents.length} documents, ${problems.length} broken links`);
process.exitCode = problems.length === 0 ? 0 : 1;

function problemOf(document, link) {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? document : normalize(join(dirname(document), path));
  if (!existsSync(join(ROOT, target))) return [`${document}: ${link} is not there`];
  // A folder is shown with its README.
  const page = statSync(join(ROOT, target)).isDirectory() ? join(target, "README.md") : target;
  if (anchor === undefined || headingsOf(page).has(anchor)) return [];
  return [`${document}: ${target} has no heading for #${anchor}`];
}

function linksOf(text) {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
}

/** As GitHub makes anchors of headings. */
function headingsOf(document) {
  const headings = textOf(document).matchAll(/^#+ (.+)$/gm);
  return new Set([...headings].map(([, heading]) => slug(heading ?? "")));
}

function slug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Without what only looks like a link or a heading. */
function textOf(document) {
  const text = readFileSync(join(ROOT, document), "utf8");
  return text
    .replace(/^ *```[\s\S]*?^ *```/gm, "")
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()#]/g, ""));
}
