/** Whether a text is an http or https address to which a path can be added. */
export function isHttpRoot(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
}
