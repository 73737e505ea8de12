/** Something the user can mend: shown line by line, never with a stack. */
export class UserError extends Error {
  readonly lines: readonly string[];

  constructor(lines: string | readonly string[], options?: ErrorOptions) {
    const all = typeof lines === "string" ? [lines] : lines;
    super(all.join("\n"), options);
    this.name = "UserError";
    this.lines = all;
  }
}

/** The command line itself makes no sense: exit code 2. */
export class UsageError extends UserError {
  override name = "UsageError";
}

/** What the operating system says, in words. */
export function systemReason(error: unknown): string {
  const code = systemCode(error);
  return (
    (code === undefined ? undefined : REASONS[code]) ??
    (error instanceof Error ? error.message : String(error))
  );
}

/** `ENOENT` and the like, where the error has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is a file, not a directory",
  EISDIR: "it is a directory",
  EEXIST: "a file is in the way",
  ENOSPC: "the disk is full",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the path is too long",
  ELOOP: "the path has a loop of symbolic links",
};
