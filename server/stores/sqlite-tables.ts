/** The tables of a store in one SQLite file, and how files of older versions are brought forward. Imports node:sqlite's types. */
import type { DatabaseSync } from "node:sqlite";
import { CofactorError } from "../../shared/errors.ts";
import { catalogueMigration } from "./sqlite-catalogue.ts";
import { ordersMigration } from "./sqlite-orders.ts";

/** Entry i brings a file from version i to i + 1. */
const migrations: readonly string[] = [
  `
  CREATE TABLE runs (run TEXT PRIMARY KEY, terms TEXT NOT NULL, identity_seed BLOB NOT NULL) STRICT;
  CREATE TABLE clients (run TEXT NOT NULL REFERENCES runs, client TEXT NOT NULL, PRIMARY KEY (run, client)) STRICT, WITHOUT ROWID;
  CREATE TABLE models (run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, advanced INTEGER NOT NULL, sha256 TEXT NOT NULL,
    model BLOB NOT NULL, state BLOB NOT NULL, PRIMARY KEY (run, round)) STRICT;
  CREATE INDEX models_by_hash ON models (run, sha256);
  CREATE TABLE open_rounds (run TEXT PRIMARY KEY REFERENCES runs, round INTEGER NOT NULL, stage INTEGER NOT NULL, cohort TEXT NOT NULL) STRICT;
  CREATE TABLE answers (id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, stage INTEGER NOT NULL,
    client TEXT NOT NULL, digest TEXT NOT NULL, bytes BLOB NOT NULL, UNIQUE (run, round, stage, client)) STRICT;
  CREATE TABLE records (run TEXT NOT NULL REFERENCES runs, round INTEGER NOT NULL, outcome TEXT NOT NULL, invited INTEGER NOT NULL,
    accepted INTEGER NOT NULL, dropped INTEGER NOT NULL, sha256 TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, round)) STRICT;
  `,
  "ALTER TABLE answers ADD COLUMN signature TEXT NOT NULL DEFAULT '';",
  "ALTER TABLE models ADD COLUMN noise BLOB;",
  `
  CREATE TABLE ledger (run TEXT NOT NULL REFERENCES runs, seq INTEGER NOT NULL, round INTEGER NOT NULL, kind TEXT NOT NULL,
    clients TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (run, seq)) STRICT;
  CREATE TRIGGER ledger_is_not_changed BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
  CREATE TRIGGER ledger_is_not_cut BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
  `,
  "ALTER TABLE records ADD COLUMN quality TEXT;",
  catalogueMigration,
  `CREATE TABLE counted (run TEXT NOT NULL REFERENCES runs, client TEXT NOT NULL, round INTEGER NOT NULL, PRIMARY KEY (run, client))
    STRICT, WITHOUT ROWID;`,
  "ALTER TABLE records ADD COLUMN contributors TEXT;",
  "ALTER TABLE runs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;",
  ordersMigration,
  `
  CREATE TABLE enrolled (run TEXT PRIMARY KEY REFERENCES runs, clients INTEGER NOT NULL) STRICT;
  INSERT INTO enrolled SELECT run, (SELECT count(*) FROM clients WHERE clients.run = runs.run) FROM runs;
  CREATE TRIGGER client_is_counted AFTER INSERT ON clients BEGIN
    INSERT INTO enrolled VALUES (NEW.run, 1) ON CONFLICT (run) DO UPDATE SET clients = clients + 1;
  END;
  CREATE TRIGGER client_is_uncounted AFTER DELETE ON clients BEGIN UPDATE enrolled SET clients = clients - 1 WHERE run = OLD.run; END;
  `,
];

/** The version of these tables. A newer file is refused; older ones are brought forward. */
const schemaVersion = migrations.length;

/** Brings the tables to this version; writes at each start, so that a file in use by another server is noticed at once. */
export function migrate(database: DatabaseSync): void {
  const found = Number(database.prepare("PRAGMA user_version").get()!["user_version"]);
  if (found > schemaVersion) {
    throw new CofactorError("STORE_FAILED", `the store has version ${found}, this server knows ${schemaVersion}: update the server`);
  }
  database.exec(`PRAGMA user_version = ${found}`);
  for (let version = found; version < schemaVersion; version++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[version]!} PRAGMA user_version = ${version + 1}; COMMIT;`);
  }
}
