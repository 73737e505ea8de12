import type { DatabaseSync } from "node:sqlite";

/**
 * Migrations in order; `PRAGMA user_version` counts how many a file has had. Never change one that was released: add one.
 *
 * - Identities are numbers inside, since every row names one.
 * - `event_keys` outlives `events`: it is the memory of what was received.
 * - Numbers of events and operations are never used again: `numbers` has the last ones once rows were removed.
 * - Partial indexes hold open work only, so that they stay small whatever is kept.
 */
const MIGRATIONS = [
  `
  CREATE TABLE identities (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch INTEGER NOT NULL DEFAULT 0) STRICT;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    identity INTEGER NOT NULL,
    session TEXT NOT NULL,
    ord REAL,
    body TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    due_at INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    fate TEXT NOT NULL,
    reason TEXT NOT NULL,
    rule TEXT NOT NULL,
    path TEXT
  ) STRICT;
  CREATE INDEX events_open ON events (identity, seq) WHERE fate IN ('accepted', 'admitted');
  CREATE INDEX events_dead ON events (seq) WHERE fate = 'dead';
  CREATE INDEX events_session ON events (identity, session, seq);

  CREATE TABLE event_keys (
    identity INTEGER NOT NULL,
    key TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (identity, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE operations (
    seq INTEGER PRIMARY KEY,
    identity INTEGER NOT NULL,
    key TEXT NOT NULL,
    lane TEXT NOT NULL,
    session TEXT,
    turn INTEGER,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open',
    reason TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER
  ) STRICT;
  CREATE INDEX operations_open ON operations (identity, seq) WHERE state = 'open';
  CREATE INDEX operations_failed ON operations (seq) WHERE state = 'failed';
  CREATE INDEX operations_turn ON operations (turn) WHERE turn IS NOT NULL;
  CREATE INDEX operations_session ON operations (identity, session, seq) WHERE session IS NOT NULL;

  CREATE TABLE parts (
    operation INTEGER NOT NULL,
    position INTEGER NOT NULL,
    identity INTEGER NOT NULL,
    chat TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    uncertain INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    settled_at INTEGER,
    message TEXT,
    result TEXT,
    error TEXT,
    receipt TEXT,
    PRIMARY KEY (operation, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX parts_message ON parts (identity, message) WHERE message IS NOT NULL;

  CREATE TABLE state (
    identity INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (identity, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE chats (
    identity INTEGER NOT NULL,
    chat TEXT NOT NULL,
    thread TEXT NOT NULL,
    info TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (identity, chat, thread)
  ) STRICT, WITHOUT ROWID;
  `,
  // Sessions may be shared by identities; their chats keep lanes of their own.
  `
  ALTER TABLE events ADD COLUMN lane TEXT;
  DROP INDEX events_session;
  CREATE INDEX events_session ON events (session, seq);
  CREATE INDEX events_session_begins ON events (session, seq) WHERE rule = 'command.new';
  DROP INDEX operations_session;
  CREATE INDEX operations_session ON operations (session, seq) WHERE session IS NOT NULL;
  `,
  // AUTOINCREMENT would write such a number with every row.
  "CREATE TABLE numbers (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
];

/** The schema of this release: a file of a higher one is refused. */
export const SCHEMA = MIGRATIONS.length;

/** Brings the file to this release's schema. Throws when the file was written by a newer one. */
export function migrate(database: DatabaseSync): void {
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.["user_version"] ?? 0);
  if (version > SCHEMA) {
    throw new Error(`it was written by a newer release (schema ${version}, this release knows ${SCHEMA})`);
  }
  for (let index = version; index < SCHEMA; index++) {
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[index]}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}
