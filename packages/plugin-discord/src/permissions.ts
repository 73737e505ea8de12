import { PermissionFlagsBits } from "discord-api-types/v10";

/** Missing Permissions (Discord: "Opcodes and Status Codes"). */
const MISSING_PERMISSIONS = 50_013;

/** What Discord asks for, by call, in the words of its settings (Discord: "Permissions"). */
const NEEDED: Readonly<Record<string, string>> = {
  "POST channel messages":
    "Send Messages (in threads: Send Messages in Threads), for files Attach Files, and for polls Create Polls",
  "PATCH channel message": "Send Messages",
  "DELETE channel message": "Manage Messages for messages of others",
  "GET channel message": "View Channel and Read Message History",
  "GET channel messages": "View Channel and Read Message History",
  "PUT reaction": "Add Reactions and Read Message History",
  "DELETE reaction": "Manage Messages for reactions of others",
  "GET reactions": "Read Message History",
  "GET poll voters": "Read Message History",
  "PUT pin": "Pin Messages",
  "DELETE pin": "Pin Messages",
  "POST thread":
    "Create Public Threads, or Create Private Threads for a private one; in a forum Send Messages",
  "PATCH thread": "Manage Threads for threads of others",
  "GET archived threads": "Read Message History",
  "PUT member role": "Manage Roles, and a role of its own above that one",
  "DELETE member role": "Manage Roles, and a role of its own above that one",
  "POST server channel": "Manage Channels",
  "PATCH channel": "Manage Channels",
  "DELETE channel": "Manage Channels, or Manage Threads for a thread",
  "PATCH member time-out": "Timeout Members, and a role of its own above that member's",
  "DELETE member": "Kick Members, and a role of its own above that member's",
  "PUT ban": "Ban Members, and a role of its own above that member's",
  "DELETE ban": "Ban Members",
  "POST bulk deletion": "Manage Messages",
  "POST event": "Create Events",
  "DELETE event": "Create Events for its own, Manage Events for those of others",
  "POST emoji": "Create Expressions",
  "POST sticker": "Create Expressions",
};

/** The permissions that a refused call needs, by the names that the server's settings use. */
export function missingPermissionsIn(code: number, call: string): string | undefined {
  return code === MISSING_PERMISSIONS ? NEEDED[call] : undefined;
}

/** Where the settings call a permission otherwise than its flag. */
const NAMES: Readonly<Record<string, string>> = {
  CreateInstantInvite: "Create Invite",
  ManageGuild: "Manage Server",
  Stream: "Video",
  SendTTSMessages: "Send Text-to-Speech Messages",
  MentionEveryone: "Mention @everyone, @here, and All Roles",
  UseExternalEmojis: "Use External Emoji",
  ViewGuildInsights: "View Server Insights",
  UseVAD: "Use Voice Activity",
  ManageGuildExpressions: "Manage Expressions",
  CreateGuildExpressions: "Create Expressions",
  ModerateMembers: "Timeout Members",
  SendPolls: "Create Polls",
  UseEmbeddedActivities: "Use Activities",
  ViewCreatorMonetizationAnalytics: "View Server Subscription Insights",
};
/** The former name of Manage Expressions; the same bit. */
const FORMER = "ManageEmojisAndStickers";

/** All permissions at once, as the owner of a server and administrators have them. */
export const ALL_PERMISSIONS = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** Permissions by the names that the server's settings use. */
export function permissionNames(bits: bigint): readonly string[] {
  return Object.entries(PermissionFlagsBits)
    .filter(([flag, bit]) => flag !== FORMER && (bits & bit) === bit)
    .map(([flag]) => NAMES[flag] ?? flag.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").replace(" In ", " in "));
}
