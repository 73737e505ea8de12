/** What `mediaMaxMb` counts in. */
const MEGABYTE = 1024 * 1024;

/** The bound that a size is held against, and what set it. */
export interface SizeLimit {
  /** In bytes. */
  readonly max: number;
  /** For people, such as `connectors.telegram.mediaMaxMb allows`; the size follows. */
  readonly allows: string;
  /** Config path or method. */
  readonly where: string;
}

/** The smallest of an account's own bound and the platform's. */
export function sizeLimit(
  config: { readonly mediaMaxMb: number; readonly path: string },
  platform: { readonly max: number | undefined; readonly allows: string },
): SizeLimit {
  const own = Math.floor(config.mediaMaxMb * MEGABYTE);
  const { max = own, allows } = platform;
  return max < own
    ? { max, allows, where: "limits.files" }
    : { max: own, allows: `${config.path} allows`, where: config.path };
}

export function tooLarge(what: string, size: number | undefined, { max, allows }: SizeLimit): string {
  const limit = megabytes(max);
  if (size === undefined) return `${what} is larger than the ${limit} that ${allows}.`;
  const has = megabytes(size);
  return `${what} has ${has === limit ? "more than " : ""}${has}; ${allows} ${limit}.`;
}

function megabytes(bytes: number): string {
  const count = bytes / MEGABYTE;
  return `${count >= 10 ? Math.round(count) : Number(count.toPrecision(2))} MB`;
}
