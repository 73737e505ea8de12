/** Missing Permissions (Discord: "Opcodes and Status Codes"). */
const MISSING_PERMISSIONS = 50_013;

/** What Discord asks for, by call, in the words of its settings (Discord: "Permissions"). */
const NEEDED: Readonly<Record<string, string>> = {
  "POST channel messages":
    "Send Messages (in threads: Send Messages in Threads) and, for files, Attach Files",
  "PATCH channel message": "Send Messages",
  "DELETE channel message": "Manage Messages for messages of others",
  "PUT reaction": "Add Reactions and Read Message History",
  "DELETE reaction": "Manage Messages for reactions of others",
};

/** The permissions that a refused call needs, by the names that the server's settings use. */
export function missingPermissionsIn(code: number, call: string): string | undefined {
  return code === MISSING_PERMISSIONS ? NEEDED[call] : undefined;
}
