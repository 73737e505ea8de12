/** Where Telegram itself answers. */
export const DEFAULT_API_ROOT = "https://api.telegram.org";
